"""Pictures that nobody but staff may change, until a date or for good."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db import models, router
from django.db.models.signals import post_delete
from django.utils import timezone
from django.utils.translation import gettext

from ..actors import person
from ..fields import AvatarField
from ..history import recording
from ..history.models import localized
from ..lifecycle import references
from ..lifecycle.state import normal_key
from ..policy import NOT_ALLOWED
from ..targets import AvatarTarget, link_of, target_of
from . import reasons
from .models import PictureLock


def latest() -> datetime.datetime:
    """The latest time at which a lock may end: in a hundred years. In 9999 it is too late in some time zones."""
    return timezone.now() + datetime.timedelta(days=36_525)


def lock(holder: Any, *, actor: Any, reason: str, until: datetime.datetime | None = None) -> PictureLock:
    """
    Let nobody but staff change the picture of a row, or of a user, and give the lock; it takes the place of another.

    Raises `ValueError` for an end in more than a hundred years, and `ImproperlyConfigured` for a row with a composite
    primary key.

    Args:
        holder: The row with the picture, or the user whose picture it is.
        actor: Who locks it; None where nobody is known.
        reason: What the person reads who wants to change it.
        until: When it ends. None: not by itself.

    """
    if until is not None and until.year > latest().year:
        raise ValueError(f"A lock until {until} would end in more than a hundred years. Give None for one without end.")
    place = _key(target_of(holder))
    recording.need_text_key(place["content_type"].model_class())
    values = {"reason": reason, "until": until, "by": person(actor), "since": timezone.now()}
    found, _ = PictureLock._default_manager.update_or_create(**place, defaults=values)
    return found


def unlock(holder: Any, *, actor: Any) -> bool:
    """Let the picture of a row, or of a user, be changed again. False where it could be."""
    return bool(_locks(target_of(holder)).delete()[0])


def lock_of(target: AvatarTarget) -> PictureLock | None:
    """The lock that is in force now, or None."""
    return _locks(target).filter(models.Q(until=None) | models.Q(until__gt=timezone.now())).first()


def ask(actor: Any, holder: models.Model, field: AvatarField, action: str) -> str | None:
    """Why a lock forbids the change, as ``AVATARS["POLICY"]`` would answer; None if it is allowed."""
    if getattr(actor, "is_staff", False):
        return None
    found = lock_of(AvatarTarget(holder, holder, field, link_of(field)))
    return None if found is None else _said(found)


def _said(found: PictureLock) -> str:
    """The reason, and when the lock ends."""
    reason = reasons.in_words(found.reason)
    if found.until is None:
        return reason  # without one, the policy says only that it is not allowed
    date = localized(found.until).removesuffix(".")  # of "p.m.", where the sentence has one
    until = gettext("It can be changed again from %(date)s.") % {"date": date}
    return f"{reason or NOT_ALLOWED} {until}"


def watch(model: type[models.Model]) -> None:
    """Let the lock of a row go with it."""
    concrete: Any = model._meta.concrete_model
    if concrete is get_user_model()._meta.concrete_model or references.own_fields(concrete):
        [*_, sender] = model, *(parent for parent, _ in _parents(concrete))
        post_delete.connect(_on_delete, sender=sender, dispatch_uid="django_avatars.moderation")


def _on_delete(instance: models.Model, **kwargs: Any) -> None:
    model = ContentType.objects.get_for_model(instance)
    key = str(normal_key(type(instance), instance.pk))
    PictureLock._default_manager.filter(content_type=model, object_id=key).delete()


def _locks(target: AvatarTarget) -> models.QuerySet[PictureLock]:
    rows = PictureLock._default_manager.using(router.db_for_write(PictureLock))
    return rows.filter(**_key(target))


def _key(target: AvatarTarget) -> dict[str, Any]:
    """
    What a lock is found by: the user, whichever row has the picture; for anything else the row.

    With multi-table inheritance, it is the topmost parent: the same row may be handed in as any of its models.
    """
    model, key = target.identity
    if model is None:
        raise TypeError(f"{target.thing!r} has no picture to lock. Give a user, or a row of a model that has one.")
    for parent, link in _parents(model):
        model, key = parent, getattr(target.person, link.attname, None)
    return {"content_type": ContentType.objects.get_for_model(model), "object_id": str(normal_key(model, key))}


def _parents(model: type[models.Model]) -> Iterator[tuple[type[models.Model], Any]]:
    """The parents of `model` in other tables, the nearest first, and the relation to each."""
    while model._meta.parents:
        model, link = next(iter(model._meta.parents.items()))
        yield model, link
