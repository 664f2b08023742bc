"""A storage of which nothing is known but what it says of itself."""

from __future__ import annotations

import collections
import logging
import math
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from django.core.files.base import File
    from django.core.files.storage import Storage

Listed = tuple[str, float | None]
"""A name, and when it was last written, in seconds since 1970; None where a listing does not say."""

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""For every file we write: its name is never used again, so it may be kept for a year without asking."""

THREADS = 4
"""How many requests a remote storage gets at once while one picture is written."""

FOR_GOOD = math.inf
"""Seconds after which an address expires that is not signed."""

AnyStorage = TypeVar("AnyStorage", bound="Storage")
Item = TypeVar("Item")

logger = logging.getLogger("django_avatars")


class Backend:
    """One storage, and the fewest requests that it needs. Subclasses know more, one service each."""

    parallel = 1
    """How many files may be saved at once."""

    def __init__(self, storage: Any) -> None:
        self.storage = storage
        self.parallel = getattr(storage, "parallel_saves", type(self).parallel)

    @property
    def url_lifetime(self) -> float | None:
        """Seconds after which an address expires, `FOR_GOOD` for never, None where nobody knows: then none is kept."""
        lifetime: float | None = getattr(self.storage, "url_lifetime", None)
        return lifetime

    @property
    def place(self) -> tuple[object, ...]:
        """What an address depends on besides the name: some storages choose it anew for each request (tenants)."""
        return ()

    @property
    def base_url(self) -> str | None:
        """What every address starts with, None where the storage has to be asked for each."""
        return None

    def writer(self) -> Callable[[str, File[Any]], str]:
        """What writes one file and gives the name that it was stored under. Safe to call in `parallel` threads."""
        save: Callable[[str, File[Any]], str] = self.storage.save
        return save

    def each(self, work: Callable[[Item], object], items: Sequence[Item]) -> None:
        """
        Do `work` for each of `items`, as many at once as this storage takes.

        Raises what `work` raises, once all that was begun has ended: what is deleted then stays deleted.
        """
        threads = min(self.parallel, len(items))
        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                collections.deque(pool.map(work, items), maxlen=0)
        else:
            for item in items:
                work(item)

    def erase(self, names: Iterable[str]) -> int:
        """Delete these files, whatever happens to one of them. Returns how many could not be deleted."""
        names = list(names)
        delete_many = getattr(self.storage, "delete_many", None)
        if delete_many is None or len(names) == 1:
            return self.erase_each(names)
        try:
            return int(delete_many(names))
        except Exception as exc:
            say_undeleted(exc, len(names))
            return len(names)

    def erase_each(self, names: Iterable[str]) -> int:
        """As `erase`, one by one."""
        return sum(self._cannot_erase(name) for name in names)

    def walk(self, folder: str) -> Iterator[Listed]:
        """Every file below `folder`, in no particular order. A folder that does not exist is empty."""
        walk = getattr(self.storage, "walk", None)
        return walk(folder) if walk else self._walk_listdir(folder)

    def _cannot_erase(self, name: str) -> bool:
        try:
            self.storage.delete(name)
        except Exception as exc:
            say_undeleted(exc)
            return True
        return False

    def _walk_listdir(self, folder: str) -> Iterator[Listed]:
        try:
            folders, files = self.storage.listdir(folder)
        except FileNotFoundError:
            return
        for file in files:
            yield posixpath.join(folder, file), None
        for inner in folders:
            yield from self._walk_listdir(posixpath.join(folder, inner))


def twin(storage: AnyStorage, **attributes: Any) -> AnyStorage:
    """
    The same storage with the same connections, and other attributes: what holds for our files need not hold for all.

    Made without `__init__`, which would read the settings again and open connections of its own.
    """
    other: AnyStorage = object.__new__(type(storage))
    other.__dict__ = {**storage.__dict__, **attributes}
    return other


def say_undeleted(exc: Exception, count: int = 1) -> None:
    """Log that files are left to the sweep, in one line without names."""
    if count == 1:
        logger.warning("A file could not be deleted (%s); avatars_prune will try again", type(exc).__name__)
    else:
        logger.warning("%d files could not be deleted (%s); avatars_prune will try again", count, type(exc).__name__)


def below(folder: str, location: str) -> str:
    """The prefix of everything in `folder` of a storage that keeps its files in `location`; "" for all there is."""
    path = posixpath.join(location, folder).strip("/")
    return f"{path}/" if path else ""


def name_in(location: str, key: str) -> str:
    """The name of the object `key` in a storage that keeps its files in `location`."""
    return key.removeprefix(below("", location))
