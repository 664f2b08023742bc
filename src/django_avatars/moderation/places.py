"""Where pictures are that the public must not reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.files.storage import storages

from ..conf import get_settings
from ..history.models import PictureVersion

if TYPE_CHECKING:
    from django.core.files.storage import Storage


def private_alias() -> str:
    """Alias of the storage that the public does not reach, "" where all files go to that of their field."""
    return get_settings().private_storage or ""


def private_place(alias: str) -> tuple[Storage, str]:
    """The storage, and a folder that `avatars_prune` walks there."""
    return storages[alias], PictureVersion._meta.get_field("picture").folder(PictureVersion())
