"""
Moving house: every picture that a row names, from one storage to another, under the same names.

The column does not say which storage it is in, so nothing in the database changes. What is there already,
as large as it is in the old storage, is not copied again, so this may be interrupted and run again at any
time. While `django_avatars.contrib.moving.MovingStorage` writes to both, no picture is missing at any moment.

A picture of ours is written whole or not at all. A file of another making, which may be the host's own, is
never written over.
"""

from __future__ import annotations

import dataclasses
import itertools
import mimetypes
import os
import posixpath
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from .. import naming
from ..imaging.formats import INPUT_FORMATS
from ..imaging.sniff import HEAD, format_of
from ..storages import adapter_for, sources
from . import listing, references

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from .column import Column

PIECE = 200
"""Files that are looked up and copied at a time."""


@dataclasses.dataclass(kw_only=True)
class Moved:
    """What a move has done, in files."""

    copied: int = 0
    present: int = 0
    """Were there already."""
    missing: list[str] = dataclasses.field(default_factory=list)
    """Are named by a row, and in neither storage."""
    defaults: list[str] = dataclasses.field(default_factory=list)
    """Are the default of a field, and in neither storage: static files, perhaps."""
    differing: list[str] = dataclasses.field(default_factory=list)
    """Are of another making and not the same in both storages; both are left as they are."""
    failed: list[str] = dataclasses.field(default_factory=list)
    """Could not be copied: the name, and why."""


class _Copy(ContentFile):  # type: ignore[type-arg]  # not a generic at run time
    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data, name)
        known = INPUT_FORMATS.get(format_of(data[:HEAD]))
        by_name = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.content_type = known.content_types[0] if known else by_name


class Move:
    """One pass over the rows. Use as a context manager; its lists go with it."""

    def __init__(
        self,
        source: Storage,
        target: Storage,
        *,
        verify: bool = False,
        on_progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.source = source
        self.target = target
        self.verify = verify
        self.done: Moved = Moved()
        self._writer = _Writer(target)
        self._on_progress = on_progress or (lambda what, count, total: None)
        self._counting = threading.Lock()
        self._lists = sqlite3.connect("")  # "": a temporary file that is deleted when it is closed
        for table in ("old", "new"):
            self._lists.execute(f"CREATE TABLE {table} (name TEXT PRIMARY KEY, size INTEGER) WITHOUT ROWID")

    def __enter__(self) -> Move:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._lists.close()

    @property
    def fields(self) -> list[Column]:
        """Those whose pictures move: they use the old storage, the new one since it was switched, or both."""
        return [field for field in references.fields() if self._uses(field.storage)]

    def _uses(self, storage: Storage) -> bool:
        ends = self.source, self.target
        return storage in ends or any(one in ends for one in listing.stored_in(storage))

    @property
    def moves_sources(self) -> bool:
        """Whether one end is that of ``PRIVATE_STORAGE``, where the sources of public pictures are, too."""
        private = sources.private()
        return private is not None and self._uses(private)

    def _named(self) -> Iterator[str]:
        """
        Every file that moves, as rows name them now: a source may do so without the picture.

        A source may be in another storage, or be called by an older key: only what was listed moves.
        """
        for name, is_moving in self._pictures():
            parsed = naming.parse(name)
            files: Iterable[str] = ()
            if is_moving:
                files = parsed.files() if parsed else [name]
            elif parsed is not None and parsed.has_source:
                files = parsed.sources
            yield from (file for file in files if not _is_source(file) or self._listed("old", file))

    def _pictures(self) -> Iterator[tuple[str, bool]]:
        """The name of every picture that moves, or whose source may, and whether it is the picture."""
        for field in references.fields():
            if field.is_placed_by_row:
                for alias in references.databases(field.model):
                    with references.where_there_is_a_table(alias, field.model):
                        named = references.rows(field.model, alias).exclude(**{field.name: ""}).order_by("pk")
                        pictures = (getattr(row, field.attname) for row in named.iterator(references.PIECE))
                        yield from ((str(picture.name), self._uses(picture.storage)) for picture in pictures)
            else:
                is_moving = self._uses(field.storage)
                chosen = [field] if is_moving or self.moves_sources else []
                yield from ((name, is_moving) for name in references.names(chosen))

    def _list(self) -> None:
        """Write down what is in the two storages."""
        fields = references.fields() if self.moves_sources else self.fields
        for folder in {listing.prefix_of(field) for field in fields}:
            for table, storage in (("old", self.source), ("new", self.target)):
                self._lists.executemany(
                    f"INSERT OR IGNORE INTO {table} VALUES (?, ?)",  # noqa: S608 - one of the two above
                    listing.sizes(storage, folder),
                )

    def find(self) -> Iterator[list[str]]:
        """Names of files that are not in the target yet, as large as they are, in pieces; with `verify`, of all."""
        self._list()
        return self._left()

    def _left(self) -> Iterator[list[str]]:
        names = self._named()
        while piece := list(itertools.islice(names, PIECE)):
            left = [name for name in dict.fromkeys(piece) if self.verify or not self._is_there(name)]
            self._count(present=len(piece) - len(left))
            yield left

    def run(self) -> Moved:
        """Copy what is not there yet."""
        self._list()
        total = sum(1 for _ in self._named())  # as it is now: the site is up
        for piece in self._left():
            new = {name for name in piece if self._listed("new", name) is None}
            self._writer.adapter.each(lambda name, new=new: self._copy(name, is_new=name in new), piece)  # type: ignore[misc]
            self._on_progress("files looked at", self._looked_at, total)
        if self.done.missing:
            self._forget_what_is_replaced()
        return self.done

    def _forget_what_is_replaced(self) -> None:
        """What no row names any more is not missing: the site is up, and people change their pictures."""
        missing = set(self.done.missing)
        named = missing.intersection(self._named())
        self.done.missing = [name for name in self.done.missing if name in named]

    @property
    def _looked_at(self) -> int:
        done = self.done
        others = (done.missing, done.defaults, done.differing, done.failed)
        return done.copied + done.present + sum(map(len, others))

    def _is_there(self, name: str) -> bool:
        """Whether the target has the file, and nothing speaks against its being whole."""
        there = self._listed("new", name)
        if there is None:
            return False
        here = self._listed("old", name)
        if here is None:
            return True
        sizes = _size(self.source, name, here), _size(self.target, name, there)
        return None in sizes or sizes[0] == sizes[1]

    def _listed(self, table: str, name: str) -> tuple[int | None] | None:
        found: tuple[int | None] | None = self._lists.execute(
            f"SELECT size FROM {table} WHERE name = ?",  # noqa: S608 - one of two tables
            (name,),
        ).fetchone()
        return found

    def _copy(self, name: str, *, is_new: bool) -> None:
        try:
            data = _read(self.source, name)
            if naming.parse(name) is None:
                self._copy_foreign(name, data)
            elif data is None:
                self._note_absence(name)
            else:
                # Since the target was listed, an upload to both may have come; and not every folder is listed.
                has_come = is_new and self._writer.renames and self.target.exists(name)
                is_known = has_come or not is_new
                if is_known and (self.verify or has_come) and _read(self.target, name) == data:
                    self._count(present=1)
                else:
                    self._put(name, data, is_new=not is_known)
        except Exception as exc:
            self.done.failed.append(f"{name}: {type(exc).__name__}: {exc}")

    def _copy_foreign(self, name: str, data: bytes | None) -> None:
        there = _read(self.target, name)
        if there is None and data is not None:
            self._put(name, data, is_new=True)
        elif there is None:
            self._note_absence(name)
        elif data in (None, there):
            self._count(present=1)
        else:
            self.done.differing.append(name)

    def _note_absence(self, name: str) -> None:
        if self.target.exists(name):
            self._count(present=1)
        elif any(name == field.get_default() for field in self.fields):
            self.done.defaults.append(name)
        else:
            self.done.missing.append(name)

    def _put(self, name: str, data: bytes, *, is_new: bool) -> None:
        self._writer.write(name, data, is_new=is_new)
        if self.verify and _read(self.target, name) != data:
            raise ValueError("what was written does not come back the same")
        self._count(copied=1)

    def _count(self, *, copied: int = 0, present: int = 0) -> None:
        with self._counting:
            self.done.copied += copied
            self.done.present += present


class _Renamed(ValueError):
    """The storage has kept a file under another name, perhaps since there is one with its own."""


class _Writer:
    """Writes a file completely or not at all: an old file with the same name stays until the new one is complete."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self.adapter = adapter_for(storage)
        self._save = self.adapter.writer()
        self.renames: bool = not (self.adapter.overwrites or isinstance(storage, FileSystemStorage))
        """Whether the storage may keep a second file with the same name under another one."""

    def write(self, name: str, data: bytes, *, is_new: bool) -> None:
        """Write one file, `is_new` where there is none of this name. Raises what the storage raises."""
        if isinstance(self.storage, FileSystemStorage):
            self._write_to_disk(self.storage, name, data)
        elif self.adapter.overwrites:
            self._write(name, data)  # one request, which these services carry out whole or not at all
        elif is_new:
            self._write_or_erase(name, data)
        else:
            self._write_instead(name, data)

    def _write_to_disk(self, storage: FileSystemStorage, name: str, data: bytes) -> None:
        # Under a name of our grammar: should the process die here, the sweep finds it.
        draft = str(naming.new_name(posixpath.dirname(name)))
        self._write_or_erase(draft, data)
        os.replace(storage.path(draft), storage.path(name))

    def _write_or_erase(self, name: str, data: bytes) -> None:
        try:
            self._write(name, data)
        except _Renamed:
            raise  # what is there under this name is not ours to erase
        except BaseException:
            references.delete_files(self.storage, [name])
            raise

    def _write_instead(self, name: str, data: bytes) -> None:
        there = _read(self.storage, name)
        references.delete_files(self.storage, [name])
        try:
            self._write_or_erase(name, data)
        except BaseException:
            if there is not None:
                self._write(name, there)
            raise

    def _write(self, name: str, data: bytes) -> None:
        stored = self._save(name, _Copy(data, name))
        if stored != name:
            references.delete_files(self.storage, [stored])
            raise _Renamed(f"the new storage keeps it as {stored!r}; run avatars_doctor on it")


def _is_source(file: str) -> bool:
    return f"_{naming.SOURCE}-" in posixpath.basename(file)


def _size(storage: Storage, name: str, listed: tuple[int | None]) -> int | None:
    """In bytes: as it was listed, else as the storage says; None where it cannot."""
    try:
        return storage.size(name) if listed[0] is None else listed[0]
    except (NotImplementedError, FileNotFoundError):
        return None


def _read(storage: Storage, name: str) -> bytes | None:
    """The whole file; None where there is none, which every storage says in its own way."""
    try:
        with storage.open(name) as file:
            return bytes(file.read())
    except Exception:
        if storage.exists(name):
            raise
        return None
