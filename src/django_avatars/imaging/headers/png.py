"""PNG (W3C PNG, third edition): the chunks that make the still picture, and no others."""

from __future__ import annotations

import dataclasses
import zlib
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from .exif import MAX_EXIF, orientation
from .header import MAX_ICC, MAX_PARTS, Header

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_PARSED = {b"PLTE": 768, b"tRNS": 256, b"eXIf": MAX_EXIF, b"iCCP": MAX_ICC}


@dataclasses.dataclass(slots=True)
class Chunks:
    """What has been met so far."""

    header: bytes
    kept: list[Span | bytes]
    pixels: bool = False
    orientation: int = 1
    icc: bytes | None = None
    seen: set[bytes] = dataclasses.field(default_factory=set)

    def add(self, source: BinaryIO, kind: bytes, start: int, stop: int) -> None:
        """
        Keep palette, transparency and pixels; read orientation and profile; leave out the rest.

        Out goes what has hurt: text chunks that inflate, or raise after IDAT, frames of an
        animation, a second header.
        """
        if kind == b"IDAT":
            self.pixels = True
            self.kept.append(Span(start, stop))
        size = stop - start - 12
        if size > MAX_PARSED.get(kind, -1) or kind in self.seen:
            return
        self.seen.add(kind)
        if kind == b"eXIf":
            self.orientation = orientation(take(source, size))
        elif kind == b"iCCP":
            self.icc = inflate_profile(take(source, size))
        elif not self.pixels:
            self.kept.append(Span(start, stop))


def read_header(source: BinaryIO, length: int) -> Header:
    """Walk all chunks up to IEND, which has to be there."""
    source.seek(8)
    if take(source, 8) != b"\0\0\0\x0dIHDR":
        raise damaged()
    chunks = Chunks(take(source, 13), [SIGNATURE, Span(8, 33)])
    position = 33
    for _ in range(MAX_PARTS):
        source.seek(position)
        head = take(source, 8)
        stop = position + 12 + int.from_bytes(head[:4])
        if stop > length:
            raise damaged()
        if head[4:] == b"IEND":
            return _survey(source, chunks, Span(position, stop))
        chunks.add(source, head[4:], position, stop)
        position = stop
    raise Rejected("too_complex")


def _survey(source: BinaryIO, chunks: Chunks, end: Span) -> Header:
    if not chunks.pixels:
        raise damaged()
    return Header(
        format="PNG",
        width=int.from_bytes(chunks.header[:4]),
        height=int.from_bytes(chunks.header[4:8]),
        view=SplicedFile(source, [*chunks.kept, end]),
        orientation=chunks.orientation,
        icc=chunks.icc,
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
