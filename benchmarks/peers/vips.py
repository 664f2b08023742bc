"""The limit of another library: libvips shrinks while it decodes, encodes WebP at effort 2. No Django, no checks."""

from __future__ import annotations

from typing import Any

from . import Make

REQUIREMENTS = ["pyvips-binary", "pyvips"]


def pipeline(make: Make) -> Any:
    """A function of a path."""
    import pyvips

    pyvips.cache_set_max(0)  # or a file that is asked for again is not decoded again
    options = {"webp": {"Q": 80, "effort": 2}, "jpg": {"Q": 85, "optimize_coding": True}, "avif": {"Q": 75}}[
        make.format
    ]

    def run(path: str) -> list[bytes]:
        largest = make.sizes[0]
        square = pyvips.Image.thumbnail(path, largest, height=largest, crop="centre", size="down").copy_memory()
        made = [square.thumbnail_image(size) if size < largest else square for size in make.sizes]
        return [image.write_to_buffer(f".{make.format}", keep="none", **options) for image in made]

    return run
