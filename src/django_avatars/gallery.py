"""
Ready pictures that everybody may choose: ``AVATARS["GALLERY"]``.

Whoever chooses one gets a name that follows from its content, and shares the files with all who have chosen it. The
files are made when somebody looks at one for the first time, and are never deleted: letting go, the sweep and
rebuilding pass them by.
"""

from __future__ import annotations

import dataclasses
import functools
import os
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile

from . import naming
from .conf import get_settings
from .lifecycle import staging
from .targets import target_of

if TYPE_CHECKING:
    from .fields import AvatarField
    from .imaging.spec import Picture


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadyPicture:
    """One picture of ``AVATARS["GALLERY"]``."""

    file: str
    """Path of the file that it is made of."""
    name: str
    """What people call it, read out by screen readers."""
    credit: str
    """Who made it, "" where nobody has to be named."""

    @property
    def key(self) -> str:
        """What its address and its stored name say: a hash of the file's content."""
        stat = os.stat(self.file)
        return _key(self.file, stat.st_size, stat.st_mtime_ns)


def pictures() -> list[ReadyPicture]:
    """The pictures to choose from: those whose file is there. A check says which is not (E051)."""
    return [
        ReadyPicture(file=os.fspath(one["file"]), name=str(one["name"]), credit=str(one.get("credit", "")))
        for one in get_settings().gallery
        if os.path.exists(one["file"])
    ]


def find(key: str) -> ReadyPicture | None:
    """The picture with this key, None where there is none (any more)."""
    return next((picture for picture in pictures() if picture.key == key), None)


def credit_of(obj: Any) -> str:
    """Who made the ready picture that `obj` shows; "" where it shows another one, or nobody has to be named."""
    key = naming.ready_key(target_of(obj).stored_name)
    picture = find(key) if key else None
    return picture.credit if picture else ""


def make(picture: ReadyPicture, field: AvatarField) -> str:
    """
    The stored name of `picture` as `field` keeps it, once its files are there.

    Raises `InvalidImage` where the file is no picture, `Busy`, and `StorageUnavailable`.
    """
    name, made = _named(picture, field)
    staging.write_shared(field, name, lambda: made or _rendered(picture, field))
    return str(name)


_names: dict[tuple[Any, ...], naming.StoredName] = {}
"""Stored names by content and what is made of it: to know how large a picture is takes reading it."""


def _named(picture: ReadyPicture, field: AvatarField) -> tuple[naming.StoredName, Picture | None]:
    """The stored name, and the renditions where they had to be made to know it."""
    key, spec = picture.key, field.spec
    said = repr((spec.sizes, spec.output_formats, sorted(spec.quality.items()), spec.background, get_settings().focus))
    is_master = getattr(field.storage, "resizes_by_url", False)
    known = (key, said, is_master)
    if known in _names:
        return _names[known], None
    made = _rendered(picture, field)
    shape = ((), ()) if is_master else (made.sizes, made.formats)
    _names[known] = naming.ready_name(key, said, *shape)
    return _names[known], made


def _rendered(picture: ReadyPicture, field: AvatarField) -> Picture:
    with open(picture.file, "rb") as file:
        return field.process_stored(ContentFile(file.read(), picture.file))


@functools.lru_cache(maxsize=1024)
def _key(file: str, size: int, changed: int) -> str:
    with open(file, "rb") as opened:
        return naming.content_key(opened.read())
