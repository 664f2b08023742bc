"""A file that is read in place, and leaves out what the decoder must not see."""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import os
from collections.abc import Sequence
from typing import BinaryIO

from .rejected import damaged


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to, not including, `stop` of a source."""

    start: int
    stop: int


class SplicedFile:
    """
    Kept spans of a source and literal bytes, one after the other, as a seekable file.

    Nothing is copied: a 12-megapixel JPEG stays in the upload's temporary file while Pillow
    reads it. Closing the view leaves the source open.
    """

    def __init__(self, source: BinaryIO, pieces: Sequence[Span | bytes]) -> None:
        self._source = source
        self._pieces = pieces
        lengths = (len(piece) if isinstance(piece, bytes) else piece.stop - piece.start for piece in pieces)
        self._edges = list(itertools.accumulate(lengths, initial=0))
        self._position = 0

    def read(self, count: int = -1, /) -> bytes:
        """Up to `count` bytes, fewer only at the end; all that is left if negative."""
        start, end = self._position, self._edges[-1]
        stop = end if count < 0 else min(start + count, end)
        parts = []
        while start < stop:
            index = bisect.bisect_right(self._edges, start) - 1
            first, last = self._edges[index], min(self._edges[index + 1], stop)
            parts.append(self._part(self._pieces[index], start - first, last - first))
            start = last
        self._position = start
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _part(self, piece: Span | bytes, start: int, stop: int) -> bytes:
        if isinstance(piece, bytes):
            return piece[start:stop]
        self._source.seek(piece.start + start)
        return self._source.read(stop - start)

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to `offset` from the start, from here, or from the end."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._edges[-1]}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        """The position of the next byte to be read."""
        return self._position

    def close(self) -> None:
        """Nothing to do: whoever opened the source closes it."""


def take(source: BinaryIO, count: int) -> bytes:
    """Exactly `count` bytes from here on; a `Rejected` when the file ends before."""
    data = source.read(count)
    if len(data) != count:
        raise damaged()
    return data
