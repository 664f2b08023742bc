"""What the reader of each format makes of an animation: frames, and how they follow one another."""

from __future__ import annotations

import dataclasses
from typing import Literal

from ..headers.header import Header
from ..rejected import Rejected
from ..spec import Motion

TOO_FAST = 10
"""Milliseconds up to which browsers take a duration for a mistake…"""

USUAL = 100
"""…and show the frame for so many."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One picture of an animation, and where it is drawn."""

    header: Header
    """It alone, as a file of its own."""
    left: int
    """In pixels of the canvas."""
    top: int
    """In pixels of the canvas."""
    duration: int
    """Milliseconds for which it is seen, as browsers count them: `seen_for`."""
    then: Literal["stays", "clears", "reverts"] = "stays"
    """What becomes of it before the next one: it stays, its place turns transparent, or back to what was there."""
    replaces: bool = False
    """Whether its transparent pixels replace what is under them, rather than show it."""


class Film:
    """The frames of an animation, no more than the limits allow."""

    def __init__(self, width: int, height: int, limits: Motion) -> None:
        self.size = width, height
        self.frames: list[Frame] = []
        self.plays = 1
        """How often it is shown; 0 for ever."""
        self._limits = limits
        self._pixels = self._duration = 0

    def add(self, frame: Frame) -> None:
        """Raises `Rejected` where a limit is passed."""
        self.frames.append(frame)
        self._duration += frame.duration
        self._pixels += max(self.size[0] * self.size[1], frame.header.width * frame.header.height)
        limits = self._limits
        if len(self.frames) > limits.frames or self._duration > limits.seconds * 1000 or self._pixels > limits.pixels:
            raise Rejected("too_many_frames")


def seen_for(milliseconds: int) -> int:
    """How long browsers show a frame that says so."""
    return milliseconds if milliseconds > TOO_FAST else USUAL
