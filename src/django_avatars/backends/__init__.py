"""
What is known of a storage beyond Django's interface. Public for authors of storages.

Any Django storage works as it is. One that can do more says so in the attributes below, and is asked
for nothing it does not say. All are optional; none is looked for on local disks.

``resizes_by_url = True`` and ``url_for(name, size)``
    The storage delivers any size of one file: only the largest rendition is stored, under a name
    without sizes and without an extension. See `ResizesByURL`.
``parallel_saves = 4``
    How many `save()` may run at once, in threads. Default 1.
``delete_many(names)``
    Deletes many files at once, returns how many could not be. See `DeletesMany`.
``walk(folder)``
    Lists everything below a folder. See `Walks`.
``url_lifetime = 3600``
    Seconds after which an address from `url()` stops working: a signature expires. Addresses are
    kept for half of that, so that browsers can cache what they point at.
``stored_in``
    The storage that holds the files, for one that stands in front of another.

The storages of django-storages for S3, Azure, Google Cloud and SFTP are known by class: they are
used unchanged, and this package loads none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.functional import LazyObject

from .plain import Backend, Listed

if TYPE_CHECKING:
    from django.core.files.storage import Storage

__all__ = ["Backend", "DeletesMany", "Listed", "ResizesByURL", "Walks", "of", "unwrapped"]

_KNOWN = {
    "storages.backends.s3.S3Storage": "s3",
    "storages.backends.azure_storage.AzureStorage": "azure",
    "storages.backends.gcloud.GoogleCloudStorage": "google",
    "storages.backends.sftpstorage.SFTPStorage": "sftp",
}
"""Class of django-storages → our module that knows it."""

_by_class: dict[type, type[Backend]] = {}


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


def of(storage: Storage) -> Backend:
    """What is known of `storage`: by its class, and by what it says of itself."""
    storage = unwrapped(storage)
    storage = getattr(storage, "stored_in", storage)
    kind = type(storage)
    if kind not in _by_class:
        _by_class[kind] = _find(kind)
    return _by_class[kind](storage)


def unwrapped(storage: Any) -> Any:
    """The storage itself, where `storage` is a lazy object that stands for it."""
    if isinstance(storage, LazyObject):
        storage.__class__  # noqa: B018 - makes it, if nobody has yet
        return storage._wrapped
    return storage


def _find(kind: type[Any]) -> type[Backend]:
    for ancestor in kind.__mro__:
        module = _KNOWN.get(f"{ancestor.__module__}.{ancestor.__qualname__}")
        if module:
            found: type[Backend] = import_module(f".{module}", __name__).Known
            return found
    return Backend
