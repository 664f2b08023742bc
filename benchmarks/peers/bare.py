"""
The limit with Pillow: decode at the best scale, encode squares that exist already, with our encoder settings.

No pipeline can be faster: nothing is cut, shrunk, checked or stored.
"""

from __future__ import annotations

import io
from typing import Any

from . import Make

REQUIREMENTS: list[str] = []
OPTIONS: dict[str, dict[str, Any]] = {
    "webp": {"quality": 81, "method": 2},
    "jpg": {"quality": 85, "optimize": True},
    "avif": {"speed": 9},
}


def pipeline(make: Make) -> Any:
    """A function of a path. The squares are real pixels of the photo: an empty one would be encoded in no time."""
    from PIL import Image

    squares: dict[str, list[Any]] = {}

    def prepare(path: str) -> None:
        """Outside of the measurement."""
        with Image.open(path) as opened:
            opened.draft("RGB", (int(1.45 * make.sizes[0]),) * 2)
            opened.load()
            alpha = opened.mode in ("RGBA", "LA") and make.format != "jpg"
            image = opened.convert("RGBA" if alpha else "RGB")
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        box = (left, top, left + side, top + side)
        squares[path] = [image.resize((size, size), Image.Resampling.BICUBIC, box) for size in make.sides(side)]
        for square in squares[path]:
            square.info = {}

    def run(path: str) -> list[bytes]:
        with Image.open(path) as opened:
            opened.draft("RGB", (int(1.45 * make.sizes[0]),) * 2)
            opened.load()
        return [encoded(square) for square in squares[path]]

    def encoded(image: Any) -> bytes:
        file = io.BytesIO()
        options = OPTIONS[make.format]
        if make.format == "webp" and image.width <= 64:
            options = {**options, "quality": 82}
        image.save(file, make.pillow_format, **options)
        return file.getvalue()

    run.prepare = prepare
    return run
