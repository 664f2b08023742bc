"""From a survey to pixels: one decoder, named by us, that sees only what the survey kept."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
from collections.abc import Iterable, Iterator
from typing import IO, cast

from PIL import ImageFile

from .headers import exif
from .headers.survey import Survey
from .refusal import Refusal, damaged

DECODERS = {
    "JPEG": ("PIL.JpegImagePlugin", "JpegImageFile"),
    "PNG": ("PIL.PngImagePlugin", "PngImageFile"),
    "WEBP": ("PIL.WebPImagePlugin", "WebPImageFile"),
    "GIF": ("PIL.GifImagePlugin", "GifImageFile"),
    "BMP": ("PIL.BmpImagePlugin", "BmpImageFile"),
    "AVIF": ("PIL.AvifImagePlugin", "AvifImageFile"),
    "HEIC": ("pillow_heif", "HeifImageFile"),
}
"""Module and class. `Image.open` is not used: it imports every plugin there is when it does not know a format yet."""

OVERSAMPLING = 1.45
"""A JPEG is decoded at no less than this multiple of the largest rendition. Below it, quality drops (measured)."""

MAX_HELD = 144_000_000
"""Bytes held at once, four a pixel and the decoder's own: a small crop of a huge JPEG is decoded at half its scale."""


@contextlib.contextmanager
def refusing(*, formats: str) -> Iterator[None]:
    """
    The boundary: whatever a decoder raises becomes a refusal, and each can name the accepted `formats`.

    Decoders of damaged files raise OSError, SyntaxError, ValueError, struct.error, zlib.error,
    EOFError, OverflowError, MemoryError and more, and none of it is the visitor's business.
    """
    try:
        yield
    except Refusal as refusal:
        refusal.params["formats"] = formats
        raise
    except Exception as exc:
        raise damaged() from exc


def open_image(survey: Survey) -> tuple[ImageFile.ImageFile, Survey]:
    """
    The picture, not decoded yet, and the survey with what only the decoder can tell.

    AVIF and HEIC keep turning and profile among their properties, which `heif.MAX_META` bounds. The size is the
    decoder's now: ask the limits once more before loading.
    """
    module, name = DECODERS[survey.format]
    image: ImageFile.ImageFile = getattr(importlib.import_module(module), name)(cast("IO[bytes]", survey.view))
    return image, dataclasses.replace(
        survey,
        width=image.width,
        height=image.height,
        icc=survey.icc or image.info.get("icc_profile"),
        orientation=exif.orientation(image.info.get("exif", b"")) if survey.format == "AVIF" else survey.orientation,
    )


def load(image: ImageFile.ImageFile, survey: Survey, wanted: Iterable[tuple[float, int]]) -> float:
    """
    Decode the pixels in place: a JPEG at the smallest scale that is good for all that is wanted.

    Args:
        image: What `open_image` gave.
        survey: The same.
        wanted: Lengths in pixels of the file, and how many pixels are to be made of each.

    Returns:
        The scale: decoded pixels per pixel of the file, 1.0 or less.
    """
    affordable = min(length / min(size, length) for length, size in wanted) / OVERSAMPLING
    shrink = _shrink(survey, affordable) if survey.format == "JPEG" else 1
    if shrink > 1:
        image.draft("RGB", (image.width // shrink, image.height // shrink))
    image.load()
    return 1 / shrink


def _shrink(survey: Survey, affordable: float) -> int:
    """1, 2, 4 or 8, as libjpeg can: the most that quality affords, or more if memory asks for it."""
    held = survey.width * survey.height * (4 + survey.held)
    return next((by for by in (8, 4, 2) if by <= affordable or held * 4 / by**2 > MAX_HELD), 1)
