"""AVIF and HEIC (ISO/IEC 14496-12 and 23008-12): what the container declares, and where its pictures are."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import BinaryIO

from .. import spaces
from ..headers.header import Header
from ..rejected import Rejected, damaged
from ..spaces import Space
from ..spliced import Span, SplicedFile, take
from . import av1, hevc, mini
from .bits import Frame
from .boxes import Box, boxes
from .items import MAX_META, Description

ALLOWANCE = 3
"""Picture and alpha, and one to spare: what the streams of one picture may have together, by its own area."""

PADDING = 4_000_000
"""Pixels by which the tiles of a grid may stick out."""

PIXEL_AS_BYTES, MAX_HEIC = 0.1, 6_600_000
"""
Decoding a HEIC takes 0.22 s for each megabyte, and as long for ten megapixels: 1.5 s at most. A phone's of 24
megapixels and 3.5 MB counts 5.95 million.
"""

MAX_SHARED = 8_000_000
"""
Bytes of all streams together, where they are more than the file has: its items may be in one place. Tiles that are
alike, as encoders write them once, are flat; 40 kB of noise that 961 tiles share take AVIF four seconds.
"""

CODINGS = {"AVIF": b"av01", "HEIC": b"hvc1"}
"""Which kind of item holds pixels; what is coded in another way is another format."""

GRID, IDENTITY = b"grid", b"iden"
"""Kinds of items that are put together of others. Overlays are not read: their canvas may be of any size."""


SPACE = b"\0\0\0\x08free"
"""A box without contents, which takes the place of the 64-bit size of another one."""

SEQUENCE = b"avis"
"""The first brand of a file that is a sequence in the first place."""

NCLX_NAME = b"colrnclx"
"""How a box begins that names a color space by numbers."""

NCLX, UNSPECIFIED = 10, 2
"""Bytes of a color space that is named by numbers; and the number that stands for any, which is sRGB's."""

CUT_OFF = {"AVIF": 0.6, "HEIC": 0.0}
"""Of 255: what a decoder loses on average where it makes RGB of ten bits, since it does not round (measured)."""

HELD = {"AVIF": 2.46, "HEIC": 2.0}
"""
Bytes that decoding holds for each pixel beside the decoder's frame and Pillow's pixels: copies on the way.

The decoder of AVIF describes each block as well, in about half a byte for each pixel (measured).
"""


@dataclasses.dataclass(slots=True)
class Container:
    """The boxes of a file, as the decoder gets to see them."""

    length: int
    kept: list[Span | bytes] = dataclasses.field(default_factory=list)
    description: Description | None = None
    brand: bytes = b""
    """The first brand of the file."""
    is_film: bool = False
    film_names_colors: bool = False

    def add(self, source: BinaryIO, box: Box) -> None:
        """
        Keep a box, unless it is one that leads elsewhere.

        Films are renamed to free space, and a file that calls itself a sequence is called a
        picture: the decoder would take the film. EXIF items become unknown ones: turning is a
        property of its own here (``irot``, ``imir``), and Pillow's EXIF reader floods the log.
        Nothing moves, since the file refers to itself by position: the description becomes free space, and is put
        at the end. Decoders do not know a short one (``mini``) yet, so they get a long one that says the same.
        """
        if box.kind == b"moov":
            self.is_film = True
            source.seek(box.body)
            self.film_names_colors = NCLX_NAME in source.read(min(box.stop - box.body, MAX_META))
            self.kept += _kept(source, box, b"free")
        elif box.kind == b"mini":
            source.seek(box.body)
            data = take(source, min(box.stop - box.body, mini.MAX_PARAMETERS))
            self._describe(mini.described(data, box.body, box.stop))
            self.kept += _kept(source, box, b"free")
        elif box.kind not in (b"ftyp", b"meta"):
            self.kept += _kept(source, box)
        elif box.stop - box.start > MAX_META:
            raise Rejected("too_complex")
        else:
            source.seek(box.start)
            head, data = take(source, box.body - box.start), take(source, box.stop - box.body)
            if box.kind == b"ftyp":
                self.brand = data[:4]
                data = data[4:8] + bytes(4) + data[8:] if self.brand == mini.BRAND else data
                data = data.replace(b"avis", b"avif").replace(b"msf1", b"mif1")
                self.kept.append((8 + len(data)).to_bytes(4) + b"ftyp" + data + SPACE[: len(head) - 8])
            else:
                self._describe(data)
                self.kept += _kept(source, box, b"free")

    def add_rest(self, start: int) -> None:
        """Keep what stands behind the last box, if anything does, as free space."""
        size = self.length - start
        if size >= len(SPACE):  # what is shorter can be no box
            self.kept += [size.to_bytes(4), SPACE[4:], Span(start + len(SPACE), self.length)]

    def _describe(self, data: bytes) -> None:
        if self.description:
            raise damaged()
        self.description = Description(data, self.length)

    @property
    def is_of_limited_range(self) -> bool:
        """
        Whether browsers take black for 16 and white for 235, whatever the stream says.

        Chromium does so if the file is a sequence in the first place, and its track names no color space.
        """
        return self.is_film and self.brand == SEQUENCE and not self.film_names_colors

    def described(self) -> bytes:
        """The description as a box."""
        data = self.description.as_decoders_like_it() if self.description else b""
        return (len(data) + 8).to_bytes(4) + b"meta" + data


def read_header(format: str, source: BinaryIO, length: int) -> Header:
    """
    An AVIF or HEIC file, whose streams have to be about as large as the container says.

    Raises:
        Rejected: ``unsupported_format`` for a film without a picture, and for pictures that are coded in another way.
    """
    coding = CODINGS[format]
    container = Container(length)
    stop = 0
    for box in _boxes(container, source, length):
        container.add(source, box)
        stop = box.stop
    container.add_rest(stop)
    if container.description is None:
        raise Rejected("unsupported_format", given=f"{format} (film)") if container.is_film else damaged()
    description = container.description
    parts = description.parts()
    kinds = [description.kinds.get(item, b"") for item in parts]
    if not {*kinds} <= {coding, GRID, *([IDENTITY] if format == "HEIC" else [])}:
        raise Rejected("unsupported_format", given="HEIF")
    width, height = _declared(description, parts)
    coded = sum(len(piece) for pieces in _streams(description, parts, coding) for piece in pieces)
    if coded > max(length, MAX_SHARED):
        raise Rejected("too_complex")
    if format == "HEIC" and max(coded, length) + width * height * PIXEL_AS_BYTES > MAX_HEIC:
        raise Rejected("too_complex")
    frames = list(READERS[format](source, description, parts))
    if sum(frame.pixels for frame in frames) > ALLOWANCE * width * height + PADDING:
        raise damaged()
    nclx, icc = _colors(description, parts)
    alpha = len({description.primary} & {to for tos in description.references(b"auxl").values() for to in tos})
    return Header(
        format=format,
        width=width,
        height=height,
        aperture=_aperture(description, width, height) if format == "AVIF" else None,
        view=SplicedFile(source, [*container.kept, container.described()]),
        is_stretched=not nclx and container.is_of_limited_range and any(frame.is_full_range for frame in frames),
        space=_space(nclx, CUT_OFF[format]) if nclx else None,
        icc=icc,
        held=(1 + alpha) * max((frame.held for frame in frames), default=0.0) + HELD[format] + 2 * alpha,
    )


def _boxes(container: Container, source: BinaryIO, length: int) -> Iterator[Box]:
    """
    Each box of the file, up to what stands behind the description and is no box, or another file.

    Decoders do not read on there, and so browsers show such a picture. Where its pixels are missing, its items say so.
    """
    try:
        for box in boxes(source, 0, length):
            if box.kind == b"ftyp" and container.description:
                return
            yield box
    except Rejected:
        if container.description is None:
            raise


def _kept(source: BinaryIO, box: Box, kind: bytes = b"") -> list[Span | bytes]:
    """
    A box as it is, or of another `kind`.

    One that reaches to the end of the file gets a size, since the description comes behind it.
    """
    source.seek(box.start)
    is_open = take(source, 4) == bytes(4)
    size = (box.stop - box.start).to_bytes(4) if is_open else Span(box.start, box.start + 4)
    return [size, kind or box.kind, Span(box.start + 8, box.stop)]


def _declared(description: Description, parts: Iterable[int]) -> tuple[int, int]:
    """The largest ``ispe`` property, and no less than what a grid says of itself."""
    sides = [
        (int.from_bytes(data[4:8]), int.from_bytes(data[8:12]))
        for item in parts
        for data in description.properties(item, b"ispe")
    ]
    if not sides:
        raise damaged()
    return max(width for width, _ in sides), max(height for _, height in sides)


def _colors(description: Description, parts: Iterable[int]) -> tuple[bytes, bytes | None]:
    """
    The ``colr`` property that names a color space by numbers, b"" if there is none, and the color profile.

    They are those of the picture, or else of the first of its parts that has any.
    """
    for item in sorted(parts, key=lambda item: (item != description.primary, item)):
        colors = description.properties(item, b"colr")
        named = [data for data in colors if data.startswith(b"nclx") and len(data) >= NCLX]
        profiles = [data[4:] for data in colors if data.startswith((b"prof", b"rICC"))]
        if named or profiles:
            return next(iter(named), b""), next(iter(profiles), None)
    return b"", None


def _aperture(description: Description, width: int, height: int) -> tuple[int, int] | None:
    """
    The size of the part that is seen (``clap``: ISO/IEC 14496-12, 12.1.4), in the upper left corner of the picture.

    None where all of it is seen. As in Chromium, a part that is not in that corner is ignored.
    """
    for data in description.properties(description.primary, b"clap")[:1]:
        numbers = [int.from_bytes(data[at : at + 4], signed=True) for at in range(0, len(data), 4)]
        if all(numbers[1::2]):
            wide, high, right, down = map(Fraction, numbers[::2], numbers[1::2])
            is_in_corner = (2 * right, 2 * down) == (wide - width, high - height)
            if is_in_corner and wide.denominator == high.denominator == 1 and 0 < wide <= width and 0 < high <= height:
                return int(wide), int(high)
    return None


def _space(nclx: bytes, lost: float) -> Space | None:
    """The color space that these numbers name (ISO/IEC 23008-12, 6.5.5)."""
    primaries, transfer = int.from_bytes(nclx[4:6]), int.from_bytes(nclx[6:8])
    primaries = 1 if primaries == UNSPECIFIED else primaries
    return spaces.named(primaries, transfer, spaces.OF_PHOTOS, lost=lost if nclx[9] else 0.0)


def _av1_frames(source: BinaryIO, description: Description, parts: Iterable[int]) -> Iterator[Frame]:
    for pieces in _streams(description, parts, b"av01"):
        yield from av1.frames(SplicedFile(source, pieces))


def _hevc_frames(source: BinaryIO, description: Description, parts: Iterable[int]) -> Iterator[Frame]:
    declared = functools.cache(hevc.declared)  # a thousand tiles may share one property of a megabyte
    for item in parts:
        for data in description.properties(item, b"hvcC"):
            yield from declared(data)
    for pieces in _streams(description, parts, b"hvc1"):
        yield from hevc.frames(SplicedFile(source, pieces))


def _streams(description: Description, parts: Iterable[int], coding: bytes) -> Iterator[list[Span | bytes]]:
    for item, pieces in description.locations():
        if item in parts and description.kinds.get(item) == coding:
            if not all(pieces):  # up to the end, wherever that is: no decoder at hand reads it
                raise Rejected("unsupported_format", given="HEIF")
            if any(isinstance(piece, Span) and piece.stop > description.length for piece in pieces):
                raise damaged()  # while browsers do not mind where the parts are that nobody sees
            yield pieces


READERS = {"AVIF": _av1_frames, "HEIC": _hevc_frames}
