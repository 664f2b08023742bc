"""Azure Blob Storage through django-storages' `AzureStorage`, which stays as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .base import CACHE_CONTROL, FOR_GOOD, THREADS, Object, StorageAdapter, below, name_in, twin

if TYPE_CHECKING:
    from django.core.files.base import File


BATCH = 256
"""The most blobs that one batch deletes (Blob Batch, REST reference)."""


class AzureAdapter(StorageAdapter):
    """One request per file, one per 256 files deleted, and one per five thousand files listed."""

    threads = THREADS
    overwrites = True

    @property
    def home(self) -> tuple[object, ...]:
        """Account, container and folder."""
        storage = self.storage
        return "azure", storage.account_name, storage.azure_container, storage.location.strip("/")

    def known_lifetime(self) -> float | None:
        """How long a signature holds. None where a subclass makes addresses of its own."""
        if self._changes("url", "_normalize_name", "_get_valid_path", "client", "service_client", "_expire_at"):
            return None
        return float(self.storage.expiration_secs or FOR_GOOD)

    def url_until(self, name: str, moment: float) -> str | None:
        """An account key signs for a moment. What signs for a role is another key in each process."""
        storage = self.storage
        if self.front is not storage or self._changes("url", "_expire_at") or storage.token_credential is not None:
            return None
        # Half a second more: what is cut off is less than a second, and so the time that the call takes is too.
        return str(storage.url(name, expire=moment + 0.5 - time.time()))

    def known_place(self) -> tuple[object, ...]:
        """Account, container, folder and domain: subclasses for tenants make properties of them."""
        storage = self.storage
        return storage.account_name, storage.azure_container, storage.location, storage.custom_domain

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One request for each file, with Content-Type and Cache-Control."""
        self.storage.client  # noqa: B018 - made here, once, rather than in each thread
        storage = self.storage
        given = {"cache_control": storage.cache_control or CACHE_CONTROL, **storage.object_parameters}
        # overwrite_files: no name is used twice, so asking first whether it is taken would be a wasted round trip.
        save: Callable[[str, File[Any]], str] = twin(storage, overwrite_files=True, object_parameters=given).save
        return save

    def delete_many(self, names: Sequence[str]) -> int:
        """One request for up to 256 files. An account that refuses batches gets one for each, four at a time."""
        return sum(self._erase_batch(names[start : start + BATCH]) for start in range(0, len(names), BATCH))

    def _erase_batch(self, names: Sequence[str]) -> int:
        paths = [self.storage._get_valid_path(name) for name in names]
        client = self.storage.client
        try:
            answers = list(client.delete_blobs(*paths, raise_on_any_failure=False, timeout=self.storage.timeout))
        except Exception as exc:
            if not 400 <= (getattr(exc, "status_code", None) or 0) < 500:
                raise
            return self.erase_at_once(names)
        failed = sum(answer.status_code not in (202, 404) for answer in answers)
        return failed + max(0, len(names) - len(answers))

    def objects(self, folder: str, first: str = "") -> Iterator[Object]:
        """Flat: one request per five thousand blobs. `AzureStorage.listdir` gives other names than it takes."""
        location = self.storage.location
        for blob in self.storage.client.list_blobs(
            name_starts_with=below(folder, location) + first, timeout=self.storage.timeout
        ):
            yield name_in(location, blob.name), blob.last_modified.timestamp(), blob.size
