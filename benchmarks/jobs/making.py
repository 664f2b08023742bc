"""Not a question, but what is needed to ask one: makes one picture (see `benchmarks.inputs`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..inputs import encode

LEAVES = 2500
SMALLEST, LARGEST = 0.004, 0.35
"""Radii of the discs, as parts of the longer side."""

OPTICS = 0.8
"""Standard deviation in pixels of the blur of lens and demosaicing: half the contrast is left at 0.23 cycles."""


def measure(
    *, path: str, size: tuple[int, int], seed: int, noise: float = 0.0, format: str = "JPEG", orientation: int = 1,
    progressive: bool = False, flat: int = 1,
) -> dict[str, Any]:  # fmt: skip
    """Write the picture; of one that is `flat`, each pixel is repeated so many times in both directions."""
    import numpy

    random = numpy.random.default_rng(seed)
    pixels = scene(random, size[0] // flat, size[1] // flat)
    if noise:
        pixels += random.normal(0, noise, (*pixels.shape[:2], 1)).astype("float32")
    image = finished(pixels, format)
    image = image.resize(size, resample=0) if flat > 1 else image
    Path(path).write_bytes(encode(image, format, orientation, progressive))
    return {"bytes": Path(path).stat().st_size}


def scene(random: Any, width: int, height: int) -> Any:
    """Discs of sizes that follow a power law, under noise of 1/f and uneven light, as an array of floats."""
    import numpy
    from PIL import Image, ImageDraw

    image, rough = Image.new("RGB", (width, height), "#808080"), Image.new("L", (width, height))
    draw, draw_rough = ImageDraw.Draw(image), ImageDraw.Draw(rough)
    longest = max(width, height)
    # The density of radii falls as r^-3 (Lee, Mumford & Huang 2001): draw from its cumulative distribution.
    low, high = SMALLEST**-2, LARGEST**-2
    for share, x, y, hue, light, texture in random.random((LEAVES, 6)):
        radius = (low - share * (low - high)) ** -0.5 * longest
        centre = x * width, y * height
        box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
        draw.ellipse(box, fill=f"hsl({int(hue * 360)}, {int(20 + 40 * hue)}%, {int(15 + 70 * light)}%)")
        draw_rough.ellipse(box, fill=int(255 * texture**2))  # most surfaces are smooth: skin, walls, sky
    pixels = numpy.asarray(image, dtype="float32")
    detail = pink(random, width, height) * numpy.asarray(rough, dtype="float32") / 255 * 25
    glow = numpy.linspace(-20, 20, width, dtype="float32")[None, :, None]
    return pixels * 0.85 + detail[..., None] + glow + 18


def pink(random: Any, width: int, height: int) -> Any:
    """Noise with an amplitude of 1/f and a standard deviation of 1, made at 1024 pixels and repeated in octaves."""
    import numpy
    from PIL import Image

    total = numpy.zeros((height, width), dtype="float32")
    for octave in range(9):
        cells = 2 ** (octave + 2)
        if cells > 2 * max(width, height):
            break
        grain = Image.fromarray(random.normal(0, 1, (cells, cells)).astype("float32"))
        total += numpy.asarray(grain.resize((width, height), Image.Resampling.BICUBIC)) / (octave + 1) ** 0.5 / 2
    return total / total.std()


def finished(pixels: Any, format: str) -> Any:
    """The array as a camera delivers it; PNG gets an alpha channel that fades out."""
    from PIL import Image, ImageFilter

    image = Image.fromarray(pixels.clip(0, 255).astype("uint8"), "RGB").filter(ImageFilter.GaussianBlur(OPTICS))
    if format == "PNG":
        image.putalpha(Image.radial_gradient("L").resize(image.size).point(lambda value: max(0, 255 - value)))
    return image
