"""The storage of pictures that the public must not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import storages

from ..conf import get_settings
from ..history.models import PictureVersion

if TYPE_CHECKING:
    from django.core.files.storage import Storage


def private_alias() -> str:
    """Alias of ``PRIVATE_STORAGE``, "" if there is none, so that files go to the storage of their field."""
    return get_settings().private_storage or ""


def private_place(alias: str) -> tuple[Storage, str]:
    """The storage with this alias, and the folder in it that `avatars_prune` searches."""
    return storages[alias], PictureVersion._meta.get_field("picture").folder(PictureVersion())
