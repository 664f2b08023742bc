"""
What is known of a storage beyond Django's interface. Public for authors of storages.

Any Django storage works as it is. One that can do more says so in the attributes below, and is asked
for nothing it does not say. All are optional; none is looked for on local disks.

``resizes_by_url = True`` and ``url_for(name, size)``
    The storage delivers any size of one file: only the largest rendition is stored, under a name
    without sizes and without an extension. See `ResizesByURL`.
``parallel_saves = 4``
    How many `save()` may run at once, in threads. Default 1, and 4 for the classes below. Context variables have
    the caller's values there, thread-locals have not.
``delete_many(names)``
    Deletes many files at once, returns how many could not be. See `DeletesMany`.
``walk(folder)``
    Lists everything below a folder. See `Walks`.
``sizes(folder)``
    Lists everything below a folder with its size in bytes, for `avatars_move`. See `Measures`.
``url_lifetime = 3600``
    Seconds after which an address from `url()` stops working: a signature expires. Addresses are
    kept for half of that, so that browsers can cache what they point at. Not for a storage whose
    addresses depend on the request: one person would get those of another.
``stored_in``
    The storage that holds the files, for one that stands in front of another and makes the addresses.
``written_to``
    The storages that files are written to, for one that writes to several: see `django_avatars.contrib.moving`.

The storages of django-storages for S3, Azure, Google Cloud and SFTP are known by class: they are
used unchanged, and this package loads none of them. What a subclass says of itself comes first. A
subclass saves one file at a time, unless it says ``parallel_saves``; one that makes addresses in a way
of its own has none of them kept, unless it says ``url_lifetime``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.functional import LazyObject

from ..exceptions import StorageUnavailable
from .base import Listed, Measured, Object, StorageAdapter

if TYPE_CHECKING:
    from django.core.files.base import File
    from django.core.files.storage import Storage

__all__ = [
    "DeletesMany",
    "Listed",
    "Measured",
    "Measures",
    "ResizesByURL",
    "StorageAdapter",
    "Walks",
    "adapter_for",
    "reading",
    "unwrapped",
]

_by_class: dict[type, tuple[type[StorageAdapter], type]] = {}
"""Class of a storage → what knows it, and the class that is known, itself or an ancestor."""


class ResizesByURL(Protocol):
    """A storage that delivers any size of one stored file."""

    resizes_by_url: bool
    """True: store one file, and ask `url_for` for the rest."""

    def url_for(self, name: str, size: int) -> str:
        """Address of the picture `name` as a square of `size` pixels. Makes no request."""


class DeletesMany(Protocol):
    """A storage that deletes many files in one request."""

    def delete_many(self, names: Sequence[str]) -> int:
        """Delete these files; one that is not there counts as deleted. Returns how many could not be deleted."""


class Walks(Protocol):
    """A storage that lists everything below a folder, page by page."""

    def walk(self, folder: str) -> Iterator[Listed]:
        """Name, and time of writing in seconds since 1970 (None: ask `get_modified_time`), of each file."""


class Measures(Protocol):
    """A storage whose listing says how large files are."""

    def sizes(self, folder: str) -> Iterator[Measured]:
        """Name, and size in bytes (None: ask `size`), of each file below a folder."""


class MirrorAdapter(StorageAdapter):
    """
    For a storage that writes to several: what holds for it holds for each of them.

    Writes and deletes as often as it has storages; reads, lists and addresses by the first.
    """

    @property
    def parallel(self) -> int:
        """As many as each of them takes."""
        return min(adapter.parallel for adapter in self._all)

    def known_lifetime(self) -> float | None:
        """Of the first."""
        return self._all[0].url_lifetime

    def known_place(self) -> tuple[object, ...]:
        """Of the first."""
        return self._all[0].place

    def known_base_url(self) -> str | None:
        """Of the first."""
        return self._all[0].base_url

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One file to each of them, in turn. All must keep the name."""
        writers = [adapter.writer() for adapter in self._all]

        def save(name: str, file: File[Any]) -> str:
            names = set()
            for write in writers:
                file.seek(0)
                names.add(write(name, file))
            return next(iter(names - {name}), name)

        return save

    def erase(self, names: Iterable[str]) -> int:
        """As many requests as each of them needs."""
        names = list(names)
        return max(adapter.erase(names) for adapter in self._all)

    def objects(self, folder: str, first: str = "") -> Iterator[Object]:
        """What is in the first: `listing.places` looks at each."""
        return self._all[0].objects(folder, first)

    def starting_with(self, start: str) -> Iterator[str]:
        """What is in any of them."""
        return (name for adapter in self._all for name in adapter.starting_with(start))

    @property
    def _all(self) -> list[StorageAdapter]:
        return [adapter_for(storage) for storage in self.storage.written_to]


def adapter_for(storage: Storage) -> StorageAdapter:
    """What is known of `storage`: by its class, and by what it says of itself."""
    front = storage = unwrapped(storage)
    while (inner := getattr(storage, "stored_in", None)) is not None:
        storage = unwrapped(inner)
    kind = type(storage)
    if kind not in _by_class:
        _by_class[kind] = _find(kind)
    known, base = _by_class[kind]
    return known(storage, front=front, base=base)


def unwrapped(storage: Any) -> Any:
    """The storage itself, where `storage` is a lazy object that stands for it."""
    if isinstance(storage, LazyObject):
        storage.__class__  # noqa: B018 - makes it, if nobody has yet
        return storage._wrapped
    return storage


def _find(kind: type[Any]) -> tuple[type[StorageAdapter], type[Any]]:
    from .known import ADAPTERS  # loaded with the first storage that is asked about: start-up asks about none

    if hasattr(kind, "written_to"):
        return MirrorAdapter, kind
    for ancestor in kind.__mro__:
        adapter = ADAPTERS.get(f"{ancestor.__module__}.{ancestor.__qualname__}")
        if adapter:
            return adapter, ancestor
    return StorageAdapter, kind


@contextmanager
def reading() -> Iterator[None]:
    """In this block, whatever a storage raises, but for `FileNotFoundError`, leaves as `StorageUnavailable`."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as exc:
        raise StorageUnavailable from exc
