"""The picture that the doctor stores, and what its address answers."""

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
from urllib.parse import urlsplit

from django.core.files.storage import FileSystemStorage

from ... import naming
from ...lifecycle import references
from ...lifecycle.staging import RenditionFile
from ...storages import adapter_for, urls

SIDES = (16, 8)
"""Of the two files, in pixels."""

TIMEOUT = 10
"""Seconds to wait for an address."""


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
        self.adapter = adapter_for(storage)
        self.inner = self.adapter.storage
        """Where the files are: the storage itself, or what it stands in front of."""
        self.folder = f"{folder}/doctor" if folder else "doctor"
        self.resizes = bool(getattr(storage, "resizes_by_url", False))
        sizes = () if self.resizes else SIDES
        self.picture = naming.new_name(self.folder, sizes=sizes, formats=("webp",) if sizes else ())
        self.name = str(self.picture)
        self.stored: dict[str, str] = {}
        """The name that the storage gave to each file."""
        self._new_folders = [one for one in (self.folder, folder) if one and not self._has_folder(one)]

    @cached_property
    def data(self) -> bytes:
        """A square of one color: the larger file."""
        return _square(SIDES[0], "#4f65b6")

    @property
    def is_renamed(self) -> bool:
        """Whether a file got another name than it was given."""
        return any(name != stored for name, stored in self.stored.items())

    def write(self) -> None:
        """Store it as an upload is stored: all files at once, where the storage takes that."""
        save = self.adapter.writer()

        def put(name: str) -> None:
            data = self.data if name == self.name else _square(SIDES[1], "#4f65b6")
            self.stored[name] = save(name, RenditionFile(data, name.rpartition("/")[2], "webp"))

        self.adapter.each(put, list(self.picture.files()))

    def write_again(self) -> str:
        """Store another file under the name of the larger one. Returns what is said of that."""
        other = _square(SIDES[0], "#b6654f")
        stored = self.adapter.writer()(self.name, RenditionFile(other, self.name.rpartition("/")[2], "webp"))
        if stored != self.stored[self.name]:
            self.stored[f"{self.name} again"] = stored
            return "gets another name"
        return "is written over" if self.read() == other else "keeps what it had"

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
        failed = references.erase(self.storage, self.stored.values())
        if failed:
            self.adapter.erase_each(self.stored.values())
        for folder in self._new_folders if not failed else ():
            with suppress(OSError):  # somebody uses it already
                os.rmdir(self.inner.path(folder))
        return failed

    @cached_property
    def url(self) -> str:
        """The address that a page would have. Raises what the storage raises."""
        return urls.url(self.storage, self.stored[self.name])

    @property
    def is_remote(self) -> bool:
        """Whether the address says on which machine to ask."""
        return bool(urlsplit(self.url).netloc)

    @property
    def has_bucket_twice(self) -> bool:
        """Whether the bucket is in the address twice: in host and path, or one after the other."""
        bucket = str(getattr(self.inner, "bucket_name", None) or "")
        where = urlsplit(self.url)
        in_host = where.netloc.startswith(f"{bucket}.")
        twice = f"{bucket}.{bucket}.", f"/{bucket}/{bucket}/"
        is_twice = where.netloc.startswith(twice[0]) or where.path.startswith(twice[1])
        return bool(bucket) and (is_twice or (in_host and where.path.startswith(f"/{bucket}/")))

    @cached_property
    def answer(self) -> Answer:
        """What the address answers to somebody without any credentials, on another site."""
        return fetch(self.url, Origin="https://doctor.example")

    def _has_folder(self, folder: str) -> bool:
        return not isinstance(self.inner, FileSystemStorage) or os.path.isdir(self.inner.path(folder))


def fetch(url: str, **headers: str) -> Answer:
    """What `url` answers."""
    try:
        return _fetched(urllib.request.Request(url, headers=headers))  # noqa: S310 - made by the host's own storage
    except (OSError, ValueError, HTTPException) as exc:
        return Answer(0, {}, b"", f"{type(exc).__name__}: {exc}")


def _fetched(request: urllib.request.Request) -> Answer:
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Answer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as exc:
        with exc:
            return Answer(exc.code, _lower(exc.headers), exc.read())


def _lower(headers: Any) -> dict[str, str]:
    return {key.lower(): value for key, value in headers.items()}


def _square(side: int, color: str) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (side, side), color).save(stream, "webp")
    return stream.getvalue()
