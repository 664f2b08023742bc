"""A storage that writes to several others: what holds for it holds for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from . import adapter_for
from .base import Object, StorageAdapter

if TYPE_CHECKING:
    from django.core.files.base import File


class MirrorAdapter(StorageAdapter):
    """Writes and deletes as often as it has storages; reads, lists and addresses by the first."""

    @property
    def parallel(self) -> int:
        """As many as each of them takes."""
        return min(adapter.parallel for adapter in self._all)

    def known_lifetime(self) -> float | None:
        """Of the first."""
        return self._all[0].url_lifetime

    def known_place(self) -> tuple[object, ...]:
        """Of the first."""
        return self._all[0].place

    def known_base_url(self) -> str | None:
        """Of the first."""
        return self._all[0].base_url

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One file to each of them, in turn. All must keep the name."""
        writers = [adapter.writer() for adapter in self._all]

        def save(name: str, file: File[Any]) -> str:
            names = set()
            for write in writers:
                file.seek(0)
                names.add(write(name, file))
            return next(iter(names - {name}), name)

        return save

    def erase(self, names: Iterable[str]) -> int:
        """As many requests as each of them needs."""
        names = list(names)
        return max(adapter.erase(names) for adapter in self._all)

    def objects(self, folder: str) -> Iterator[Object]:
        """What is in the first: `listing.places` looks at each."""
        return self._all[0].objects(folder)

    @property
    def _all(self) -> list[StorageAdapter]:
        return [adapter_for(storage) for storage in self.storage.written_to]
