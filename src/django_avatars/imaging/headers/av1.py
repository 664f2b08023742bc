"""AV1 (bitstream specification, 5.3 to 5.5): how large the frames of a still picture can be."""

from __future__ import annotations

from collections.abc import Iterator

from ..rejected import Rejected, damaged
from ..spliced import SplicedFile

SEQUENCE_HEADER = 1
MAX_UNITS = 64
"""Parts of one still picture; there are about three."""

HEADER_BYTES = 128
"""More than a sequence header takes that we read."""


def pixels(stream: SplicedFile) -> int:
    """
    The most pixels of a frame that `stream` can hold, by its sequence headers.

    The container says how large a picture is, but the decoder believes the stream: two
    kilobytes can say 64 × 64 outside and 16,384 × 16,384 inside.
    """
    return max((_frame_pixels(header) for header in sequence_headers(stream)), default=0)


def sequence_headers(stream: SplicedFile) -> Iterator[bytes]:
    """The beginnings of all sequence headers."""
    position = 0
    for _ in range(MAX_UNITS):
        stream.seek(position)
        head = stream.read(HEADER_BYTES)
        if not head:
            return
        kind, extension, has_size = head[0] >> 3 & 15, head[0] >> 2 & 1, head[0] >> 1 & 1
        size, start = _leb128(head, 1 + extension) if has_size else (len(head), 1 + extension)
        if kind == SEQUENCE_HEADER:
            yield head[start : start + size]
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


def _frame_pixels(header: bytes) -> int:
    """The area that a sequence header allows; its fields up to that one are read in order."""
    bits = Bits(header)
    bits.take(4)
    if bits.take(1):
        bits.take(5)
    else:
        if bits.take(1):
            raise Rejected("unsupported_format", given="AVIF (with timing)")
        delays = bits.take(1)
        for _ in range(bits.take(5) + 1):
            bits.take(12)
            bits.take(1 if bits.take(5) > 7 else 0)
            bits.take(4 if delays and bits.take(1) else 0)
    width_bits, height_bits = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(width_bits), bits.take(height_bits)
    # A frame may override the size with as many bits, so more of them than the size needs are a trick.
    if width_bits > max(width.bit_length(), 1) or height_bits > max(height.bit_length(), 1):
        raise damaged()
    return (width + 1) * (height + 1)


class Bits:
    """A reader of numbers that are not aligned to bytes."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits."""
        self._left -= count
        if self._left < 0:
            raise damaged()
        return self._number >> self._left & (1 << count) - 1
