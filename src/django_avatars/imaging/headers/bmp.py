"""BMP: dimensions, and whether the pixels are plain."""

from __future__ import annotations

import struct
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from .header import Header

CORE_HEADER, INFO_HEADER = 12, 40
RUN_LENGTHS = (1, 2)


def read_header(source: BinaryIO, length: int) -> Header:
    """
    Read the OS/2 or Windows header; a negative height only means that the top row comes first.

    Run-length encoded files are refused: Pillow decodes them in Python, a byte at a time.
    """
    source.seek(14)
    size = int.from_bytes(take(source, 4), "little")
    if size == CORE_HEADER:
        header = take(source, 8)
        width, height = struct.unpack("<HH", header[:4])
    elif size >= INFO_HEADER:
        header = take(source, 36)
        width, height, _, compression = struct.unpack("<iiIi", header[:16])
        if compression in RUN_LENGTHS:
            raise Rejected("unsupported_format", given="Compressed BMP")
    else:
        raise damaged()
    return Header(format="BMP", width=width, height=abs(height), view=SplicedFile(source, [Span(0, length)]))
