"""WebP (RFC 9649): the still picture, or the first frame of an animation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from . import vp8l
from .header import MAX_ICC, MAX_PARTS, Header

ALPHA, ANIMATED = 0x10, 0x02
PIXELS = (b"VP8 ", b"VP8L")

HELD = 8
"""Bytes for each pixel: libwebp keeps a canvas of four and what was on it before; then Pillow copies it twice."""

HALVED = {b"VP8 ": 4, b"VP8L": 8}
"""Bytes for each pixel while OpenCV decodes at half the size: three, what libwebp has beside them, and the result."""

PADDING = 1
"""Bytes that may be missing at the end of a file: the one that makes the last chunk even, not missed by browsers."""

DECODING = 5
"""The same before there is a copy of the canvas: with pixels that are not turned into colors yet, and their alpha."""

FRAME = 16
"""Bytes that say where a frame of an animation lies, in front of its chunks."""

COMPRESSED = 1
"""How alpha is stored that is a lossless stream without a header; in the lowest two bits."""


@dataclasses.dataclass(slots=True)
class Chunks:
    """What has been met so far."""

    kept: list[Span | bytes] = dataclasses.field(default_factory=list)
    kept_bytes: int = 4
    sides: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    first: tuple[int, int] | None = None
    """Where the chunks of the first picture are."""
    icc: bytes | None = None
    still: bytes = b""
    """Which of `PIXELS` the picture consists of, empty for an animation."""

    def keep(self, piece: Span | bytes) -> None:
        self.kept.append(piece)
        self.kept_bytes += len(piece)

    def keep_padded(self, start: int, stop: int) -> None:
        """Keep a chunk, of an even length: the last one of a file may lack the byte that makes it so."""
        self.keep(Span(start, stop))
        self.keep(bytes((stop - start) % 2))

    def add(self, source: BinaryIO, kind: bytes, start: int, size: int) -> None:
        """
        Keep what makes the first picture, read the profile, leave out the rest.

        The orientation in EXIF is part of the rest: no browser turns a WebP by it.
        """
        stop = start + 8 + size
        if kind == b"VP8X" and not self.kept:
            header = take(source, 10)
            self.sides.append((u24(header, 4) + 1, u24(header, 7) + 1))
            self.keep(b"VP8X\x0a\0\0\0" + bytes([header[0] & (ALPHA | ANIMATED)]) + header[1:])
        elif kind in (*PIXELS, b"ANMF") and not self.first:
            self.first = (start + 8 + FRAME, stop) if kind == b"ANMF" else (12, stop)
            self.still = b"" if kind == b"ANMF" else kind
            self.sides.append(
                _frame_sides(source) if kind == b"ANMF" else bitstream_sides(kind, take(source, min(size, 10)))
            )
            self.keep_padded(start, stop)
        elif kind in (b"ALPH", b"ANIM") and not self.first:
            self.keep_padded(start, stop)
        elif kind == b"ICCP" and size <= MAX_ICC:
            self.icc = take(source, size)


def read_header(source: BinaryIO, length: int) -> Header:
    """Walk the chunks that the RIFF header covers; what trails behind it is never looked at."""
    source.seek(4)
    end = 8 + int.from_bytes(take(source, 4), "little")
    if end > length + PADDING:
        raise damaged()
    end = min(end, length)
    chunks = Chunks()
    for kind, start, size in walk(source, 12, end):
        chunks.add(source, kind, start, size)
    if not chunks.first:
        raise damaged()
    width, height = (max(sides) for sides in zip(*chunks.sides, strict=True))
    pixels, codes = width * height, held_by_codes(source, *chunks.first)
    return Header(
        format="WEBP",
        held=held_for_each(codes, pixels),
        halved=HALVED[chunks.still] + codes / max(pixels, 1) if chunks.still else 0,
        width=width,
        height=height,
        view=SplicedFile(source, [b"RIFF" + chunks.kept_bytes.to_bytes(4, "little") + b"WEBP", *chunks.kept]),
        icc=chunks.icc,
    )


def walk(source: BinaryIO, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and size of each chunk in between; the source then stands at its contents."""
    for _ in range(MAX_PARTS):
        if position + 8 > end:
            return
        source.seek(position)
        head = take(source, 8)
        size = int.from_bytes(head[4:], "little")
        if position + 8 + size > end:
            raise damaged()
        yield head[:4], position, size
        position += 8 + size + size % 2
    raise Rejected("too_complex")


def held_for_each(codes: int, pixels: int) -> float:
    """Bytes that decoding so many pixels holds for each, and `codes` bytes for their prefix codes."""
    return max(HELD, DECODING + codes / max(pixels, 1))


def held_by_codes(source: BinaryIO, start: int, stop: int) -> int:
    """Bytes that the prefix codes of a picture take while it is decoded: of pixels without loss, or of its alpha."""
    alpha = b""
    for kind, _, size in walk(source, start, stop):
        if kind == b"ALPH" and not alpha:
            alpha = take(source, min(size, 1 + vp8l.MAX_READ))
        elif kind == b"ALPH":
            raise damaged()
        elif kind in PIXELS:
            data = take(source, min(size, 5 + vp8l.MAX_READ))
            sides = bitstream_sides(kind, data)
            if kind == b"VP8L":
                return vp8l.held(data[5:], *sides)
            return vp8l.held(alpha[1:], *sides) if alpha and alpha[0] & 3 == COMPRESSED else 0
    raise damaged()


def bitstream_sides(kind: bytes, header: bytes) -> tuple[int, int]:
    """Width and height from the first ten bytes of a VP8 key frame (RFC 6386, 9.1), or the first five of VP8L."""
    if len(header) < (5 if kind == b"VP8L" else 10):
        raise damaged()
    if kind == b"VP8L":
        bits = int.from_bytes(header[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if header[3:6] != b"\x9d\x01\x2a":
        raise damaged()
    return int.from_bytes(header[6:8], "little") & 0x3FFF, int.from_bytes(header[8:10], "little") & 0x3FFF


def _frame_sides(source: BinaryIO) -> tuple[int, int]:
    """Right and lower edge of an animation frame on its canvas."""
    header = take(source, 16)
    return 2 * u24(header, 0) + u24(header, 6) + 1, 2 * u24(header, 3) + u24(header, 9) + 1


def u24(data: bytes, start: int) -> int:
    """The 24-bit number that stands at `start`."""
    return int.from_bytes(data[start : start + 3], "little")
