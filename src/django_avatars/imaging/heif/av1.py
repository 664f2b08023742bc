"""AV1 (bitstream specification, 5.3 to 5.5): how large the frames of a picture can be, and how they are stored."""

from __future__ import annotations

from collections.abc import Iterator

from ..rejected import Rejected, damaged
from ..spliced import SplicedFile
from .bits import Bits, Frame

SEQUENCE_HEADER = 1
FRAMES = (3, 6)
"""Units that begin a frame."""
HIGH, PROFESSIONAL = 1, 2
SAMPLES = {0: 1.5, HIGH: 3.0, PROFESSIONAL: 2.0}
"""Samples for each pixel, by profile."""

SRGB = (1, 13, 0)
"""Primaries, transfer function and matrix of RGB that is stored as it is."""

MAX_UNITS = 64
"""Parts of one still picture; there are about three."""

HEADER_BYTES = 128
"""More than a sequence header takes that we read."""


def frames(stream: SplicedFile) -> list[Frame]:
    """
    What each sequence header in `stream` says, once more for each frame behind its first.

    The container says how large a picture is, but the decoder believes the stream: two kilobytes can say 64 × 64
    outside and 16,384 × 16,384 inside. And it decodes all frames, though one is seen.
    """
    found: list[Frame] = []
    again = False
    for kind, unit in units(stream):
        if kind == SEQUENCE_HEADER:
            found.append(_frame(unit))
            again = False
        elif kind in FRAMES and found:
            found += found[-1:] if again else []
            again = True
    return found


def units(stream: SplicedFile) -> Iterator[tuple[int, bytes]]:
    """Kind and beginning of each unit."""
    position = 0
    for _ in range(MAX_UNITS):
        stream.seek(position)
        head = stream.read(HEADER_BYTES)
        if not head:
            return
        kind, extension, has_size = head[0] >> 3 & 15, head[0] >> 2 & 1, head[0] >> 1 & 1
        size, start = _leb128(head, 1 + extension) if has_size else (len(head), 1 + extension)
        yield kind, head[start : start + size]
        if not has_size:
            return
        position += start + size
    raise Rejected("too_complex")


def _leb128(data: bytes, start: int) -> tuple[int, int]:
    """A number of at most eight bytes, seven bits each, the lowest first; and where it ends."""
    value = 0
    for index, byte in enumerate(data[start : start + 8]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, start + index + 1
    raise damaged()


def _frame(header: bytes) -> Frame:
    """The fields of a sequence header, in order, up to the last one that matters."""
    bits = Bits(header)
    profile = bits.take(3)
    bits.take(1)
    reduced = bits.take(1)
    if reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits, _delay_bits(bits) if bits.take(1) else 0)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(width_bits), bits.take(height_bits)
    # Without a reduced header, a frame may override the size with as many bits, so more of them than needed are a risk.
    if not reduced and (width_bits > max(width.bit_length(), 1) or height_bits > max(height.bit_length(), 1)):
        raise Rejected("unsupported_format", given="AVIF (of an unusual kind)")
    _skip_tools(bits, reduced)
    held, is_full_range = _colors(bits, profile)
    return Frame((width + 1) * (height + 1), held, is_full_range)


def _delay_bits(bits: Bits) -> int:
    """Skip how long frames are seen. Returns in how many bits each delay of a decoder is given; 0 if none is."""
    bits.take(32 + 32)
    if bits.take(1):
        bits.golomb()
    if not bits.take(1):
        return 0
    size = bits.take(5) + 1
    bits.take(32 + 5 + 5)
    return size


def _skip_operating_points(bits: Bits, delay_bits: int) -> None:
    delays = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        bits.take(1 if bits.take(5) > 7 else 0)
        bits.take(2 * delay_bits + 1 if delay_bits and bits.take(1) else 0)
        bits.take(4 if delays and bits.take(1) else 0)


def _skip_tools(bits: Bits, reduced: int) -> None:
    """Frame numbers, and which tools of the codec are in use."""
    if not reduced and bits.take(1):
        bits.take(7)
    bits.take(3)
    if not reduced:
        bits.take(4)
        ordered = bits.take(1)
        bits.take(2 if ordered else 0)
        screen = bits.take(1) or bits.take(1)
        if screen and not bits.take(1):
            bits.take(1)
        bits.take(3 if ordered else 0)
    bits.take(3)


def _colors(bits: Bits, profile: int) -> tuple[float, bool]:
    """Bytes of a decoded pixel, and whether it uses the full range of levels (5.5.2)."""
    deep = bits.take(1)
    twelve = bits.take(1) if profile == PROFESSIONAL and deep else 0
    grey = bits.take(1) if profile != HIGH else 0
    named = (bits.take(8), bits.take(8), bits.take(8)) if bits.take(1) else None
    bytes_of_sample = 2 if deep else 1
    if not grey and named == SRGB:
        return 3.0 * bytes_of_sample, True
    is_full_range = bool(bits.take(1))
    samples = 1.0 if grey else SAMPLES[profile] if not twelve else _subsampling(bits)
    return samples * bytes_of_sample, is_full_range


def _subsampling(bits: Bits) -> float:
    if not bits.take(1):
        return 3.0
    return 1.5 if bits.take(1) else 2.0
