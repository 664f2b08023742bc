"""S3 and its kin (Spaces, R2, Ceph, MinIO) through django-storages' `S3Storage`, which stays as it is."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .base import CACHE_CONTROL, FOR_GOOD, THREADS, Object, StorageAdapter, below, name_in, say_undeleted, twin

if TYPE_CHECKING:
    from django.core.files.base import File

BULK = 1000
"""The most keys that DeleteObjects takes (S3 API reference)."""


class S3Adapter(StorageAdapter):
    """One PUT per file, one request for all deletes, one per thousand files listed."""

    threads = THREADS
    overwrites = True

    @property
    def home(self) -> tuple[object, ...]:
        """Service, bucket and folder."""
        service = (self.storage.endpoint_url or "").rstrip("/").lower()
        return "s3", service, self.storage.bucket_name, self.storage.location.strip("/")

    def known_lifetime(self) -> float | None:
        """How long a signature holds. None where a subclass makes addresses of its own."""
        storage = self.storage
        if self._changes("url", "_normalize_name", "connection", "unsigned_connection"):
            return None
        signs = storage.cloudfront_signer if storage.custom_domain else True
        return float(storage.querystring_expire) if storage.querystring_auth and signs else FOR_GOOD

    def url_until(self, name: str, moment: float) -> str | None:
        """As the base. CloudFront signs until a given time, and S3 for a number of seconds from now: None for S3."""
        storage = self.storage
        signs_for_a_moment = storage.custom_domain and storage.cloudfront_signer
        if self.front is not storage or self._changes("url") or not signs_for_a_moment:
            return None
        # Half a second more: what is cut off is less than a second, and so the time that the call takes is too.
        return str(storage.url(name, expire=moment + 0.5 - time.time()))

    def known_place(self) -> tuple[object, ...]:
        """Bucket, folder, domain and key: subclasses for tenants make properties of them."""
        storage = self.storage
        bucket = storage.bucket.name if self._changes("bucket") else storage.bucket_name
        return bucket, storage.location, storage.custom_domain, storage.endpoint_url, storage.access_key

    def known_base_url(self) -> str | None:
        """Domain and folder, where the storage does no more than put them before the name."""
        if not self.storage.custom_domain or self.known_lifetime() != FOR_GOOD:
            return None
        return str(self.storage.url("x")[:-1])

    def writer(self) -> Callable[[str, File[Any]], str]:
        """One PUT for each file, with Content-Type and Cache-Control."""
        self.storage.bucket  # noqa: B018 - made here, once, rather than in each thread
        storage = self.storage
        # file_overwrite: no name is used twice, so asking first whether it is taken (a HEAD) would be wasted.
        parameters = {"CacheControl": CACHE_CONTROL, **storage.object_parameters}
        save: Callable[[str, File[Any]], str] = twin(storage, file_overwrite=True, object_parameters=parameters).save
        return save

    def delete_many(self, names: Sequence[str]) -> int:
        """One request for up to a thousand files. A service that has no such request gets one for each."""
        return sum(self._erase_bulk(names[start : start + BULK]) for start in range(0, len(names), BULK))

    def _erase_bulk(self, names: Sequence[str]) -> int:
        keys = [{"Key": self.storage._normalize_name(name)} for name in names]
        try:
            answer = self.storage.bucket.delete_objects(Delete={"Objects": keys, "Quiet": True})
        except Exception as exc:
            if _is_refusal(exc):
                return self.erase_each(names)
            say_undeleted(exc, len(names))
            return len(names)
        return len(answer.get("Errors", ()))

    def objects(self, folder: str, first: str = "") -> Iterator[Object]:
        """Flat: one request per thousand objects, with their times and sizes."""
        if self._changes("_normalize_name", "listdir"):
            yield from super().objects(folder, first)
            return
        pages = self.storage.bucket.meta.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.storage.bucket_name, Prefix=below(folder, self.storage.location) + first
        )
        for found in itertools.chain.from_iterable(page.get("Contents", ()) for page in pages):
            yield name_in(self.storage.location, found["Key"]), found["LastModified"].timestamp(), found["Size"]


def _is_refusal(exc: Exception) -> bool:
    """Whether the service refused this request rather than failed: then asking it file by file makes sense."""
    answer = getattr(exc, "response", None) or {}  # a timeout has one too, and it is None
    return bool(400 <= answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) < 500)
