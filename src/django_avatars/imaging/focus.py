"""The point about which a picture is cropped if nobody has placed it. Loads no Pillow."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from PIL import Image

Point: TypeAlias = tuple[float, float]
"""A point of the upright picture, in fractions of its width and height."""
Focus: TypeAlias = "Callable[[Image.Image], Point]"
"""Finds the point that the square is centered on. It is given a small upright copy."""

UPPER_THIRD: Point = (0.5, 1 / 3)

EDGE = 640
"""Longer side of the copy that a function is given, in pixels."""

logger: logging.Logger = logging.getLogger("django_avatars")


def upper_third(image: Image.Image) -> Point:
    """The middle of the width, and a third of the height from above, where faces are in portraits."""
    return UPPER_THIRD


def middle(image: Image.Image) -> Point:
    """The middle, about which most other software crops: for pictures that were cropped that way before."""
    return 0.5, 0.5


def ask(find: Focus, image: Image.Image) -> Point:
    """Call a function of the project. Returns `UPPER_THIRD`, and logs a warning, if it fails or returns no point."""
    try:
        x, y = find(image)
        if not (0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"It answered {(x, y)!r}, must be two numbers from 0 to 1.")
    except Exception:  # whatever a function of the project raises
        logger.warning("AVATARS['FOCUS'] failed, the upper third is taken instead.", exc_info=True)
        return UPPER_THIRD
    return x, y
