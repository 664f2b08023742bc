"""
Coverage-guided fuzzing of imaging for ten seconds: ``tox run -e fuzz``; ``-- --seconds 3600`` for an hour.

Begins with a small file of each kind. An input that is neither a picture nor refused, or that takes longer or more
memory than any file may, ends it, and is kept in the folder that is printed; ``--once FILE`` tries that one again.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

import atheris  # type: ignore[import-not-found,import-untyped,unused-ignore]  # of the dependency group `fuzz`

with atheris.instrument_imports(include=["django_avatars.imaging"]):
    from django_avatars.imaging.pipeline import Crop, Rejected, Spec, process

from tests import pictures
from tests.safety.children.meters import peak_from_here

SECONDS = 1.5
"""CPU time of one input."""

MEGABYTES = 200
"""That the peak of memory may grow by for one input."""

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
LIMITS = {"JPEG": 202, "JPEG_PROGRESSIVE": 50, "PNG": 26.5, "WEBP": 16.5, "GIF": 16, "BMP": 16, "AVIF": 25}
"""Megapixels, as `AVATARS` has them."""

RECIPE = Spec(
    sizes=(32, 16),
    output_formats=("webp",),
    quality={"webp": 82},
    input_formats=FORMATS,
    max_bytes=1_000_000,
    max_pixels={name: int(limit * 1_000_000) for name, limit in LIMITS.items()},
    min_size=1,
    background="#ffffff",
)


class TooCostly(Exception):
    """An input that holds a worker, or its memory."""


def one(data: bytes) -> None:
    """One input: its first byte chooses the crop. A machine that stalls makes one look costly, hardly three times."""
    crop = Crop(90 * (data[0] // 2 % 4), data[0] / 256, 0.5, 0.5) if data and data[0] % 2 else None
    for _ in range(3):
        seconds, megabytes = cost(data[1:], crop)
        if megabytes > MEGABYTES:  # at once: what the system has given is not asked for a second time
            break
        if seconds <= SECONDS:
            return
    raise TooCostly(f"{seconds:.1f} s, {megabytes} MB")


def cost(data: bytes, crop: Crop | None) -> tuple[float, int]:
    """CPU seconds and megabytes that a file takes."""
    grown, start = peak_from_here(), time.process_time()
    with contextlib.suppress(Rejected):
        process(io.BytesIO(data), RECIPE, crop=crop)
    return time.process_time() - start, grown()


def seeds(folder: Path) -> None:
    """What fuzzing begins with: one small file of each kind, for each with the middle and with a crop."""
    files = [pictures.photo(24, 16, format=format, orientation=6) for format in ("JPEG", "PNG", "WEBP", "AVIF")]
    files += [pictures.photo(24, 16, format=format) for format in ("GIF", "BMP")]
    files += [pictures.photo(24, 16, progressive=True, icc=pictures.display_p3(), gps=True)]
    files += [pictures.photo(24, 16, format=format, icc=pictures.program_profile(4)) for format in ("PNG", "WEBP")]
    files += [pictures.photo(24, 16, format="WEBP", lossless=True)]
    files += [pictures.animation(format) for format in ("GIF", "WEBP", "PNG")]
    files += [pictures.many_pixels(24, 16, depth=16, interlaced=True)]
    files += [pictures.grey16(), pictures.palette_with_transparency(), pictures.adobe_cmyk(), pictures.mpo()]
    for number, data in enumerate(files):
        for first in (0, 131):
            (folder / f"{number}-{first}").write_bytes(bytes([first]) + data)


def main() -> None:
    """Fuzz for as long as is asked for. Ends with the number of inputs, or with the one that broke something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="how long to go on")
    parser.add_argument("--once", type=Path, help="an input to try again")
    given = parser.parse_args()
    if given.once:
        one(given.once.read_bytes())
        return
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    corpus = folder / "corpus"
    corpus.mkdir()
    seeds(corpus)
    sys.stdout.write(f"Fuzzing for {given.seconds} s; what breaks something is kept in {folder}.\n")
    sys.stdout.flush()
    options = [
        f"-max_total_time={given.seconds}",
        f"-artifact_prefix={folder}/",
        "-max_len=65536",
        "-timeout=10",  # seconds by the clock, where an input never ends
        "-rss_limit_mb=0",  # we look at each input ourselves
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
