"""A disk that can be left in the middle of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.storage import FileSystemStorage

from .steps import step


class Halves:
    """A file that is handed over in two pieces."""

    def __init__(self, content: Any) -> None:
        self.content = content

    def chunks(self) -> Iterator[bytes]:
        data = b"".join(self.content.chunks())
        yield data[: len(data) // 2]
        step("storage: half of a file")
        yield data[len(data) // 2 :]


class SteppingStorage(FileSystemStorage):
    """Django's own, with a step before, in the middle of and after each write, and around each delete."""

    def _save(self, name: str, content: Any) -> str:
        step("storage: before a file")
        stored: str = super()._save(name, Halves(content))  # type: ignore[misc]
        step("storage: after a file")
        return stored

    def delete(self, name: str) -> None:
        step("storage: before a delete")
        super().delete(name)
        step("storage: after a delete")
