"""
Decoding a WebP at half its size with OpenCV, where that is installed: in a third of the memory that Pillow takes.

Pillow holds a WebP three times at its full size. OpenCV holds it once, three bytes a pixel, and averages four pixels
into one, which the pipeline would do next. Both use libwebp, so the pixels are the same but for rounding.
"""

from __future__ import annotations

import functools
from types import ModuleType

from PIL import Image

from .headers.header import Header
from .rejected import damaged

LEAST_VERSION = (4, 10)
"""Of OpenCV, as the extra ``faces`` has it. Packages of older ones have a libwebp with known holes."""


@functools.cache
def opencv() -> ModuleType | None:
    """
    OpenCV, imported at first use, which takes 0.3 s; None where Pillow has to do.

    A package of OpenCV may be there that is too old, or lacks a library of the system.
    """
    try:
        import cv2  # optional
    except ImportError:
        return None
    return cv2 if tuple(map(int, cv2.__version__.split(".")[:2])) >= LEAST_VERSION else None


def decode(cv2: ModuleType, header: Header) -> Image.Image:
    """
    The pixels of a WebP without alpha, at half its width and height, rounded down.

    OpenCV chooses a decoder by the first bytes, and those of the header's view are always of a WebP.
    """
    import numpy  # comes with OpenCV

    header.view.seek(0)
    data = numpy.frombuffer(header.view.read(), numpy.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_REDUCED_COLOR_2 | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None or pixels.shape != (header.height // 2, header.width // 2, 3):
        raise damaged()
    return Image.frombuffer("RGB", (header.width // 2, header.height // 2), pixels, "raw", "BGR", 0, 1)
