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

from . import StorageAdapter, adapter_for
from .base import FOR_GOOD

if TYPE_CHECKING:
    from django.core.files.storage import Storage

MOST = 32_768
"""
Addresses that are kept per storage and process, about 1 kB each: three for each of ten thousand people.

A list that is longer, and read from its start again and again, would find none of them.
"""

LONGEST = 3600.0
"""Seconds that an address is kept that never expires: the storage may be set up anew."""

Key = tuple[object, ...]

_kept: weakref.WeakKeyDictionary[Storage, Addresses] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def get(storage: Storage, name: str) -> str:
    """Address of the file with exactly this name; asks the storage at most once per name and period."""
    adapter = adapter_for(storage)
    lifetime = adapter.url_lifetime
    if lifetime is None:
        return str(adapter.front.url(name))
    addresses = _kept.get(adapter.front)
    if addresses is None:
        with _making:
            addresses = _kept.setdefault(adapter.front, Addresses())
    return addresses.get(adapter, name, LONGEST if lifetime == FOR_GOOD else lifetime / 2)


class Addresses:
    """What is kept for one storage: the most recently used, up to `MOST`. Safe for threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, tuple[float, str]] = OrderedDict()
        self._signing = threading.Lock()

    def get(self, adapter: StorageAdapter, name: str, seconds: float) -> str:
        """The address of `name`, made and kept for some seconds when there is none that may still be used."""
        key = (*adapter.place, name)
        with self._signing:
            until, url = self._found.get(key, (0.0, ""))
            if until <= time.monotonic():
                url = str(adapter.front.url(name))
                self._found[key] = time.monotonic() + seconds, url
                if len(self._found) > MOST:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
            return url
