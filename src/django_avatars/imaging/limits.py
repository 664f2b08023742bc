"""What is refused before a decoder is asked: bytes, names, pixels, proportions."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from .formats import extensions
from .headers.header import Header
from .rejected import Rejected, readable_bytes, readable_megapixels
from .spec import Spec

MAX_SIDE = 30_000
"""Pixels. A decoder needs a few rows at a time even where it shrinks."""

MAX_RATIO = 20
"""Longer side to shorter side. A square of a narrower strip would show next to nothing of it."""

MAX_WORK = 800_000_000
"""Pixels times scans: 24 megapixels of 33 scans take 0.6 s. Optimisers write at most about fifteen."""


MAX_MEMORY = 190 * 1024**2
"""Bytes that decoding may hold, the file itself not counted: any accepted file takes 200 MB at most."""


def check_length(source: BinaryIO, spec: Spec) -> int:
    """The real number of bytes, counted, whatever the upload's headers said."""
    length = source.seek(0, os.SEEK_END)
    if length == 0:
        raise Rejected("empty")
    if length > spec.max_bytes:
        raise Rejected("too_large", size=readable_bytes(length), max=readable_bytes(spec.max_bytes))
    return length


def check_name(name: str | None, accepted: tuple[str, ...]) -> None:
    """
    The last extension of `name` must be one of an accepted format; a name without one passes.

    Windows drops trailing dots and spaces and C stops at NUL, so these make another file of
    ``shell.php.`` and ``shell.php\\0.jpg``: such names are refused.
    """
    _, dot, extension = re.split(r"[/\\]", name or "")[-1].rpartition(".")
    if (dot and extension.lower() not in extensions(accepted)) or "\0" in (name or ""):
        raise Rejected("extension_not_allowed")


def check_header(header: Header, spec: Spec) -> None:
    """Pixels, sides, proportions; and the least size that the spec wants."""
    width, height = header.width, header.height
    if min(width, height) < 1:
        raise Rejected("bad_proportions", width=width, height=height)
    limit = min(spec.max_pixels[header.limit or header.format], int(MAX_MEMORY / header.least_held))
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise Rejected(
            "too_many_pixels", megapixels=readable_megapixels(width * height), max=readable_megapixels(limit)
        )
    if header.scans > 1 and header.scans * width * height > MAX_WORK:
        raise Rejected("too_complex")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise Rejected("bad_proportions", width=width, height=height)
    if min(width, height) < spec.min_size:
        raise Rejected("too_small", width=width, height=height, min=spec.min_size)
