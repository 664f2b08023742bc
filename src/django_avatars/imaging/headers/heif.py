"""AVIF and HEIC (ISO/IEC 14496-12 and 23008-12): what the container declares, and where its pictures are."""

from __future__ import annotations

import dataclasses
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from . import av1, items
from .header import MAX_PARTS, Header

MAX_META = 1024 * 1024
"""Bytes of the box that describes the file; that of a phone picture has a few thousand."""

ALLOWANCE = 3
"""Picture, alpha and gain map: what the streams of one picture may have together, by its own area."""

PADDING = 4_000_000
"""Pixels by which the tiles of a grid may stick out."""


@dataclasses.dataclass(slots=True)
class Container:
    """The boxes of a file, as the decoder gets to see them."""

    kept: list[Span | bytes] = dataclasses.field(default_factory=list)
    meta: bytes = b""

    def add(self, source: BinaryIO, kind: bytes, start: int, stop: int) -> None:
        """
        Keep a box, unless it is one that leads elsewhere.

        Films are renamed to free space, and a file that calls itself a sequence is called a
        picture: the decoder would take the film. EXIF items become unknown ones: turning is a
        property of its own here (``irot``, ``imir``), and Pillow's EXIF reader floods the log.
        Nothing moves, since the file refers to itself by position.
        """
        size = stop - start
        if kind not in (b"ftyp", b"meta", b"moov"):
            self.kept.append(Span(start, stop))
        elif kind == b"moov":
            self.kept += [Span(start, start + 4), b"free", Span(start + 8, stop)]
        elif size > MAX_META:
            raise Rejected("too_complex")
        elif kind == b"ftyp":
            self.kept.append(take(source, size).replace(b"avis", b"avif").replace(b"msf1", b"mif1"))
        else:
            if self.meta:
                raise damaged()
            box = take(source, size)
            self.meta = box[8:]
            self.kept.append(box[:8] + items.without_exif(self.meta))


def survey_heic(source: BinaryIO, length: int) -> Header:
    """A HEIC file. Its stream is not asked for its size, as that of AVIF is: libheif has limits of its own."""
    container = _container(source, length)
    width, height = _declared(container.meta)
    return Header(format="HEIC", width=width, height=height, view=SplicedFile(source, container.kept))


def survey_avif(source: BinaryIO, length: int) -> Header:
    """An AVIF file, whose streams have to be about as large as its container says."""
    container = _container(source, length)
    width, height = _declared(container.meta)
    streams = (SplicedFile(source, pieces) for pieces in items.streams(container.meta, length))
    if sum(map(av1.pixels, streams)) > ALLOWANCE * width * height + PADDING:
        raise damaged()
    return Header(format="AVIF", width=width, height=height, view=SplicedFile(source, container.kept))


def _container(source: BinaryIO, length: int) -> Container:
    """Walk the top-level boxes."""
    container, position = Container(), 0
    for _ in range(MAX_PARTS):
        if position == length:
            return container
        source.seek(position)
        head = take(source, 8)
        size = int.from_bytes(head[:4])
        stop = length if size == 0 else position + size
        if stop > length or stop < position + 8:
            raise damaged()
        source.seek(position)
        container.add(source, head[4:], position, stop)
        position = stop
    raise Rejected("too_complex")


def _declared(meta: bytes) -> tuple[int, int]:
    """The largest ``ispe`` property: tiles and thumbnails are smaller than the picture."""
    sides = [
        (int.from_bytes(meta[at + 4 : at + 8]), int.from_bytes(meta[at + 8 : at + 12]))
        for at, _ in items.descend(meta, 4, (b"iprp", b"ipco", b"ispe"))
    ]
    if not sides:
        raise damaged()
    return max(width for width, _ in sides), max(height for _, height in sides)
