"""A picture of two small files, and its address as a stranger sees it."""

from __future__ import annotations

import dataclasses
import io
import os
import urllib.error
import urllib.request
from contextlib import suppress
from functools import cached_property
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.core.files.storage import FileSystemStorage
from PIL import Image

from ... import naming
from ...conf import get_settings
from ...lifecycle import references
from ...lifecycle.staging import RenditionFile
from ...storages import adapter_for, sources, urls
from .findings import within

SIDES = (16, 8)
"""Of the two files, in pixels."""

TIMEOUT = 10
"""Seconds to wait for an address once its server is known."""

MOST = 1_000_000
"""Bytes that are read of an answer."""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What an address answered."""

    status: int
    """Of HTTP; 0 when nothing answered."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    error: str = ""
    """Why nothing answered."""


class Probe:
    """
    One picture of two files in one storage (one, where it resizes), under a name of ours.

    Should it be left behind, the sweep finds it.
    """

    def __init__(self, storage: Any, folder: str) -> None:
        self.storage = storage
        self.adapter: Any = adapter_for(storage)
        self.inner: Any = self.adapter.storage
        """Where the files are: the storage itself, or what it stands in front of."""
        self.folder: str = f"{folder}/doctor" if folder else "doctor"
        self.resizes: bool = bool(getattr(storage, "resizes_by_url", False))
        sizes = () if self.resizes else SIDES
        self.picture: naming.StoredName = naming.new_name(self.folder, sizes=sizes, formats=("webp",) if sizes else ())
        self.name: str = str(self.picture)
        self.stored: dict[str, str] = {}
        """The name that the storage gave to each file."""
        self._new_folders = [one for one in (self.folder, folder) if one and not self._has_folder(one)]

    @cached_property
    def data(self) -> bytes:
        """A square of one color: the larger file."""
        return _square(SIDES[0])

    def write(self) -> None:
        """Store each file in a thread of its own, as an upload may be."""
        save = self.adapter.writer()
        for name in self.picture.files():
            data = self.data if name == self.name else _square(SIDES[1])
            file = RenditionFile(data, name.rpartition("/")[2], "webp")
            if self.adapter.parallel > 1:
                self.stored[name] = within(lambda name=name, file=file: save(name, file))  # type: ignore[misc]
            else:
                self.stored[name] = save(name, file)

    def read(self) -> bytes:
        """What is stored: the larger file. Raises what the storage raises, for each file."""
        for stored in self.stored.values():
            with self.storage.open(stored) as file:
                data = bytes(file.read())
            if stored == self.stored[self.name]:
                found = data
        return found

    def is_there(self) -> bool:
        """Whether the storage says that it has one of the files."""
        try:
            return any(self.storage.exists(stored) for stored in self.stored.values())
        except Exception:  # who may not ask has deleted all the same
            return False

    def delete(self) -> int:
        """Returns how many files could not be deleted as a picture is; those are tried one by one."""
        failed = references.delete_files(self.storage, self.stored.values())
        if failed:
            self.adapter.erase_each([*self.stored.values()])
        for folder in self._new_folders if not failed else ():
            with suppress(OSError):  # somebody uses it already
                os.rmdir(self.inner.path(folder))
        return failed

    @cached_property
    def url(self) -> str:
        """The address that a page would have. Raises what the storage raises."""
        return urls.url(self.storage, self.stored[self.name])

    @property
    def where(self) -> SplitResult:
        """The address in its parts."""
        return urlsplit(self.url)

    @property
    def shown(self) -> str:
        """The address without its signature."""
        return self.url.partition("?")[0]

    @property
    def is_private(self) -> bool:
        """Whether it is asked who looks, at an address of ours."""
        return sources.is_private(self.storage)

    @property
    def is_read_by_others(self) -> bool:
        """Whether another process reads the files, such as a web server."""
        return not self.is_private or get_settings().private_files.startswith("X-")

    @property
    def is_remote(self) -> bool:
        """Whether the address says on which machine to ask. Not where there is none."""
        try:
            return bool(self.where.netloc)
        except Exception:
            return False

    @property
    def has_bucket_twice(self) -> bool:
        """Whether the bucket is in the address twice: in host and path, or one after the other."""
        bucket = getattr(self.inner, "bucket_name", None)
        if not bucket or not self.is_remote:
            return False
        host, path = self.where.netloc, self.where.path
        in_both = host.startswith(f"{bucket}.") and path.startswith(f"/{bucket}/")
        return in_both or host.startswith(f"{bucket}.{bucket}.") or path.startswith(f"/{bucket}/{bucket}/")

    @cached_property
    def answer(self) -> Answer:
        """What the address answers to somebody without any credentials."""
        return fetch(self.url)

    def _has_folder(self, folder: str) -> bool:
        return not isinstance(self.inner, FileSystemStorage) or os.path.isdir(self.inner.path(folder))


def fetch(url: str) -> Answer:
    """What `url` answers."""
    try:
        with _opened(url) as answer:
            headers = {key.lower(): value for key, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read(MOST))
    except (OSError, ValueError, HTTPException) as exc:
        return Answer(0, {}, b"", f"{type(exc).__name__}: {exc}")


def _opened(url: str) -> Any:
    try:
        return urllib.request.urlopen(url, timeout=TIMEOUT)  # noqa: S310 - made by the host's own storage
    except urllib.error.HTTPError as refused:
        return refused


def _square(side: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (side, side), "#4f65b6").save(stream, "webp")
    return stream.getvalue()
