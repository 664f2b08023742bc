"""A file object that reads an upload in place, without the parts that the decoder must not see."""

from __future__ import annotations

import bisect
import io
import itertools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from .rejected import damaged

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


Span = range
"""Bytes `start` up to, not including, `stop` of a source."""


class SplicedFile(io.RawIOBase):
    """
    Kept spans of a source and literal bytes, one after the other, as a seekable file.

    Nothing is copied: a 12-megapixel JPEG stays in the upload's temporary file while Pillow
    reads it. Closing the view leaves the source open.
    """

    def __init__(self, source: BinaryIO, pieces: Sequence[Span | bytes]) -> None:
        self._source = source
        self._pieces = pieces
        self._edges = list(itertools.accumulate(map(len, pieces), initial=0))
        self._position = 0

    def read(self, count: int = -1, /) -> bytes:
        """Read `count` bytes, fewer only at the end. Reads everything that is left if `count` is negative."""
        start, end = self._position, self._edges[-1]
        stop = end if count < 0 else min(start + count, end)
        parts = []
        while start < stop:
            index = bisect.bisect_right(self._edges, start) - 1
            first, last = self._edges[index], min(self._edges[index + 1], stop)
            piece = self._pieces[index]
            if isinstance(piece, bytes):
                parts.append(piece[start - first : last - first])
            else:
                self._source.seek(piece.start + start - first)
                parts.append(self._source.read(last - start))
            start = last
        self._position = start
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer`, fewer bytes only at the end. Returns how many were read."""
        view = memoryview(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        """All that is left."""
        return self.read()

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to `offset` from the start, from here, or from the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._edges[-1]}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        """The position of the next byte to be read."""
        return self._position


def take(source: BinaryIO, count: int) -> bytes:
    """Read exactly `count` bytes. Raises `Rejected` if the file ends before."""
    data = source.read(count)
    if len(data) != count:
        raise damaged()
    return data
