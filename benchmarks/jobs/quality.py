"""
Is speed bought with quality? SSIM and PSNR of our files, and of those of the naive pipeline, over a set of pictures.

Both are compared to the same reference: the square that naive full-size LANCZOS gives, before it is encoded.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from typing import Any

from ..peers import OURS, Make


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """By format."""
    for format in ("webp",) if options.quick else ("webp", "jpg"):
        yield {"case": format, "format": format, "peers": (OURS,), "runs": 1}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One process per picture; there is no chance in it, so one round is enough."""
    from .. import inputs

    found: list[dict[str, float]] = []
    for picture in inputs.SET:
        found += call("quality", "quality", path=str(inputs.path(picture)), format=case["format"]) or []
    if found:
        yield OURS, summary(found)


def summary(found: list[dict[str, float]]) -> dict[str, float]:
    """Differences to naive: above zero is better than naive."""
    ssim = [one["ssim"] - one["naive_ssim"] for one in found]
    psnr = [one["psnr"] - one["naive_psnr"] for one in found]
    return {
        "SSIM, mean": sum(ssim) / len(ssim),
        "SSIM, worst": min(ssim),
        "PSNR dB, mean": sum(psnr) / len(psnr),
        "PSNR dB, worst": min(psnr),
        "bytes, x naive": sum(one["bytes"] for one in found) / sum(one["naive_bytes"] for one in found),
        "files": float(len(found)),
    }


def measure(*, path: str, format: str) -> list[dict[str, float]]:
    """Each size of one picture."""
    from pathlib import Path

    import numpy
    from PIL import Image, ImageOps

    from django_avatars.conf import Settings
    from django_avatars.imaging.focus import middle
    from django_avatars.imaging.pipeline import Spec, process

    settings, make = Settings(), Make(format=format)
    names = ("sizes", "quality", "input_formats", "max_pixels", "min_size", "background")
    values = {name: getattr(settings, name) for name in names}
    spec = Spec(**values, max_bytes=1 << 30, output_formats=(format,), focus=middle)  # as naive crops
    with Path(path).open("rb") as file:
        ours = process(file, spec).renditions
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    answers = []
    for rendition in ours:
        shape = (rendition.size, rendition.size)
        square = image.resize(shape, Image.Resampling.LANCZOS, (left, top, left + side, top + side))
        naive = io.BytesIO()
        square.save(naive, make.pillow_format, quality=make.quality)
        reference = numpy.asarray(square, "float64")
        decoded = [
            numpy.asarray(Image.open(io.BytesIO(data)).convert("RGB"), "float64")
            for data in (rendition.data, naive.getvalue())
        ]
        answers.append(
            {
                "ssim": ssim(decoded[0], reference),
                "naive_ssim": ssim(decoded[1], reference),
                "psnr": psnr(decoded[0], reference),
                "naive_psnr": psnr(decoded[1], reference),
                "bytes": float(len(rendition.data)),
                "naive_bytes": float(len(naive.getvalue())),
            }
        )
    return answers


def psnr(one: Any, other: Any) -> float:
    """Peak signal to noise, in decibels."""
    import numpy

    return float(10 * numpy.log10(255**2 / max(((one - other) ** 2).mean(), 1e-9)))


def ssim(one: Any, other: Any) -> float:
    """Structural similarity of the luma, with the Gaussian window of 11 pixels of Wang et al. 2004."""
    weights = (0.299, 0.587, 0.114)
    x, y = one @ weights, other @ weights
    mean_x, mean_y = _blurred(x), _blurred(y)
    var_x, var_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    both = _blurred(x * y) - mean_x * mean_y
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_x * mean_y + c1) * (2 * both + c2)
    below = (mean_x**2 + mean_y**2 + c1) * (var_x + var_y + c2)
    return float((above / below).mean())


def _blurred(image: Any) -> Any:
    import numpy

    offsets = numpy.arange(11) - 5
    kernel = numpy.exp(-(offsets**2) / (2 * 1.5**2))
    kernel /= kernel.sum()
    rows = sum(weight * image[at : image.shape[0] - 10 + at] for at, weight in enumerate(kernel))
    return sum(weight * rows[:, at : rows.shape[1] - 10 + at] for at, weight in enumerate(kernel))
