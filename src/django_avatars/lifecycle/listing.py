"""Walking a storage, in constant memory where it allows that."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.core.files.storage import FileSystemStorage

from ..storages import Listed, Measured, adapter_for, sources
from . import references

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from .column import Column


def places() -> list[tuple[Storage, str]]:
    """
    Every storage and folder in which pictures may be; a folder inside another one is left out.

    Of a storage that writes to several others, each of those; and ``PRIVATE_STORAGE``, where there is one.
    """
    found: list[tuple[Storage, str]] = []
    for field in references.fields():
        for storage in _homes(field):
            place = storage, prefix_of(field)
            if not any(covers(other, place) for other in found):
                found = [other for other in found if not covers(place, other)] + [place]
    return found


def stored_in(storage: Storage) -> tuple[Storage, ...]:
    """Where `storage` keeps its files: the storage itself, or those that it writes to."""
    return getattr(storage, "written_to", None) or (storage,)


def _homes(field: Column) -> list[Storage]:
    private = sources.private()
    return [*stored_in(field.storage), *([private] if private else [])]


def is_per_owner(place: tuple[Storage, str]) -> bool:
    """
    Whether each folder in this place holds the pictures of one owner alone.

    A callable for `upload_to` may say so of itself in an attribute ``per_owner``. Every field that stores
    there has to.
    """
    return all(
        getattr(field.upload_to, "per_owner", False)
        for field in references.fields()
        if any(covers(place, (storage, prefix_of(field))) for storage in _homes(field))
    )


def prefix_of(field: Column) -> str:
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
        return ((name, when) for name, when, _ in _walk_disk(storage, folder))
    return adapter_for(storage).walk(folder)


def sizes(storage: Storage, folder: str) -> Iterator[Measured]:
    """Every file below `folder` and its size in bytes, None where the listing does not say it."""
    if isinstance(storage, FileSystemStorage):
        return ((name, size) for name, _, size in _walk_disk(storage, folder))
    return adapter_for(storage).sizes(folder)


def modified(storage: Storage, listed: Listed) -> float:
    """
    When a listed file was written, in seconds since 1970. Raises `NotImplementedError` where a storage cannot
    say.
    """
    name, when = listed
    return storage.get_modified_time(name).timestamp() if when is None else when


def _walk_disk(storage: FileSystemStorage, folder: str) -> Iterator[tuple[str, float, int]]:
    # Storage.listdir() makes a list of everything in a folder, which may be millions.
    try:
        entries = os.scandir(storage.path(folder) if folder else storage.location)
    except (FileNotFoundError, NotADirectoryError):
        return
    with entries:
        for entry in entries:
            if not _is_text(entry.name):
                continue
            name = posixpath.join(folder, entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk_disk(storage, name)
            else:
                yield from _written(entry, name)


def _is_text(name: str) -> bool:
    """Whether a row can hold the name: what is not UTF-8 is read as halves of surrogates, which no database takes."""
    return name.isascii() or not re.search("[\ud800-\udfff]", name)


def _written(entry: os.DirEntry[str], name: str) -> Iterator[tuple[str, float, int]]:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return  # deleted since it was listed
    yield name, found.st_mtime, found.st_size


def covers(one: tuple[Storage, str], other: tuple[Storage, str]) -> bool:
    """Whether the second place is inside the first, or is the same."""
    return is_same(one[0], other[0]) and f"{other[1]}/".startswith(f"{one[1]}/" if one[1] else "")


def is_same(one: Storage, other: Storage) -> bool:
    """Whether two storages have the same files."""
    home = _home(one)
    return one == other if home is None else home == _home(other)


def folders_within(place: tuple[Storage, str], inner: Storage) -> set[str]:
    """
    The folders of `place` that all files of `inner` are in, seen from the storage of `place`. Empty where that is none.

    Unlike `is_same`, this takes two services with the same bucket or host for one: the address of a service can be
    written in several ways, and what lies in these folders is deleted, unless it is known to be of another storage.
    """
    storage, folder = place
    if is_same(storage, inner):
        return set()
    home = _home(inner)
    found = {start: _rest(_home(storage, start), home) for start in ("", folder)}
    return {posixpath.join(start, rest).rstrip("/") for start, rest in found.items() if rest is not None} - {""}


def _rest(outer: tuple[object, ...] | None, inner: tuple[object, ...] | None) -> str | None:
    """Where `inner` is, seen from `outer`; None where it is not inside, or cannot be told."""
    if outer is None or inner is None:
        return None
    (kind, *_, there, outside), (other, *_, here, inside) = outer, inner
    start, folder = str(outside).rstrip("/"), str(inside)
    if (kind, there) != (other, here) or (start and not f"{folder}/".startswith(f"{start}/")):
        return None
    return folder.removeprefix(start).strip("/")


def _home(storage: Storage, folder: str = "") -> tuple[object, ...] | None:
    """Where the files below `folder` are, with the folder at the end. None where that cannot be told."""
    if isinstance(storage, FileSystemStorage):
        return "disk", "", os.path.realpath(storage.path(folder) if folder else storage.location)
    home = adapter_for(storage).home
    return home and (*home[:-1], posixpath.join(str(home[-1]), folder).rstrip("/"))
