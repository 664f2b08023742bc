"""Ordinary pictures that need care."""

from __future__ import annotations

import struct
import zlib

from PIL import Image

from .drawing import saved, scene
from .parts import png, png_header


def adobe_cmyk() -> bytes:
    """A JPEG for print: four inks, stored inverted, with Adobe's marker. Pure red, in sRGB."""
    return saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95)


def grey16() -> bytes:
    """A 16-bit grey PNG: 257 × 100 everywhere, which is 100 of 255."""
    return saved(Image.new("I;16", (64, 64), 25700))


def palette_with_transparency() -> bytes:
    """A palette PNG, its left half fully transparent."""
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 0, 0, 40, 70, 200])
    image.paste(0, (0, 0, 32, 64))
    return saved(image, transparency=0)


def hidden_picture() -> bytes:
    """A PNG that is fully transparent on its left half, and red under that."""
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((40, 70, 200, 255), (32, 0, 64, 64))
    return saved(image)


def gif_with_margin() -> bytes:
    """A GIF of 64 by 64 pixels, whose one frame is red and has the 32 by 32 in the middle; palette entry 0 is blue."""
    image = Image.new("P", (32, 32), 1)
    image.putpalette([0, 0, 255, 200, 30, 30])
    data = bytearray(saved(image, "GIF", optimize=False))
    frame = data.index(b",\0\0\0\0 \0 \0")
    data[6:10] = data[frame + 1 : frame + 5] = struct.pack("<HH", 64, 64)
    data[frame + 1 : frame + 5] = struct.pack("<HH", 16, 16)
    return bytes(data)


def apng_beside(*, side: int = 64, number: int = 0, control: bool = False) -> bytes:
    """A red PNG of 64 by 64 pixels with an animation beside it, whose first frame is green, and as wide as `side`."""

    def rows(color: bytes, wide: int) -> bytes:
        return zlib.compress((b"\0" + color * wide) * wide)

    frame = struct.pack(">5I2H2B", number, side, side, 0, 0, 1, 10, 0, 0)
    still = ((b"fcTL", struct.pack(">5I2H2B", 0, 64, 64, 0, 0, 1, 10, 0, 0)),) if control else ()
    return png(
        png_header(64, 64),
        (b"acTL", struct.pack(">II", 2, 0)),
        *still,
        (b"IDAT", rows(b"\xff\0\0", 64)),
        (b"fcTL", frame),
        (b"fdAT", struct.pack(">I", number + 1) + rows(b"\0\xff\0", side)),
        (b"fdAT", b"\0"),
        (b"fcTL", frame),
        (b"fdAT", struct.pack(">I", number + 3) + rows(b"\0\0\xff", side)),
        (b"IEND", b""),
    )


def animation(format: str, frames: int = 3) -> bytes:
    """An animated GIF, WEBP or PNG; the first frame is red, the others are not."""
    colors = [(220, 40, 40), *((40, 70, 40 + count % 200) for count in range(frames - 1))]
    images = [Image.new("RGB", (64, 64), color) for color in colors]
    return saved(images[0], format, save_all=True, append_images=images[1:], duration=50)


def mpo() -> bytes:
    """What many phones write: two JPEGs in one file, and an index of them."""
    return saved(scene(320, 240), "MPO", save_all=True, append_images=[scene(160, 120)])
