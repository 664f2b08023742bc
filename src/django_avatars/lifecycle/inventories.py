"""
Inventory lists: what a storage says it has, in files that it writes itself, for buckets that are too large to list.

A list is the CSV that Amazon S3 Inventory, Storage Insights of Google Cloud or the blob inventory of Azure writes, the
manifest that says of which files it consists, or plain: one name a line, as the storage takes it. A list may be some
days old: a file that came since is not in it, and one that went since is deleted once more.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO
from urllib.parse import unquote_plus

from ..storages import Listed, adapter_for
from ..storages.base import below

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class UnreadableInventory(ValueError):
    """A list that is of another bucket, or is no list."""


class Kind(NamedTuple):
    """Which columns of a service's list say what, and what they say of a file that is not there any more."""

    key: str
    bucket: str
    modified: str
    gone: Mapping[str, str]
    """What the column holds then, in lower case; "" for anything at all."""


S3 = Kind("Key", "Bucket", "LastModifiedDate", {"IsLatest": "false", "IsDeleteMarker": "true"})
GOOGLE = Kind("name", "bucket", "updated", {"timeDeleted": ""})
# It names the container before each blob, and lists all containers of the account.
AZURE = Kind("Name", "", "Last-Modified", {"IsCurrentVersion": "false", "Deleted": "true", "Snapshot": ""})
KINDS = {kind.key: kind for kind in (S3, GOOGLE, AZURE)}

OTHERS = {b"PAR1": "Parquet", b"ORC": "ORC"}
"""The first bytes of formats that take a package of their own to read."""


def walk(paths: Iterable[str], storage: Storage, folder: str) -> Iterator[Listed]:
    """Every file below `folder` that the lists at `paths` name. Raises `UnreadableInventory`, and `OSError`."""
    inner = adapter_for(storage).storage
    for path, columns in chain.from_iterable(map(_parts, paths)):
        # What no line says more of was there when the list was made.
        made = os.path.getmtime(path)
        for name, modified in _entries(path, columns, inner):
            if name.startswith(below(folder, "")):
                yield name, made if modified is None else modified


def _parts(path: str) -> Iterator[tuple[str, list[str]]]:
    """The files of the list at `path`, which may be a manifest, and their columns where only that names them."""
    if not path.endswith(".json"):
        yield path, []
        return
    try:
        manifest = json.loads(Path(path).read_bytes())
        files = [*manifest.get("files", []), *manifest.get("report_shards_file_names", [])]
        names = [file if isinstance(file, str) else file.get("key") or file["blob"] for file in files]
    except (ValueError, AttributeError, LookupError, TypeError) as exc:
        raise UnreadableInventory(f"{path} is no manifest of an inventory: {exc!r}.") from exc
    columns = [column.strip() for column in manifest.get("fileSchema", "").split(",") if column]
    # All of them are looked for before the first is read.
    yield from [(_beside(Path(path), name), columns) for name in names]


def _beside(manifest: Path, name: str) -> str:
    """Where the file `name` of a bucket is here: beside its manifest, or in the next folder, as it is in the bucket."""
    parts = name.split("/")
    places = [folder.joinpath(*tail) for folder in manifest.absolute().parents[:2] for tail in (parts[-1:], parts[-2:])]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UnreadableInventory(
            f"{manifest} names {name}, which is not here. Copy all files of the list, in the folders that the bucket "
            "has them in, or give some of them instead of the manifest."
        )
    return str(found)


def _entries(path: str, columns: list[str], storage: Any) -> Iterator[Listed]:
    """What one file of a list names. Raises `UnreadableInventory` where it cannot be read to its end."""
    try:
        with _opened(path) as lines:
            yield from _of_bucket(path, lines, columns, storage) if ".csv" in os.path.basename(path) else _plain(lines)
    except (EOFError, UnicodeDecodeError, csv.Error, zlib.error) as exc:
        raise UnreadableInventory(f"{path} cannot be read to its end: {exc}. Copy it again.") from exc


def _opened(path: str) -> TextIO:
    """The lines of the file, also of a packed one."""
    with open(path, "rb") as file:
        start = file.read(4)
    for mark, name in OTHERS.items():
        if start.startswith(mark):
            raise UnreadableInventory(f"{path} is {name}. Have the inventory written as CSV.")
    packed = start.startswith(b"\x1f\x8b")
    return (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig", newline="")


def _plain(lines: TextIO) -> Iterator[Listed]:
    return ((line.rstrip("\r\n"), None) for line in lines)


def _of_bucket(path: str, lines: TextIO, columns: list[str], storage: Any) -> Iterator[Listed]:
    """What is there of the bucket of `storage`, with the moment of its last change where the list says it."""
    bucket, prefix = _bucket_of(storage), below("", getattr(storage, "location", ""))
    rows, columns = _table(lines, columns, bucket)
    kind = next((KINDS[column] for column in columns if column in KINDS), S3)
    place_of, modified_of = _place(kind, columns), _cell(columns, kind.modified)
    signs = [(_cell(columns, column), sign) for column, sign in kind.gone.items()]
    for row in filter(None, rows):
        owner, key = place_of(row)
        if kind is not AZURE and (owner != bucket or not key):
            raise UnreadableInventory(
                f"{path} has a line that begins with {','.join(row)[:80]!r}, and must be of the bucket {bucket!r}: "
                "as Amazon S3 Inventory writes it, or with the names of its columns in the first line."
            )
        is_gone = any(cell(row).lower() == sign if sign else cell(row) for cell, sign in signs)
        if owner == bucket and not is_gone and key.startswith(prefix):
            yield key.removeprefix(prefix), _moment(modified_of(row))


def _place(kind: Kind, columns: Sequence[str]) -> Callable[[Sequence[str]], tuple[str, str]]:
    """A function that returns the bucket and the key of a row."""
    bucket_of, key_of = _cell(columns, kind.bucket), _cell(columns, kind.key)
    if kind is AZURE:
        return lambda row: (key_of(row).partition("/")[0], key_of(row).partition("/")[2])
    return lambda row: (bucket_of(row), unquote_plus(key_of(row)) if kind is S3 else key_of(row))


def _bucket_of(storage: Any) -> str | None:
    return getattr(storage, "bucket_name", None) or getattr(storage, "azure_container", None)


def _table(lines: TextIO, columns: list[str], bucket: str | None) -> tuple[Iterator[list[str]], list[str]]:
    """The rows, and what their columns are called: by the manifest, by the first line, or as Amazon S3 orders them."""
    first = next(lines, "")
    delimiter = next((mark for mark in ",;|\t" if mark in first), ",")
    rows: Iterator[list[str]] = csv.reader(chain([first], lines), delimiter=delimiter)
    if columns or not first:
        return rows, columns
    head = next(rows)
    if head[:1] != [bucket] and not KINDS.keys().isdisjoint(head):
        return rows, head
    return chain([head], rows), _guessed(head)


def _guessed(row: Sequence[str]) -> list[str]:
    """The columns of a list of Amazon S3 without its manifest: bucket, key, perhaps version and flags, and others."""
    columns = ["Bucket", "Key", *("" for _ in row[2:])]
    if len(row) > 4 and {*row[3:5]} <= {"true", "false"}:
        columns[3:5] = "IsLatest", "IsDeleteMarker"
    moment = next((number for number, cell in enumerate(row) if number > 1 and _moment(cell) is not None), None)
    if moment is not None:
        columns[moment] = S3.modified
    return columns


def _cell(columns: Sequence[str], name: str) -> Callable[[Sequence[str]], str]:
    """What takes the cell of the column `name` from a row: "" where there is none."""
    if name not in columns:
        return lambda row: ""
    number = columns.index(name)
    return lambda row: row[number] if number < len(row) else ""


def _moment(cell: str) -> float | None:
    """The moment that a cell says, in UTC where it names no zone. None where it says none."""
    try:
        moment = datetime.fromisoformat(cell.removesuffix(" UTC")) if len(cell) > 18 else None
    except ValueError:
        return None
    return None if moment is None else (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
