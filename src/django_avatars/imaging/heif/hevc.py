"""HEVC (ITU-T H.265, 7.3): how large the frames of a still picture can be, and how many bytes their pixels take."""

from __future__ import annotations

from collections.abc import Iterator

from ..rejected import Rejected
from ..spliced import SplicedFile
from .bits import Bits, Frame
from .items import Numbers

PIXELS = 32
"""Kinds of units below it hold pixels."""

FIRST = 0x80
"""In their third byte: the unit begins a picture."""

SEQUENCE = 33
"""The kind of unit that says how large frames are."""

MAX_UNITS = 1000
"""Parts of one still picture, or of one tile; there are one to ten."""

MAX_HEADERS = 16
"""Sequence headers in one property; there is one."""

HEADER_BYTES = 256
"""More than a sequence header takes that we read."""

LENGTH_SIZE = 4
"""Bytes in front of each unit that say how long it is. libheif takes no other number."""

SAMPLES = {0: 1.0, 1: 1.5, 2: 2.0, 3: 3.0}
"""Samples for each pixel, by chroma format."""


def declared(configuration: bytes) -> list[Frame]:
    """What each sequence header in an ``hvcC`` property says (ISO/IEC 14496-15, 8.3.3)."""
    found: list[Frame] = []
    numbers = Numbers(configuration, 22)
    for _ in range(numbers.take(1)):
        numbers.take(1)
        for _ in range(numbers.take(2)):
            found += _frames(numbers.bytes(numbers.take(2)))
            if len(found) > MAX_HEADERS:
                raise Rejected("too_complex")
    return found


def frames(stream: SplicedFile) -> Iterator[Frame]:
    """
    What each sequence header among the pixels says: some cameras write them there too.

    The decoder would believe them, whatever the container says. And it would decode any number of pictures, though
    one is seen: a still picture has one.
    """
    position = pictures = 0
    for _ in range(MAX_UNITS):
        stream.seek(position)
        head = stream.read(LENGTH_SIZE + HEADER_BYTES)
        if len(head) <= LENGTH_SIZE:
            return
        size = int.from_bytes(head[:LENGTH_SIZE])
        unit = head[LENGTH_SIZE : LENGTH_SIZE + size]
        pictures += _begins_a_picture(unit)
        if pictures > 1:
            break
        yield from _frames(unit)
        position += LENGTH_SIZE + size
    raise Rejected("too_complex")


def _begins_a_picture(unit: bytes) -> bool:
    return len(unit) > 2 and (unit[0] >> 1 & 63) < PIXELS and bool(unit[2] & FIRST)


def _frames(unit: bytes) -> Iterator[Frame]:
    if unit and unit[0] >> 1 & 63 == SEQUENCE:
        yield _frame(unit[2:])


def _frame(header: bytes) -> Frame:
    bits = Bits(header.replace(b"\0\0\3", b"\0\0"))
    bits.take(4)
    layers = bits.take(3)
    bits.take(1 + 88 + 8)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    bits.take(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.take(88 * profile + 8 * level)
    bits.golomb()
    chroma = bits.golomb()
    bits.take(1 if chroma == 3 else 0)
    width, height = bits.golomb(), bits.golomb()
    if bits.take(1):
        for _ in range(4):
            bits.golomb()
    deep = bits.golomb() or bits.golomb()
    return Frame(width * height, SAMPLES.get(chroma, 3.0) * (2 if deep else 1))
