"""
What an upload of each common device costs: ``python -m benchmarks.devices [WORD]`` prints the table of speed.md.

The pictures are drawn: patches of noise of several scales, side by side, so that a file is about as large as a photo
of the same number of pixels. Each is made and stored in four WebP sizes in a process of its own.
"""

from __future__ import annotations

import io
import multiprocessing
import sys
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from benchmarks.meters import Meter

MAX_BYTES = 10_000_000
"""The default limit, in round numbers."""

ACCEPTED = ("accepted", "accepted by a larger `MAX_BYTES`")

PATCH = 1024
"""Pixels of a side of what is repeated."""

OPTIONS: dict[str, dict[str, Any]] = {
    "progressive": {"quality": 85, "progressive": True},
    "HEIF": {"quality": 50, "enc_params": {"preset": "superfast"}},
    "AVIF": {"quality": 60, "speed": 9},
}
"""Of encoders, by format."""


class Upload(NamedTuple):
    """What a device makes."""

    device: str
    width: int
    height: int
    format: str
    """Pillow's name, or ``progressive``."""


UPLOADS = (
    Upload("iPhone 6s to 14, and SE", 4032, 3024, "JPEG"),
    Upload("iPhone 7 to 14, and SE", 4032, 3024, "HEIF"),
    Upload("iPhone 15 and later, by default", 5712, 4284, "HEIF"),
    Upload("iPhone 15 and later, “most compatible”", 5712, 4284, "JPEG"),
    Upload("iPhone 14 Pro and later, 48 megapixels", 8064, 6048, "JPEG"),
    Upload("iPhone 14 Pro and later, 48 megapixels", 8064, 6048, "HEIF"),
    Upload("front camera of an iPhone 11 to 16", 4032, 3024, "JPEG"),
    Upload("iPhone, screenshot", 1290, 2796, "PNG"),
    Upload("Galaxy, Xiaomi and others, by default", 4000, 3000, "JPEG"),
    Upload("Galaxy, set to high efficiency", 4000, 3000, "HEIF"),
    Upload("Pixel, by default", 4080, 3072, "JPEG"),
    Upload("Pixel 8 Pro and later, 50 megapixels", 8160, 6144, "JPEG"),
    Upload("Galaxy S20 Ultra to S22 Ultra, 108 megapixels", 12000, 9000, "JPEG"),
    Upload("Galaxy S23 Ultra and later, 200 megapixels", 16320, 12240, "JPEG"),
    Upload("camera of 24 megapixels", 6000, 4000, "JPEG"),
    Upload("camera of 24 megapixels, HEIF", 6000, 4000, "HEIF"),
    Upload("camera of 45 megapixels", 8256, 5504, "JPEG"),
    Upload("the same, from an editor", 8256, 5504, "progressive"),
    Upload("camera of 61 megapixels", 9504, 6336, "JPEG"),
    Upload("the same, from an editor", 9504, 6336, "progressive"),
    Upload("medium format of 102 megapixels", 11648, 8736, "JPEG"),
    Upload("photo saved from the web, 16 megapixels", 4608, 3456, "WEBP"),
    Upload("photo saved from the web, 12 megapixels", 4080, 3072, "WEBP"),
    Upload("photo saved from the web, 24 megapixels", 5712, 4284, "AVIF"),
    Upload("photo of 24 megapixels, exported", 6016, 4016, "PNG"),
    Upload("screenshot of 4K", 3840, 2160, "PNG"),
    Upload("screenshot of 6K", 6016, 3384, "PNG"),
)


def draw(width: int, height: int) -> Any:
    """A picture with detail at several scales."""
    from PIL import Image, ImageChops

    patch = Image.new("RGB", (PATCH, PATCH), "gray")
    for size, strength in ((8, 60), (32, 30), (128, 15), (512, 6), (PATCH, 3)):
        channels = [Image.effect_noise((size, size), strength).resize((PATCH, PATCH)) for _ in range(3)]
        patch = ImageChops.add(patch, Image.merge("RGB", channels), offset=-128)
    picture = Image.new("RGB", (width, height))
    for left in range(0, width, PATCH):
        for top in range(0, height, PATCH):
            picture.paste(patch, (left, top))
    return picture


def encode(upload: Upload) -> bytes:
    """The file."""
    if upload.format == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    file = io.BytesIO()
    options = OPTIONS.get(upload.format, {"quality": 85})
    format = "JPEG" if upload.format == "progressive" else upload.format
    draw(upload.width, upload.height).save(file, format, **options)
    return file.getvalue()


def measure(file: bytes, small: bytes, told: Connection) -> None:
    """Send the code of the refusal of `file`, or "", and what it took: seconds of CPU and bytes of memory."""
    from django_avatars.conf import INPUT_FORMATS
    from django_avatars.imaging.pipeline import Rejected, process
    from tests.imaging.making import spec

    with_all = spec(input_formats=INPUT_FORMATS, max_bytes=1 << 30)
    process(io.BytesIO(small), with_all)  # loads the decoder
    code = ""
    with Meter() as meter:
        try:
            process(io.BytesIO(file), with_all)
        except Rejected as rejected:
            code = rejected.code
    told.send((code, meter.cpu, meter.memory))


def line(upload: Upload) -> str:
    """A row of the table."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    file, small = encode(upload), encode(upload._replace(width=96, height=96))
    child = context.Process(target=measure, args=(file, small, theirs))
    child.start()
    theirs.close()
    code, cpu, memory = ours.recv()
    child.join()
    format = {"HEIF": "HEIC", "progressive": "progressive JPEG", "WEBP": "WebP"}.get(upload.format, upload.format)
    cost = " | |" if code else f" | {cpu:.2f} s | {memory / 2**20:.0f} MB"
    result = f"`{code}`" if code else ACCEPTED[len(file) > MAX_BYTES]
    size = f"{upload.width} × {upload.height} | {format} | {len(file) / 1e6:.1f} MB"
    return f"| {upload.device} | {size}{cost} | {result} |"


def main(word: str = "") -> None:
    """Measure each upload whose device or format has `word`."""
    for upload in UPLOADS:
        if word in f"{upload.device} {upload.format}":
            print(line(upload), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
