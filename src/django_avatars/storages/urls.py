"""
Addresses of pictures. Every address follows from the stored name: nothing is opened, checked or listed.

Where a storage's `url()` only puts a base before the name, that base alone is asked for, each time, so that
`override_settings` and tenants stay right. Any other storage is asked for each address, and what is signed is kept
for half of its life. A storage that resizes by URL is asked for each size, and chooses the format itself.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.urls import reverse

from .. import naming
from ..conf import get_settings
from . import adapter_for, addresses, sources

if TYPE_CHECKING:
    from django.core.files.storage import Storage

logger: logging.Logger = logging.getLogger("django_avatars")

DENSITIES = (1, 2, 3)
"""Device pixels per CSS pixel that a srcset offers."""

_LOCAL = (FileSystemStorage.url, InMemoryStorage.url)

Serves = TypeVar("Serves")


@contextmanager
def or_none() -> Iterator[None]:
    """Within this block, a storage that fails to give an address is written to the log, and a page goes on without."""
    try:
        yield
    except Exception as exc:  # whatever a storage raises, such as one whose credentials have expired
        logger.warning("A storage gave no address of a picture (%s), so none is shown", type(exc).__name__)


def url(storage: Storage, name: str) -> str:
    """Address of the file with exactly this name."""
    base = base_url(storage)
    return _address(storage, name) if base is None or naming.parse(name) is None else base + naming.quoted(name)


def url_for(storage: Storage, name: str, size: int, format: str | None = None) -> str:
    """
    Address of the smallest rendition that is at least `size` pixels wide, else of the largest.

    In `format`, where the picture is stored in it; otherwise in the first format.
    """
    if _resizes(storage, name):
        return storage.url_for(name, size)  # type: ignore[attr-defined,no-any-return]
    return url(storage, naming.rendition(name, size, format))


def animated(storage: Storage, name: str) -> str | None:
    """Address of the file that moves; None where there is none, or none are shown: ``AVATARS["ANIMATION"]``."""
    file = naming.animation(name)
    return url(storage, file) if file and get_settings().motion else None


def srcset(storage: Storage, name: str, size: int, format: str | None = None) -> str:
    """``srcset`` for a picture shown `size` CSS pixels wide: its `candidates`."""
    return joined(candidates(storage, name, size, format))


def joined(candidates: list[tuple[str, int]]) -> str:
    """Addresses with the density that each serves, as ``srcset`` has them."""
    return ", ".join([f"{address} {density}x" for address, density in candidates])


def candidates(storage: Storage, name: str, size: int, format: str | None = None) -> list[tuple[str, int]]:
    """
    Addresses for a picture shown `size` CSS pixels wide: each rendition once, with the least density it serves.

    Where the storage resizes by URL, nothing larger than the largest size of ``AVATARS`` is asked for.
    """
    if _resizes(storage, name):
        largest = max(size, get_settings().sizes[0])
        wanted = _serving(lambda pixels: min(pixels, largest), size)
        return [(storage.url_for(name, pixels), density) for pixels, density in wanted]  # type: ignore[attr-defined]
    base, (start, ending) = base_url(storage), naming.divide(name)
    if base is None or not start:
        files = _serving(lambda pixels: naming.rendition(name, pixels, format), size)
        return [(url(storage, file), density) for file, density in files]
    start = base + naming.quoted(start)  # all files of a picture begin alike, and the rest needs no quoting
    return [(start + end, density) for end, density in _ends(ending, size, format)]


@functools.lru_cache(maxsize=1024)
def _ends(ending: str, size: int, format: str | None) -> list[tuple[str, int]]:
    return _serving(lambda pixels: naming.ending_for(ending, pixels, format), size)


def _serving(serves: Callable[[int], Serves], size: int) -> list[tuple[Serves, int]]:
    """What serves `size` CSS pixels on screens of each of `DENSITIES`, once, with the least of them."""
    found: dict[Serves, int] = {}
    for density in DENSITIES:
        found.setdefault(serves(size * density), density)
    return list(found.items())


def base_url(storage: Storage) -> str | None:
    """
    What addresses of this storage start with, or None where the storage must be asked for each.

    Nobody is given an address in ``PRIVATE_STORAGE``: ``avatars:file`` asks who looks, and sends the file.
    """
    if get_settings().private_storage is not None and sources.is_private(storage):
        return reverse("avatars:file", args=["-"])[:-1]
    if getattr(_class_of(storage), "url", None) in _LOCAL:
        return storage.base_url  # type: ignore[attr-defined,no-any-return]
    if getattr(storage, "resizes_by_url", False):
        return None
    return adapter_for(storage).base_url


def _resizes(storage: Storage, name: str) -> bool:
    return getattr(storage, "resizes_by_url", False) and naming.parse(name) is not None


def _address(storage: Storage, name: str) -> str:
    if getattr(_class_of(storage), "url", None) in _LOCAL:
        return storage.url(name)
    return addresses.get(storage, name)


def _class_of(storage: Any) -> type:
    kind: type = storage.__class__  # not type(): a lazy object answers with the class that it stands for
    return kind
