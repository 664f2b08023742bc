"""Colors: every mode that a decoder gives becomes 8-bit sRGB, with or without alpha."""

from __future__ import annotations

import io
from typing import Any, cast

from PIL import Image

from . import spaces
from .headers.header import Header

WORKING = {"L": "L", "1": "L", "CMYK": "CMYK", "RGB": "RGB"} | dict.fromkeys(("RGBA", "LA", "PA"), "RGBa")
"""By mode, the one in which averaging is right: palettes resolved, alpha multiplied in. Of the rest, RGB."""

BLACK_TO_WHITE = 1 / 257
"""Sixteen bits to eight."""

TAGS = 132
"""Where the tags of a profile are listed, behind their number: name, place and size, four bytes each."""

PROGRAMS = (b"D2B", b"B2D")
"""How the names of those tags begin that hold no table, but something to run."""

PERCEPTUAL, COLORIMETRIC = b"A2B0", b"A2B1"
"""The tables of a profile from which browsers take the first, and LittleCMS the one of its rendering intent."""


def plain_mode(image: Image.Image) -> str:
    """The mode that `plain` gives: L, RGB, CMYK or RGBa, which is RGB with alpha multiplied in."""
    if is_deep(image):
        return "RGBa" if "transparency" in image.info else "L"
    return "RGBa" if "transparency" in image.info else WORKING.get(image.mode, "RGB")


def is_plain(image: Image.Image) -> bool:
    """Whether `plain` has nothing to do."""
    return plain_mode(image) == image.mode


def plain(image: Image.Image) -> Image.Image:
    """`image` in its `plain_mode`. Sixteen bits are scaled; Pillow's own conversion clips them to white."""
    mode = plain_mode(image)
    if is_deep(image):
        alpha = image.convert("I").point(_all_but(image.info["transparency"]), "L") if mode == "RGBa" else None
        image = image.point(lambda value: value * BLACK_TO_WHITE + 0.5).convert("L")
        image = Image.merge("LA", (image, alpha)) if alpha else image
    if mode == "RGBa":
        image = image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode == mode else image.convert(mode)


def _all_but(level: int) -> list[int]:
    """Alpha by level of grey: none at `level`."""
    return [255] * level + [0] + [255] * (65535 - level)


def is_deep(image: Image.Image) -> bool:
    """Whether pixels have more than eight bits."""
    return image.mode.startswith(("I", "F"))


def srgb(image: Image.Image, header: Header) -> Image.Image:
    """
    RGB, or RGBA where pixels are not opaque, of a small plain image, by the profile or the space of its header.

    A profile that does not fit is ignored.
    """
    return Conversion(header)(image)


class Conversion:
    """`srgb` for several images with one header: what takes long to set up is set up once for each mode."""

    def __init__(self, header: Header) -> None:
        self._named = None if header.icc or header.space is None else spaces.profile(header.space)
        self._icc = header.icc or self._named
        self._transforms: dict[str, Any] = {}

    def __call__(self, image: Image.Image) -> Image.Image:
        """See `srgb`."""
        alpha = None
        if image.mode == "RGBa":
            image = image.convert("RGBA")
            alpha = image.getchannel("A")
            image = image.convert("RGB")
        if self._icc:
            image = self._profiled(image.convert("RGB") if self._named else image, self._icc)
        image = image if image.mode == "RGB" else image.convert("RGB")
        if alpha is not None and alpha.getextrema()[0] != 255:
            image.putalpha(alpha)
        return image

    def _profiled(self, image: Image.Image, icc: bytes) -> Image.Image:
        if image.mode not in self._transforms:
            self._transforms[image.mode] = _transform(image.mode, icc)
        transform = self._transforms[image.mode]
        return image if transform is None else cast("Image.Image", transform.apply(_three_inks(image)))


def _transform(mode: str, icc: bytes) -> Any:
    """
    What makes sRGB of pixels of this mode and profile; None where they do not fit.

    As Chromium does it: by the first table or the matrix, and black stays as light as the profile has it.
    """
    from PIL import ImageCms

    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC  # the one for which LittleCMS does not move black by itself
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(simple(icc)))
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB", intent)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _three_inks(image: Image.Image) -> Image.Image:
    """A CMYK image without black: browsers mix it of the other inks before they ask a profile."""
    return image.convert("RGB").convert("CMYK") if image.mode == "CMYK" else image


def simple(icc: bytes) -> bytes:
    """
    A profile (ICC.1:2022) of which only what browsers take is called by names that anybody knows.

    The tags D2B0 to B2D3 hold chains of elements that may stand in one place: 40 kB name 10,000 of them, for which
    LittleCMS works half a minute. What it takes instead, a matrix or tables, has to be there in any profile. Of the
    tables it takes the perceptual one where no other is there. Each tag gets a name of its own, since LittleCMS
    refuses a profile that has one twice.
    """
    renamed = bytearray(icc)
    places = range(TAGS, min(TAGS + 12 * int.from_bytes(icc[TAGS - 4 : TAGS]), len(icc) - 11), 12)
    names = {place: icc[place : place + 4] for place in places}
    for place, name in names.items():
        if name[:3] in PROGRAMS or (name == COLORIMETRIC and PERCEPTUAL in names.values()):
            renamed[place : place + 4] = place.to_bytes(4)
    return bytes(renamed)


def on_background(image: Image.Image, background: str) -> Image.Image:
    """`image` as RGB, with `background` ("#rrggbb") behind its transparent pixels."""
    if image.mode != "RGBA":
        return image
    canvas = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(canvas, image).convert("RGB")
