"""Functions that restore, delete and undo earlier pictures. They check no permissions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models, transaction

from .. import services
from ..fields import AvatarField
from ..lifecycle import references, replace
from ..targets import target_of
from . import recording
from .models import PictureVersion
from .recording import remember as remember

approvals: list[Callable[[models.Model, AvatarField, PictureVersion, str], bool]] = []
"""
Functions that are asked before an earlier picture is shown again, given its row, which is locked, the field, the
version and the database. If one returns True, it keeps a copy that somebody has to approve, and the row stays as it is.
"""


def versions(holder: Any, field: AvatarField | str | None = None) -> models.QuerySet[PictureVersion]:
    """
    The earlier pictures of a row, or of a user, that can be restored, the newest first.

    Args:
        holder: The row with the picture, or the user whose picture it is.
        field: The AvatarField or its name; None: the first of the row, and for users that of ``AVATARS["FIELD"]``.

    """
    row, field = located(holder, field)
    if row is None:
        return PictureVersion._default_manager.none()
    rows = recording.rows_of(row, field, recording.database_of(row))
    return rows.filter(state=PictureVersion.State.PAST).exclude(picture="")


def restore(version: PictureVersion, actor: Any = None) -> models.Model:
    """
    Show an earlier picture again, and return the row that shows it. Nothing is encoded or copied.

    What is shown now becomes an earlier picture. Where `replace.waits` is True of the row, it shows what it showed
    before, and the picture has to be approved first. Raises `PictureVersion.DoesNotExist` when the version, its row or
    its files have gone meanwhile, or when it cannot be restored; and `StorageUnavailable` where its files cannot be
    read to compare them with blocked pictures.
    """
    field = recording.known(version).get_field()
    using = recording.database_of(version)
    with transaction.atomic(using=using):
        recording.lock(field, version.object_id, using)
        holder: models.Model = field.model._base_manager.using(using).get(pk=version.object_id)
        _restore(holder, field, version, using, actor)
    return holder


def can_undo(holder: Any, field: AvatarField | str | None = None) -> bool:
    """Whether a change of the picture of `holder`, a row or a user, is known that `undo` can take back."""
    row, field = located(holder, field)
    if row is None:
        return False
    rows = recording.rows_of(row, field, recording.database_of(row))
    return rows.filter(state=PictureVersion.State.PAST).exists()


def undo(holder: Any, field: AvatarField | str | None = None, actor: Any = None) -> bool:
    """
    Undo the last change of a picture, even if it was the first one. Undoing twice brings the change back.

    Returns False if there is nothing to undo: no change is known, or the picture before it is gone. Raises
    `PictureVersion.DoesNotExist` when the row has gone meanwhile.
    """
    row, field = located(holder, field)
    if row is None:
        return False
    using = recording.database_of(row)
    with transaction.atomic(using=using):
        recording.lock(field, row._get_pk_val(field.model._meta), using)
        last = recording.rows_of(row, field, using).filter(state=PictureVersion.State.PAST).first()
        if last is None:
            return False
        if last.picture:
            try:
                _restore(row, field, last, using, actor)
            except _FilesAreGone:
                return False
            return True
        row.refresh_from_db(using=using, fields=[field.attname])
        with services.acting_as(actor):
            return services.remove_picture(row, field=field)


def delete(version: PictureVersion) -> None:
    """Delete an earlier picture for good. Its files go after the commit, unless another row names them."""
    using = recording.database_of(recording.known(version))
    with transaction.atomic(using=using):
        if field := version.find_field():
            replace.lock(field, version.object_id, using)
        recording.forget([PictureVersion._default_manager.using(using).get(pk=version.pk)], using)


def remove_for_good(holder: Any, field: AvatarField | str | None = None, actor: Any = None) -> bool:
    """
    Leave a row, or a user, without a picture, and keep nothing of the one that was shown. False where there was none.

    Its files go after the commit, unless another row names them. Raises `PictureVersion.DoesNotExist` when the row has
    gone meanwhile.
    """
    row, field = located(holder, field)
    if row is None:
        return False
    using = recording.database_of(row)
    with transaction.atomic(using=using):
        recording.lock(field, row._get_pk_val(field.model._meta), using)
        row.refresh_from_db(using=using, fields=[field.attname])
        name = getattr(row, field.attname).stored_name
        with services.acting_as(actor):
            removed = services.remove_picture(row, field=field)
        if removed:
            past = recording.rows_of(row, field, using).filter(state=PictureVersion.State.PAST)
            recording.forget(past.filter(picture=name), using)
    return removed


class _FilesAreGone(PictureVersion.DoesNotExist):
    """The version is there, and its row is, too, but the storage has not got its files."""


def _restore(row: models.Model, field: AvatarField, version: PictureVersion, using: str, actor: Any) -> None:
    """Let `row`, which is locked, show an earlier picture."""
    rows = recording.rows_of(row, field, using).exclude(picture="").filter(state=PictureVersion.State.PAST)
    again = rows.select_for_update().get(pk=version.pk)  # the sweep deletes old ones without a lock on their rows
    if not recording.has_files(again):
        raise _FilesAreGone("The files of this picture are gone.")
    row.refresh_from_db(using=using, fields=[field.attname])
    with services.acting_as(actor):
        waits = row.avatar_waits = any(ask(row, field, again, using) for ask in approvals)  # type: ignore[attr-defined]
        if not waits:
            services.assign(row, field, str(again.picture.name))


def shown(row: models.Model, field: AvatarField) -> str:
    """The stored name of the picture that `row` shows, "" for none: as the instance says, unless a replica gave it."""
    using = recording.database_of(row)
    if row._state.db == using:
        return str(getattr(row, field.attname).stored_name)
    rows = references.rows(field.model, using).filter(pk=row._get_pk_val(field.model._meta))
    return rows.values_list(field.name, flat=True).first() or ""


def located(holder: Any, field: AvatarField | str | None) -> tuple[models.Model | None, AvatarField]:
    """The row and the field with the picture of `holder`, which may be a user; the row is None if there is none."""
    if field is None or not isinstance(holder, models.Model):
        target = target_of(holder)
        if target.field is None:
            raise TypeError(f"{holder!r} has no AvatarField. Give a user, or a row of a model that has one.")
        row = services.stored_holder(target.thing) if target.holder is None else target.holder
        return row, target.field
    found: Any = holder._meta.get_field(field) if isinstance(field, str) else field
    return holder, found
