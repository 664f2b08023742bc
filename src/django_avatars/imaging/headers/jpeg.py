"""JPEG (ITU-T T.81): the segments before the first scan, and how many scans there are."""

from __future__ import annotations

import dataclasses
import re
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from .exif import orientation
from .header import MAX_ICC, MAX_PARTS, Header

MAX_SCANS = 64
"""The most scans. A progressive photo has about ten; decoding 300 takes ten seconds, since each visits every block."""

SOF_PROGRESSIVE = 0xC2
FRAMES = {0xC0, 0xC1, SOF_PROGRESSIVE}
OTHER_FRAMES = {*range(0xC3, 0xD0)} - {0xC4, 0xC8, 0xCC}
DHT, EOI, SOS, DQT, DRI, APP0, APP1, APP2, APP14 = 0xC4, 0xD9, 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xE2, 0xEE
"""Second bytes of the markers of segments: tables, the end, a scan, more tables, and application segments."""

EXIF = re.compile(rb"Exif\0.(?=.)", re.DOTALL)
"""How an APP1 segment with EXIF begins. Some cameras write another byte than 0 last."""

BITS, COMPONENTS = 8, 5
"""The only supported number of bits per sample; and the offset of the number of components in a frame header."""

MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")
"""A marker that ends a scan. Within a scan, FF is followed by 00 or is a restart marker, D0 to D7."""

MAX_STRAY = 64 * 1024
"""The most bytes between two segments that belong to neither. libjpeg skips them; searching many takes time."""

TABLES = {DHT, DQT, DRI}
"""Markers of segments with tables that decoding needs."""

COLORS = {APP0: re.compile(rb"JFIF\0.{9}", re.DOTALL), APP14: re.compile(rb"Adobe.{7}", re.DOTALL)}
"""The application segments that say how colors are stored. libjpeg ignores them if they are shorter than this."""

BLOCK = 16 * 1024
"""Bytes that are read at a time while searching for a marker."""

COEFFICIENT = 2
"""Bytes that libjpeg keeps in memory for each sample of a file with several scans."""

MAX_BETWEEN = 1000
"""The most segments from the first scan on. Usually each scan has a few tables before it."""


@dataclasses.dataclass(slots=True)
class Head:
    """What was read from the segments before the first scan."""

    kept: list[Span | bytes]
    """The parts of the file that the decoder gets."""
    frame: bytes = b""
    """The frame header, which has the size and the components."""
    progressive: bool = False
    orientation: int = 0
    """EXIF orientation; 0 as long as no Exif segment was found."""
    icc: list[bytes] = dataclasses.field(default_factory=list)
    """The parts of the color profile: the number of the part, that of all parts, and the contents."""
    scan: bytes = b""
    """The header of the first scan."""
    begin: int = 0
    """Offset of the first scan in the file."""

    def add_frame(self, marker: int, body: bytes) -> None:
        """
        Keep the frame header `body`.

        Raises `Rejected` unless it has eight bits per sample and one, three or four components, as Pillow needs.
        """
        if body and body[0] != BITS:
            raise Rejected("unsupported_format", given=f"JPEG ({body[0]} bits)")
        if len(body) > COMPONENTS and body[COMPONENTS] not in (1, 3, 4):
            raise Rejected("unsupported_format", given=f"JPEG ({body[COMPONENTS]} channels)")
        if self.frame or len(body) < 6 + 3 * (body[COMPONENTS] if len(body) > COMPONENTS else 0):
            raise damaged()
        self.frame, self.progressive = body, marker == SOF_PROGRESSIVE

    @property
    def profile(self) -> bytes | None:
        """The color profile, put together from its parts; None unless each is there once, as browsers have it."""
        parts = self.icc[:1] if self.icc and self.icc[0][1] == 1 else sorted(self.icc)
        if [part[:2] for part in parts] != [bytes((number, len(parts))) for number in range(1, len(parts) + 1)]:
            return None
        profile = b"".join(part[2:] for part in parts)
        return profile if 0 < len(profile) <= MAX_ICC else None


def read_header(source: BinaryIO, length: int) -> Header:
    """Read the segments up to the first scan, and count the scans if the file may have several."""
    head = _read_head(source)
    if not head.frame or not head.scan:
        raise damaged()
    several = head.progressive or head.scan[0] < head.frame[COMPONENTS]
    return Header(
        format="JPEG",
        width=int.from_bytes(head.frame[3:5]),
        height=int.from_bytes(head.frame[1:3]),
        view=SplicedFile(source, [*head.kept, Span(head.begin, length)]),
        orientation=head.orientation or 1,
        icc=head.profile,
        limit="JPEG_PROGRESSIVE" if several else "JPEG",
        scans=count_scans(source, head.begin) if several else 1,
        held=COEFFICIENT * _samples(head.frame) if several else 0,
    )


def _read_head(source: BinaryIO) -> Head:
    """
    Read the segments before the first scan, and keep those that the decoder needs.

    Application segments are left out, except for those that say how colors are stored. Without its index, an MPO
    file, which holds several pictures, opens as a plain JPEG.
    """
    head = Head([b"\xff\xd8"])
    for marker, span in segments(source):
        source.seek(span.start + 4)
        body = b"" if marker in TABLES else source.read(len(span) - 4)
        if marker == SOS:
            head.scan, head.begin = body, span.start
        elif marker in FRAMES:
            head.add_frame(marker, body)
        elif marker in OTHER_FRAMES:
            raise Rejected("unsupported_format", given="JPEG (lossless or arithmetic)")
        elif marker == APP1 and (start := EXIF.match(body)) and not head.orientation:
            head.orientation = orientation(body[start.end() :])  # of several Exif segments, browsers read the first
        elif marker == APP2 and body.startswith(b"ICC_PROFILE\0") and len(body) > 14:
            head.icc.append(body[12:])
        if marker in FRAMES or marker in TABLES or (marker in COLORS and COLORS[marker].match(body)):
            head.kept.append(span)
    return head


def segments(source: BinaryIO) -> list[tuple[int, Span]]:
    """
    The marker and the place of each segment up to the header of the first scan.

    In a damaged file, that may be missing, or the last segment may be cut off. Up to `MAX_STRAY` bytes between two
    segments are skipped, as by libjpeg.
    """
    found: list[tuple[int, Span]] = []
    position = 2
    while len(found) < MAX_PARTS:
        source.seek(position)
        here = source.read(2)
        if MARKER.fullmatch(here):
            marker, start = here[1], position + 2
        else:  # only then is a block read
            marker, start = _next_marker(source, position)
            if start - position > MAX_STRAY:
                break
            source.seek(start)
        if marker == EOI:
            return found
        position = start + max(int.from_bytes(source.read(2)), 2)
        found.append((marker, Span(start - 2, position)))
        if marker == SOS:
            return found
    raise Rejected("too_complex")


def _samples(frame: bytes) -> float:
    """Samples per pixel, from the sampling factors in a frame header: 1.5 with colors of half the width and height."""
    factors = [(pair >> 4, pair & 15) for pair in frame[7::3][: frame[5]]]
    largest = max(right for right, _ in factors) * max(down for _, down in factors)
    return sum(right * down for right, down in factors) / max(largest, 1)


def count_scans(source: BinaryIO, position: int) -> int:
    """
    Count the scans from `position`, where the first one begins, to the end-of-image marker.

    Segments between scans are skipped by their length, as libjpeg does, so a marker inside of one does not count.
    What follows the end of the image, such as a film, does not count either.
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
    The next marker at or behind `position`, and the offset behind it.

    If there is none, the result is the end-of-image marker: the decoder refuses files that are cut off.
    """
    source.seek(position)
    tail = b""
    while block := source.read(BLOCK):
        if match := MARKER.search(tail + block):
            return match[0][1], position - len(tail) + match.end()
        position += len(block)
        tail = block[-1:]
    return EOI, position
