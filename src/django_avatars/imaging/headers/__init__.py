"""
What a file says about itself, read by us before any decoder sees a byte of it.

One module a format, each with ``read_header(source, length) -> Header``. They read headers only,
in bounded time, and name the parts of the file that the decoder gets: pixels, nothing else.
"""

from __future__ import annotations

from typing import BinaryIO

from . import bmp, gif, heif, jpeg, png, webp
from .header import Header

READERS = {
    "JPEG": jpeg.read_header,
    "PNG": png.read_header,
    "WEBP": webp.read_header,
    "GIF": gif.read_header,
    "BMP": bmp.read_header,
    "AVIF": heif.survey_avif,
    "HEIC": heif.survey_heic,
}


def read_header(format: str, source: BinaryIO, length: int) -> Header:
    """Read the headers of a file that `sniff.identify` has called `format`."""
    return READERS[format](source, length)
