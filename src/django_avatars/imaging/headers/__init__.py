"""
What a file says about itself, read by us before any decoder sees a byte of it.

One module a format, each with ``survey(source, length) -> Survey``. They read headers only,
in bounded time, and name the parts of the file that the decoder gets: pixels, nothing else.
"""

from __future__ import annotations

from typing import BinaryIO

from . import bmp, gif, heif, jpeg, png, webp
from .survey import Survey

READERS = {
    "JPEG": jpeg.survey,
    "PNG": png.survey,
    "WEBP": webp.survey,
    "GIF": gif.survey,
    "BMP": bmp.survey,
    "AVIF": heif.survey_avif,
    "HEIC": heif.survey_heic,
}


def survey(format: str, source: BinaryIO, length: int) -> Survey:
    """Read the headers of a file that `sniff.identify` has called `format`."""
    return READERS[format](source, length)
