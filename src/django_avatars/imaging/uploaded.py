"""What an upload was and what it looks like now, for validators of a project."""

from __future__ import annotations

import io

from PIL import Image

from .formats import INPUT_FORMATS
from .spec import Picture


def opened(picture: Picture) -> tuple[str, Image.Image]:
    """
    The true media type of an upload that was accepted, such as "image/jpeg", and its largest rendition.

    The image is upright and sRGB, its pixels are decoded when they are asked for, and its ``format`` is that of the
    upload.
    """
    image = Image.open(io.BytesIO(picture.renditions[0].data))
    image.format = picture.upload_format
    return INPUT_FORMATS[picture.upload_format].content_types[0], image
