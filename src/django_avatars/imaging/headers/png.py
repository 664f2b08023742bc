"""PNG (W3C PNG, third edition): the chunks that make the picture that is seen, and no others."""

from __future__ import annotations

import dataclasses
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from .. import spaces
from ..rejected import Rejected, damaged
from ..spaces import Space
from ..spliced import Span, SplicedFile, take
from .exif import MAX_EXIF, orientation
from .header import MAX_ICC, MAX_PARTS, Header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PARSED = {
    b"PLTE": 768, b"tRNS": 256, b"eXIf": MAX_EXIF, b"iCCP": MAX_ICC, b"cICP": 4, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32,
    b"acTL": 8,
}  # fmt: skip
PIXELS = (b"PLTE", b"tRNS")
"""What the decoder gets beside the pixels."""

FRAME_CONTROL = 26
"""Bytes that say where a frame of an animation lies."""
NUMBER = 4
"""Bytes in front of the pixels of such a frame."""
NO_CRC = bytes(4)
"""Pillow does not look at that of pixels."""

RGB_IN_FULL = b"\0\1"
"""No matrix, and the full range, in which alone PNG has pixels."""

GREY, COLOR = 0, 2
"""Kinds of pixels that may have one transparent color."""


@dataclasses.dataclass(slots=True)
class Chunks:
    """What has been met so far."""

    header: bytes
    kept: list[Span | bytes]
    still: list[Span | bytes] = dataclasses.field(default_factory=list)
    first: list[Span | bytes] = dataclasses.field(default_factory=list)
    frames: int = 0
    parsed: dict[bytes, bytes] = dataclasses.field(default_factory=dict)

    def add(self, source: BinaryIO, kind: bytes, start: int, stop: int) -> None:
        """
        Keep palette, transparency and pixels; read orientation and colors; leave out the rest.

        Out goes what has hurt: text chunks that inflate, or raise after IDAT, frames of an
        animation, a second header.
        """
        size = stop - start - 12
        if kind == b"IDAT":
            self.still.append(Span(start, stop))
        elif b"acTL" in self.parsed and kind in (b"fcTL", b"fdAT"):
            self._add_frame(kind, take(source, min(size, FRAME_CONTROL)), Span(start, stop))
        elif size <= MAX_PARSED.get(kind, -1) and kind not in self.parsed and (kind == b"eXIf" or not self.still):
            self.parsed[kind] = take(source, size)
            if kind in PIXELS and not (kind == b"tRNS" and self.header[9] in (GREY, COLOR)):
                self.kept.append(Span(start, stop))

    def _add_frame(self, kind: bytes, head: bytes, span: Span) -> None:
        """
        Keep the first frame of an animation that does not begin with the still picture: browsers show that one.

        One that does not fill the picture is left out.
        """
        if kind == b"fcTL":
            fills = head[4:20] == self.header[:8] + bytes(8) and bool(self.still)
            self.frames += 1 if fills or self.frames else 2
        elif self.frames == 1 and span.stop - span.start >= 12 + NUMBER:
            data = Span(span.start + 8 + NUMBER, span.stop - 4)
            self.first += [(data.stop - data.start).to_bytes(4) + b"IDAT", data, NO_CRC]

    @property
    def profile(self) -> bytes | None:
        """The color profile, unless a color space that stands over it is named."""
        return None if b"cICP" in self.parsed else inflate_profile(self.parsed.get(b"iCCP", b""))

    @property
    def space(self) -> Space | None:
        """The color space that is named: by cICP, else by sRGB, else by gAMA with cHRM (11.3.2)."""
        if code := self.parsed.get(b"cICP"):
            return spaces.named(code[0], code[1]) if code[2:] == RGB_IN_FULL else None
        gamma = int.from_bytes(self.parsed.get(b"gAMA", b""))
        if not gamma or b"sRGB" in self.parsed:
            return None
        return Space(chromaticities(self.parsed.get(b"cHRM", b"")), 100_000 / gamma)

    @property
    def transparent(self) -> int | tuple[int, int, int] | None:
        """The one color that is transparent, as Pillow has it where it is compared with pixels."""
        depth, kind, color = self.header[8], self.header[9], self.parsed.get(b"tRNS", b"")
        levels = [int.from_bytes(color[at : at + 2]) & (1 << depth) - 1 for at in range(0, len(color), 2)]
        if kind == GREY and len(color) == 2:
            return levels[0] if depth == 16 else levels[0] * 255 // ((1 << depth) - 1)
        if kind == COLOR and len(color) == 6:
            red, green, blue = (level >> max(depth - 8, 0) for level in levels)
            return red, green, blue
        return None


def read_header(source: BinaryIO, length: int) -> Header:
    """Walk all chunks up to IEND, which has to be there."""
    source.seek(8)
    if take(source, 8) != b"\0\0\0\x0dIHDR":
        raise damaged()
    chunks = Chunks(take(source, 13), [SIGNATURE, Span(8, 33)])
    end = Span(33, 33)
    for kind, start, stop in walk(source, length):
        chunks.add(source, kind, start, stop)
        end = Span(start, stop)
    return _survey(source, chunks, end)


def walk(source: BinaryIO, length: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk behind IHDR, up to IEND; the source then stands at its contents."""
    position = 33
    for _ in range(MAX_PARTS):
        source.seek(position)
        head = take(source, 8)
        stop = position + 12 + int.from_bytes(head[:4])
        if stop > length:
            raise damaged()
        yield head[4:], position, stop
        if head[4:] == b"IEND":
            return
        position = stop
    raise Rejected("too_complex")


def _survey(source: BinaryIO, chunks: Chunks, end: Span) -> Header:
    if not chunks.still:
        raise damaged()
    return Header(
        format="PNG",
        width=int.from_bytes(chunks.header[:4]),
        height=int.from_bytes(chunks.header[4:8]),
        view=SplicedFile(source, [*chunks.kept, *(chunks.first or chunks.still), end]),
        orientation=orientation(chunks.parsed.get(b"eXIf", b"")),
        transparent=chunks.transparent,
        space=chunks.space,
        icc=chunks.profile,
    )


def inflate_profile(chunk: bytes) -> bytes | None:
    """The profile of an iCCP chunk; None when it is damaged or larger than `MAX_ICC`."""
    _, _, rest = chunk.partition(b"\0")
    inflator = zlib.decompressobj()
    try:
        profile = inflator.decompress(rest[1:], MAX_ICC)
    except zlib.error:
        return None
    return profile if inflator.eof else None


def chromaticities(chunk: bytes) -> tuple[float, ...]:
    """Those of a cHRM chunk as `Space.primaries`; sRGB's where there is none."""
    if len(chunk) != MAX_PARSED[b"cHRM"]:
        return spaces.SRGB
    white_x, white_y, *colors = (value / 100_000 for value in struct.unpack(">8I", chunk))
    return (*colors, white_x, white_y)
