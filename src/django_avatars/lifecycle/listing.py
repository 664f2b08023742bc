"""Walking a storage, in constant memory where it allows that."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage

from .. import backends
from ..backends import Listed
from . import inventory

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..fields import AvatarField


def places() -> list[tuple[Storage, str]]:
    """Every storage and folder in which pictures may be; a folder inside another one is left out."""
    found: list[tuple[Storage, str]] = []
    for field in inventory.fields():
        place = field.storage, prefix_of(field)
        if not any(_covers(other, place) for other in found):
            found = [other for other in found if not _covers(place, other)] + [place]
    return found


def prefix_of(field: AvatarField) -> str:
    """
    The part of the upload path that is the same for everybody, "" where that cannot be known.

    A callable may say it in an attribute ``prefix``; otherwise the whole storage is walked.
    """
    if callable(field.upload_to):
        fixed = str(getattr(field.upload_to, "prefix", ""))
    else:
        fixed, directive, _ = str(field.upload_to).partition("%")
        fixed = posixpath.dirname(fixed) if directive else fixed
    folder = posixpath.normpath(fixed)  # as Django does with what upload_to gives
    return "" if folder == "." else folder


def walk(storage: Storage, folder: str) -> Iterator[Listed]:
    """Every file below `folder`, in no particular order. A folder that does not exist is empty."""
    if isinstance(storage, FileSystemStorage):
        return _walk_disk(storage, folder)
    return backends.of(storage).walk(folder)


def modified(storage: Storage, listed: Listed) -> float:
    """
    When a listed file was written, in seconds since 1970. Raises `NotImplementedError` where a storage cannot
    say.
    """
    name, when = listed
    return storage.get_modified_time(name).timestamp() if when is None else when


def _walk_disk(storage: FileSystemStorage, folder: str) -> Iterator[Listed]:
    # Storage.listdir() makes a list of everything in a folder, which may be millions.
    try:
        entries = os.scandir(storage.path(folder) if folder else storage.location)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            name = posixpath.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_disk(storage, name)
            else:
                yield from _written(entry, name)


def _written(entry: os.DirEntry[str], name: str) -> Iterator[Listed]:
    try:
        yield name, entry.stat(follow_symlinks=False).st_mtime
    except FileNotFoundError:
        return  # deleted since it was listed


def _covers(one: tuple[Storage, str], other: tuple[Storage, str]) -> bool:
    return _is_same(one[0], other[0]) and f"{other[1]}/".startswith(f"{one[1]}/" if one[1] else "")


def _is_same(one: Storage, other: Storage) -> bool:
    if isinstance(one, FileSystemStorage) and isinstance(other, FileSystemStorage):
        return bool(one.location == other.location)
    return one == other
