"""What a video stream says of its frames, in numbers that are not aligned to bytes."""

from __future__ import annotations

from typing import NamedTuple

from ..rejected import damaged

MAX_ZEROS = 31
"""In front of a number whose length is told by them; more is nonsense."""


class Frame(NamedTuple):
    """The frames that a sequence header allows."""

    pixels: int
    """The most that one has."""
    held: float
    """Bytes that a decoded pixel takes, before it is RGB."""
    is_full_range: bool = False
    """Whether the stream says that black is 0 and white 255, and not 16 and 235."""


class Bits:
    """A reader of bits. Raises `Rejected` behind the end."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """The next `count` bits."""
        self._left -= count
        if self._left < 0:
            raise damaged()
        return self._number >> self._left & (1 << count) - 1

    def golomb(self) -> int:
        """The next number in Exp-Golomb code, without a sign (ITU-T H.265, 9.2)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > MAX_ZEROS:
                raise damaged()
        return (1 << zeros) - 1 + self.take(zeros)
