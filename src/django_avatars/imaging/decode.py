"""Decoding pixels, with the one decoder of the format, which sees only those parts of the file that a header kept."""

from __future__ import annotations

import dataclasses
import importlib
import io
import math
from collections.abc import Iterable
from typing import Any

from PIL import Image, ImageFile

from . import halving
from .color import plain
from .headers import exif
from .headers.header import PIXEL, Header

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

GRAY = ("L", "LA")
"""Modes whose pixels are levels of gray. Some grey PNG are decoded as if they had colors."""

OVERSAMPLING = 1.45
"""A JPEG is decoded at no less than this multiple of the largest rendition. Below it, quality drops (measured)."""

MAX_HELD = 144_000_000
"""The most bytes, Pillow's and the decoder's, before a JPEG is decoded at a smaller scale than quality asks for."""


def open_image(header: Header) -> tuple[ImageFile.ImageFile, Header]:
    """
    Open the picture without decoding it, and add to the header what only the decoder knows.

    The transparent color of a PNG is taken from the header: Pillow compares it as if each level of gray had eight bits.
    AVIF and HEIC have their orientation and profile among their properties, which `heif.items.MAX_META` bounds. The
    size is that of the decoder, so check the limits once more before loading.
    """
    module, name = DECODERS[header.format]
    decoder = getattr(importlib.import_module(module), name)
    image: ImageFile.ImageFile = decoder(io.BufferedReader(header.view))  # decoders read a few bytes at a time
    if header.transparent is not None:
        image.info["transparency"] = header.transparent
    is_alone = header.format == "PNG" and header.painted is not None
    width, height = (header.width, header.height) if is_alone else header.aperture or image.size
    return image, dataclasses.replace(
        header,
        width=width,
        height=height,
        held=(header.held + PIXEL) * math.prod(image.size) / (width * height) if header.aperture else header.held,
        halved=header.halved if image.mode == "RGB" else 0,
        icc=image.info.get("icc_profile") or header.icc,
        is_gray=header.is_gray or image.mode in GRAY,
        orientation=exif.orientation(image.info.get("exif", b"")) if header.format == "AVIF" else header.orientation,
    )


def load(image: ImageFile.ImageFile, header: Header, shrink: int) -> Image.Image:
    """Decode the pixels of `image`, at 1/`shrink` of its width and height."""
    opencv = halving.opencv() if header.halved and shrink > 1 else None
    if opencv:
        image._decoder = None  # type: ignore[attr-defined] # it has a copy of the file
        return halving.decode(opencv, header)
    if shrink > 1:
        image.draft("RGB", (image.width // shrink, image.height // shrink))
    if hasattr(image, "_decoder"):
        image._decoder = OneFrame(image._decoder)
    image.load()
    return image.crop((0, 0, *header.aperture)) if header.aperture else image


def cleared(image: Image.Image, header: Header) -> Image.Image:
    """`image`, transparent wherever the file has no pixels: the decoder leaves that out, or fills it somehow."""
    if header.painted is None:
        return image
    width, height = header.width, header.height
    left, top, right, bottom = header.painted
    if image.size != (width, height):
        canvas = Image.new("RGBA", (width, height))
        canvas.paste(plain(image).convert("RGBA"), (left, top))
        return canvas
    image = image.convert("RGBA")
    beside = (0, top, left, bottom), (right, top, width, bottom)
    for outside in ((0, 0, width, top), (0, bottom, width, height), *beside):
        image.paste((0, 0, 0, 0), outside)
    return image


def shrinking(header: Header, wanted: Iterable[tuple[float, int]]) -> int:
    """
    How much smaller to decode a file: 1, or for a JPEG 2, 4 or 8, which libjpeg can do, or for a WebP 2 with OpenCV.

    It is the most that does not lower the quality, or more if memory would not suffice.

    Args:
        header: The file.
        wanted: Pairs of a length in pixels of the file, and how many pixels it is to have in the result.

    """
    affordable = min(length / min(size, length) for length, size in wanted) / OVERSAMPLING
    if header.format != "JPEG":
        return 2 if header.halved and affordable >= 2 and halving.opencv() else 1
    needed = next((by for by in (1, 2, 4) if held(header, by) <= MAX_HELD), 8)
    return next(by for by in (8, 4, 2, 1) if by <= max(affordable, needed))


def held(header: Header, shrink: int) -> int:
    """Bytes that decoding holds, estimated from the header: those of the decoder, and Pillow's pixels."""
    for_each = header.halved if header.halved and shrink > 1 else header.held + PIXEL / shrink**2
    return int(header.width * header.height * for_each)


class OneFrame:
    """
    Stands in for a decoder of Pillow's, and lets go of it with the first frame.

    Pillow keeps the decoder while it copies what that gave. A WebP takes 12 bytes a pixel instead of 16 this way.
    """

    def __init__(self, decoder: Any) -> None:
        self._decoder = decoder

    def _pop(self) -> Any:
        decoder, self._decoder = self._decoder, None
        return decoder

    def get_next(self) -> Any:
        """The first frame of a WebP."""
        return self._pop().get_next()

    def get_frame(self, number: int) -> Any:
        """A frame of an AVIF."""
        return self._pop().get_frame(number)
