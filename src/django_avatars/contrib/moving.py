"""
Two storages at once, while pictures move from one to the other. Needs no package.

::

    STORAGES = {
        "old": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {...}},
        "new": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {...}},
        "moving": {
            "BACKEND": "django_avatars.contrib.moving.MovingStorage",
            "OPTIONS": {"old": "old", "new": "new"},
        },
        ...
    }
    AVATARS = {"STORAGE": "moving"}

What is saved is saved to both, what is deleted is deleted from both; everything else is asked of the
old one, which has every picture. Once `avatars_move` has copied what was there before, so has the new one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.utils.deconstruct import deconstructible

from ..exceptions import StorageRenames
from ..lifecycle import references
from ..storages import adapter_for


@deconstructible(path="django_avatars.contrib.moving.MovingStorage")
class MovingStorage(Storage):
    """
    Writes to two storages, and reads and addresses the old one. Making addresses asks for nothing.

    Args:
        old: Alias in ``STORAGES`` of the storage that has every picture.
        new: Alias in ``STORAGES`` of the storage that is to have them.

    """

    def __init__(self, *, old: str, new: str) -> None:
        if old == new:
            raise ImproperlyConfigured(f"MovingStorage was given {old!r} twice. Give two aliases of STORAGES.")
        self.aliases: tuple[str, str] = old, new

    @property
    def written_to(self) -> tuple[Storage, Storage]:
        """The old storage and the new one."""
        old, new = self.aliases
        return storages[old], storages[new]

    @property
    def old(self) -> Any:
        """The storage that has every picture."""
        return self.written_to[0]

    @property
    def resizes_by_url(self) -> bool:
        """As the old storage: it makes the addresses."""
        return getattr(self.old, "resizes_by_url", False)

    def url(self, name: str | None) -> str:
        """As the old storage."""
        return str(self.old.url(name))

    def url_for(self, name: str, size: int) -> str:
        """As the old storage, where that resizes by URL."""
        return str(self.old.url_for(name, size))

    def path(self, name: str) -> str:
        """As the old storage."""
        return str(self.old.path(name))

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """As the old storage; the new one has to keep the name."""
        return str(self.old.get_available_name(name, max_length=max_length))

    def exists(self, name: str) -> bool:
        """As the old storage."""
        return bool(self.old.exists(name))

    def delete(self, name: str) -> None:
        """Delete from both; the second is tried also when the first fails."""
        old, new = self.written_to
        try:
            old.delete(name)
        finally:
            new.delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """As the old storage."""
        folders, files = self.old.listdir(path)
        return folders, files

    def size(self, name: str) -> int:
        """As the old storage."""
        return int(self.old.size(name))

    def get_modified_time(self, name: str) -> datetime:
        """As the old storage."""
        moment: datetime = self.old.get_modified_time(name)
        return moment

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        file: File[Any] = self.old.open(name, mode)
        return file

    def _save(self, name: str, content: File[Any]) -> str:
        try:
            stored = adapter_for(self).writer()(name, content)
        except BaseException:
            references.delete_files(self, [name])
            raise
        if stored != name:
            references.delete_files(self, [name, stored])
            raise StorageRenames(
                f"{name!r} is kept as {stored!r} by one of {self.aliases}. Both storages must keep the names that they "
                "are given: turn off what renames files."
            )
        return stored
