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

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer`, fewer bytes only at the end. Returns how many were read."""
        view, begin = memoryview(buffer), self._position
        stop = min(begin + len(view), self._edges[-1])
        for index in range(bisect.bisect_right(self._edges, begin) - 1, len(self._pieces)):
            first, last = max(self._edges[index], begin), min(self._edges[index + 1], stop)
            if first >= last:
                continue
            piece = self._pieces[index][first - self._edges[index] : last - self._edges[index]]
            if isinstance(piece, range):
                self._source.seek(piece.start)
                piece = self._source.read(len(piece))
            view[first - begin : last - begin] = piece
        self._position = max(stop, begin)
        return self._position - begin

    def readall(self) -> bytes:
        """All that is left, in one piece."""
        return self.read(max(self._edges[-1] - self._position, 0))

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
