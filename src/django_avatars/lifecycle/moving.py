"""
Moving house: every picture that a row names, from one storage to another, under the same names.

The column does not say which storage it is in, so nothing in the database changes. Copy, switch the
setting, copy the rest: at no moment is a picture missing. What is there already is not copied again, so
this may be interrupted and run again at any time.
"""

from __future__ import annotations

import dataclasses
import itertools
import mimetypes
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile

from .. import backends, naming
from . import inventory, listing

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..fields import AvatarField

PIECE = 200
"""Files that are looked up and copied at a time."""

_MAGIC = {b"RIFF": "image/webp", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


@dataclasses.dataclass(kw_only=True)
class Moved:
    """What a move has done, in files."""

    copied: int = 0
    present: int = 0
    """Were there already."""
    missing: list[str] = dataclasses.field(default_factory=list)
    """Are named by a row, and in neither storage."""
    failed: list[str] = dataclasses.field(default_factory=list)
    """Could not be copied: the name, and why."""


class _Copy(ContentFile):  # type: ignore[type-arg]  # not a generic at run time
    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data, name)
        found = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), None)
        self.content_type = found or mimetypes.guess_type(name)[0] or "application/octet-stream"


class Move:
    """One pass over the rows. Use as a context manager; its lists go with it."""

    def __init__(
        self,
        source: Storage,
        target: Storage,
        *,
        verify: bool = False,
        on_progress: Callable[[str, int], None] | None = None,
    ) -> None:
        self.source = source
        self.target = target
        self.verify = verify
        self.done = Moved()
        self._on_progress = on_progress or (lambda what, count: None)
        self._counting = threading.Lock()
        self._there = sqlite3.connect("")  # "": a temporary file that is deleted when it is closed
        self._there.execute("CREATE TABLE there (name TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Move:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._there.close()

    @property
    def fields(self) -> list[AvatarField]:
        """Those whose pictures move: they use the old storage, or the new one since it was switched."""
        return [field for field in inventory.fields() if field.storage in (self.source, self.target)]

    def find(self) -> Iterator[list[str]]:
        """Names of files that are not in the target yet, in pieces; with `verify`, of all."""
        for folder in {listing.prefix_of(field) for field in self.fields}:
            found = ((name,) for name, _ in listing.walk(self.target, folder))
            self._there.executemany("INSERT OR IGNORE INTO there VALUES (?)", found)
        names = (file for name in inventory.names(self.fields) for file in _files(name))
        while piece := list(itertools.islice(names, PIECE)):
            left = [name for name in dict.fromkeys(piece) if self.verify or not self._is_there(name)]
            self._count(present=len(piece) - len(left))
            yield left

    def run(self) -> Moved:
        """Copy what is not there yet."""
        backend = backends.of(self.target)
        save = backend.writer()
        for piece in self.find():
            backend.each(lambda name: self._copy(name, save), piece)
            self._on_progress("files copied", self.done.copied)
        return self.done

    def _is_there(self, name: str) -> bool:
        return bool(self._there.execute("SELECT 1 FROM there WHERE name = ?", (name,)).fetchone())

    def _copy(self, name: str, save: Callable[[str, _Copy], str]) -> None:
        try:
            there = _read(self.target, name) if self.verify or naming.parse(name) is None else None
            data = _read(self.source, name)
            if data is None:
                self._note_absence(name, there)
            elif there == data:
                self._count(present=1)
            else:
                if there is not None:
                    inventory.erase(self.target, [name])
                self._put(name, data, save)
        except Exception as exc:
            self.done.failed.append(f"{name}: {type(exc).__name__}: {exc}")

    def _note_absence(self, name: str, there: bytes | None) -> None:
        if there is None and _read(self.target, name) is None:
            self.done.missing.append(name)
        else:
            self._count(present=1)

    def _put(self, name: str, data: bytes, save: Callable[[str, _Copy], str]) -> None:
        stored = save(name, _Copy(data, name))
        if stored != name:
            inventory.erase(self.target, [stored])
            raise ValueError(f"the new storage keeps it as {stored!r}; run avatars_doctor on it")
        if self.verify and _read(self.target, name) != data:
            raise ValueError("what was written does not come back the same")
        self._count(copied=1)

    def _count(self, *, copied: int = 0, present: int = 0) -> None:
        with self._counting:
            self.done.copied += copied
            self.done.present += present


def _files(name: str) -> list[str]:
    parsed = naming.parse(name)
    return list(parsed.files()) if parsed else [name]


def _read(storage: Storage, name: str) -> bytes | None:
    """The whole file; None where there is none, which every storage says in its own way."""
    try:
        with storage.open(name) as file:
            return bytes(file.read())
    except Exception:
        if storage.exists(name):
            raise
        return None
