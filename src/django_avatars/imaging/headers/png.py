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
from .header import MAX_ICC, MAX_PARTS, PIXEL, Header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PARSED = {
    b"PLTE": 768, b"tRNS": 256, b"eXIf": MAX_EXIF, b"iCCP": MAX_ICC, b"cICP": 4, b"sRGB": 1, b"gAMA": 4, b"cHRM": 32,
    b"acTL": 8,
}  # fmt: skip
"""The largest accepted size of each chunk that is read here, in bytes. Others are left out."""

PIXELS = (b"PLTE", b"tRNS")
"""Chunks that the decoder gets beside the pixels."""

FRAME_CONTROL = 26
"""Bytes of an fcTL chunk, which says where a frame of an animation lies."""

NUMBER = 4
"""Bytes of the sequence number at the start of an fdAT chunk, before the pixels of a frame."""

MOST_FRAMES = 0x7FFFFFFF
"""The largest number in a PNG. An acTL chunk that announces none, or more, announces no animation."""

NO_CRC = bytes(4)
"""The checksum of a chunk that is made of a frame: Pillow does not check those of pixels."""

GREY, COLOR, PALETTE, GREY_WITH_ALPHA = 0, 2, 3, 4
"""Kinds of pixels. Those of the first two may have one transparent color."""

DEEP = 16
"""Bits of a level; there are no more."""

TRANSPARENT = {GREY: 2, COLOR: 6}
"""Bytes of a transparent color, by the kind of pixels."""

SRGB_INTENTS = {b"\0", b"\1", b"\2", b"\3"}
"""What an sRGB chunk may say. Another one is ignored."""

NEAR_SRGB = 0.05
"""How far a gamma without chromaticities may be from 1/2.2 and still stands for sRGB, as a fraction."""

DEFLATE = b"\0"
"""The only method by which profiles are compressed."""

PROFILE_MARK = slice(36, 40)
"""Where a profile says ``acsp``."""


@dataclasses.dataclass(slots=True)
class Chunks:
    """The chunks that were read so far."""

    header: bytes
    """The contents of the IHDR chunk."""
    kept: list[Span | bytes]
    """The parts of the file that the decoder gets before the pixels."""
    still: list[Span | bytes] = dataclasses.field(default_factory=list)
    """The IDAT chunks: the pixels of the still picture."""
    first: list[Span | bytes] = dataclasses.field(default_factory=list)
    """The first frame of an animation as IDAT chunks, if it is shown instead of the still picture."""
    place: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Left, upper, right and lower edge of that frame."""
    frames: int = 0
    """How many frames there were; at least 2 once no frame can be shown instead of the still picture."""
    parsed: dict[bytes, bytes] = dataclasses.field(default_factory=dict)
    """The contents of the chunks in `MAX_PARSED`; of several of one kind, those of the first."""

    def add(self, source: BinaryIO, kind: bytes, start: int, stop: int) -> None:
        """
        Keep palette, transparency and pixels, read orientation and colors, and leave out all other chunks.
        As browsers do, skip what does not stand before the pixels.

        Among those are compressed texts, which may be of any size, and a second header: both have caused damage.
        """
        size = stop - start - 12
        if kind == b"IDAT":
            self.still.append(Span(start, stop))
        elif kind == b"fcTL" or (kind == b"fdAT" and self._is_animated):
            self._add_frame(kind, take(source, min(size, FRAME_CONTROL)), Span(start, stop))
        elif size <= MAX_PARSED.get(kind, -1) and kind not in self.parsed and not self.still:
            if kind == b"tRNS" and self.header[9] == PALETTE and b"PLTE" not in self.parsed:
                return
            if kind == b"cICP" and b"PLTE" in self.parsed:
                return
            body, checksum = take(source, size), int.from_bytes(take(source, 4))
            if kind != b"PLTE" and zlib.crc32(kind + body) != checksum:
                return  # browsers skip it; a damaged palette the decoder refuses
            self.parsed[kind] = body
            if kind in PIXELS and not (kind == b"tRNS" and self.header[9] in (GREY, COLOR)):
                self.kept.append(Span(start, stop))

    def _add_frame(self, kind: bytes, head: bytes, span: Span) -> None:
        """
        Keep the first frame of an animation if the still picture is not part of it, since browsers show that frame.

        A frame without pixels does not count.
        """
        if kind == b"fcTL":
            self.frames = 0 if self.frames == 1 and not self.first else self.frames
            self.frames += 1 if self.frames or (self.still and self._is_placed(head)) else 2
        elif self.frames == 1 and span.stop - span.start >= 12 + NUMBER:
            data = Span(span.start + 8 + NUMBER, span.stop - 4)
            self.first += [(data.stop - data.start).to_bytes(4) + b"IDAT", data, NO_CRC]

    @property
    def _is_animated(self) -> bool:
        return 0 < int.from_bytes(self.parsed.get(b"acTL", b"")[:4]) <= MOST_FRAMES

    def _is_placed(self, control: bytes) -> bool:
        """Whether a frame lies within the picture; `place` is where."""
        if len(control) < FRAME_CONTROL:
            return False
        width, height, left, top = struct.unpack(">4I", control[4:20])
        self.place = left, top, left + width, top + height
        right, lower = struct.unpack(">2I", self.header[:8])
        return bool(0 < width <= right - left and 0 < height <= lower - top)

    @property
    def profile(self) -> bytes | None:
        """The color profile; None if there is none, or a cICP chunk takes precedence."""
        return None if self._code else inflate_profile(self.parsed.get(b"iCCP", b""))

    @property
    def _code(self) -> tuple[int, int] | None:
        """The codes of primaries and transfer function in a cICP chunk, if browsers know both."""
        code = self.parsed.get(b"cICP", b"")
        return (code[0], code[1]) if code[2:] == spaces.RGB_IN_FULL and spaces.is_known(code[0], code[1]) else None

    @property
    def space(self) -> Space | None:
        """
        The color space that cICP names, else that of gAMA and cHRM; None for sRGB (11.3.2).

        As in Chromium, a gamma near 1/2.2 without chromaticities stands for sRGB.
        """
        if self._code:
            return spaces.named(*self._code)
        gamma = int.from_bytes(self.parsed.get(b"gAMA", b"")) / 100_000
        if not gamma or self.parsed.get(b"sRGB") in SRGB_INTENTS:
            return None
        if b"cHRM" not in self.parsed and abs(gamma * 2.2 - 1) < NEAR_SRGB:
            return None
        return Space(chromaticities(self.parsed.get(b"cHRM", b"")), 1 / gamma)

    @property
    def transparent(self) -> int | tuple[int, int, int] | None:
        """The one transparent color of a picture without a palette, as Pillow decodes it: see `Header.transparent`."""
        depth, kind, color = self.header[8], self.header[9], self.parsed.get(b"tRNS", b"")
        levels = [int.from_bytes(color[at : at + 2]) & (1 << depth) - 1 for at in range(0, len(color) - 1, 2)]
        if depth == DEEP and len(color) != TRANSPARENT.get(kind):
            return None  # with fewer bits, browsers skip what is too much
        if kind == GREY and levels:
            return levels[0] if depth == DEEP else levels[0] * 255 // ((1 << depth) - 1)
        if kind == COLOR and len(levels) >= 3:
            red, green, blue = (level >> max(depth - 8, 0) for level in levels[:3])
            return red, green, blue
        return None


def read_header(source: BinaryIO, length: int) -> Header:
    """Read all chunks up to IEND. Raises `Rejected` if that is missing."""
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
    """
    Yield the kind, start and end of each chunk behind IHDR, up to and with IEND.

    The source is then at the contents of the chunk.
    """
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
    if not chunks.still or (chunks.header[9] == PALETTE and b"PLTE" not in chunks.parsed):
        raise damaged()
    sides, (left, top, right, lower) = chunks.header[:8], chunks.place
    alone = struct.pack(">2I", right - left, lower - top) if chunks.first else sides
    if alone != sides:  # the decoder gets the frame alone
        chunks.kept[1] = chunk(b"IHDR", alone + chunks.header[8:])
    return Header(
        format="PNG",
        width=int.from_bytes(sides[:4]),
        height=int.from_bytes(sides[4:]),
        view=SplicedFile(source, [*chunks.kept, *(chunks.first or chunks.still), end]),
        painted=None if alone == sides else chunks.place,
        held=0 if alone == sides else PIXEL,
        orientation=_turned(chunks.parsed.get(b"eXIf", b"")),
        transparent=chunks.transparent,
        space=chunks.space,
        icc=chunks.profile,
        is_gray=chunks.header[9] in (GREY, GREY_WITH_ALPHA),
    )


def _turned(exif: bytes) -> int:
    """The orientation in an eXIf chunk. One that begins as that of a JPEG does is none, to browsers."""
    return 1 if exif.startswith(b"Exif") else orientation(exif)


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk, with its size and checksum."""
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def inflate_profile(chunk: bytes) -> bytes | None:
    """The profile of an iCCP chunk; None if it has no name, is damaged, no profile, or larger than `MAX_ICC`."""
    name, _, rest = chunk.partition(b"\0")
    if not name or rest[:1] != DEFLATE:
        return None
    inflator = zlib.decompressobj()
    try:
        profile = inflator.decompress(rest[1:], MAX_ICC)
    except zlib.error:
        return None
    return profile if inflator.eof and profile[PROFILE_MARK] == b"acsp" else None


def chromaticities(chunk: bytes) -> tuple[float, ...]:
    """The contents of a cHRM chunk as `Space.primaries`; those of sRGB if it has the wrong size."""
    if len(chunk) != MAX_PARSED[b"cHRM"]:
        return spaces.SRGB
    white_x, white_y, *colors = (value / 100_000 for value in struct.unpack(">8I", chunk))
    return (*colors, white_x, white_y)
