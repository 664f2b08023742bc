"""
SFTP through django-storages' `SFTPStorage`, which stays as it is.

It has one connection for all threads, and opening it in two of them at once leaves one waiting for ever.
So what we do goes one after the other.
"""

from __future__ import annotations

import posixpath
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .base import Object, StorageAdapter

if TYPE_CHECKING:
    from django.core.files.base import File

_turns: weakref.WeakKeyDictionary[Any, threading.RLock] = weakref.WeakKeyDictionary()
_making = threading.Lock()


class SFTPAdapter(StorageAdapter):
    """One request per folder listed; times and sizes are in the answer."""

    @property
    def home(self) -> tuple[object, ...]:
        """Account, host and folder."""
        account = tuple(self.storage.params.get(name) for name in ("username", "port"))
        return "sftp", *account, self.storage.host, self.storage.root_path.rstrip("/")

    def writer(self) -> Callable[[str, File[Any]], str]:
        """Checks, makes folders and writes: several round trips a file, but on a connection that stays open."""

        def save(name: str, file: File[Any]) -> str:
            with self._turn:
                return str(self.storage.save(name, file))

        return save

    def erase(self, names: Iterable[str]) -> int:
        """One request for each file."""
        with self._turn:
            return super().erase(names)

    def objects(self, folder: str, first: str = "") -> Iterator[Object]:
        """Folder by folder: the protocol has no flat listing."""
        try:
            with self._turn:
                entries = self.storage.sftp.listdir_attr(self.storage._remote_path(folder) or ".")
        except FileNotFoundError:
            return
        for entry in entries:
            name = posixpath.join(folder, entry.filename)
            if self.storage._isdir_attr(entry):
                yield from () if first else self.objects(name)
            else:
                yield name, entry.st_mtime, entry.st_size

    @property
    def _turn(self) -> threading.RLock:
        with _making:
            return _turns.setdefault(self.storage, threading.RLock())
