"""The ``mini`` box (ISO/IEC 23008-12, third edition): a picture, and in a few bits what ``meta`` would say of it."""

from __future__ import annotations

from typing import NamedTuple

from ..rejected import Rejected, damaged
from .bits import Bits
from .items import Numbers

BRAND = b"mif3"
"""The first brand of a file with such a box. The coding follows where others have a version."""

HEAD = 64
"""More bytes than the bits take."""

MAX_PARAMETERS = 2 * 1024 * 1024
"""More bytes than stand before the pixels; a profile has a megabyte at most."""

KIND = b"av01"
"""The coding that is read. libheif wants HEVC to be announced by more brands than these files have room for."""

TURNS: dict[int, tuple[tuple[bytes, int], ...]] = {
    2: ((b"imir", 1),),
    3: ((b"irot", 2),),
    4: ((b"imir", 0),),
    5: ((b"irot", 1), (b"imir", 0)),
    6: ((b"irot", 3),),
    7: ((b"irot", 3), (b"imir", 0)),
    8: ((b"irot", 1),),
}
"""Properties by EXIF orientation: quarter turns to the left, then what is mirrored, 0 for top and bottom."""

ALPHA = b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"


class Item(NamedTuple):
    """A picture, or its alpha."""

    start: int
    """Where its bytes begin in the file."""
    size: int
    configuration: bytes


class Bare(NamedTuple):
    """What the bits say, apart from sizes."""

    sides: tuple[int, int]
    orientation: int
    is_full_range: int
    is_multiplied: int
    """Whether alpha was multiplied into the colors."""
    colors: tuple[int, int, int]
    """Primaries, transfer function and matrix, by number."""


def described(data: bytes, start: int, stop: int) -> bytes:
    """
    The contents of the ``meta`` box of the same picture, without EXIF, XMP and what is only of use on HDR screens.

    Args:
        data: What is in the ``mini`` box, at most `MAX_PARAMETERS` bytes of it.
        start: Where that begins in the file.
        stop: Where the box ends.

    Raises:
        Rejected: ``unsupported_format`` for what no encoder writes yet.

    """
    bits = Bits(data[:HEAD].ljust(HEAD, b"\0"))
    if bits.take(2) or bits.take(1) or bits.take(1):  # another version, named codings, floating point
        raise Rejected("unsupported_format", given="HEIF")
    is_full_range, has_alpha, has_colors, is_hdr, has_icc, has_exif, has_xmp = (bits.take(1) for _ in range(7))
    if is_hdr:
        raise Rejected("unsupported_format", given="HEIF")
    bare = _bare(bits, is_full_range, has_alpha, has_colors, has_icc)

    of_metadata = 20 if (has_icc or has_exif or has_xmp) and bits.take(1) else 10
    of_configuration = 12 if bits.take(1) else 3
    of_pixels = 28 if bits.take(1) else 15
    icc_size = bits.take(of_metadata) + 1 if has_icc else 0
    configuration_size, size = bits.take(of_configuration), bits.take(of_pixels) + 1
    alpha_size = bits.take(of_pixels) if has_alpha else 0
    alpha_configuration_size = bits.take(of_configuration) if alpha_size else 0
    bits.take((has_exif | has_xmp) + (has_exif + has_xmp) * of_metadata)

    parts = Numbers(data, bits.begun)
    configuration = parts.bytes(configuration_size)
    of_alpha = parts.bytes(alpha_configuration_size) or configuration
    icc = parts.bytes(icc_size)
    first = start + bits.begun + configuration_size + alpha_configuration_size + icc_size
    if first + alpha_size + size > stop:
        raise damaged()
    picture = Item(first + alpha_size, size, configuration)
    return _meta(bare, icc, picture, Item(first, alpha_size, of_alpha) if alpha_size else None)


def _bare(bits: Bits, is_full_range: int, has_alpha: int, has_colors: int, has_icc: int) -> Bare:
    sampling, orientation = bits.take(2), bits.take(3) + 1
    wide = 15 if bits.take(1) else 7
    sides = bits.take(wide) + 1, bits.take(wide) + 1
    bits.take({1: 2, 2: 1}.get(sampling, 0))  # where samples of color lie
    bits.take(3 if bits.take(1) else 0)  # depth, which the configuration says as well
    is_multiplied = bits.take(1) if has_alpha else 0
    colors = (2, 2, 6 if sampling else 2) if has_icc else (1, 13, 6 if sampling else 2)
    if has_colors:
        colors = bits.take(8), bits.take(8), bits.take(8)
    return Bare(sides, orientation, is_full_range, is_multiplied, colors)


def _meta(bare: Bare, icc: bytes, picture: Item, alpha: Item | None) -> bytes:
    items = [item for item in (picture, alpha) if item]
    shared = [
        _box(b"ispe", bytes(4), *(side.to_bytes(4) for side in bare.sides)),
        *(_box(turn, bytes([value])) for turn, value in TURNS.get(bare.orientation, ())),
    ]
    nclx = _box(b"colr", b"nclx", *(number.to_bytes(2) for number in bare.colors), bytes([bare.is_full_range << 7]))
    own = [[nclx, *([_box(b"colr", b"prof", icc)] if icc else [])], [_box(b"auxC", bytes(4), ALPHA)]]
    properties: list[bytes] = []
    infos: list[bytes] = []
    associations = places = b""
    for number, item in enumerate(items, 1):
        its = [_box(b"av1C", item.configuration), *own[number - 1], *shared]
        first = len(properties) + 1
        associations += _numbers(number) + bytes([len(its), *range(0x80 + first, 0x80 + first + len(its))])
        properties += its
        infos.append(_box(b"infe", b"\2\0\0\0", _numbers(number, 0), KIND, b"\0"))
        places += _numbers(number, 0, 1) + item.start.to_bytes(4) + item.size.to_bytes(4)
    count = _numbers(len(items))
    links = [_box(b"auxl", _numbers(2, 1, 1)), *([_box(b"prem", _numbers(1, 1, 2))] if bare.is_multiplied else [])]
    return bytes(4) + b"".join([
        _box(b"hdlr", bytes(8), b"pict", bytes(13)),
        _box(b"pitm", bytes(4), _numbers(1)),
        _box(b"iloc", bytes(4), b"\x44\0", count, places),
        _box(b"iinf", bytes(4), count, *infos),
        _box(b"iprp", _box(b"ipco", *properties), _box(b"ipma", bytes(6), count, associations)),
        *([_box(b"iref", bytes(4), *links)] if alpha else []),
    ])  # fmt: skip


def _box(kind: bytes, *bodies: bytes) -> bytes:
    return (8 + sum(map(len, bodies))).to_bytes(4) + kind + b"".join(bodies)


def _numbers(*values: int) -> bytes:
    """Of 16 bits each."""
    return b"".join(value.to_bytes(2) for value in values)
