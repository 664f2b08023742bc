"""Recording each change of a picture, in the transaction that makes it, and deleting records that are too old."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import connections, models, router, transaction
from django.db.models.signals import post_delete
from django.utils import timezone
from django.utils.module_loading import import_string

from .. import naming
from ..actors import current_door, pk_of
from ..conf import get_settings
from ..fields import AvatarField
from ..lifecycle import references, replace
from ..lifecycle.column import Column
from ..lifecycle.state import normal_key
from ..services import database_of as database_of
from ..targets import AvatarTarget, link_of
from ..targets import key_of as target_key
from .models import PictureVersion, avatar_field

if TYPE_CHECKING:
    from ..imaging.spec import Picture

PAST = PictureVersion.State.PAST


@dataclasses.dataclass(frozen=True)
class Limits:
    """``AVATARS["HISTORY"]``."""

    keep: int
    """The most earlier pictures of a field. The newest are kept."""
    days: float
    """Days for which a picture is kept after it was replaced or removed."""
    bytes: int | None
    """The most bytes that earlier pictures may take together. None: any number."""
    per: str | None
    """Whose earlier pictures share `bytes`: "person", or the dotted path of a function of the row. None: a field's."""

    def quota(self, row: models.Model, field: AvatarField) -> str:
        """What all have in common that share `bytes` with this picture. "": they are those of this field of the row."""
        if self.per is None:
            return ""
        if self.per != "person":
            key = import_string(self.per)(row)
            return "" if key is None else str(key)
        model, key = AvatarTarget(row, row, field, link_of(field)).identity
        return "" if key is None else target_key(model, key)

    @property
    def oldest(self) -> datetime.datetime:
        """The time before which a picture that was replaced or removed is too old."""
        return timezone.now() - datetime.timedelta(days=self.days)

    def beyond(self, rows: Iterable[PictureVersion], elsewhere: int = 0) -> Iterator[PictureVersion]:
        """Those of `rows`, the newest first, that have to go. Others take `elsewhere` of the bytes already."""
        oldest, count, size = self.oldest, 0, elsewhere
        for row in rows:
            count, size = count + 1, size + row.size
            if count > self.keep or row.until < oldest or (self.bytes is not None and size > self.bytes):
                yield row


def known(version: Any) -> PictureVersion:
    """`version` itself. Raises `TypeError` for what is none, such as the None of ``versions(holder).first()``."""
    if not isinstance(version, PictureVersion):
        raise TypeError(f"{version!r} is no PictureVersion. Give one of history.versions() or moderation.waiting().")
    return version


def limits() -> Limits:
    """The limits now in force."""
    history = get_settings().history
    return Limits(history["KEEP"], history["DAYS"], history["BYTES"], history["PER"])


class Lost(NamedTuple):
    """A column of which earlier pictures are known, and which the project has renamed or removed."""

    model: type[models.Model]
    name: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"


AnyColumn: TypeAlias = Column | Lost


def lost() -> set[Lost]:
    """Every column that has earlier pictures but no longer exists. Missing models are logged."""
    found = set()
    for using in references.databases(PictureVersion):
        for key, name in _columns(using):
            type_ = ContentType.objects.db_manager(using).get_for_id(key)
            model = type_.model_class()
            if model is None:
                references.logger.warning(
                    "Earlier pictures of the model %s.%s, which there is no more, belong to nobody who can be found: "
                    "avatars_prune --delete deletes them.",
                    type_.app_label,
                    type_.model,
                )
            elif avatar_field(model, name) is None:
                found.add(Lost(model, name))
    return found


def _columns(using: str) -> list[tuple[int, str]]:
    """The columns that have earlier pictures in this database: the key of the model, and the field."""
    rows = PictureVersion._default_manager.using(using).order_by().values_list("content_type", "field")
    found: list[tuple[int, str]] = []
    with references.where_there_is_a_table(using, PictureVersion):
        found.extend(rows.distinct())
    return found


def is_of_columns() -> models.Q:
    """A condition for earlier pictures whose columns still exist. Making it needs no query."""
    columns = [(field.model._meta, field.name) for field in references.fields()]
    known = [
        models.Q(content_type__app_label=model.app_label, content_type__model=model.model_name, field=name)
        for model, name in columns
    ]
    return models.Q(*known, _connector=models.Q.OR)


def key_of(instance: models.Model, field: AnyColumn) -> str:
    """The key of the row that has the column, which may be that of a parent of `instance`, as text."""
    return str(normal_key(field.model, instance._get_pk_val(field.model._meta)))


def is_kept(field: AnyColumn) -> bool:
    """Whether earlier pictures of a column are kept."""
    return has_text_key(field.model)


def has_text_key(model: type[models.Model]) -> bool:
    """Whether a text can stand for the key of a row: not for a composite one, nor for bytes."""
    parts = model._meta.pk_fields
    return len(parts) == 1 and not isinstance(parts[0], models.BinaryField)


def need_text_key(model: type[models.Model]) -> None:
    """Raise `ImproperlyConfigured` for a model of whose pictures nothing can be noted."""
    if not has_text_key(model):
        raise ImproperlyConfigured(
            f"Pictures of {model._meta.label} cannot be reported, taken down or locked: its primary key has several "
            "columns, or is of bytes. Give the model a key of one column, or remove the picture as its owner would."
        )


def place_of(instance: models.Model, field: AnyColumn, using: str) -> dict[str, Any]:
    """The values that all versions of one field of one row have in common: the model, the key and the field."""
    model = ContentType.objects.db_manager(using).get_for_model(field.model)
    return {"content_type": model, "object_id": key_of(instance, field), "field": field.name}


def lock(field: AvatarField, key: Any, using: str) -> None:
    """Lock the row of a picture until the transaction ends. Raises `PictureVersion.DoesNotExist` if it is gone."""
    if not replace.lock(field, key, using):
        raise PictureVersion.DoesNotExist("The row of this picture is gone.")


def rows_of(instance: models.Model, field: AnyColumn, using: str) -> models.QuerySet[PictureVersion]:
    """Every version of one field of one row, the newest first."""
    rows = PictureVersion._default_manager.using(using)
    return rows.filter(**place_of(instance, field, using)).order_by("-pk")


def on_change(
    *, instance: models.Model, field: AvatarField, name: str, old_name: str, actor: Any, deleted: bool, **kwargs: Any
) -> None:
    """Record that a row shows another picture, and delete versions beyond the limits. Receives `avatar_changing`."""
    using = instance._state.db or router.db_for_write(PictureVersion)
    allowed, is_ours = limits(), isinstance(instance, PictureVersion)
    is_recorded = not deleted and not is_ours and allowed.keep and is_kept(field)
    if not is_recorded or not router.allow_migrate_model(using, PictureVersion):
        return
    quota = allowed.quota(instance, field)
    known = [row for row in _counted(instance, field, using, quota) if row.was_shown]
    new = _recorded(instance, field, name, old_name, actor, known[0] if known else None, using)
    new.quota = quota
    again = [row for row in known if row.state == PAST and row.picture.name == name and name]
    if again:
        new.next_size = again[0].size
    new.save(using=using)
    past = [row for row in (new, *known) if row.state == PAST and row not in again and row.picture]
    empty = [row for row in known if row.state == PAST and not row.picture]
    forget([*again, *empty, *allowed.beyond(past, _elsewhere(known))], using)


def remember(
    instance: models.Model, field: AvatarField, name: str, since: datetime.datetime | None = None
) -> PictureVersion:
    """
    Record `name`, whose files exist, as an earlier picture of a row, which was shown from `since` on.

    For pictures that come from elsewhere: call it for the oldest first. Beyond the limits, the oldest are deleted.
    """
    using = database_of(instance)
    allowed = limits()
    quota = allowed.quota(instance, field)
    row = PictureVersion(**place_of(instance, field, using), picture=name, since=since, quota=quota)
    row.save(using=using)
    past = _counted(instance, field, using, quota).filter(state=PAST).exclude(picture="")
    forget(allowed.beyond(past, _elsewhere(past)), using)
    return row


def _counted(instance: models.Model, field: AvatarField, using: str, quota: str) -> models.QuerySet[PictureVersion]:
    """`rows_of`; in the same query, the bytes that the earlier pictures of this quota take that others have."""
    rows = rows_of(instance, field, using)
    if not quota:
        return rows
    others = PictureVersion._default_manager.using(using).filter(quota=quota, state=PAST).order_by()
    taken = others.exclude(**place_of(instance, field, using)).values("quota").annotate(bytes=models.Sum("size"))
    return rows.annotate(elsewhere=models.Subquery(taken.values("bytes")))


def _elsewhere(rows: Iterable[PictureVersion]) -> int:
    """What `_counted` has counted."""
    return next((getattr(row, "elsewhere", None) or 0 for row in rows), 0)


def _recorded(
    instance: models.Model, field: AvatarField, name: str, old: str, actor: Any, last: PictureVersion | None, using: str
) -> PictureVersion:
    row = PictureVersion(
        **place_of(instance, field, using),
        picture=old if field.is_own(old) else "",
        until_by_id=pk_of(actor),
        until_door=current_door(),
        next_size=_size_now(instance, field) if name else 0,
    )
    if last is not None:
        row.since, row.since_by_id, row.since_door = last.until, last.until_by_id, last.until_door
        row.size = last.next_size
    return row


def _size_now(instance: models.Model, field: AvatarField) -> int:
    """Bytes of the files that were just written; 0 where they were there already."""
    staged = getattr(instance, field.attname).staged
    return size_of(staged.picture) if staged is not None and staged.picture is not None else 0


def note_size(instance: models.Model, field: AvatarField, size: int, using: str) -> None:
    """Say how many bytes the files take that a row shows since its last change, which has not written them."""
    past = rows_of(instance, field, using).filter(state=PAST)
    last = list(past.values_list("pk", flat=True)[:1])
    past.filter(pk__in=last).update(next_size=size)


def size_of(picture: Picture) -> int:
    """Bytes of the files of a picture."""
    return sum(len(one.data) for one in picture.renditions) + len(picture.source or b"") + len(picture.animation or b"")


def forget(rows: Iterable[PictureVersion], using: str) -> None:
    """Delete these rows, and the files of those that no row names after the commit. One statement for all."""
    doomed = list(rows)
    if not doomed:
        return
    keys = [row.pk for row in doomed]
    PictureVersion._default_manager.using(using).filter(pk__in=keys)._raw_delete(using)
    for row in doomed:
        if naming.parse(row.picture.name or ""):
            replace.let_go(row.picture.storage, str(row.picture.name), using)


def has_files(version: PictureVersion) -> bool:
    """Whether the files of a version are there, as far as the storage can be asked."""
    try:
        return version.storage.exists(str(version.picture.name))
    except Exception:  # whatever a storage raises: that it does not answer does not mean that a file is gone
        return True


def watch(sender: type[models.Model], **kwargs: Any) -> None:
    """Delete the versions of a row of a model with the row. Receives `class_prepared`."""
    # To django-stubs it may be None, which it is for abstract models: they send no `class_prepared`.
    if sender is not PictureVersion and references.own_fields(sender._meta.concrete_model):  # type: ignore[arg-type]
        post_delete.connect(_on_delete, sender=sender, dispatch_uid="django_avatars.history")


def _on_delete(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    if router.allow_migrate_model(using, PictureVersion):
        for field in references.own_fields(sender._meta.concrete_model):  # type: ignore[arg-type]
            forget(rows_of(instance, field, using), using)


def on_prune(*, delete: bool, **kwargs: Any) -> None:
    """Log which columns no longer exist. If `delete`, delete versions that are too old or whose rows are gone."""
    for column in lost():
        references.logger.warning(
            "Earlier pictures belong to %s, which is no AvatarField any more, and go when they are too old. "
            "Where it was renamed, let them follow: "
            'PictureVersion.objects.filter(content_type__model="%s", field="%s").update(field="…").',
            column,
            column.model._meta.model_name,
            column.name,
        )
    if not delete:
        return
    for using in references.databases(PictureVersion):
        with references.where_there_is_a_table(using, PictureVersion):
            _prune(using)


def _prune(using: str) -> None:
    rows = PictureVersion._default_manager.using(using)
    is_old = models.Q(until__lt=limits().oldest)
    stays = [PictureVersion.State.WAITING, PictureVersion.State.REPORTED, PictureVersion.State.ERASING]
    _forget_in_pieces(rows.filter(is_old).exclude(state__in=stays).exclude(picture=""), using)
    for model in rows.order_by().values_list("content_type", flat=True).distinct():
        _forget_in_pieces(_orphans(rows.filter(content_type=model), using), using)


def _orphans(rows: models.QuerySet[PictureVersion], using: str) -> Iterator[PictureVersion]:
    """Those of `rows`, all of one model, whose holder is gone."""
    model = ContentType.objects.db_manager(using).get_for_id(rows[0].content_type_id).model_class()
    for piece in _pieces(rows):
        if model is None:
            yield from piece
        elif has_text_key(model):  # what was kept of other rows goes when it is too old
            keys = {row.object_id: _read(model, row.object_id) for row in piece}
            asked = [key for key in keys.values() if key is not None]
            held = {None, *references.rows(model, using).filter(pk__in=asked).values_list("pk", flat=True)}
            yield from (row for row in piece if keys[row.object_id] not in held)


def _read(model: type[models.Model], text: str) -> Any:
    """The key that `text` stands for. None where it can be none, as when the model had keys of another type."""
    try:
        return model._meta.pk.to_python(text)
    except (TypeError, ValueError, ValidationError):
        return None


def _pieces(rows: models.QuerySet[PictureVersion]) -> Iterator[list[PictureVersion]]:
    piece = list(rows.order_by("pk")[: references.PIECE])
    while piece:
        yield piece
        piece = list(rows.order_by("pk").filter(pk__gt=piece[-1].pk)[: references.PIECE])


def _forget_in_pieces(rows: Iterable[PictureVersion], using: str) -> None:
    doomed = [row.pk for row in rows]
    # What somebody is changing is left to the next sweep: to wait for it, with others locked, would be a deadlock.
    skip_locked = connections[using].features.has_select_for_update_skip_locked
    for start in range(0, len(doomed), replace.TOGETHER):
        piece = PictureVersion._default_manager.using(using).filter(pk__in=doomed[start : start + replace.TOGETHER])
        with transaction.atomic(using=using):
            forget(piece.select_for_update(skip_locked=skip_locked), using)
