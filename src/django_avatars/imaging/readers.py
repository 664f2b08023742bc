"""The header reader of each format."""

from __future__ import annotations

from typing import BinaryIO

from .headers import bmp, gif, jpeg, png, webp
from .headers.header import Header

READERS = {
    "JPEG": jpeg.read_header,
    "PNG": png.read_header,
    "WEBP": webp.read_header,
    "GIF": gif.read_header,
    "BMP": bmp.read_header,
}


def read_header(format: str, source: BinaryIO, length: int) -> Header:
    """Read the headers of a file that `sniff.identify` has called `format`."""
    if format in READERS:
        return READERS[format](source, length)
    from .heif import container  # and six more, loaded only where a setting accepts such files

    return container.read_header(format, source, length)
