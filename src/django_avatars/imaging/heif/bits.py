"""Reading numbers of any number of bits from the header of a video stream."""

from __future__ import annotations

from typing import NamedTuple

from ..rejected import damaged

MAX_ZEROS = 31
"""The most zeros before a number in Exp-Golomb code. They tell its length."""


class Frame(NamedTuple):
    """A frame, as a sequence header describes it."""

    pixels: int
    """The most pixels that the frame may have."""
    held: float
    """Bytes per pixel in the decoder's memory, before the pixels are converted to RGB."""
    is_full_range: bool = False
    """Whether the stream says that black is 0 and white 255, and not 16 and 235."""


class Bits:
    """Reads bits, the highest of each byte first. Raises `Rejected` at the end of the data."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data)
        self._size = len(data)
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits."""
        self._left -= count
        if self._left < 0:
            raise damaged()
        return self._number >> self._left & (1 << count) - 1

    @property
    def begun(self) -> int:
        """Bytes of which bits were taken."""
        return self._size - self._left // 8

    def golomb(self) -> int:
        """The next number in Exp-Golomb code, without a sign (ITU-T H.265, 9.2)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > MAX_ZEROS:
                raise damaged()
        return (1 << zeros) - 1 + self.take(zeros)
