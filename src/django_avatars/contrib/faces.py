"""
Where the face is in a picture that nobody has placed, for ``AVATARS["FOCUS"]``.

Needs the extra ``faces``: OpenCV, whose package holds what faces look like; nothing is downloaded.
"""

from __future__ import annotations

import functools
import threading
from pathlib import Path

import cv2
import cv2.data
import numpy as np
from PIL import Image

from ..imaging.focus import Point, upper_third

EDGE = 320
"""Longer side of the copy that is looked at, in pixels: larger ones take longer and find no more that matters."""

LEAST = 10
"""A face is at least one part in so many of the shorter side; a smaller one is nobody's portrait."""

STEP, NEIGHBORS = 1.15, 4
"""By how much sizes differ that are tried, and how many hits around one place make a face."""

_one_at_a_time = threading.Lock()  # a classifier keeps what it works on


def find(image: Image.Image) -> Point:
    """
    The middle of the largest face, in fractions of width and height; `upper_third` where none is found.

    The square is as large as the picture allows, so there is as much room around the face as there can be.
    """
    small = image.reduce(max(max(image.size) // EDGE, 1)).convert("L")
    small.thumbnail((EDGE, EDGE))
    least = max(min(small.size) // LEAST, 1)
    with _one_at_a_time:
        faces = _classifier().detectMultiScale(np.asarray(small), STEP, NEIGHBORS, minSize=(least, least))
    if len(faces) == 0:
        return upper_third(image)
    left, top, width, height = max(faces, key=lambda face: int(face[2]))
    return float(left + width / 2) / small.width, float(top + height / 2) / small.height


@functools.cache
def _classifier() -> cv2.CascadeClassifier:
    """The one of faces from the front, read once: it takes longer to read than to use."""
    return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_alt2.xml"))
