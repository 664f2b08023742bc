"""
Addresses that a storage makes one by one: signed ones above all.

A signature is new at every call, so a browser would fetch the same picture again and again. An address is used
for half of its life, by all processes of a site: then it holds for as long as a page may be kept. Where the signer
can be told when an address ends, all processes tell it the same moment. Where it takes the time itself (S3, Google),
the first process that signs leaves the address in the default cache for the others.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from . import StorageAdapter, adapter_for
from .base import FOR_GOOD

if TYPE_CHECKING:
    from django.core.files.storage import Storage

logger: logging.Logger = logging.getLogger("django_avatars")

MOST = 32_768
"""
Addresses that are kept per storage and process, about 1 kB each: three for each of ten thousand people.

A list that is longer, and read from its start again and again, would find none of them.
"""

LONGEST = 3600.0
"""Seconds that an address is kept that never expires: the storage may be set up anew."""

Key = tuple[object, ...]

Address = tuple[float, str]
"""Until when it is used, in seconds since 1970, and the address."""

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
    return addresses.get(adapter, name, lifetime)


class Addresses:
    """What is kept for one storage: the most recently used, up to `MOST`. Safe for threads."""

    def __init__(self) -> None:
        self._found: OrderedDict[Key, Address] = OrderedDict()
        self._signing = threading.Lock()

    def get(self, adapter: StorageAdapter, name: str, lifetime: float) -> str:
        """The address of `name`, made and kept when there is none that may still be used."""
        key = (*adapter.place, name)
        with self._signing:
            until, url = self._found.get(key, (0.0, ""))
            if until <= time.time():
                until, url = self._found[key] = _make(adapter, name, lifetime)
                if len(self._found) > MOST:
                    self._found.popitem(last=False)
            self._found.move_to_end(key)
            return url


def _make(adapter: StorageAdapter, name: str, lifetime: float) -> Address:
    """An address that has half of its life left for as long as it is used."""
    if lifetime == FOR_GOOD:
        return time.time() + LONGEST, str(adapter.front.url(name))
    period = max(1, int(lifetime / 2))
    until = (time.time() // period + 1) * period
    url = adapter.url_until(name, until + period)
    return (until, url) if url is not None else _shared(adapter, name, period)


def _shared(adapter: StorageAdapter, name: str, period: int) -> Address:
    """The address that some process of this site has made, this one if there is none."""

    def made() -> Address:
        return time.time() + period, str(adapter.front.url(name))

    key = _cache_key(adapter, name, period)
    if key is None:
        return made()
    try:
        found: Any = cache.get_or_set(key, made, period)
    except Exception as exc:
        logger.warning("The cache failed (%s), so each process signs addresses of its own", type(exc).__name__)
        return made()
    until, url = found
    return (until, url) if until > time.time() else made()


def _cache_key(adapter: StorageAdapter, name: str, period: int) -> str | None:
    """
    What the address depends on, so that two storages never share one; None where that cannot be told.

    Hashed with the key of the site: among it are credentials, and who changes those wants new addresses.
    """
    arguments = getattr(adapter.front, "_constructor_args", None)  # left by Django's @deconstructible
    if arguments is None:
        return None
    kind = type(adapter.front)
    facts = kind.__module__, kind.__qualname__, arguments, adapter.place, name, period
    return "django_avatars.address." + salted_hmac(__name__, repr(facts), algorithm="sha256").hexdigest()[:40]
