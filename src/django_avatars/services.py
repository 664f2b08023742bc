"""
What can be done with a picture, and what there is to say about one: for the pages, the admin and APIs alike.

Who may do it is decided before: these functions ask no permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypedDict

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError

from . import audit, naming, providers, targets
from .conf import get_settings
from .exceptions import InvalidImage, StorageUnavailable
from .providers import names
from .targets import target_of

if TYPE_CHECKING:
    from django.core.files.base import File
    from django.db import models

    from .fields import AvatarField

RETRY_AFTER = 30
"""Seconds after which to try again when the storage did not answer, for the header of that name."""


class Description(TypedDict):
    """Everything a front end needs to show somebody."""

    url: str | None
    """Address of the picture in the size that was asked for, None where initials are shown."""
    sizes: dict[int, str]
    """Addresses by side in pixels, descending; empty for a picture that is not ours, and without one."""
    srcset: str
    """The same with width descriptors, "… 512w, … 256w", for ``<img srcset>`` with ``sizes``."""
    initials: str
    """One or two letters, "" to draw a person; what to show without a picture, and behind it."""
    color: str
    """What white initials stand on, as "#rrggbb"."""
    label: str
    """What the person or thing is called."""


def set_own(user: Any, file: File[Any]) -> models.Model:
    """
    Make `file` the picture of `user`, and give the row that holds it. The row is made if there is none.

    Raises `InvalidImage` or `StorageUnavailable`, see `set_picture`; and `PermissionDenied` when nobody is
    logged in, or the user was deleted meanwhile.
    """
    _require_person(user)
    check(targets.user_field().field, file, whose=user)  # first: nobody gets a profile for a file that is refused
    with _denied_if_gone(user):
        try:
            return _set_own(user, file)
        except DatabaseError:
            link, holder = targets.user_field().link, targets.holder_of(user)
            if link is None or holder is None or _is_there(holder):
                raise
            link.remote_field.delete_cached_value(user)
        return _set_own(user, file)  # the row was deleted meanwhile, but the picture is for the person


@contextmanager
def _denied_if_gone(user: Any) -> Iterator[None]:
    try:
        yield
    except DatabaseError as exc:
        if _is_there(user):
            raise
        raise PermissionDenied("The user was deleted meanwhile.") from exc


def _set_own(user: Any, file: File[Any]) -> models.Model:
    field = targets.user_field().field
    holder, is_new = targets.holder_of(user), False
    with _told(field, file, whose=user):
        if holder is None:
            # A row that is made has the picture from the start: where the storage fails there is no row either.
            holder, is_new = targets.make_holder(user, **{field.name: file})
        if not is_new:
            _assign(holder, field, file)
    return holder


def _require_person(user: Any) -> None:
    if not user.is_authenticated:
        raise PermissionDenied("Nobody is logged in, and a stranger has no picture. Ask for a log-in first.")


def _is_there(row: models.Model) -> bool:
    return row.__class__._base_manager.filter(pk=row.pk).exists()  # not type(): request.user is a lazy object


def remove_own(user: Any) -> bool:
    """
    Leave `user` without a picture. False where there was none; then no row is made either.

    Raises `PermissionDenied` when nobody is logged in.
    """
    _require_person(user)
    holder = targets.holder_of(user)
    try:
        return holder is not None and remove_picture(holder, field=targets.user_field().field)
    except DatabaseError:
        if _is_there(holder):  # type: ignore[arg-type]  # what is None makes no query
            raise
    return False  # somebody else has deleted the row, and the picture with it


def check(field: AvatarField, file: File[Any], *, whose: Any) -> None:
    """Make the renditions of `file`, once, and write to the log why that cannot be. Raises `InvalidImage`."""
    try:
        field.process(file)
    except InvalidImage as exc:
        audit.record("refused", whose, code=exc.code, size=file.size)
        raise


def set_picture(holder: models.Model, *, field: AvatarField, file: File[Any]) -> None:
    """
    Make `file` the picture of this row, and save that column, with the times of change that the row has.

    Raises `InvalidImage` or `StorageUnavailable`; then the row, and `holder`, show what they showed before.
    """
    check(field, file, whose=holder)
    with _told(field, file, whose=holder):
        _assign(holder, field, file)


def _assign(holder: models.Model, field: AvatarField, file: File[Any]) -> None:
    before = getattr(holder, field.attname)
    try:
        setattr(holder, field.attname, file)
        holder.save(update_fields=_changing_with(field, holder))
    except BaseException:
        setattr(holder, field.attname, before)
        raise


@contextmanager
def _told(field: AvatarField, file: File[Any], *, whose: Any) -> Iterator[None]:
    """Write to the log that a picture was saved, or that the storage failed."""
    try:
        yield
    except StorageUnavailable as exc:
        audit.record("failed", whose, code=exc.code, size=file.size)
        raise
    audit.record("saved", whose, format=field.option("output_formats")[0], size=file.size)


def remove_picture(holder: models.Model, *, field: AvatarField) -> bool:
    """Leave this row without a picture, and save as `set_picture` does. False where there was none."""
    if not getattr(holder, field.attname):
        return False
    setattr(holder, field.attname, "")
    holder.save(update_fields=_changing_with(field, holder))
    audit.record("removed", holder)
    return True


def _changing_with(field: AvatarField, holder: models.Model) -> list[str]:
    """The picture, and what Django sets to the time of every save (``auto_now``)."""
    return [field.name, *(one.name for one in holder._meta.concrete_fields if getattr(one, "auto_now", False))]


def describe(obj: Any, *, size: int | None = None, absolute: Callable[[str], str] | None = None) -> Description:
    """
    What there is to show of a user, an instance with an AvatarField, its file, or a name. Asks no storage.

    Args:
        obj: Who or what is shown.
        size: The side in pixels that ``url`` shall have at least. None: the largest there is.
        absolute: Makes whole addresses of paths, such as ``request.build_absolute_uri``.

    """
    target = target_of(obj)
    wanted, whole = size or max(get_settings().sizes), absolute or str
    found, initials = providers.answer(target, wanted), providers.initials(target, wanted)
    url = found.url if isinstance(found, providers.Photo) else None
    sizes: dict[int, str] = {}
    if target.stored_name:
        file = getattr(target.holder, target.field.attname)  # type: ignore[union-attr]  # or it would have no name
        url = file.url if size is None else file.url_for(size)
        sizes = {side: whole(file.url_for(side)) for side in _sides(target.field, target.stored_name)}  # type: ignore[arg-type]
    return {
        "url": whole(url) if url else None,
        "sizes": sizes,
        "srcset": ", ".join(f"{address} {side}w" for side, address in sizes.items()),
        "initials": initials.text,
        "color": initials.color,
        "label": names.display_name(target.person),
    }


def _sides(field: AvatarField, stored_name: str) -> tuple[int, ...]:
    """What there are files of; what is declared where one master is resized by URL; nothing for a foreign picture."""
    parsed = naming.parse(stored_name)
    sides: tuple[int, ...] = (parsed.sizes or field.option("sizes")) if parsed else ()
    return sides
