"""What a tutorial does with Pillow: open, turn, crop, resize with LANCZOS for each size, save. No Django, no checks."""

from __future__ import annotations

import io
from typing import Any

from . import Make

REQUIREMENTS: list[str] = []


def pipeline(make: Make) -> Any:
    """A function of a path."""
    from PIL import Image, ImageOps

    def run(path: str) -> list[bytes]:
        with Image.open(path) as opened:
            image = ImageOps.exif_transpose(opened)
        if image.mode not in ("RGB", "RGBA"):
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, top, left + side, top + side))
        return [encoded(square.resize((size, size), Image.Resampling.LANCZOS)) for size in make.sides(side)]

    def encoded(image: Any) -> bytes:
        file = io.BytesIO()
        (image.convert("RGB") if make.format == "jpg" else image).save(file, make.pillow_format, quality=make.quality)
        return file.getvalue()

    return run
