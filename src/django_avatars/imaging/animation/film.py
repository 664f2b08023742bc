"""The frames of an animation and how they follow one another, which the reader of each format lists."""

from __future__ import annotations

import dataclasses
from typing import Literal

from ..headers.header import Header
from ..rejected import Rejected
from ..spec import Motion

TOO_FAST = 10
"""Browsers take a duration of up to this many milliseconds for a mistake…"""

USUAL = 100
"""…and show the frame for this many instead."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One picture of an animation, and where it is drawn."""

    header: Header
    """The header of the frame as a file of its own."""
    left: int
    """Left edge, in pixels of the canvas."""
    top: int
    """Top edge, in pixels of the canvas."""
    duration: int
    """Milliseconds for which browsers show it, see `seen_for`."""
    then: Literal["stays", "clears", "reverts"] = "stays"
    """What happens before the next frame: it stays, is cleared to transparent, or what was there before comes back."""
    replaces: bool = False
    """Whether its transparent pixels replace what is under them, rather than show it."""


class Film:
    """The frames of an animation, no more than the limits allow."""

    def __init__(self, width: int, height: int, limits: Motion) -> None:
        self.size: tuple[int, int] = (width, height)
        self.frames: list[Frame] = []
        self.plays = 1
        """How often the animation is shown; 0 means forever."""
        self._limits = limits
        self._pixels = self._duration = 0

    def add(self, frame: Frame) -> None:
        """Append a frame. Raises `Rejected` beyond a limit."""
        self.frames.append(frame)
        self._duration += frame.duration
        self._pixels += max(self.size[0] * self.size[1], frame.header.width * frame.header.height)
        limits = self._limits
        if len(self.frames) > limits.frames or self._duration > limits.seconds * 1000 or self._pixels > limits.pixels:
            raise Rejected("too_many_frames")


def seen_for(milliseconds: int) -> int:
    """How long browsers show a frame with this duration, in milliseconds."""
    return milliseconds if milliseconds > TOO_FAST else USUAL
