"""WebP (RFC 9649): the still picture, or the first frame of an animation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from . import vp8l
from .header import MAX_ICC, MAX_PARTS, PIXEL, Header

PROFILE, ALPHA, ANIMATED = 0x20, 0x10, 0x02
"""Flags of a VP8X chunk."""

PIXELS = (b"VP8 ", b"VP8L")
"""Chunks with the pixels of a picture: lossy and lossless."""

HELD = 8
"""Bytes per pixel in memory after decoding: libwebp keeps two canvases of four bytes, of which Pillow makes copies."""

HALVED = {b"VP8 ": 4, b"VP8L": 8}
"""Bytes per pixel in memory while OpenCV decodes at half the size, with what libwebp needs and with the result."""

PADDING = 1
"""How many bytes may be missing at the end: browsers accept a last chunk without its byte of padding."""

DECODING = 5
"""Bytes per pixel in memory while decoding, before the canvas is copied: the canvas, brightness and alpha."""

FRAME = 16
"""Bytes at the start of an ANMF chunk that say where a frame of an animation lies. Its chunks follow."""

COMPRESSED = 1
"""The lowest two bits of an ALPH chunk whose alpha is a VP8L stream without a header."""


@dataclasses.dataclass(slots=True)
class Chunks:
    """The chunks that were read so far."""

    kept: list[Span | bytes] = dataclasses.field(default_factory=list)
    """The chunks that the decoder gets."""
    kept_bytes: int = 4
    """Their size, with the four letters that follow the size of the file."""
    sides: list[tuple[int, int]] = dataclasses.field(default_factory=list)
    """Every width and height that the file states: of the canvas, and of the first picture."""
    first: tuple[int, int] | None = None
    """Where the chunks of the first picture begin and end."""
    flags: int = 0
    """What the VP8X chunk says of the file."""
    place: tuple[int, int, int, int] | None = None
    """Left, upper, right and lower edge of the first frame of an animation."""
    icc: bytes | None = None
    """The color profile."""
    still: bytes = b""
    """Which of `PIXELS` the picture consists of, empty for an animation."""

    def keep(self, piece: Span | bytes) -> None:
        self.kept.append(piece)
        self.kept_bytes += len(piece)

    def keep_padded(self, start: int, stop: int) -> None:
        """Keep a chunk, with its byte of padding if its length is odd. The file itself may lack that byte."""
        self.keep(Span(start, stop))
        self.keep(bytes((stop - start) % 2))

    def add(self, source: BinaryIO, kind: bytes, start: int, size: int) -> None:
        """
        Keep the chunks of the first picture, read the color profile if it is announced, and leave out all others.

        The EXIF orientation is left out, too, since no browser turns a WebP by it.
        """
        stop = start + 8 + size
        if kind == b"VP8X" and not self.kept:
            header = take(source, 10)
            self.flags = header[0]
            self.sides.append((u24(header, 4) + 1, u24(header, 7) + 1))
            self.keep(b"VP8X\x0a\0\0\0" + bytes([header[0] & (ALPHA | ANIMATED)]) + header[1:])
        elif kind in (*PIXELS, b"ANMF") and not self.first:
            self.first = (start + 8 + FRAME, stop) if kind == b"ANMF" else (12, stop)
            self.still = b"" if kind == b"ANMF" else kind
            self.place = _place(source) if kind == b"ANMF" else None
            self.sides.append(self.place[2:] if self.place else bitstream_sides(kind, take(source, min(size, 10))))
            self.keep_padded(start, stop)
        elif kind in (b"ALPH", b"ANIM") and not self.first:
            self.keep_padded(start, stop)
        elif kind == b"ICCP" and size <= MAX_ICC and self.flags & PROFILE and self.icc is None:
            self.icc = take(source, size)


def read_header(source: BinaryIO, length: int) -> Header:
    """Read the chunks within the size that the RIFF header states. What follows them is ignored."""
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
    painted = None if chunks.place == (0, 0, width, height) else chunks.place
    return Header(
        format="WEBP",
        held=held_for_each(codes, pixels) + (PIXEL if painted else 0),
        painted=painted,
        halved=HALVED[chunks.still] + codes / max(pixels, 1) if chunks.still else 0,
        width=width,
        height=height,
        view=SplicedFile(source, [b"RIFF" + chunks.kept_bytes.to_bytes(4, "little") + b"WEBP", *chunks.kept]),
        icc=chunks.icc,
    )


def walk(source: BinaryIO, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """
    Yield the kind, start and size of each chunk between `position` and `end`.

    The source is then at the contents of the chunk.
    """
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
    """Bytes per pixel that decoding takes in memory, of a picture whose prefix codes take `codes` bytes."""
    return max(HELD, DECODING + codes / max(pixels, 1))


def held_by_codes(source: BinaryIO, start: int, stop: int) -> int:
    """
    Bytes that libwebp needs for the tables of a picture whose chunks are between `start` and `stop`.

    Lossless pixels have such tables, and so may the alpha of lossy pixels: see `vp8l`.
    """
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


def _place(source: BinaryIO) -> tuple[int, int, int, int]:
    """Left, upper, right and lower edge of an animation frame on its canvas."""
    header = take(source, 16)
    left, top = 2 * u24(header, 0), 2 * u24(header, 3)
    return left, top, left + u24(header, 6) + 1, top + u24(header, 9) + 1


def u24(data: bytes, start: int) -> int:
    """The 24-bit number at offset `start`."""
    return int.from_bytes(data[start : start + 3], "little")
