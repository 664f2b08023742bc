"""
The sweep: finds the files that no row names, whatever crashed in between, and deletes them.

The order makes it safe. First the storage is listed, then the rows are read: what a row named
meanwhile is seen. Only names of our grammar count, only files older than the grace, which must
exceed the longest transaction (between write and commit no row names a file), and right before
each delete the rows are asked once more. Both lists are kept in a temporary file, not in memory.
"""

from __future__ import annotations

import dataclasses
import itertools
import posixpath
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeVar

from .. import naming
from . import inventories, listing, references

if TYPE_CHECKING:
    from django.core.files.storage import Storage
    from django.db.models import Model

    from ..storages import Listed

Row = TypeVar("Row")

GRACE = 3600
"""Seconds a file is left alone after it was written."""

BATCH = 200
"""Pictures between two looks at the rows while deleting."""

SUSPICIOUS_COUNT = 20
"""Fewer strays than this are no reason to stop…"""
SUSPICIOUS_COUNT_WITHOUT_ROWS = 5
"""…unless no row names any picture beside them."""

_SCHEMA = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE file (place INTEGER, base TEXT, name TEXT, modified REAL, owner TEXT);
    CREATE TABLE used (base TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_UNUSED = " FROM file WHERE base NOT IN (SELECT base FROM used)"
_UNUSED_OLD = "SELECT {} " + _UNUSED + " GROUP BY place, base HAVING MAX(modified) < ?"
_UNUSED_BATCH = (
    "SELECT base, GROUP_CONCAT(name, CHAR(0))" + _UNUSED + " AND base > ? GROUP BY base ORDER BY base LIMIT ?"
)
_STRAYS = f"""
    SELECT old.modified modified, 1 is_stray FROM (
        {_UNUSED_OLD.format("place, owner, MAX(modified) modified")}
    ) AS old LEFT JOIN (
        SELECT place, owner, MAX(modified) modified FROM file
        WHERE base IN (SELECT base FROM used) GROUP BY place, owner
    ) AS newest ON old.place = newest.place AND old.owner = newest.owner
    WHERE newest.modified IS NULL OR old.modified > newest.modified
"""  # noqa: S608 - all text is ours
_NEWEST_FIRST = f"""
    {_STRAYS} UNION ALL
    SELECT MAX(modified) modified, 0 is_stray FROM file
    WHERE base IN (SELECT base FROM used) GROUP BY place, base ORDER BY modified DESC, is_stray
"""  # noqa: S608 - all text is ours


@dataclasses.dataclass(frozen=True, kw_only=True)
class Doubt:
    """A reason not to delete: since some moment, more pictures were written that no row names than plausible."""

    strays: int
    """Pictures that no row names, written since then."""
    used: int
    """Pictures that a row names, written since then."""
    since: float
    """That moment, in seconds since 1970."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """What a sweep has seen, in pictures (a picture is several files) and files."""

    pictures: int
    """Pictures in storage, of our making."""
    used: int
    """Of these, named by a row."""
    young: int
    """Of the others, written within the grace."""
    unused: int
    """Of the others, older: these would be deleted."""
    files: int
    """Files that these consist of."""
    doubt: Doubt | None = dataclasses.field(default=None, compare=False)
    """Why this may be the wrong storage or the wrong database."""


def is_implausible(*, strays: int, used: int, young: int) -> bool:
    """
    Whether so many strays beside so many used pictures suggest the wrong storage or the wrong database.

    A stray is an unused picture that is no leftover: in the folder of one owner, what is older than a used
    picture is what rebuilding and replacing leave, however much it is.
    """
    if not used:
        return strays >= SUSPICIOUS_COUNT_WITHOUT_ROWS
    return strays >= SUSPICIOUS_COUNT and strays > used + young


def doubt(newest_first: Iterable[tuple[float, int]], young: int) -> Doubt | None:
    """
    The worst of all moments since which the strays are implausible.

    Each item is the time of writing of a picture, and whether it is a stray. All of history is one such period;
    the last day is another: a copy of the database, or a backup that was restored, names what was written before
    it was made, and none of what people have chosen since.
    """
    return max(_doubts(newest_first, young), key=lambda one: one.strays - one.used, default=None)


def _doubts(newest_first: Iterable[tuple[float, int]], young: int) -> Iterator[Doubt]:
    strays = used = 0
    for modified, is_stray in newest_first:
        strays, used = strays + is_stray, used + (not is_stray)
        if is_implausible(strays=strays, used=used, young=young):
            yield Doubt(strays=strays, used=used, since=modified)


class Sweep:
    """One pass over storage and rows. Use as a context manager; its lists go with it."""

    def __init__(
        self,
        *,
        grace: float = GRACE,
        inventory: Sequence[str] = (),
        on_progress: Callable[[str, int], None] | None = None,
    ) -> None:
        self._until = time.time() - grace
        self.without_table: list[type[Model]] = references.without_table()
        """Models that are left out since they have no table, such as one that is not migrated yet."""
        self._places = listing.places()
        self._inventory = inventory
        if inventory and any(not listing.is_same(self._places[0][0], storage) for storage, _ in self._places):
            raise inventories.UnreadableInventory(
                "An inventory is the list of one storage, and pictures are in several. Sweep without it."
            )
        self._per_owner = [listing.is_per_owner(place) for place in self._places]
        self._on_progress = on_progress or (lambda what, count: None)
        self._lists = sqlite3.connect("")  # "": a temporary file that is deleted when it is closed
        self._lists.executescript(_SCHEMA)

    def __enter__(self) -> Sweep:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._lists.close()

    def find(self) -> Found:
        """List the storage, read the rows, compare. Changes nothing. Raises what a storage or a database raises."""
        self._lists.executemany(
            "INSERT INTO file VALUES (?, ?, ?, ?, ?)", self._counted("files listed", self._listed())
        )
        self._lists.executemany("INSERT OR IGNORE INTO used VALUES (?)", self._counted("rows read", self._named()))
        self._lists.execute("CREATE INDEX file_base ON file (base)")
        self._ask_functions()
        old = _UNUSED_OLD.format("COUNT(*) n")
        pictures = self._count("SELECT COUNT(*) FROM (SELECT DISTINCT place, base FROM file)")
        left = self._count("SELECT COUNT(*) FROM (SELECT DISTINCT place, base" + _UNUSED + ")")  # noqa: S608 - all text is ours
        unused = self._count("SELECT COUNT(*) FROM (" + old + ")", self._until)  # noqa: S608 - all text is ours
        files = self._count("SELECT COALESCE(SUM(n), 0) FROM (" + old + ")", self._until)  # noqa: S608 - all text is ours
        young = left - unused
        with closing(self._lists.execute(_NEWEST_FIRST, (self._until,))) as newest_first:
            reason = doubt(newest_first, young)
        return Found(pictures=pictures, used=pictures - left, young=young, unused=unused, files=files, doubt=reason)

    def unused(self) -> Iterator[str]:
        """Names of the files that would be deleted."""
        for _place, _base, names in self._unused_pictures():
            yield from names

    def delete(self) -> tuple[int, int]:
        """Delete what `find` found unused. Returns the numbers of files deleted and of files that could not be."""
        deleted = failed = 0
        pictures = self._unused_pictures()
        while batch := list(itertools.islice(pictures, BATCH)):
            # Somebody may have put an old name back meanwhile: ask again, then delete at once.
            kept = self._needed_again([base for _, base, _ in batch])
            doomed: dict[int, list[str]] = {}
            for place, base, names in batch:
                if base not in kept:
                    doomed.setdefault(place, []).extend(names)
            for place, files in doomed.items():
                misses = references.delete_files(self._places[place][0], files)
                deleted, failed = deleted + len(files) - misses, failed + misses
            self._on_progress("files deleted", deleted)
        return deleted, failed

    def _ask_functions(self) -> None:
        """Ask those functions of ``REFERENCES`` that cannot say everything at once about what no row names."""
        asked, last = [needs for needs in references.registered() if not hasattr(needs, "every")], ""
        while asked and (batch := self._lists.execute(_UNUSED_BATCH, (last, BATCH)).fetchall()):
            bases = {name: base for base, names in batch for name in names.split("\0")}
            needed = bases.keys() & set().union(*(needs(list(bases)) for needs in asked))
            self._lists.executemany("INSERT OR IGNORE INTO used VALUES (?)", [(bases[name],) for name in needed])
            last = batch[-1][0]

    def _needed(self, names: list[str]) -> set[str]:
        """Those that a row names by now, or a function of ``REFERENCES`` that cannot say everything at once."""
        asked = (needs for needs in references.registered() if not hasattr(needs, "every"))
        return references.named_by_rows(names).union(*(needs(names) for needs in asked))

    def _needed_again(self, bases: list[str]) -> set[str]:
        """Those of these pictures that are needed by now; asked by all their files, also those in other places."""
        marks = ", ".join("?" * len(bases))
        names = self._lists.execute(f"SELECT base, name FROM file WHERE base IN ({marks})", bases)  # noqa: S608 - question marks alone
        bases_of = {name: base for base, name in names}
        return {bases_of[name] for name in self._needed(list(bases_of)) if name in bases_of}

    def _unused_pictures(self) -> Iterator[tuple[int, str, list[str]]]:
        query = _UNUSED_OLD.format("place, base, GROUP_CONCAT(name, CHAR(0))")
        with closing(self._lists.execute(query, (self._until,))) as found:
            for place, base, names in found:
                yield place, base, names.split("\0")

    def _listed(self) -> Iterator[tuple[int, str, str, float, str]]:
        for place, (storage, folder) in enumerate(self._places):
            inside = [listing.folders_within((storage, folder), other) for other, _ in self._places]
            # Files of other storages, under names that rows do not have.
            elsewhere = tuple(f"{one}/" for one in set().union(*inside))
            for listed in self._walk(storage, folder):
                if listed[0].startswith(elsewhere):
                    continue
                parsed = naming.parse(listed[0])
                if parsed is not None and not parsed.is_ready:
                    with suppress(FileNotFoundError):  # deleted since it was listed
                        when = listing.modified(storage, listed)
                        yield place, parsed.base, listed[0], when, self._owner(place, parsed)

    def _walk(self, storage: Storage, folder: str) -> Iterator[Listed]:
        return inventories.walk(self._inventory, storage, folder) if self._inventory else listing.walk(storage, folder)

    def _owner(self, place: int, picture: naming.StoredName) -> str:
        """The folder that is one owner's, else the picture under all its names: a shared folder says nothing."""
        folder = posixpath.dirname(picture.base)
        return folder if self._per_owner[place] and folder != self._places[place][1] else picture.family

    def _named(self) -> Iterator[tuple[str]]:
        needed = (needs.every() for needs in references.registered() if hasattr(needs, "every"))
        for name in itertools.chain(references.names(), *needed):
            parsed = naming.parse(name)
            if parsed is not None:
                yield (parsed.base,)

    def _counted(self, what: str, items: Iterator[Row]) -> Iterator[Row]:
        for count, item in enumerate(items, start=1):
            if count % 1000 == 0:
                self._on_progress(what, count)
            yield item

    def _count(self, query: str, *arguments: float) -> int:
        return int(self._lists.execute(query, arguments).fetchone()[0])
