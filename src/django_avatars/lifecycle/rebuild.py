"""
Making the renditions of stored pictures anew, after SIZES or OUTPUT_FORMATS have changed.

A rendition that exists in the wanted size and format is copied as it is (unless all are to be made
anew, for another quality or background); the others are made from the largest. The old files wait for
`avatars_prune`: cached pages still show them. A name says
what exists, so a rebuild that was interrupted goes on where it stopped by looking at the names.
"""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.db import transaction

from .. import naming
from ..storages import sources
from . import references, staging

if TYPE_CHECKING:
    from ..imaging.spec import Picture, Rendition
    from .column import Column


PIECE = 1000
"""Rows that are read at a time."""

renamed: list[Callable[[Column, Any, str, str, str], object]] = []
"""
Functions that are told that a row names the same picture by another name, in the transaction: the field, the key of the
row, the old name, the new one, and the database.
"""


def outdated(field: Column, alias: str, *, every: bool = False, first: Any = None) -> Iterator[tuple[Any, str]]:
    """
    Key and name of each row whose renditions are not what `field` makes today; with `every`, of each with a
    picture. In the order of the keys, from `first` on.
    """
    rows = references.rows(field.model, alias).exclude(**{field.name: ""}).order_by("pk").values_list("pk", field.name)
    if first is not None:
        rows = rows.filter(pk__gte=first)
    # By key, not by one long cursor: rows are changed on the way.
    piece = list(rows[:PIECE])
    while piece:
        for key, name in piece:
            if is_outdated(field, name or "", every=every):
                yield key, name
        piece = list(rows.filter(pk__gt=piece[-1][0])[:PIECE])


def rebuild(field: Column, alias: str, key: Any, name: str, *, anew: bool = False) -> bool:
    """
    Make the renditions of the picture `name` of one row anew: those that are missing, with `anew` all of them.

    Returns False when the row names another picture by now: then there is nothing to do. Raises
    `InvalidImage` or `StorageUnavailable`, or what the storage raises when it cannot be read.
    """
    picture = field.process_stored(_read(field, name))
    if not anew:
        picture = _with_what_there_is(field, name, picture)
    picture = _with_what_cannot_be_made(field, name, picture)
    # So that the old files go with the picture, and `sync_picture` does not take the same bytes for new ones.
    picture = dataclasses.replace(picture, continues=_parsed(name).token)
    return swap(field, alias, key, name, picture, posixpath.dirname(name))


def swap(field: Column, alias: str, key: Any, name: str, picture: Picture, folder: str) -> bool:
    """
    Write `picture` into `folder` and let one row name it, if it still names `name`; returns whether it did.

    The old files stay: cached pages still show them, and `avatars_prune` knows when they may go.
    """
    staged = staging.write(field, folder, picture)
    try:
        with transaction.atomic(using=alias):
            row = references.rows(field.model, alias).filter(pk=key, **{field.name: name})
            changed = row.update(**{field.name: str(staged.name)})
            if not changed:
                transaction.set_rollback(True, using=alias)
            else:
                for tell in renamed:
                    tell(field, key, name, str(staged.name), alias)
    except BaseException:
        staged.discard()
        raise
    staged.discard()  # does nothing once a commit has named the files
    return bool(changed)


def is_outdated(field: Column, name: str, *, every: bool = False) -> bool:
    """Whether `name` is a picture of ours that `field` makes otherwise today; with `every`, any of ours."""
    parsed = naming.parse(name)
    return parsed is not None and not parsed.is_ready and (every or not _fits(parsed, field))


def _fits(parsed: naming.StoredName, field: Column) -> bool:
    if getattr(field.storage, "resizes_by_url", False):
        return not parsed.sizes
    if not parsed.sizes:
        return False
    side, declared = parsed.sizes[0], field.option("sizes")
    wanted = (min(side, max(declared)), *(size for size in declared if size < min(side, max(declared))))
    return parsed.sizes == wanted and parsed.formats == tuple(field.option("output_formats"))


def _parsed(name: str) -> naming.StoredName:
    parsed = naming.parse(name)
    assert parsed is not None  # `outdated` gives no other
    return parsed


def _with_what_there_is(field: Column, name: str, picture: Picture) -> Picture:
    """
    `picture`, with the stored file in the place of each rendition that has one: encoding it again would cost
    quality.
    """
    parsed = _parsed(name)
    return dataclasses.replace(picture, renditions=tuple(_kept(field, parsed, made) for made in picture.renditions))


def _with_what_cannot_be_made(field: Column, name: str, picture: Picture) -> Picture:
    """`picture`, with the source and the animation that were kept, where there are any: renditions show neither."""
    parsed = _parsed(name)
    with suppress(FileNotFoundError):
        if parsed.has_source:
            picture = dataclasses.replace(picture, source=sources.read(field.storage, parsed))
    with suppress(FileNotFoundError):
        if parsed.has_animation:
            animation = _read(field, parsed.animation).read()
            picture = dataclasses.replace(picture, animation=animation)
    return picture


def _kept(field: Column, parsed: naming.StoredName, made: Rendition) -> Rendition:
    if made.size not in parsed.sizes or made.format not in parsed.formats:
        return made
    try:
        return dataclasses.replace(made, data=_read(field, parsed.file(made.size, made.format)).read())
    except FileNotFoundError:  # the name promised it: now there is one again
        return made


def _read(field: Column, name: str) -> ContentFile:  # type: ignore[type-arg]  # not a generic at run time
    with field.storage.open(name) as file:
        return ContentFile(file.read(), name)
