"""BMP: the size of the picture, and whether Pillow can decode it quickly."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from .header import MAX_ICC, Header

CORE_HEADER, SHORT_HEADER, INFO_HEADER, WITH_ALPHA, VERSION_4 = 12, 16, 40, 56, 108
PLAIN, RUN_LENGTHS, BIT_FIELDS = 0, (1, 2), 3
WITH_PROFILE, EMBEDDED = 124, b"DEBM"
"""The longest header, which may lead to a color profile; and how it says that there is one."""
HEADERS = (40, 52, 56, 64, 108, 124)
DEPTHS = (1, 4, 8, 16, 24, 32)
INDEXED = 8
"""Up to so many bits, a pixel is the number of a color in a palette."""

COLORS = Span(46, 50)
"""Where the file says how many colors the palette has."""

PIXELS = Span(10, 14)
"""Where the file says where its pixels begin."""

COMPRESSION, MASKS, ALPHA = Span(30, 34), Span(54, 70), Span(66, 70)
"""Where the file says how its pixels are stored, and where the bits of each color and of alpha lie."""

RED, GREEN, BLUE, TOP = 0xFF0000, 0xFF00, 0xFF, 0xFF000000
LAYOUTS: dict[int, set[tuple[int, ...]]] = {
    16: {(0xF800, 0x07E0, 0x001F, 0), (0x7C00, 0x03E0, 0x001F, 0)},
    24: {(RED, GREEN, BLUE, 0)},
    32: {
        (RED, GREEN, BLUE, 0), (TOP, RED, GREEN, 0), (TOP, GREEN, BLUE, 0), (TOP, RED, GREEN, BLUE),
        (BLUE, GREEN, RED, TOP), (RED, GREEN, BLUE, TOP), (TOP, GREEN, BLUE, RED), (0, 0, 0, 0),
    },
}  # fmt: skip
"""Where the bits of each color, and of alpha, may lie, by depth: what Pillow can read."""


def read_header(source: BinaryIO, length: int) -> Header:
    """
    Read the OS/2 or Windows header; a negative height only means that the top row comes first.

    Run-length encoded files are refused: Pillow decodes them in Python, a byte at a time.
    """
    pieces: list[Span | bytes] = [Span(0, length)]
    source.seek(14)
    size = int.from_bytes(take(source, 4), "little")
    if size == CORE_HEADER:
        header = take(source, 8)
        width, height = struct.unpack("<HH", header[:4])
    elif size >= INFO_HEADER:
        header = take(source, 36)
        width, height, _, depth, compression = struct.unpack("<iiHHI", header[:16])
        if compression in RUN_LENGTHS:
            raise Rejected("unsupported_format", given="Compressed BMP")
        if depth <= INDEXED and int.from_bytes(header[28:32], "little") > 1 << depth:
            # Pillow refuses a palette with colors that no pixel can have.
            pieces = [Span(0, COLORS.start), (1 << depth).to_bytes(4, "little"), Span(COLORS.stop, length)]
        if size not in HEADERS or depth not in DEPTHS or not _is_plain(source, size, depth, compression):
            raise Rejected("unsupported_format", given="BMP (of an unusual kind)")
        if compression == PLAIN and size >= VERSION_4 and _alpha(source, size, depth):
            pieces = _with_bit_fields(length)
    elif size == SHORT_HEADER:
        width, height, _, depth = struct.unpack("<iiHH", take(source, 12))
        if depth not in DEPTHS:
            raise Rejected("unsupported_format", given="BMP (of an unusual kind)")
        pieces = _lengthened(source, length)
    else:
        raise damaged()
    return Header(
        format="BMP",
        width=width,
        height=abs(height),
        view=SplicedFile(source, pieces),
        icc=_profile(source, length) if size == WITH_PROFILE else None,
    )


def _lengthened(source: BinaryIO, length: int) -> list[Span | bytes]:
    """A file whose header stops behind the depth, with the rest of it, all zeros, which Pillow does not do without."""
    source.seek(PIXELS.start)
    more = INFO_HEADER - SHORT_HEADER
    start = (int.from_bytes(take(source, 4), "little") + more & 0xFFFFFFFF).to_bytes(4, "little")
    behind = 14 + SHORT_HEADER
    return [Span(0, 10), start, INFO_HEADER.to_bytes(4, "little"), Span(18, behind), bytes(more), Span(behind, length)]


def _with_bit_fields(length: int) -> list[Span | bytes]:
    """A file that says where its colors lie, though they lie where they always do: else Pillow ignores its alpha."""
    masks = struct.pack("<4I", RED, GREEN, BLUE, TOP)
    between, behind = Span(COMPRESSION.stop, MASKS.start), Span(MASKS.stop, length)
    return [Span(0, COMPRESSION.start), BIT_FIELDS.to_bytes(4, "little"), between, masks, behind]


def _profile(source: BinaryIO, length: int) -> bytes | None:
    """The color profile of the file, if it is there."""
    source.seek(14)
    header = take(source, WITH_PROFILE)
    start, size = struct.unpack("<II", header[112:120])
    if header[56:60] != EMBEDDED or size > MAX_ICC or 14 + start + size > length:
        return None
    source.seek(14 + start)
    return take(source, size)


def _is_plain(source: BinaryIO, size: int, depth: int, compression: int) -> bool:
    """Whether the bits of each color lie where Pillow finds them. Their masks follow on the shortest header."""
    if compression != BIT_FIELDS:
        return compression == PLAIN and (size < VERSION_4 or _alpha(source, size, depth) in (0, TOP))
    source.seek(MASKS.start)
    masks: tuple[int, ...] = struct.unpack("<3I", take(source, 12))
    return (*masks, _alpha(source, size, depth)) in LAYOUTS.get(depth, set())


def _alpha(source: BinaryIO, size: int, depth: int) -> int:
    """Which bits of a pixel are alpha, as far as it has them."""
    if size < WITH_ALPHA or depth <= INDEXED:
        return 0
    source.seek(ALPHA.start)
    return int.from_bytes(take(source, 4), "little") & (1 << depth) - 1
