"""Google Cloud Storage through django-storages' `GoogleCloudStorage`, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .base import CACHE_CONTROL, FOR_GOOD, THREADS, Object, StorageAdapter, below, name_in, twin

if TYPE_CHECKING:
    from django.core.files.base import File


class GoogleAdapter(StorageAdapter):
    """One request per file, and one per thousand files listed. Deletes go four at a time."""

    threads = THREADS
    overwrites = True

    @property
    def home(self) -> tuple[object, ...]:
        """Bucket and folder."""
        return "google", self.storage.bucket_name, self.storage.location.strip("/")

    def known_lifetime(self) -> float | None:
        """How long a signature holds. None where a subclass makes addresses of its own."""
        storage = self.storage
        if self._changes("url", "_normalize_name", "client"):
            return None
        is_public = storage.get_object_parameters("").get("acl", storage.default_acl) == "publicRead"
        if is_public or not storage.querystring_auth:
            return FOR_GOOD
        return _seconds(storage.expiration)

    def known_place(self) -> tuple[object, ...]:
        """Bucket, folder and domain, which a subclass for tenants may compute for each request."""
        storage = self.storage
        bucket = storage.bucket.name if self._changes("bucket") else storage.bucket_name
        return bucket, storage.location, storage.custom_endpoint

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One request for each file, with Content-Type (it would be guessed from the name) and Cache-Control."""
        self.storage.bucket  # noqa: B018 - made here, once, rather than in each thread
        storage = self.storage

        def save(name: str, file: Any) -> str:
            kind = {"content_type": file.content_type} if hasattr(file, "content_type") else {}
            given = {"cache_control": CACHE_CONTROL, **kind, **storage.object_parameters}
            return str(twin(storage, file_overwrite=True, object_parameters=given).save(name, file))

        return save

    def delete_many(self, names: Sequence[str]) -> int:
        """One request for each file, four at a time."""
        self.storage.bucket  # noqa: B018 - made here, once, rather than in each thread
        return self.erase_at_once(names)

    def objects(self, folder: str, first: str = "") -> Iterator[Object]:
        """Flat: one request per thousand objects, with their times and sizes."""
        if self._changes("_normalize_name", "listdir"):
            yield from super().objects(folder, first)
            return
        location = self.storage.location
        for blob in self.storage.bucket.list_blobs(
            prefix=below(folder, location) + first, fields="items(name,updated,size),nextPageToken"
        ):
            yield name_in(location, blob.name), blob.updated.timestamp(), blob.size


def _seconds(expiration: Any) -> float:
    """`expiration` as the service takes it: seconds, a duration, or a moment."""
    if isinstance(expiration, timedelta):
        return expiration.total_seconds()
    if isinstance(expiration, datetime):
        return expiration.timestamp() - datetime.now(UTC).timestamp()
    return float(expiration)
