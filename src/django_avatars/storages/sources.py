"""
The whole pictures that ``KEEP_SOURCE`` keeps: in which storage, and under which names.

They are under ``PRIVATE_STORAGE`` where there is one, while renditions are public. What was kept before the alias was
set lies beside the renditions, and what was kept under a key of ``SECRET_KEY_FALLBACKS`` has that key's name.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from django.core.files.storage import storages

from ..conf import get_settings

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..naming import StoredName


def private() -> Storage | None:
    """The storage of ``PRIVATE_STORAGE``, if there is one."""
    alias = get_settings().private_storage
    return storages[alias] if alias else None


def is_private(storage: Any) -> bool:
    """Whether this is the storage of ``PRIVATE_STORAGE``."""
    alias = get_settings().private_storage
    return alias is not None and bool(storage == storages[alias])  # `storage` may be a lazy object


def home(storage: Storage) -> Storage:
    """Where the source of a picture goes whose renditions go to `storage`."""
    return private() or storage


def read(storage: Storage, picture: StoredName) -> bytes:
    """The source of `picture`, whose renditions are in `storage`. Raises `FileNotFoundError` where there is none."""
    places = dict.fromkeys([home(storage), storage])
    for place, name in itertools.product(places, picture.sources):
        try:
            with place.open(name) as file:
                return bytes(file.read())
        except FileNotFoundError:
            continue
    raise FileNotFoundError(picture.source)
