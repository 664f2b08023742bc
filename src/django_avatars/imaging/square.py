"""Cutting the square out and shrinking it, a band of rows at a time, so that no second copy of the photo exists."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PIL import Image

from .color import plain, plain_mode
from .geometry import Box

REDUCING_GAP = 1.5
"""Averaging whole blocks shrinks to this multiple of the wanted size at least; BICUBIC does the rest (measured)."""

BAND = 1 << 18
"""Pixels of the photo that are converted at a time, in whole rows."""

MARGIN = 4
"""Blocks around the box that are reduced too, since BICUBIC needs the real pixels beyond the edge."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of that EXIF orientation upright."""


def crop_to(image: Image.Image, box: Box, size: int) -> Image.Image:
    """
    The `box` of `image` at `size` by `size` pixels, in a mode that `color.plain` gives.

    What `resize(…, reducing_gap=1.5)` does, without its copy of the whole photo in another mode.
    """
    factor = max(int((box[2] - box[0]) / size / REDUCING_GAP), 1)
    if factor > 1 or image.mode != plain_mode(image):
        image, box = _reduce(image, box, factor)
    return image.resize((size, size), Image.Resampling.BICUBIC, box)


def _reduce(image: Image.Image, box: Box, factor: int) -> tuple[Image.Image, Box]:
    """Average `factor` by `factor` pixels around `box` into one. Returns that image, and `box` in its coordinates."""
    margin = MARGIN * factor
    left, top = max(math.floor(box[0]) - margin, 0), max(math.floor(box[1]) - margin, 0)
    right, bottom = min(math.ceil(box[2]) + margin, image.width), min(math.ceil(box[3]) + margin, image.height)
    size = math.ceil((right - left) / factor), math.ceil((bottom - top) / factor)
    reduced = Image.new(plain_mode(image), size)
    rows = max(BAND // (right - left) // factor, 1) * factor
    for start in range(top, bottom, rows):
        band = image.crop((left, start, right, min(start + rows, bottom)))
        reduced.paste(plain(band).reduce(factor), (0, (start - top) // factor))
    x0, y0, x1, y1 = ((edge - edge0) / factor for edge, edge0 in zip(box, (left, top, left, top), strict=True))
    return reduced, (x0, y0, min(x1, size[0]), min(y1, size[1]))


def thumbnail(image: Image.Image, edge: int) -> Image.Image:
    """All of `image`, its longer side of at most `edge` pixels, in a mode that `color.plain` gives."""
    scale = min(edge / max(image.size), 1.0)
    width, height = (max(round(side * scale), 1) for side in image.size)
    fitted = Image.new(plain_mode(image), (width, height))
    step = image.height / height
    margin = math.ceil(MARGIN * max(step, 1))
    rows = max(int(BAND / image.width / step), MARGIN)  # or most of the work would be for the margins
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        top, bottom = start * step, min(stop * step, image.height)
        above, below = max(math.floor(top) - margin, 0), min(math.ceil(bottom) + margin, image.height)
        band = plain(image.crop((0, above, image.width, below)))
        box = (0, top - above, image.width, min(bottom - above, band.height))
        fitted.paste(band.resize((width, stop - start), Image.Resampling.BICUBIC, box, REDUCING_GAP), (0, start))
    return fitted


def transpose(image: Image.Image, turns: Iterable[int]) -> Image.Image:
    """Turn `image` by these EXIF orientations, one after the other: the camera's, and then the person's."""
    for orientation in turns:
        if orientation in TURNS:
            image = image.transpose(TURNS[orientation])
    return image
