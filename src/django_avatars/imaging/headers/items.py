"""The items that a ``meta`` box describes (ISO/IEC 14496-12, 8.11): what they are, and where their bytes are."""

from __future__ import annotations

from collections.abc import Iterator

from ..rejected import Rejected, damaged
from ..spliced import Span

MAX_ITEMS = 1000
"""A photo of 48 megapixels in tiles of 512 has 184, and as many for alpha."""

MAX_EXTENTS = 64
"""Pieces of one item; usually one."""


def boxes(data: bytes, start: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the contents of each box in between; stops at what does not fit."""
    while start + 8 <= stop:
        size = int.from_bytes(data[start : start + 4])
        end = stop if size == 0 else start + size
        if end > stop or end < start + 8:
            return
        yield data[start + 4 : start + 8], start + 8, end
        start = end


def descend(data: bytes, start: int, path: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Start and end of the contents of every box that `path` leads to."""
    spans = [(start, len(data))]
    for kind in path:
        spans = [(at, end) for span in spans for found, at, end in boxes(data, *span) if found == kind]
    yield from spans


def without_exif(meta: bytes) -> bytes:
    """`meta` with the type of each Exif item replaced by one that nobody reads."""
    changed = bytearray(meta)
    for start, stop in descend(meta, 4, (b"iinf",)):
        first = start + (6 if meta[start : start + 1] == b"\0" else 8)
        for _, at, end in boxes(meta, first, stop):
            place = meta.find(b"Exif", at, end)
            if place >= 0:
                changed[place : place + 4] = b"skip"
    return bytes(changed)


def streams(meta: bytes, length: int) -> Iterator[list[Span | bytes]]:
    """The bytes of each item that is a picture by itself, ``av01``, in pieces."""
    kinds = _kinds(meta)
    inner = [meta[at:end] for at, end in descend(meta, 4, (b"idat",))]
    for start, _ in descend(meta, 4, (b"iloc",)):
        for item, pieces in Locations(meta, start, length, b"".join(inner)):
            if kinds.get(item) == b"av01":
                yield pieces


def _kinds(meta: bytes) -> dict[int, bytes]:
    """The type of each item, by its number."""
    kinds = {}
    for start, stop in descend(meta, 4, (b"iinf",)):
        first = start + (6 if meta[start : start + 1] == b"\0" else 8)
        for _, at, _ in boxes(meta, first, stop):
            wide = 4 if meta[at] == 3 else 2
            kinds[int.from_bytes(meta[at + 4 : at + 4 + wide])] = meta[at + 6 + wide : at + 10 + wide]
    return kinds


class Locations:
    """An ``iloc`` box: for each item its number, and where its bytes are."""

    def __init__(self, meta: bytes, start: int, length: int, inner: bytes) -> None:
        self._meta = meta
        self._position = start
        self._length = length
        self._inner = inner

    def __iter__(self) -> Iterator[tuple[int, list[Span | bytes]]]:
        version = self._take(4) >> 24
        widths = self._take(2)
        offset_size, length_size, base_size = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
        index_size = widths & 15 if version else 0
        for _ in range(self._count(4 if version == 2 else 2, MAX_ITEMS)):
            item = self._take(4 if version == 2 else 2)
            method = self._take(2) & 15 if version else 0
            self._take(2)
            base = self._take(base_size)
            pieces = []
            for _ in range(self._count(2, MAX_EXTENTS)):
                self._take(index_size)
                start = base + self._take(offset_size)
                pieces.append(self._piece(method, start, self._take(length_size)))
            yield item, pieces

    def _piece(self, method: int, start: int, size: int) -> Span | bytes:
        """From the file, or from the ``idat`` box; a size of 0 means all that is left."""
        if method == 1:
            return self._inner[start : start + size if size else None]
        stop = start + size if size else self._length
        if method or not start <= stop <= self._length:
            raise damaged()
        return Span(start, stop)

    def _count(self, size: int, most: int) -> int:
        """A number that is repeated: entries may be zero bytes wide, so the box's own size bounds nothing."""
        count = self._take(size)
        if count > most:
            raise Rejected("too_complex")
        return count

    def _take(self, count: int) -> int:
        """The next number of so many bytes."""
        self._position += count
        if self._position > len(self._meta):
            raise damaged()
        return int.from_bytes(self._meta[self._position - count : self._position])
