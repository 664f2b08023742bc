"""Boxes (ISO/IEC 14496-12, 4.2), of which AVIF and HEIC consist: a size, a kind, and contents or further boxes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from ..headers.header import MAX_PARTS
from ..rejected import Rejected, damaged
from ..spliced import take


class Box(NamedTuple):
    """Where a box lies."""

    kind: bytes
    """Four letters."""
    start: int
    """Where its size is."""
    body: int
    """Where its contents begin."""
    stop: int
    """Where it ends."""


def boxes(source: BinaryIO, start: int, stop: int) -> Iterator[Box]:
    """
    Yield each box from `start` to `stop`. Raises `Rejected` if one reaches further.

    If the size is 1, the real size follows the kind in 64 bits: phones write it that way for the pixels of every photo.
    If it is 0, the box reaches up to `stop`.
    """
    for _ in range(MAX_PARTS):
        if start == stop:
            return
        source.seek(start)
        head = take(source, 8)
        size, body = int.from_bytes(head[:4]), start + 8
        if size == 1:
            size, body = int.from_bytes(take(source, 8)), start + 16
        end = start + size if size else stop
        if not body <= end <= stop:
            raise damaged()
        yield Box(head[4:], start, body, end)
        start = end
    raise Rejected("too_complex")


def within(data: bytes, start: int, stop: int, kind: bytes = b"") -> Iterator[Box]:
    """Each box of `kind`, or of any, that lies in `data` between `start` and `stop`."""
    return (box for box in boxes(io.BytesIO(data), start, stop) if kind in (b"", box.kind))


def descend(data: bytes, start: int, path: tuple[bytes, ...], stop: int | None = None) -> Iterator[Box]:
    """Every box that `path`, kinds from the outside in, leads to, from `start` up to `stop` or the end."""
    first, *rest = path
    for box in within(data, start, len(data) if stop is None else stop, first):
        if rest:
            yield from descend(data, box.body, tuple(rest), box.stop)
        else:
            yield box
