"""What is on disk, and storages that count or fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from django_avatars import naming
from tests import pictures


def on_disk(folder: Path) -> set[str]:
    """Every file below `folder`, as storage names."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def files_of(*names: str | None) -> set[str]:
    """Every file that these stored names say there is."""
    parsed = [naming.parse(name) for name in names if name]
    return {file for one in parsed if one for file in one.files()}


def upload(side: int = 96, *, name: str = "photo.jpg", seed: int = 0) -> ContentFile[bytes]:
    """A small picture as a file to assign; another `seed` is another picture."""
    return ContentFile(pictures.photo(side, side + seed), name)


class RecordingStorage(FileSystemStorage):
    """Writes down every call that a backend answers with I/O."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls: list[tuple[str, str]] = []
        self.on_save: Callable[[], object] = list
        self.on_delete: Callable[[], object] = list

    def _open(self, name: str, mode: str = "rb") -> Any:
        self.calls.append(("open", name))
        return super()._open(name, mode)  # type: ignore[misc]

    def _save(self, name: str, content: Any) -> str:
        self.calls.append(("save", name))
        self.on_save()
        return str(super()._save(name, content))  # type: ignore[misc]

    def delete(self, name: str) -> None:
        self.calls.append(("delete", name))
        self.on_delete()
        super().delete(name)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        self.calls.append(("listdir", path))
        return super().listdir(path)

    def of(self, kind: str) -> list[str]:
        """Names that were given to one kind of call."""
        return [name for call, name in self.calls if call == kind]


class BrokenStorage(RecordingStorage):
    """Fails when told to."""

    def __init__(self, *args: Any, saves: int = 99, deletes: bool = True, reads: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.saves = saves
        self.deletes = deletes
        self.reads = reads

    def _open(self, name: str, mode: str = "rb") -> Any:
        if not self.reads:
            raise ConnectionError("No answer")
        return super()._open(name, mode)

    def _save(self, name: str, content: Any) -> str:
        stored: str = super()._save(name, content)
        self.saves -= 1
        if self.saves < 0:
            raise OSError("No space left on device")
        return stored

    def delete(self, name: str) -> None:
        if not self.deletes:
            raise OSError("Permission denied")
        super().delete(name)
