"""
Addresses that a storage makes one by one: signed ones above all.

A signature is new at every call, so a browser would fetch the same picture again and again. An address is
kept for half of its life, per storage and name: then it is still valid for as long as it may be kept.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING

from . import of, unwrapped

if TYPE_CHECKING:
    from django.core.files.storage import Storage

MOST = 8192
"""Addresses that are kept per storage: of a hundred pages with fifty people, some 300 bytes each."""

LONGEST = 3600.0
"""Seconds that an address is kept at most."""

Key = tuple[object, ...]

_kept: weakref.WeakKeyDictionary[Storage, Addresses] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def get(storage: Storage, name: str) -> str:
    """Address of the file with exactly this name; asks the storage at most once per name and period."""
    storage = unwrapped(storage)
    if of(storage).url_lifetime is None:
        return storage.url(name)
    addresses = _kept.get(storage)
    if addresses is None:
        with _making:
            addresses = _kept.setdefault(storage, Addresses())
    return addresses.get(storage, name)


class Addresses:
    """What is kept for one storage: the most recently used, up to `MOST`. Safe for threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, tuple[float, str]] = OrderedDict()
        self._signing = threading.Lock()

    def get(self, storage: Storage, name: str) -> str:
        """The address of `name`, made when there is none that may still be used."""
        backend = of(storage)
        key = (*backend.place, name)
        with self._signing:
            until, url = self._found.get(key, (0.0, ""))
            if until <= time.monotonic():
                keep = min((backend.url_lifetime or 0.0) / 2, LONGEST)
                url = storage.url(name)
                self._found[key] = time.monotonic() + keep, url
                if len(self._found) > MOST:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
            return url
