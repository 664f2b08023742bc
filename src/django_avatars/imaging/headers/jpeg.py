"""JPEG (ITU-T T.81): the segments before the first scan, and how many scans there are."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from .exif import orientation
from .header import MAX_ICC, MAX_PARTS, Header

MAX_SCANS = 64
"""A progressive photo has about ten. Each one goes over every block again: 300 take ten seconds."""

SOF_PROGRESSIVE = 0xC2
FRAMES = {0xC0, 0xC1, SOF_PROGRESSIVE}
OTHER_FRAMES = {*range(0xC3, 0xD0)} - {0xC4, 0xC8, 0xCC}
DHT, EOI, SOS, DQT, DRI, APP0, APP1, APP2, APP14 = 0xC4, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE
BITS, COMPONENTS = 8, 5
"""Bits of a sample; and where a frame says how many components it has."""
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""Ends a scan. In the data of one, FF is followed by 00 or by a restart marker."""
MAX_STRAY = 64 * 1024
"""Bytes between two segments that mean nothing, and that libjpeg skips. More are no accident, and cost time."""

TABLES = {DHT, DQT, DRI}

COLORS = {APP0: re.compile(rb"JFIF\0.{9}", re.DOTALL), APP14: re.compile(rb"Adobe.{7}", re.DOTALL)}
"""The segments that say how colors are stored, and the least that libjpeg takes for one."""

BLOCK = 16 * 1024

COEFFICIENT = 2
"""Bytes of each sample that libjpeg keeps until the last of several scans."""

MAX_BETWEEN = 1000
"""Segments from the first scan on: a few tables for each scan."""


@dataclasses.dataclass(slots=True)
class Head:
    """What the segments before the first scan said."""

    kept: list[Span | bytes]
    frame: bytes = b""
    progressive: bool = False
    orientation: int = 1
    icc: list[tuple[int, bytes]] = dataclasses.field(default_factory=list)
    scan: bytes = b""
    """The header of the first scan, and where it begins."""
    begin: int = 0

    def add_frame(self, marker: int, body: bytes) -> None:
        """Eight bits, and grey, three colors or four inks: Pillow can do no other."""
        if body and body[0] != BITS:
            raise Rejected("unsupported_format", given=f"JPEG ({body[0]} bits)")
        if len(body) > COMPONENTS and body[COMPONENTS] not in (1, 3, 4):
            raise Rejected("unsupported_format", given=f"JPEG ({body[COMPONENTS]} channels)")
        if self.frame or len(body) < 6 + 3 * (body[COMPONENTS] if len(body) > COMPONENTS else 0):
            raise damaged()
        self.frame, self.progressive = body, marker == SOF_PROGRESSIVE

    @property
    def profile(self) -> bytes | None:
        """The color profile, put together from its parts."""
        profile = b"".join(part for _, part in sorted(self.icc, key=lambda part: part[0]))
        return profile if 0 < len(profile) <= MAX_ICC else None


def read_header(source: BinaryIO, length: int) -> Header:
    """Read up to the first scan, and look for further scans where the file may have them."""
    head = _read_head(source)
    if not head.frame or not head.scan:
        raise damaged()
    several = head.progressive or head.scan[0] < head.frame[COMPONENTS]
    return Header(
        format="JPEG",
        width=int.from_bytes(head.frame[3:5]),
        height=int.from_bytes(head.frame[1:3]),
        view=SplicedFile(source, [*head.kept, Span(head.begin, length)]),
        orientation=head.orientation,
        icc=head.profile,
        limit="JPEG_PROGRESSIVE" if several else "JPEG",
        scans=count_scans(source, head.begin) if several else 1,
        held=COEFFICIENT * _samples(head.frame) if several else 0,
    )


def _read_head(source: BinaryIO) -> Head:
    """
    Keep what decoding takes, read what matters, leave out the rest.

    JFIF and Adobe say how colors are stored. The other application segments go, and with
    them the index of an MPO file, so that it opens as the plain JPEG that it is.
    """
    head = Head([b"\xff\xd8"])
    for marker, body, span in segments(source):
        if marker == SOS:
            head.scan, head.begin = body, span.start
            return head
        if marker in FRAMES:
            head.add_frame(marker, body)
        elif marker in OTHER_FRAMES:
            raise Rejected("unsupported_format", given="JPEG (lossless or arithmetic)")
        elif marker == APP1 and body.startswith(b"Exif\0\0") and head.orientation == 1:
            head.orientation = orientation(body)
        elif marker == APP2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            head.icc.append((body[12], body[14:]))
        if marker in FRAMES or marker in TABLES or (marker in COLORS and COLORS[marker].match(body)):
            head.kept.append(span)
    raise damaged()


def segments(source: BinaryIO) -> Iterator[tuple[int, bytes, Span]]:
    """
    Marker, contents and place of each segment between SOI and EOI. Only the last one of a damaged file may be cut off.

    What lies between them, fill bytes and others, is skipped as by libjpeg, up to `MAX_STRAY` bytes.
    """
    position = source.seek(2)
    for _ in range(MAX_PARTS):
        here = source.read(2)
        if MARKER.fullmatch(here):
            marker, start = here[1], position + 2
        else:  # only then is a block read
            marker, start = _next_marker(source, position)
            if start - position > MAX_STRAY:
                break
            source.seek(start)
        if marker == EOI:
            return
        size = max(int.from_bytes(source.read(2)), 2)
        yield marker, source.read(size - 2), Span(start - 2, start + size)
        position = start + size
    raise Rejected("too_complex")


def _samples(frame: bytes) -> float:
    """Samples for each pixel, by the sampling factors of the components: 1.5 where colors are halved both ways."""
    factors = [(pair >> 4, pair & 15) for pair in frame[7::3][: frame[5]]]
    largest = max(right for right, _ in factors) * max(down for _, down in factors)
    return sum(right * down for right, down in factors) / max(largest, 1)


def count_scans(source: BinaryIO, position: int) -> int:
    """
    Scans from `position`, where the first one begins, to EOI; what trails behind it, such as a film, is not counted.

    Segments in between are skipped by their length, as libjpeg does: an EOI inside of one ends nothing.
    """
    scans = 0
    for _ in range(MAX_BETWEEN):
        marker, position = _next_marker(source, position)
        if marker == EOI:
            return scans
        scans += marker == SOS
        if scans > MAX_SCANS:
            break
        source.seek(position)
        position += max(int.from_bytes(take(source, 2)), 2)
    raise Rejected("too_complex")


def _next_marker(source: BinaryIO, position: int) -> tuple[int, int]:
    """
    The next marker at or behind `position`, and where its length is.

    A file that just ends is for the decoder to refuse.
    """
    source.seek(position)
    tail = b""
    while block := source.read(BLOCK):
        if match := MARKER.search(tail + block):
            return match[0][1], position - len(tail) + match.end()
        position += len(block)
        tail = block[-1:]
    return EOI, position
