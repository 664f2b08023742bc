"""
imgproxy in front of any storage: one object per picture, every size of it by signed URL. Needs no package.

::

    STORAGES = {
        "bucket": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": {...}},
        "avatars": {
            "BACKEND": "django_avatars.contrib.imgproxy.ImgproxyStorage",
            "OPTIONS": {
                "storage": "bucket",
                "source": "s3://my-bucket/media/",
                "endpoint": "https://img.example.com",
                "key": os.environ["IMGPROXY_KEY"],
                "salt": os.environ["IMGPROXY_SALT"],
            },
        },
        ...
    }
    AVATARS = {"STORAGE": "avatars"}

Addresses follow https://docs.imgproxy.net/usage/processing and https://docs.imgproxy.net/usage/signing_url.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.utils.deconstruct import deconstructible


@deconstructible(path="django_avatars.contrib.imgproxy.ImgproxyStorage")
class ImgproxyStorage(Storage):
    """
    Keeps files in another storage and delivers them through imgproxy.

    Args:
        storage: Alias in ``STORAGES`` of the storage that holds the files.
        source: What imgproxy puts before a name to find the file: "s3://bucket/folder/", "local:///", "https://…/".
        endpoint: Where imgproxy, or the CDN before it, answers.
        key: ``IMGPROXY_KEY``, in hexadecimal digits.
        salt: ``IMGPROXY_SALT``, in hexadecimal digits.
        gravity: Where to cut, as imgproxy names it: "ce" is the middle, "sm" what is most detailed.
        format: Extension of what is delivered. None: that of the file, or what imgproxy finds best for the browser.

    """

    resizes_by_url = True

    def __init__(
        self,
        *,
        storage: str,
        source: str,
        endpoint: str,
        key: str,
        salt: str,
        gravity: str = "ce",
        format: str | None = None,
    ) -> None:
        self.alias = storage
        self.source = source
        self.endpoint: str = endpoint.rstrip("/")
        self.gravity = gravity
        self.format = format
        self._key, self._salt = _binary("key", key), _binary("salt", salt)
        # A signature takes some 10 µs, of which a page has hundreds. It is the same for ever.
        self._address = functools.lru_cache(maxsize=8192)(self._composed)

    @property
    def stored_in(self) -> Storage:
        """The storage that holds the files."""
        return storages[self.alias]

    def url(self, name: str | None) -> str:
        """Address of the picture as it is stored."""
        return self._address(name or "", None)

    def url_for(self, name: str, size: int) -> str:
        """Address of the picture as a square of `size` pixels; never larger than what is stored."""
        return self._address(name, size)

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """As the storage that holds the files."""
        return self.stored_in.get_available_name(name, max_length=max_length)

    def exists(self, name: str) -> bool:
        """As the storage that holds the files."""
        return self.stored_in.exists(name)

    def delete(self, name: str) -> None:
        """Delete the file. What a CDN keeps of it stays there until it expires: nobody knows its address any more."""
        self.stored_in.delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """As the storage that holds the files."""
        return self.stored_in.listdir(path)

    def size(self, name: str) -> int:
        """As the storage that holds the files."""
        return self.stored_in.size(name)

    def get_modified_time(self, name: str) -> datetime:
        """As the storage that holds the files."""
        return self.stored_in.get_modified_time(name)

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        return self.stored_in.open(name, mode)

    def _save(self, name: str, content: File[Any]) -> str:
        return self.stored_in.save(name, content)

    def _composed(self, name: str, size: int | None) -> str:
        options = "" if size is None else f"rs:fill:{size}:{size}/g:{self.gravity}/"
        source = _base64(f"{self.source}{name}".encode())
        path = f"/{options}{source}{f'.{self.format}' if self.format else ''}"
        signature = _base64(hmac.digest(self._key, self._salt + path.encode(), hashlib.sha256))
        return f"{self.endpoint}/{signature}{path}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _binary(option: str, text: str) -> bytes:
    try:
        digits = bytes.fromhex(text)
    except ValueError as exc:
        raise ImproperlyConfigured(
            f"ImgproxyStorage was given a {option} that is not hexadecimal. "
            f"Give the same digits as in IMGPROXY_{option.upper()}, an even number of 0-9 and a-f."
        ) from exc
    if not digits:
        raise ImproperlyConfigured(
            f"ImgproxyStorage was given an empty {option}: anybody could sign addresses. "
            f"Give the same digits as in IMGPROXY_{option.upper()}."
        )
    return digits
