"""What an upload was and what it looks like now, for validators of a project."""

from __future__ import annotations

import io
from typing import IO

from PIL import Image

from . import sniff
from .formats import INPUT_FORMATS
from .spec import Picture


def opened(file: IO[bytes], picture: Picture) -> tuple[str, Image.Image]:
    """
    The true media type of an upload that was accepted, such as "image/jpeg", and its largest rendition.

    The image is upright and sRGB, its pixels are decoded when they are asked for, and its ``format`` is that of the
    upload.
    """
    file.seek(0)
    format = sniff.identify(file.read(sniff.HEAD), tuple(INPUT_FORMATS))
    image = Image.open(io.BytesIO(picture.renditions[0].data))
    image.format = format
    return INPUT_FORMATS[format].content_types[0], image
