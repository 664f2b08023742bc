"""What people say of the pictures of others. The reports of one picture are one case, which a moderator looks at."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import models, router, transaction
from django.db.models.signals import post_delete
from django.urls import NoReverseMatch, reverse

from .. import audit, naming, visibility
from ..actors import acting_in, current_actor, person, pk_of
from ..conf import get_settings
from ..history import recording
from ..history import verbs as history
from ..history.models import PictureVersion
from ..lifecycle import references, replace
from ..signals import avatar_reported
from ..targets import AvatarTarget, link_of, target_of
from .models import PictureReport

if TYPE_CHECKING:
    from ..fields import AvatarField

State = PictureVersion.State


def report(
    holder: Any,
    *,
    actor: Any,
    reason: str = "",
    text: str = "",
    name: str | None = None,
    field: AvatarField | str | None = None,
) -> PictureReport | None:
    """
    Let a moderator look at the picture of a row, or of a user; None where there is none. It is kept until then.

    Args:
        holder: The row with the picture, or the user whose picture it is.
        actor: Who reports it, once each picture: another report of the same person changes nothing.
        reason: One of `reasons.REPORTS`.
        text: What else there is to say.
        name: The stored name of the picture that was seen; None: the one that is shown now.
        field: The AvatarField or its name; None: the first of the row, and for users that of ``AVATARS["FIELD"]``.

    Raises `PictureVersion.DoesNotExist` where the picture that was seen is gone, and `ImproperlyConfigured` for a model
    with a composite primary key.

    """
    row, field = history.located(holder, field)
    name = (history.shown(row, field) if row else "") if name is None else name
    if row is None or not name:
        return None
    recording.need_text_key(field.model)
    using = recording.database_of(row)
    by: Any = person(actor)
    with transaction.atomic(using=using):
        replace.lock(field, row._get_pk_val(field.model._meta), using)
        name = current_name(row, field, name)
        if not name:
            raise PictureVersion.DoesNotExist("The picture that was seen is gone.")
        given = {"reason": reason, "text": text}
        own = about(row, field, name).filter(reporter_id=by.pk).first() if by else None
        if own is not None:
            return own
        place = recording.place_of(row, field, using)
        said = PictureReport._default_manager.using(using).create(**place, name=name, reporter_id=pk_of(by), **given)
        version = cases(row, field, using).filter(picture=name).first()
        if version is None:
            version = PictureVersion(**place, picture=name, state=State.REPORTED, until=said.since)
            version.save(using=using)
        _say(row, field, version, said, by)
    return said


def _say(row: models.Model, field: AvatarField, version: PictureVersion, said: PictureReport, by: Any) -> None:
    def callback() -> None:
        audit.record("reported", getattr(row, field.attname), by=by)
        avatar_reported.send_robust(type(row), instance=row, field=field, version=version, report=said, actor=by)

    transaction.on_commit(callback, using=recording.database_of(version), robust=True)


def current_name(row: models.Model, field: AvatarField, name: str) -> str:
    """
    The name of a picture that was seen under `name`: its renditions may have been made anew since.

    "" if `row` does not show it any more, and it is not kept for its owner or a moderator.
    """
    using = recording.database_of(row)
    shown = references.rows(field.model, using).filter(pk=row._get_pk_val(field.model._meta))
    kept = recording.rows_of(row, field, using).filter(state__in=[State.PAST, State.REPORTED])
    names = itertools.chain(shown.values_list(field.name, flat=True), kept.values_list("picture", flat=True))
    return next((one for one in names if one and naming.is_same(one, name)), "")


def cases(row: models.Model, field: AvatarField, using: str) -> models.QuerySet[PictureVersion]:
    """The pictures of this field of a row that a moderator has to look at since somebody has reported them."""
    return recording.rows_of(row, field, using).filter(state=State.REPORTED)


def about(row: models.Model, field: AvatarField, name: str = "") -> models.QuerySet[PictureReport]:
    """What has been said of the pictures of this field of a row, or of one of them."""
    using = recording.database_of(row)
    rows = PictureReport._default_manager.using(using).filter(**recording.place_of(row, field, using))
    return rows.filter(name=name) if name else rows


def of(version: PictureVersion) -> models.QuerySet[PictureReport]:
    """The reports of this case, the first one first. Those of earlier, closed cases of the picture are left out."""
    rows = PictureReport._default_manager.using(recording.database_of(version))
    place = {"content_type": version.content_type_id, "object_id": version.object_id, "field": version.field}
    return rows.filter(**place, name=version.picture.name, since__gte=version.until).order_by("pk")


# Who may report, and what was seen.


def address(request: Any, obj: Any) -> str:
    """The URL at which the user of `request` can report the picture of `obj`; "" if there is none, or they may not."""
    target = target_of(obj)
    field, name = target.field, target.stored_name
    if target.holder is None or field is None or not field.is_own(name) or naming.ready_key(name):
        return ""
    if not recording.has_text_key(field.model):
        return ""
    with acting_in(request):
        if not may_report(target):
            return ""
    try:
        return reverse("avatars_moderation:report", args=[encode(target.holder, field, name)])
    except NoReverseMatch:
        return ""


def may_report(target: AvatarTarget) -> bool:
    """
    Whether the current user may report this picture.

    Nobody reports their own picture, or one that they may not see. Anonymous users need ``ANONYMOUS_REPORTS``.
    """
    viewer = current_actor()
    is_let = person(viewer) is not None or get_settings().anonymous_reports
    return is_let and not visibility.is_own(target, viewer) and visibility.may_see(target)


def encode(holder: models.Model, field: AvatarField, name: str) -> str:
    """What was seen, signed: the row, the field, and the picture that it showed."""
    return _signer().sign_object([field.model._meta.label_lower, str(holder.pk), field.name, name])


def decode(text: str) -> tuple[AvatarTarget, str] | None:
    """What was seen and the stored name of the picture. None for what is not signed by this site, or gone."""
    try:
        label, key, field_name, name = _signer().unsign_object(text)
        model = apps.get_model(label)
        field: Any = model._meta.get_field(field_name)
        row = model._default_manager.filter(pk=key).first()
    except (BadSignature, LookupError, FieldDoesNotExist, ValueError, ValidationError):
        return None
    return (AvatarTarget(row, row, field, link_of(field)), name) if row else None


def _signer() -> Signer:
    return Signer(sep=".", salt="django_avatars.reports")


# What goes with what.


def watch(model: type[models.Model]) -> None:
    """Delete the reports of a row's pictures with the row, also where it is deleted as one of a proxy model."""
    concrete: Any = model._meta.concrete_model
    if references.own_fields(concrete):
        post_delete.connect(_on_delete, sender=model, dispatch_uid="django_avatars.moderation.reports")


def _on_delete(instance: models.Model, using: str, **kwargs: Any) -> None:
    if router.allow_migrate_model(using, PictureReport):
        concrete: Any = instance._meta.concrete_model
        for field in references.own_fields(concrete):
            place = recording.place_of(instance, field, using)
            PictureReport._default_manager.using(using).filter(**place)._raw_delete(using)


def on_renamed(field: Any, key: Any, old: str, new: str, using: str) -> None:
    """Let a case go on when the renditions of its picture are made anew, which then has another name."""
    if router.allow_migrate_model(using, PictureReport):
        place = recording.place_of(field.model(pk=key), field, using)
        PictureReport._default_manager.using(using).filter(**place, name=old).update(name=new)
        rows = PictureVersion._default_manager.using(using).filter(**place, picture=old, state=State.REPORTED)
        rows.update(picture=new)


def on_report_deleted(instance: PictureReport, using: str, **kwargs: Any) -> None:
    """Close a case of which no report is left."""
    place = {"content_type": instance.content_type_id, "object_id": instance.object_id, "field": instance.field}
    rows = PictureVersion._default_manager.using(using).filter(**place, picture=instance.name, state=State.REPORTED)
    recording.forget([version for version in rows if not of(version).exists()], using)


def on_prune(*, delete: bool, **kwargs: Any) -> None:
    """If `delete`, delete the reports of closed cases that are older than earlier pictures may be."""
    if not delete:
        return
    for using in references.databases(PictureReport):
        same = {key: models.OuterRef(key) for key in ("content_type", "object_id", "field")}
        rows = PictureVersion._default_manager.using(using)
        is_open = models.Exists(rows.filter(**same, picture=models.OuterRef("name"), state=State.REPORTED))
        old = PictureReport._default_manager.using(using).filter(since__lt=recording.limits().oldest)
        there = references.where_there_is_a_table
        with there(using, PictureVersion), there(using, PictureReport):
            old.exclude(is_open)._raw_delete(using)
