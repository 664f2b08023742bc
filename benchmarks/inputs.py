"""
The pictures that are uploaded, made here: nothing is downloaded, and nobody's photo is published.

A photo's cost depends on its statistics: how detail is spread over scales, how much noise the encoder
has to keep. These have those of photographs as far as a model goes: overlapping discs whose sizes follow
a power law ("dead leaves", which gives the edges and occlusions of natural scenes), some smooth and some
textured with noise whose amplitude falls as 1/f, light that differs over the picture, sensor noise, and the
blur of lens and demosaicing.
They are still no photographs: numbers from photographs of your own are worth more, so
``--photos FOLDER`` measures with them as well.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from . import environments

FOLDER = environments.FOLDER / "of-inputs"

CASES: dict[str, dict[str, Any]] = {
    "12 MP phone JPEG": {"name": "phone.jpg", "size": (4000, 3000), "seed": 1, "orientation": 6, "noise": 5.0},
    "12 MP photo": {"name": "photo.jpg", "size": (4000, 3000), "seed": 2, "noise": 12.0},
    "12 MP progressive": {"name": "progressive.jpg", "size": (4000, 3000), "seed": 1, "progressive": True},
    "1 MP JPEG": {"name": "small.jpg", "size": (1200, 900), "seed": 3, "noise": 5.0},
    "2 MP PNG, alpha": {"name": "alpha.png", "size": (1600, 1200), "seed": 4, "format": "PNG", "noise": 2.0},
    "4 MP WebP": {"name": "photo.webp", "size": (2300, 1750), "seed": 5, "format": "WEBP", "noise": 5.0},
    "12 MP WebP": {"name": "phone.webp", "size": (4080, 3072), "seed": 5, "format": "WEBP", "noise": 5.0},
    "small GIF": {"name": "small.gif", "size": (320, 320), "seed": 6, "format": "GIF"},
}
"""Everything that the upload job measures, by its name in the tables."""

LARGEST: dict[str, dict[str, Any]] = {
    "largest JPEG, 202 MP": {"name": "jpeg202.jpg", "size": (16_400, 12_304), "seed": 8, "flat": 16},
    "largest progressive JPEG, 50 MP": {
        **{"name": "progressive50.jpg", "size": (8160, 6120), "seed": 8, "flat": 8},
        "progressive": True,
    },
    "largest PNG, 26 MP": {"name": "png26.png", "size": (6296, 4200), "seed": 9, "format": "PNG", "flat": 8},
    "largest WebP, 16 MP": {"name": "webp16.webp", "size": (4920, 3344), "seed": 10, "format": "WEBP", "flat": 8},
    "largest GIF, 16 MP": {"name": "largest.gif", "size": (4616, 3464), "seed": 11, "format": "GIF", "flat": 8},
}
"""As many pixels as each format may have, flat enough for the 10 MB that a file may have."""

CROWD = {"name": "largest.png", "size": (6000, 4000), "seed": 9, "format": "PNG", "flat": 8}
"""What fifty people upload at once: a PNG of 24 megapixels."""

SMALL = {
    suffix: {"name": f"warm.{suffix}", "size": (96, 96), "seed": 7, "format": format}
    for suffix, format in (("jpg", "JPEG"), ("png", "PNG"), ("webp", "WEBP"), ("gif", "GIF"))
}
"""For warming up, and for filling sites with many pictures."""

SHAPES = ((4000, 3000), (3000, 4000), (1200, 900), (640, 640), (900, 1600), (2048, 1536), (5000, 2800), (700, 525))
SET = [
    {
        "name": f"set{n}.jpg",
        "size": SHAPES[n % len(SHAPES)],
        "seed": 100 + n,
        "noise": (0.0, 4.0, 8.0)[n % 3],
        "orientation": (1, 6, 3, 8)[n // 8 % 4],
    }
    for n in range(24)
]
"""For the quality job: 24 pictures of eight shapes, three amounts of noise, four orientations."""


def photos(folder: str | None) -> list[Path]:
    """The pictures in a folder of one's own (``--photos``), by name."""
    endings = {".jpg", ".jpeg", ".png", ".webp", ".gif"}
    return sorted(path for path in Path(folder).resolve().iterdir() if path.suffix.lower() in endings) if folder else []


def path(picture: dict[str, Any] | Path) -> Path:
    """Where a picture is; one of ours is made on first use."""
    if isinstance(picture, Path):
        return picture
    file: Path = FOLDER / picture["name"]
    if not file.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        environments.call("inputs", "making", path=str(file), **{k: v for k, v in picture.items() if k != "name"})
    return file


def encode(image: Any, format: str, orientation: int, progressive: bool) -> bytes:
    """`image` as a file, with the metadata that a camera writes."""
    from PIL import Image

    file = io.BytesIO()
    if format == "GIF":
        image.quantize(256).save(file, "GIF")
    elif format == "JPEG":
        exif = Image.Exif()
        exif[0x0112], exif[0x010F], exif[0x0110] = orientation, "Benchmark", "Dead leaves"
        image.save(file, "JPEG", quality=95, progressive=progressive, exif=exif, subsampling="4:2:0")
    else:
        image.save(file, format, quality=90)
    return file.getvalue()
