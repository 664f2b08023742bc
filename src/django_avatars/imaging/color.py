"""Colors: every mode that a decoder gives becomes 8-bit sRGB, with or without alpha."""

from __future__ import annotations

import io
from typing import Any, cast

from PIL import Image, ImageCms

from . import spaces
from .headers.header import Header

WORKING = {"L": "L", "1": "L", "CMYK": "CMYK", "RGB": "RGB"} | dict.fromkeys(("RGBA", "LA", "PA"), "RGBa")
"""For each mode, the mode in which pixels can be averaged: no palette, and alpha multiplied in. For others, RGB."""

BLACK_TO_WHITE = 1 / 257
"""Factor that scales a level of 16 bits to 8 bits."""

EDITION, EDITIONS = slice(8, 9), b"\4"
"""Where a profile says which edition it is of, and the last edition that browsers know."""

SPACE = slice(16, 20)
"""Where a profile says for which pixels it is: ``GRAY``, ``RGB`` and a blank, or ``CMYK``."""

TAGS = 132
"""Offset of the tag table of a profile, behind its count. Each entry is a name, an offset and a size, 4 bytes each."""

PROGRAMS = (b"D2B", b"B2D")
"""The beginnings of the names of tags that hold no table, but elements that are run one after the other."""

CODE, CODE_BYTES = b"cicp", 12
"""The tag that names a color space by numbers, as a PNG does. It begins with its name once more, and four zeros."""

PERCEPTUAL, COLORIMETRIC = b"A2B0", b"A2B1"
"""Two tables of a profile. Browsers take the first; LittleCMS takes the one of the rendering intent."""


def plain_mode(image: Image.Image) -> str:
    """The mode that `plain` gives: L, RGB, CMYK or RGBa, which is RGB with alpha multiplied in."""
    if is_deep(image):
        return "RGBa" if "transparency" in image.info else "L"
    return "RGBa" if "transparency" in image.info else WORKING.get(image.mode, "RGB")


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
    """Alpha for each of 65,536 levels of gray: 0 at `level`, and 255 at all others."""
    return [255] * level + [0] + [255] * (65535 - level)


def is_deep(image: Image.Image) -> bool:
    """Whether pixels have more than eight bits."""
    return image.mode.startswith(("I", "F"))


class Conversion:
    """
    Converts small plain images to sRGB, from the profile or the color space of their header.

    The result is RGB, or RGBA if any pixel is not opaque. A profile that does not fit the image is ignored.
    Transforms are slow to make, and made once for each mode.
    """

    def __init__(self, header: Header) -> None:
        code = _code(header.icc) if header.icc else None
        space = spaces.named(*code, spaces.OF_PROFILES) if code else None if header.icc else header.space
        self._named = spaces.profile(space) if space else None
        self._icc = self._named if code else header.icc or self._named
        self._is_gray = header.is_gray and (self._icc or b"")[SPACE] == b"GRAY"
        self._is_stretched = header.is_stretched
        self._transforms: dict[str, Any] = {}

    def __call__(self, image: Image.Image) -> Image.Image:
        """Convert one image."""
        alpha = None
        if image.mode == "RGBa":
            image = image.convert("RGBA")
            alpha = image.getchannel("A")
            image = image.convert("RGB")
        if self._is_stretched:
            image = _stretched(image.convert("RGB"))
        if self._icc:
            if self._is_gray or image.mode == "L":  # a profile of colors counts for gray, too
                image = image.convert("L" if self._is_gray else "RGB")
            image = self._profiled(image, self._icc)
        image = image if image.mode == "RGB" else image.convert("RGB")
        if alpha is not None and alpha.getextrema()[0] != 255:
            image.putalpha(alpha)
        return image

    def _profiled(self, image: Image.Image, icc: bytes) -> Image.Image:
        if image.mode not in self._transforms:
            self._transforms[image.mode] = _transform(image.mode, icc)
        transform = self._transforms[image.mode]
        return image if transform is None else cast("Image.Image", transform.apply(_three_inks(image)))


def _stretched(image: Image.Image) -> Image.Image:
    """An RGB image whose levels of brightness are 16 to 235, and whose differences of color are 16 to 240."""
    brightness = [(level - 16) * 255 / 219 for level in range(256)]
    difference = [(level - 128) * 255 / 224 + 128 for level in range(256)]
    levels = [round(min(max(level, 0), 255)) for level in (*brightness, *difference, *difference)]
    return image.convert("YCbCr").point(levels).convert("RGB")


def _transform(mode: str, icc: bytes) -> Any:
    """
    The transform to sRGB from this mode and profile; None if they do not fit each other, or it is of a later edition.

    It gives the colors of Chromium: by the first table or the matrix, and without black point compensation.
    """
    if icc[EDITION] > EDITIONS:
        return None
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC  # the one for which LittleCMS does not move black by itself
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(simple(icc)))
        return ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), mode, "RGB", intent)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _three_inks(image: Image.Image) -> Image.Image:
    """A CMYK image without its black ink, which browsers replace by the other three before they apply a profile."""
    return image.convert("RGB").convert("CMYK") if image.mode == "CMYK" else image


def _tags(icc: bytes) -> range:
    """Where the entries of the tag table of a profile begin."""
    return range(TAGS, min(TAGS + 12 * int.from_bytes(icc[TAGS - 4 : TAGS]), len(icc) - 11), 12)


def simple(icc: bytes) -> bytes:
    """
    The profile (ICC.1:2022) with the tags renamed that browsers do not use, so that LittleCMS does not use them either.

    The tags D2B0 to B2D3 hold chains of elements, which may overlap: a profile of 40 kB can have 10,000 of them, and
    keep LittleCMS busy for half a minute. Every profile also has a matrix or tables, which LittleCMS takes instead.
    If there is a perceptual table, the colorimetric one is renamed, too. Each tag gets a name of its own, since
    LittleCMS refuses a profile that has one name twice.
    """
    renamed = bytearray(icc)
    names = {place: icc[place : place + 4] for place in _tags(icc)}
    for place, name in names.items():
        if name[:3] in PROGRAMS or (name == COLORIMETRIC and PERCEPTUAL in names.values()):
            renamed[place : place + 4] = place.to_bytes(4)
    return bytes(renamed)


def _code(icc: bytes) -> tuple[int, int] | None:
    """The codes of primaries and transfer function that a profile names (ICC.1:2022, 9.2.17), if browsers know both."""
    for place in _tags(icc):
        if icc[place : place + 4] == CODE:
            start = int.from_bytes(icc[place + 4 : place + 8])
            code = icc[start : start + CODE_BYTES]
            is_ours = code[:4] == CODE and code[10:] == spaces.RGB_IN_FULL and spaces.is_known(*code[8:10])
            return (code[8], code[9]) if is_ours else None
    return None


def on_background(image: Image.Image, background: str) -> Image.Image:
    """`image` as RGB, with `background` ("#rrggbb") behind its transparent pixels."""
    if image.mode != "RGBA":
        return image
    canvas = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(canvas, image).convert("RGB")
