"""Google Cloud Storage through django-storages' `GoogleCloudStorage`, which stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .plain import CACHE_CONTROL, FOR_GOOD, THREADS, Backend, Listed, below, name_in, twin

if TYPE_CHECKING:
    from django.core.files.base import File


class Known(Backend):
    """One request per file, and one per thousand files listed. Deletes go one by one."""

    parallel = THREADS

    @property
    def url_lifetime(self) -> float:
        """How long a signature holds."""
        storage = self.storage
        is_public = storage.get_object_parameters("").get("acl", storage.default_acl) == "publicRead"
        if is_public or not storage.querystring_auth:
            return FOR_GOOD
        return _seconds(storage.expiration)

    @property
    def place(self) -> tuple[object, ...]:
        """Bucket and folder: subclasses for tenants make properties of them."""
        return self.storage.bucket_name, self.storage.location

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One request for each file, with Content-Type (it would be guessed from the name) and Cache-Control."""
        storage = self.storage
        storage.bucket  # noqa: B018 - made here, once, rather than in each thread

        def save(name: str, file: Any) -> str:
            given = {"cache_control": CACHE_CONTROL, "content_type": file.content_type, **storage.object_parameters}
            return str(twin(storage, file_overwrite=True, object_parameters=given).save(name, file))

        return save

    def walk(self, folder: str) -> Iterator[Listed]:
        """Flat: one request per thousand objects, with their times."""
        location = self.storage.location
        for blob in self.storage.bucket.list_blobs(
            prefix=below(folder, location), fields="items(name,updated),nextPageToken"
        ):
            yield name_in(location, blob.name), blob.updated.timestamp()


def _seconds(expiration: Any) -> float:
    """`expiration` as the service takes it: seconds, a duration, or a moment."""
    if isinstance(expiration, timedelta):
        return expiration.total_seconds()
    if isinstance(expiration, datetime):
        return expiration.timestamp() - datetime.now(UTC).timestamp()
    return float(expiration)
