"""Azure Blob Storage through django-storages' `AzureStorage`, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .plain import CACHE_CONTROL, FOR_GOOD, THREADS, Backend, Listed, below, name_in, twin

if TYPE_CHECKING:
    from django.core.files.base import File


class Known(Backend):
    """One request per file, and one per five thousand files listed."""

    parallel = THREADS

    @property
    def url_lifetime(self) -> float:
        """How long a signature holds."""
        return float(self.storage.expiration_secs or FOR_GOOD)

    @property
    def place(self) -> tuple[object, ...]:
        """Container and folder: subclasses for tenants make properties of them."""
        return self.storage.azure_container, self.storage.location

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One request for each file, with Content-Type and Cache-Control."""
        storage = self.storage
        storage.client  # noqa: B018 - made here, once, rather than in each thread
        given = {"cache_control": storage.cache_control or CACHE_CONTROL, **storage.object_parameters}
        # overwrite_files: no name is used twice, so asking first whether it is taken would be a wasted round trip.
        save: Callable[[str, File[Any]], str] = twin(storage, overwrite_files=True, object_parameters=given).save
        return save

    def walk(self, folder: str) -> Iterator[Listed]:
        """Flat: one request per five thousand blobs. `AzureStorage.listdir` gives other names than it takes."""
        location = self.storage.location
        for blob in self.storage.client.list_blobs(
            name_starts_with=below(folder, location), timeout=self.storage.timeout
        ):
            yield name_in(location, blob.name), blob.last_modified.timestamp()
