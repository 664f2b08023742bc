"""What every test of imaging does: choose a spec, process a file, look at what came out."""

from __future__ import annotations

import io
from statistics import mean
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from django_avatars.conf import MAX_PIXELS
from django_avatars.imaging.pipeline import Crop, Picture, Rejected, Spec, process

DEFAULTS: dict[str, Any] = {
    "sizes": (512, 256, 128, 64),
    "output_formats": ("webp",),
    "quality": {"webp": 82, "jpg": 85, "avif": 70},
    "input_formats": ("JPEG", "PNG", "WEBP", "GIF"),
    "max_bytes": 10 * 1024 * 1024,
    "max_pixels": MAX_PIXELS,
    "min_size": 1,
    "background": "#ffffff",
}


def spec(**changes: Any) -> Spec:
    """The default settings, with `changes`."""
    return Spec(**DEFAULTS | changes)


def made(data: bytes, *, name: str | None = None, crop: Crop | None = None, **changes: Any) -> Picture:
    """What `process` makes of a file."""
    return process(io.BytesIO(data), spec(**changes), name=name, crop=crop)


def pixels(data: bytes, *, crop: Crop | None = None, **changes: Any) -> Image.Image:
    """The largest rendition, without loss."""
    picture = made(data, crop=crop, **{"output_formats": ("png",)} | changes)
    image = Image.open(io.BytesIO(picture.renditions[0].data))
    image.load()
    return image


def refused(data: bytes, *, name: str | None = None, **changes: Any) -> Rejected:
    """Why `process` refuses a file."""
    with pytest.raises(Rejected) as caught:
        made(data, name=name, **changes)
    return caught.value


def far(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, over all channels, of 255."""
    assert one.size == other.size
    return mean(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def near(color: Any, other: tuple[int, ...], tolerance: int = 3) -> bool:
    """Whether two colors are the same but for rounding."""
    return len(color) == len(other) and all(abs(a - b) <= tolerance for a, b in zip(color, other, strict=True))
