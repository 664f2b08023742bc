"""
Is what the header promises enough? ``python -m benchmarks.survey``, with Pillow, NumPy and the extras installed.

For the largest accepted file of each kind, flat and full of noise: the bytes that `MEMORY` counts for it, what the
process really takes at its peak, and CPU seconds. Each in a process of its own; the file is not counted.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from django_avatars.conf import MAX_PIXELS
from django_avatars.imaging import decode, halving, limits, pipeline
from django_avatars.imaging.budget import of_process
from django_avatars.imaging.formats import available
from django_avatars.imaging.spec import Spec

from .meters import Meter

MAX_BYTES = 10 * 1024**2
FORMATS = available(("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "HEIC"))
SPEC = Spec(
    sizes=(512, 256, 128, 64),
    output_formats=("webp",),
    quality={"webp": 81},
    input_formats=FORMATS,
    max_bytes=MAX_BYTES,
    max_pixels=MAX_PIXELS,
    min_size=16,
    background=None,
)


def kinds() -> Iterator[tuple[str, str, int, str, dict[str, Any]]]:
    """Name, format, megapixels, mode of the pixels, and options of the encoder."""
    smooth = {"subsampling": 0}
    for mode in ("L", "RGB", "CMYK"):
        yield f"JPEG {mode}", "JPEG", 200, mode, {"quality": 30}
        yield f"JPEG {mode}, progressive", "JPEG", 12 if mode == "CMYK" else 24, mode, {"progressive": True, **smooth}
    yield "JPEG, progressive, 4:2:0", "JPEG", 49, "RGB", {"progressive": True, "quality": 30}
    yield "JPEG, restarts everywhere", "JPEG", 60, "RGB", {"restart_marker_blocks": 1, "quality": 20}
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA", "I;16"):
        yield f"PNG {mode}", "PNG", 26, mode, {"compress_level": 1}
    for mode in ("P", "L"):
        yield f"GIF {mode}", "GIF", 16, mode, {}
    yield "BMP P", "BMP", 10, "P", {}
    for mode in ("RGB", "RGBA"):
        yield f"WebP {mode}", "WEBP", 16, mode, {"method": 0, "quality": 60}
        yield f"WebP {mode}, lossless", "WEBP", 16, mode, {"method": 0, "lossless": True, "quality": 0}
        yield f"AVIF {mode}", "AVIF", 24, mode, {"speed": 10, "quality": 50}
        yield f"HEIF {mode}", "HEIF", 24, mode, {"quality": 40}
    yield "AVIF, 4:4:4", "AVIF", 24, "RGB", {"speed": 10, "quality": 40, "subsampling": "4:4:4"}


def file_of(format: str, megapixels: int, mode: str, noise: float, options: dict[str, Any]) -> bytes:
    """A picture of that many megapixels, noise on that share of its rows; with less noise, if it is too large."""
    width, height = 4 * int((megapixels / 12) ** 0.5 * 1000), 3 * int((megapixels / 12) ** 0.5 * 1000)
    image = Image.new("RGB", (width, height), "#8090a0")
    rows = int(height * noise)
    if rows:
        tile = Image.merge("RGB", [Image.effect_noise((1024, 1024), 60) for _ in range(3)])
        for left in range(0, width, 1024):
            for top in range(0, rows, 1024):
                image.paste(tile.crop((0, 0, 1024, min(1024, rows - top))), (left, top))
    image = image.convert("L").convert(mode) if mode == "I;16" else image.convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    file = io.BytesIO()
    image.save(file, format, **options)
    if file.tell() > MAX_BYTES:
        if noise < 0.01:
            return b""
        return file_of(format, megapixels, mode, noise * min(0.9 * MAX_BYTES / file.tell(), 0.7), options)
    return file.getvalue()


def apart(work: Callable[[], str]) -> str:
    """What `work` answers, in a process of its own."""
    end, start = os.pipe()
    child = os.fork()
    if not child:
        os.write(start, work().encode())
        os._exit(0)
    os.close(start)
    with os.fdopen(end, "rb") as told:
        answer = told.read().decode()
    os.waitpid(child, 0)
    return answer


def write(path: Path, *arguments: Any) -> str:
    """Make the file: apart, so that no memory of it is left when it is measured."""
    path.write_bytes(file_of(*arguments))
    return ""


def survey(path: Path) -> str:
    """What is promised and what is taken by one file."""
    data = path.read_bytes()
    if not data:
        return "too many bytes"
    promised: list[int] = []
    taking = of_process.taking

    def seen(wanted: int, *, of: int) -> Any:
        promised.append(wanted)
        return taking(wanted, of=of)

    of_process.taking = seen  # type: ignore[method-assign]
    code = ""
    with Meter() as meter:
        try:
            pipeline.process(io.BytesIO(data), SPEC)
        except pipeline.Rejected as rejected:
            code = rejected.code
    said, taken = max(promised, default=0) / 1e6, meter.memory / 1e6
    more = taken - said - len(data) / 1e6
    verdict = "MORE THAN SAID" if more > SLACK else ""
    verdict += " OVER 200 MB" if taken > limits.MAX_MEMORY / 1e6 + SLACK else ""
    verdict += " SLOW" if meter.cpu > 1.5 else ""
    return f"{len(data) / 1e6:6.1f} MB  said {said:5.0f}  took {taken:5.0f} MB  {meter.cpu:5.2f} s  {code}{verdict}"


SLACK = 12.0
"""Megabytes for the renditions, their encoder and what is loaded at first use."""


def main() -> None:
    """Print a line for each kind, flat and noisy."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    for module, _ in decode.DECODERS.values():
        __import__(module)
    halving.opencv()
    wanted = " ".join(sys.argv[1:])
    for name, format, megapixels, mode, options in kinds():
        if wanted not in name:
            continue
        for noise in (0.0, 0.3):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "file"
                apart(partial(write, path, format, megapixels, mode, noise, options))
                told = apart(partial(survey, path))
            print(f"{name:28} {megapixels:4} MP {'noise' if noise else 'flat':6} {told}", flush=True)


if __name__ == "__main__":
    main()
