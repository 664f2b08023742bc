"""Colors: every mode that a decoder gives becomes 8-bit sRGB, with or without alpha."""

from __future__ import annotations

import io

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


def plain_mode(image: Image.Image) -> str:
    """The mode that `plain` gives: L, RGB, CMYK or RGBa, which is RGB with alpha multiplied in."""
    if _is_deep(image):
        return "RGBa" if "transparency" in image.info else "L"
    return "RGBa" if "transparency" in image.info else WORKING.get(image.mode, "RGB")


def is_plain(image: Image.Image) -> bool:
    """Whether `plain` has nothing to do."""
    return plain_mode(image) == image.mode


def plain(image: Image.Image) -> Image.Image:
    """`image` in its `plain_mode`. Sixteen bits are scaled; Pillow's own conversion clips them to white."""
    mode = plain_mode(image)
    if _is_deep(image):
        alpha = image.convert("I").point(_all_but(image.info["transparency"]), "L") if mode == "RGBa" else None
        image = image.point(lambda value: value * BLACK_TO_WHITE + 0.5).convert("L")
        image = Image.merge("LA", (image, alpha)) if alpha else image
    if mode == "RGBa":
        image = image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode == mode else image.convert(mode)


def _all_but(level: int) -> list[int]:
    """Alpha by level of grey: none at `level`."""
    return [255] * level + [0] + [255] * (65535 - level)


def _is_deep(image: Image.Image) -> bool:
    return image.mode.startswith(("I", "F"))


def srgb(image: Image.Image, header: Header) -> Image.Image:
    """
    RGB, or RGBA where pixels are not opaque, of a small plain image, by the profile or the space of its header.

    A profile that does not fit is ignored.
    """
    alpha = None
    if image.mode == "RGBa":
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        image = image.convert("RGB")
    if header.icc:
        image = _profiled(image, header.icc)
    elif header.space and (icc := spaces.profile(header.space)):
        image = _profiled(image.convert("RGB"), icc)
    image = image if image.mode == "RGB" else image.convert("RGB")
    if alpha is not None and alpha.getextrema()[0] != 255:
        image.putalpha(alpha)
    return image


def _profiled(image: Image.Image, icc: bytes) -> Image.Image:
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(without_programs(icc)))
        converted = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def without_programs(icc: bytes) -> bytes:
    """
    A profile whose tags D2B0 to B2D3 (ICC.1:2022, 9.2) are called by names that nobody knows.

    They hold chains of elements that may stand in one place: 40 kB name 10,000 of them, for which LittleCMS works
    half a minute. What it takes instead, a matrix or tables, has to be there in any profile. Each gets a name of
    its own, since LittleCMS refuses a profile that has one twice.
    """
    renamed = bytearray(icc)
    for place in range(TAGS, min(TAGS + 12 * int.from_bytes(icc[TAGS - 4 : TAGS]), len(icc) - 11), 12):
        if icc[place : place + 3] in PROGRAMS:
            renamed[place : place + 4] = place.to_bytes(4)
    return bytes(renamed)


def on_background(image: Image.Image, background: str) -> Image.Image:
    """`image` as RGB, with `background` ("#rrggbb") behind its transparent pixels."""
    if image.mode != "RGBA":
        return image
    canvas = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(canvas, image).convert("RGB")
