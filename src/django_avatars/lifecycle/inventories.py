"""
Inventory lists: what a storage says it has, in files that it writes itself, for buckets that are too large to list.

Each file is a list of Amazon S3 Inventory (CSV) or of a kin, or plain: one name a line, as the storage takes it. What
ends in ``.gz`` is unpacked while it is read. A list may be some days old: a file that came since is not in it, and one
that went since is deleted once more.
"""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import unquote_plus

from ..storages import Listed, adapter_for
from ..storages.base import below, name_in

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class UnreadableInventory(ValueError):
    """A list that is of another bucket, or is no list."""


def walk(paths: Iterable[str], storage: Storage, folder: str) -> Iterator[Listed]:
    """Every file below `folder` that the lists at `paths` name. Raises `UnreadableInventory`, and `OSError`."""
    inner = adapter_for(storage).storage
    for path in paths:
        entries = _of_bucket if ".csv" in os.path.basename(path) else _plain
        # What no line says more of was there when the list was made.
        made = os.path.getmtime(path)
        with _opened(path) as lines:
            for name, modified in entries(path, lines, inner):
                if name.startswith(below(folder, "")):
                    yield name, made if modified is None else modified


def _opened(path: str) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8", newline="") if path.endswith(".gz") else open(path, encoding="utf-8")


def _plain(path: str, lines: TextIO, storage: Any) -> Iterator[Listed]:
    return ((line.rstrip("\r\n"), None) for line in lines)


def _of_bucket(path: str, lines: TextIO, storage: Any) -> Iterator[Listed]:
    """What Amazon S3 Inventory writes: bucket, key, perhaps version and two flags, and what else was asked for."""
    bucket, location = getattr(storage, "bucket_name", None), getattr(storage, "location", "")
    for number, row in enumerate(csv.reader(lines), start=1):
        if len(row) < 2 or row[0] != bucket:
            raise UnreadableInventory(
                f"Line {number} of {path} is {','.join(row)[:80]!r}, and must be of the bucket {bucket!r}: "
                "bucket, key and more, as Amazon S3 Inventory writes it."
            )
        key = unquote_plus(row[1])
        if _is_there(row) and key.startswith(below("", location)):
            yield name_in(location, key), next(filter(None, map(_moment, row[2:])), None)


def _is_there(row: list[str]) -> bool:
    """Not an older version, and no mark of a delete, where the bucket keeps versions."""
    flags = row[3:5]
    return flags == ["true", "false"] or not set(flags) <= {"true", "false"} or len(flags) < 2


def _moment(cell: str) -> float | None:
    if len(cell) < 20 or cell[10] != "T":
        return None
    try:
        return datetime.fromisoformat(cell).timestamp()
    except ValueError:
        return None
