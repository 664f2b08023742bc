"""
Rows that name a picture whose file is gone: beside a storage that lost files, or after a backup was restored.

First the rows are read, then the storage is listed: a file that a row named at the beginning is in the listing, unless
it was replaced meanwhile, and then its row is asked again. So most storages are asked for nothing but the listing.
Both lists are kept in a temporary file, not in memory.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import naming
from . import listing, references

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from .column import Column

BATCH = 200
"""Names that a database is asked for at a time."""

_SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE named (name TEXT, field INTEGER, is_there INTEGER DEFAULT 0, PRIMARY KEY (name, field)) WITHOUT ROWID;
"""

_OUTSIDE = """
    SELECT name FROM named WHERE field = ? AND NOT is_there AND SUBSTR(name, 1, ?) != ? AND name > ?
    ORDER BY name LIMIT ?
"""


class Row(NamedTuple):
    """A row whose picture is gone."""

    field: Column
    database: str
    key: Any
    name: str


class MissingFiles:
    """One look at rows and storages. Use as a context manager; its lists go with it."""

    def __init__(self, *, on_progress: Callable[[str, int], None] | None = None) -> None:
        self._fields = list(references.fields())
        self._on_progress = on_progress or (lambda what, count: None)
        self._lists = sqlite3.connect("")  # "": a temporary file that is deleted when it is closed
        self._lists.executescript(_SCHEMA)

    def __enter__(self) -> MissingFiles:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._lists.close()

    def find(self) -> tuple[int, int]:
        """Numbers of pictures of ours that rows name, and of those whose file is gone. Raises what a storage raises."""
        self._lists.executemany("INSERT OR IGNORE INTO named (name, field) VALUES (?, ?)", self._named())
        self._lists.executemany("UPDATE named SET is_there = 1 WHERE name = ? AND field = ?", self._listed())
        self._lists.executemany("UPDATE named SET is_there = 1 WHERE name = ? AND field = ?", self._elsewhere())
        found = self._lists.execute("SELECT COUNT(*), COALESCE(SUM(NOT is_there), 0) FROM named").fetchone()
        return int(found[0]), int(found[1])

    def rows(self) -> Iterator[Row]:
        """The rows that name a picture whose file is gone, as they are at this moment."""
        for number, field in enumerate(self._fields):
            missing = self._lists.execute("SELECT name FROM named WHERE field = ? AND NOT is_there", (number,))
            while batch := [name for (name,) in missing.fetchmany(BATCH)]:
                for alias in references.databases(field.model):
                    held = references.rows(field.model, alias).filter(**{f"{field.name}__in": batch}).order_by("pk")
                    with references.where_there_is_a_table(alias, field.model):
                        for key, name in list(held.values_list("pk", field.name)):
                            yield Row(field, alias, key, name)

    def empty(self) -> int:
        """
        Let each of these rows name no picture, and return how many do.

        The storage is asked once more for each, since somebody may be putting files back.
        """
        return sum(_empty(row) for row in self.rows())

    def _named(self) -> Iterator[tuple[str, int]]:
        count = itertools.count(1)
        for number, field in enumerate(self._fields):
            for name in references.names([field]):
                if naming.parse(name):
                    self._tell("rows read", next(count))
                    yield name, number

    def _listed(self) -> Iterator[tuple[str, int]]:
        count = itertools.count(1)
        for storage, folder in listing.places():
            readers = [number for number, field in enumerate(self._fields) if _reads(field, (storage, folder))]
            for name, _ in listing.walk(storage, folder):
                self._tell("files listed", next(count))
                yield from ((name, number) for number in readers)

    def _elsewhere(self) -> Iterator[tuple[str, int]]:
        """Names that are not in the folder of their field any more, such as after a change of `upload_to`."""
        for number, field in enumerate(self._fields):
            folder, last = f"{listing.prefix_of(field)}/".lstrip("/"), ""
            while names := self._lists.execute(_OUTSIDE, (number, len(folder), folder, last, BATCH)).fetchall():
                yield from ((name, number) for (name,) in names if _exists(field, name))
                last = names[-1][0]

    def _tell(self, what: str, count: int) -> None:
        if count % 1000 == 0:
            self._on_progress(what, count)


def _home(storage: Storage) -> Storage:
    """Where pictures are read: of a storage that writes to several, the first."""
    return listing.stored_in(storage)[0]


def _reads(field: Column, place: tuple[Storage, str]) -> bool:
    """Whether a name that is listed in `place` is a picture of `field`, whose rows may say where they are."""
    return field.is_placed_by_row or listing.covers(place, (_home(field.storage), listing.prefix_of(field)))


def _exists(field: Column, name: str) -> bool:
    if not field.is_placed_by_row:
        return _home(field.storage).exists(name)
    rows: list[Any] = []
    for alias in references.databases(field.model):
        with references.where_there_is_a_table(alias, field.model):
            rows += references.rows(field.model, alias).filter(**{field.name: name})
    return any(_is_there(row, field) for row in rows)


def _is_there(row: Any, field: Column) -> bool:
    picture = getattr(row, field.attname)
    return _home(picture.storage).exists(picture.name)


def _empty(row: Row) -> int:
    named = references.rows(row.field.model, row.database).filter(pk=row.key, **{row.field.name: row.name})
    if any(_is_there(one, row.field) for one in named):
        return 0
    return row.field.lose(named)
