"""
Pictures for the demo people, painted by code: nothing is downloaded, and nobody is shown.

`portrait` and `landscape` give the same picture for the same number. `phone_photo` is a file
as a phone writes it: 12 megapixels, lying on its side, with a place and colors of its own.
"""

from __future__ import annotations

import functools
import io
import math
import random
import struct

from PIL import Image, ImageCms, ImageDraw, ImageFilter, ImageOps

GROUNDS = (
    ("#f6d365", "#fda085"),
    ("#a1c4fd", "#c2e9fb"),
    ("#d4fc79", "#96e6a1"),
    ("#fbc2eb", "#a6c1ee"),
    ("#84fab0", "#8fd3f4"),
)
SKINS = (
    ("#f3cfb3", "#8f4540"),  # and lips
    ("#e2ab82", "#8a3f38"),
    ("#c58554", "#7d332c"),
    ("#93593a", "#f0b8a4"),
    ("#6b4230", "#e6a893"),
)
HAIRS = ("#2b1d17", "#5a3a22", "#a8642a", "#d8b25c", "#3a3550", "#8c8f99")
CLOTHES = ("#274c77", "#8a3b50", "#2f6f5e", "#6a4c93", "#d1673a", "#3d405b")
SKIES = (("#274690", "#f7b267", "#ffe8c2"), ("#3a86c8", "#bfe3f5", "#fff6d6"), ("#3b1f5b", "#e56b6f", "#ffd9a0"))
HILLS = ("#b7c8d6", "#2f5d50", "#10231f")


def portrait(number: int, side: int = 1200) -> Image.Image:
    """Somebody who does not exist, before a plain wall."""
    chance = random.Random(number)  # noqa: S311 - a painting, no secret
    (skin, lips), hair, cloth = chance.choice(SKINS), chance.choice(HAIRS), chance.choice(CLOTHES)
    image = gradient(side, side, *GROUNDS[number % len(GROUNDS)])
    draw = ImageDraw.Draw(image)

    def oval(x: float, y: float, width: float, height: float, color: str) -> None:
        draw.ellipse(
            [(x - width / 2) * side, (y - height / 2) * side, (x + width / 2) * side, (y + height / 2) * side], color
        )

    is_long = chance.random() < 0.5
    if is_long:
        draw.rounded_rectangle([0.29 * side, 0.26 * side, 0.71 * side, 0.76 * side], 0.2 * side, hair)
    oval(0.5, 1.1, 0.86, 0.72, cloth)
    draw.rounded_rectangle([0.43 * side, 0.55 * side, 0.57 * side, 0.82 * side], 0.07 * side, shade(skin, 0.86))
    oval(0.5, 0.34, 0.43, 0.40, hair)
    oval(0.5, 0.45, 0.36, 0.45, skin)
    fringe = [0.3 * side, 0.17 * side, 0.7 * side, 0.55 * side]
    draw.chord(fringe, 188 - chance.randrange(20), 345 + chance.randrange(12), hair)
    for x in (0.43, 0.57):
        oval(x, 0.465, 0.032, 0.042, "#26221f")
        oval(x + 0.006, 0.457, 0.01, 0.012, "#ffffff")
        oval(x + math.copysign(0.035, x - 0.5), 0.54, 0.07, 0.045, blend(skin, "#e8736b", 0.28))
    draw.arc([0.44 * side, 0.5 * side, 0.56 * side, 0.6 * side], 25, 155, lips, width=side // 75)
    if chance.random() < 0.4:
        glasses(draw, side)
    return image


def nobody(side: int = 256) -> Image.Image:
    """Head and shoulders of no one, for people without a picture."""
    image = Image.new("RGB", (side * 4, side * 4), "#c9ced8")
    draw = ImageDraw.Draw(image)
    draw.ellipse([side * 1.3, side * 0.8, side * 2.7, side * 2.2], "#f4f5f7")
    draw.ellipse([side * 0.5, side * 2.5, side * 3.5, side * 5.5], "#f4f5f7")
    return image.resize((side, side), Image.Resampling.LANCZOS)


def landscape(number: int, width: int = 1200, height: int = 900) -> Image.Image:
    """Hills in the haze, and the sun above them."""
    chance = random.Random(number)  # noqa: S311 - a painting, no secret
    top, middle, low = SKIES[number % len(SKIES)]
    image = gradient(width, height, top, low, middle)
    sun = (width * chance.uniform(0.35, 0.65), height * chance.uniform(0.34, 0.44))
    for radius, share in ((0.26, 0.25), (0.18, 0.35), (0.11, 1.0)):
        disc(image, sun, radius * height, "#fff4d0", share)
    for layer in range(5):
        depth = layer / 4
        far, near = (HILLS[0], HILLS[1]) if depth < 0.5 else (HILLS[1], HILLS[2])
        color = blend(blend(far, middle, 0.45 * (1 - depth)), near, depth * 2 % 1 if depth < 1 else 1.0)
        hill(image, color, height * (0.5 + 0.11 * layer), height * (0.05 + 0.02 * layer), chance)
    return image


@functools.cache  # it takes a second
def phone_photo(number: int = 7) -> bytes:
    """A JPEG of 4000 × 3000 pixels in Display P3, to be turned upright, that says where and with what it was taken."""
    upright = landscape(number, 3000, 4000)
    grain = Image.effect_noise((750, 1000), 18).resize(upright.size, Image.Resampling.BILINEAR).convert("RGB")
    photo = Image.blend(upright, grain, 0.06).rotate(90, expand=True)
    profile = display_p3()
    photo = ImageCms.profileToProfile(photo, ImageCms.createProfile("sRGB"), io.BytesIO(profile))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: the top is on the right
    exif[0x010F], exif[0x0110] = "Nobody", "Example Phone 12"
    exif[0x8825] = {1: "N", 2: (59.0, 20.0, 24.0), 3: "E", 4: (18.0, 3.0, 36.0)}  # GPS
    file = io.BytesIO()
    photo.save(file, "JPEG", quality=88, exif=exif, icc_profile=profile)
    return file.getvalue()


def encoded(image: Image.Image, format: str) -> bytes:
    """`image` as a file in one of Pillow's formats."""
    file = io.BytesIO()
    image.save(file, format)
    return file.getvalue()


# Brushes


def gradient(width: int, height: int, top: str, bottom: str, middle: str | None = None) -> Image.Image:
    """From one color at the top to another at the bottom, by way of `middle`."""
    return ImageOps.colorize(Image.linear_gradient("L"), top, bottom, middle).resize(
        (width, height), Image.Resampling.BICUBIC
    )


def disc(image: Image.Image, centre: tuple[float, float], radius: float, color: str, share: float) -> None:
    """A soft disc that covers `share` of what is below it."""
    small = 4  # drawn at a quarter of the size: blurring is what takes long
    mask = Image.new("L", (image.width // small, image.height // small))
    x, y, r = centre[0] / small, centre[1] / small, radius / small
    ImageDraw.Draw(mask).ellipse([x - r, y - r, x + r, y + r], round(255 * share))
    mask = mask.filter(ImageFilter.GaussianBlur(r / (20 if share == 1 else 5)))
    image.paste(Image.new("RGB", image.size, color), mask=mask.resize(image.size, Image.Resampling.BICUBIC))


def hill(image: Image.Image, color: str, level: float, swing: float, chance: random.Random) -> None:
    """A ridge of three waves, filled down to the bottom."""
    waves = [(chance.uniform(0.6, 1.4) * 2**n, chance.uniform(0, 2 * math.pi), swing / 2**n) for n in range(3)]
    step = max(1, image.width // 400)
    ridge = [
        (
            x,
            level
            + sum(height * math.sin(turns * 2 * math.pi * x / image.width + start) for turns, start, height in waves),
        )
        for x in range(0, image.width + step, step)
    ]
    ImageDraw.Draw(image).polygon([*ridge, (image.width, image.height), (0, image.height)], color)


def glasses(draw: ImageDraw.ImageDraw, side: int) -> None:
    """Two rings and a bridge."""
    for x in (0.43, 0.57):
        box = [(x - 0.055) * side, 0.415 * side, (x + 0.055) * side, 0.52 * side]
        draw.ellipse(box, outline="#2b2b33", width=side // 100)
    draw.line([0.485 * side, 0.46 * side, 0.515 * side, 0.46 * side], "#2b2b33", side // 100)


def blend(one: str, other: str, share: float) -> str:
    """`share` of the other color in the one."""
    pairs = [(int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def shade(color: str, light: float) -> str:
    """`color`, darker: 1 is unchanged, 0 is black."""
    return blend("#000000", color, light)


def display_p3() -> bytes:
    """An ICC profile with the primaries of Display P3, as seen from D50, and a plain gamma (ICC.1:2001-04)."""

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    white = xyz(0.9642, 1.0, 0.8249)
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(2.2 * 256), 0)
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 11) + b"Display P3\0" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"CC0\0",
        b"wtpt": white,
        b"rXYZ": xyz(0.5151, 0.2412, -0.0011),
        b"gXYZ": xyz(0.2919, 0.6922, 0.0419),
        b"bXYZ": xyz(0.1572, 0.0666, 0.7841),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for tag, data in tags.items():
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4xI", start + len(body), 0x02100000) + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    return head + white[8:] + bytes(48) + struct.pack(">I", len(tags)) + table + body
