"""The picture that the doctor stores, and what its address answers."""

from __future__ import annotations

import dataclasses
import io
import urllib.error
import urllib.request
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from ... import backends, files, naming
from ...lifecycle import inventory
from ...lifecycle.writing import RenditionFile

SIDE = 16
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
    """One picture in one storage, under a name of ours: should it be left behind, the sweep finds it."""

    def __init__(self, storage: Any, folder: str) -> None:
        self.storage = storage
        self.backend = backends.of(storage)
        self.folder = f"{folder}/doctor" if folder else "doctor"
        resizes = getattr(storage, "resizes_by_url", False)
        self.name = str(
            naming.new_name(self.folder) if resizes else naming.new_name(self.folder, sizes=(SIDE,), formats=("webp",))
        )
        self.stored: str | None = None
        """The name that the storage gave it, None while it has none."""

    @cached_property
    def data(self) -> bytes:
        """A square of one colour."""
        from PIL import Image

        stream = io.BytesIO()
        Image.new("RGB", (SIDE, SIDE), "#4f65b6").save(stream, "webp")
        return stream.getvalue()

    def write(self) -> None:
        """Store it as an upload is stored."""
        self.stored = self.backend.writer()(self.name, RenditionFile(self.data, self.name.rpartition("/")[2], "webp"))

    def read(self) -> bytes:
        """What is stored."""
        with self.storage.open(self.stored or self.name) as file:
            return bytes(file.read())

    def delete(self) -> int:
        """Returns how many files could not be deleted."""
        return inventory.erase(self.storage, [self.stored or self.name])

    @cached_property
    def url(self) -> str:
        """The address that a page would have. Raises what the storage raises."""
        return files.url(self.storage, self.stored or self.name)

    @property
    def is_remote(self) -> bool:
        """Whether the address says on which machine to ask."""
        return bool(urlsplit(self.url).netloc)

    @cached_property
    def answer(self) -> Answer:
        """What the address answers to somebody without any credentials, on another site."""
        return fetch(self.url, Origin="https://doctor.example")


def fetch(url: str, **headers: str) -> Answer:
    """What `url` answers."""
    request: Any = urllib.request.Request(url, headers=headers)  # noqa: S310 - made by the host's own storage
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
            return Answer(answer.status, _lower(answer.headers), answer.read())
    except urllib.error.HTTPError as exc:
        with exc:
            return Answer(exc.code, _lower(exc.headers), exc.read())
    except (OSError, ValueError) as exc:
        return Answer(0, {}, b"", str(exc))


def _lower(headers: Any) -> dict[str, str]:
    return {key.lower(): value for key, value in headers.items()}
