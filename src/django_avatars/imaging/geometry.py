"""Which square of the stored pixels becomes the picture, and how it is turned."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from .focus import UPPER_THIRD, Point
from .headers.header import Header
from .spec import Crop

Box = tuple[float, float, float, float]

TO_STORED: dict[int, Callable[[float, float], Point]] = {
    1: lambda x, y: (x, y),
    2: lambda x, y: (1 - x, y),
    3: lambda x, y: (1 - x, 1 - y),
    4: lambda x, y: (x, 1 - y),
    5: lambda x, y: (y, x),
    6: lambda x, y: (y, 1 - x),
    7: lambda x, y: (1 - y, 1 - x),
    8: lambda x, y: (1 - y, x),
}
"""By EXIF orientation: where a point of the upright unit square lies in the stored one (Exif 3.0, 4.6.5.1.6)."""

AS_ORIENTATION = {0: 1, 90: 6, 180: 3, 270: 8}
"""Degrees clockwise as the EXIF orientation that turns a picture by as much."""


@dataclasses.dataclass(frozen=True, slots=True)
class Square:
    """The square to cut out, in pixels of the stored picture, and how to turn what was cut out."""

    box: Box
    """Left, top, right, bottom."""
    side: float
    """In pixels."""
    turns: tuple[int, int]
    """EXIF orientations to apply, one after the other: the camera's, then the person's."""


def square_of(header: Header, crop: Crop | None, *, min_side: int, focus: Point = UPPER_THIRD) -> Square:
    """
    The square to cut out: that of `crop`, moved and enlarged to fit, or the largest square around `focus`.

    Only the box is rotated here: rotating the photo before it is cropped would take longer than everything else.
    """
    turns = header.orientation, AS_ORIENTATION[crop.rotation if crop else 0]
    swapped = (turns[0] >= 5) != (turns[1] >= 5)
    width, height = (header.height, header.width) if swapped else (header.width, header.height)
    short = min(width, height)
    if crop is None:
        side: float = short
        left, top = (
            min(max(at * length - side / 2, 0.0), length - side)
            for at, length in zip(focus, (width, height), strict=True)
        )
    else:
        side = min(max(crop.side * short, min_side), short)
        left, top = min(crop.x * width, width - side), min(crop.y * height, height - side)
    corners = [
        _to_stored(point, turns, header)
        for point in ((left / width, top / height), ((left + side) / width, (top + side) / height))
    ]
    (x0, x1), (y0, y1) = (sorted(axis) for axis in zip(*corners, strict=True))
    return Square((x0, y0, x1, y1), side, turns)


def _to_stored(point: Point, turns: tuple[int, int], header: Header) -> Point:
    for turn in reversed(turns):
        point = TO_STORED[turn](*point)
    x, y = (min(max(at, 0.0), 1.0) for at in point)  # rounding may have put it beyond the edge
    return round(x * header.width, 6), round(y * header.height, 6)
