"""A storage of which nothing is known but what it says of itself."""

from __future__ import annotations

import collections
import contextvars
import logging
import math
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from django.utils.functional import Promise

if TYPE_CHECKING:
    from django.core.files.base import File
    from django.core.files.storage import Storage

Listed = tuple[str, float | None]
"""A name, and when it was last written, in seconds since 1970; None where a listing does not say."""

Measured = tuple[str, "int | None"]
"""A name, and how many bytes the file has; None where a listing does not say."""

Object = tuple[str, "float | None", "int | None"]
"""A name, when it was last written, and how many bytes it has."""

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""For every file we write: its name is never used again, so it may be kept for a year without asking."""

THREADS = 4
"""How many requests a remote storage gets at once while one picture is written."""

FOR_GOOD = math.inf
"""Seconds after which an address expires that is not signed."""

AnyStorage = TypeVar("AnyStorage", bound="Storage")
Item = TypeVar("Item")

logger: logging.Logger = logging.getLogger("django_avatars")


class StorageAdapter:
    """
    One storage, and the fewest requests that it needs. Subclasses know more, one service each.

    Args:
        storage: Where the files are.
        front: What stands in front of it and makes the addresses; by default the storage itself.
        base: The class that is known, of which the storage's own may be a subclass.

    """

    threads = 1
    """How many files may be saved at once when the class is the one that is known."""

    overwrites = False
    """Whether what `writer` gives writes over a file that has the name already."""

    def __init__(self, storage: Any, *, front: Any = None, base: type[Any] | None = None) -> None:
        self.storage = storage
        self.front: Any = storage if front is None else front
        self.base: type[Any] = type(storage) if base is None else base

    @property
    def parallel(self) -> int:
        """
        How many files may be saved at once: what the storage says in ``parallel_saves``, else as many as its class.

        One for a subclass, and where an option is made when it is used: they may look something up in their thread
        (a tenant), and would find nothing, or somebody else's, in another.
        """
        said: int | None = getattr(self.storage, "parallel_saves", None)
        if said is not None:
            return said
        is_known = type(self.storage) is self.base
        return (
            self.threads if is_known and not any(isinstance(one, Promise) for one in vars(self.storage).values()) else 1
        )

    @property
    def url_lifetime(self) -> float | None:
        """Seconds after which an address expires, `FOR_GOOD` for never, None where nobody knows: then none is kept."""
        if hasattr(self.front, "url_lifetime"):
            lifetime: float | None = self.front.url_lifetime
            return lifetime
        return self.known_lifetime() if self.front is self.storage else None

    @property
    def place(self) -> tuple[object, ...]:
        """What an address depends on besides the name: some storages choose it anew for each request (tenants)."""
        return tuple(map(_plain, self.known_place())) if self.front is self.storage else ()

    @property
    def home(self) -> tuple[object, ...] | None:
        """
        Where the files are, with the bucket or host and the folder at the end: equal for two storages that share them.

        None where that cannot be told.
        """
        return None

    @property
    def base_url(self) -> str | None:
        """What every address starts with, None where the storage has to be asked for each."""
        return self.known_base_url() if self.front is self.storage else None

    def url_until(self, name: str, moment: float) -> str | None:
        """
        The address of `name` that expires at `moment`, in seconds since 1970: the same from every process.

        None where the signer takes the time itself, or where nothing is known of it.
        """
        return None

    def known_lifetime(self) -> float | None:
        """As `url_lifetime`, of a storage that says nothing of itself."""
        return None

    def known_place(self) -> tuple[object, ...]:
        """As `place`, of a storage without another in front."""
        return ()

    def known_base_url(self) -> str | None:
        """As `base_url`, of a storage without another in front."""
        return None

    def writer(self) -> Callable[[str, File[Any]], str]:
        """
        What writes one file and gives the name that it was stored under. Safe to call in `parallel` threads.
        """
        save: Callable[[str, File[Any]], str] = self.storage.save
        return save

    def each(self, work: Callable[[Item], object], items: Sequence[Item]) -> None:
        """
        Do `work` for each of `items`, as many at once as this storage takes.

        Context variables have the caller's values, in threads too. Raises what `work` raises, once all
        that was begun has ended: what is deleted then stays deleted.
        """
        threads = min(self.parallel, len(items))
        if threads > 1:
            contexts = [contextvars.copy_context() for _ in items]
            with ThreadPoolExecutor(threads) as pool:
                done = pool.map(lambda context, item: context.run(work, item), contexts, items)
                collections.deque(done, maxlen=0)
        else:
            for item in items:
                work(item)

    def erase(self, names: Iterable[str]) -> int:
        """Delete these files, whatever happens to one of them. Returns how many could not be deleted."""
        names = list(names)
        if len(names) < 2:
            return self.erase_each(names)
        try:
            return int(getattr(self.storage, "delete_many", self.delete_many)(names))
        except Exception as exc:
            say_undeleted(exc, len(names))
            return len(names)

    def erase_each(self, names: Sequence[str]) -> int:
        """As `erase`, one by one."""
        return sum(_cannot_erase(self.storage, name) for name in names)

    delete_many = erase_each
    """As `erase`, two or more, of a storage that says nothing of itself. May raise what the storage raises."""

    def erase_at_once(self, names: Sequence[str]) -> int:
        """As `erase`, one request for each, `parallel` at a time."""
        failed = collections.deque[str]()
        self.each(lambda name: failed.append(name) if _cannot_erase(self.storage, name) else None, names)
        return len(failed)

    def walk(self, folder: str) -> Iterator[Listed]:
        """Every file below `folder`, in no particular order. A folder that does not exist is empty."""
        walk = getattr(self.storage, "walk", None)
        return walk(folder) if walk else ((name, when) for name, when, _ in self.objects(folder))

    def sizes(self, folder: str) -> Iterator[Measured]:
        """As `walk`, with the size of each file in bytes where the listing says it."""
        own = getattr(self.storage, "sizes", None)
        if own:
            yield from own(folder)
        elif hasattr(self.storage, "walk"):
            yield from ((name, None) for name, _ in self.storage.walk(folder))
        else:
            yield from ((name, size) for name, _, size in self.objects(folder))

    def starting_with(self, start: str) -> Iterator[str]:
        """Every file whose name starts like this: its folder, and the first characters of the last part."""
        folder, _, first = start.rpartition("/")
        walk = getattr(self.storage, "walk", None)
        found: Iterator[tuple[Any, ...]] = walk(folder) if walk else self.objects(folder, first)
        return (name for name, *_ in found if name.startswith(start))

    def objects(self, folder: str, first: str = "") -> Iterator[Object]:
        """
        As `walk`, of a storage that says nothing of itself: folder by folder.

        With the `first` characters of names in `folder`, only these may be listed, and no folder inside need be.
        """
        try:
            folders, files = self.storage.listdir(folder)
        except FileNotFoundError:
            return
        for file in files:
            yield posixpath.join(folder, file), None, None
        for inner in () if first else folders:
            yield from self.objects(posixpath.join(folder, inner))

    def _changes(self, *names: str) -> bool:
        """Whether the storage is of a subclass that has its own of one of these."""
        kind = type(self.storage)
        return any(getattr(kind, name, None) is not getattr(self.base, name, None) for name in names)


def twin(storage: AnyStorage, **attributes: Any) -> AnyStorage:
    """
    The same storage with the same connections, and other attributes: what holds for our files need not hold for all.

    Made without `__init__`, which would read the settings again and open connections of its own.
    """
    other: AnyStorage = object.__new__(type(storage))
    other.__dict__ = {**storage.__dict__, **attributes}
    return other


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Promise) else value


def _cannot_erase(storage: Any, name: str) -> bool:
    try:
        storage.delete(name)
    except Exception as exc:
        say_undeleted(exc)
        return True
    return False


def say_undeleted(exc: Exception, count: int = 1) -> None:
    """Log that files are left to the sweep, in one line without names."""
    if count == 1:
        logger.warning("A file could not be deleted (%s); avatars_prune will try again", type(exc).__name__)
    else:
        logger.warning("%d files could not be deleted (%s); avatars_prune will try again", count, type(exc).__name__)


def below(folder: str, location: str) -> str:
    """The prefix of everything in `folder` of a storage that keeps its files in `location`; "" for all there is."""
    path = posixpath.join(str(location), folder).strip("/")
    return f"{path}/" if path else ""


def name_in(location: str, key: str) -> str:
    """The name of the object `key` in a storage that keeps its files in `location`."""
    return key.removeprefix(below("", location))
