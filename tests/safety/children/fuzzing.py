"""
Coverage-guided fuzzing of imaging, by hand: ``python -m tests.safety.children.fuzzing [libFuzzer's options] [CORPUS]``.

Needs atheris beside Pillow, nothing else, and runs until it is stopped, or as long as ``-max_total_time=SECONDS``
says. An input that is neither a picture nor refused, or that takes longer than a second, ends it and is kept.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # whoever fuzzes installs it

with atheris.instrument_imports(include=["django_avatars.imaging"]):
    from django_avatars.imaging.pipeline import Crop, Recipe, Refusal, process

from tests import pictures

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
RECIPE = Recipe(
    sizes=(32, 16),
    output_formats=("webp",),
    quality={"webp": 82},
    input_formats=FORMATS,
    max_bytes=1_000_000,
    max_pixels=dict.fromkeys((*FORMATS, "JPEG_PROGRESSIVE"), 1_000_000),
    min_size=1,
    background="#ffffff",
)
SECONDS = 1.0


def one(data: bytes) -> None:
    """One input: its first byte chooses the crop."""
    crop = Crop(90 * (data[0] % 4), data[0] / 256, 0.5, 0.5) if data and data[0] % 2 else None
    start = time.process_time()
    with contextlib.suppress(Refusal):
        process(io.BytesIO(data[1:]), RECIPE, crop=crop)
    took = time.process_time() - start
    if took > SECONDS:
        raise TimeoutError(f"{took:.1f} s")


def seeds() -> Path:
    """What fuzzing begins with: one small file of each kind."""
    folder = Path(tempfile.mkdtemp())
    files = [pictures.photo(24, 16, format=format, orientation=6) for format in ("JPEG", "PNG", "WEBP", "AVIF")]
    files += [pictures.photo(24, 16, format=format) for format in ("GIF", "BMP")]
    files += [pictures.photo(24, 16, progressive=True, icc=pictures.display_p3(), gps=True)]
    files += [pictures.animation(format) for format in ("GIF", "WEBP", "PNG")]
    files += [pictures.grey16(), pictures.palette_with_transparency(), pictures.adobe_cmyk()]
    for number, data in enumerate(files):
        (folder / str(number)).write_bytes(b"\0" + data)
    return folder


if __name__ == "__main__":
    atheris.Setup([*sys.argv, str(seeds())], one)
    atheris.Fuzz()
