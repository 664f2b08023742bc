"""
Recognizing a picture that was taken down: at another size, in another format or quality, or mirrored.

A difference hash, as Neal Krawetz described it ("Kind of Like That", 2013), of rows and of columns, as Ben Hoyt's dhash
has it. It is no proof: some pictures look alike. So it makes a picture wait for a person, and never refuses one.
"""

from __future__ import annotations

import io
from itertools import pairwise
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Sequence

SIDE = 9
"""Pixels of a row or column that are compared with their neighbors; of the last line only the steps count."""

TURNS, STEPS, STEP = 40, 24, 3
"""
What a picture must have to be told from others: so many of 224 neighboring bits that differ, and so many of 144 steps
of so many levels. Flat pictures and plain gradients have less.
"""


def both(data: bytes) -> tuple[int | None, int | None]:
    """The fingerprints of a file of ours: of the picture as it is, and as a mirror shows it."""
    with Image.open(io.BytesIO(data)) as image:
        return fingerprint(image), fingerprint(ImageOps.mirror(image))


def fingerprint(image: Image.Image) -> int | None:
    """128 bits that are much alike for much the same picture; None for one without anything to recognize."""
    small = _flat(image).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    levels = list(small.tobytes())
    rows = [levels[start : start + SIDE] for start in range(0, len(levels), SIDE)]
    columns = list(zip(*rows, strict=True))
    steps = [after - before for line in (*rows, *columns) for before, after in pairwise(line)]
    grids = [[[after > before for before, after in pairwise(line)] for line in lines[:-1]] for lines in (rows, columns)]
    if sum(abs(step) >= STEP for step in steps) < STEPS or sum(map(_turns, grids)) < TURNS:
        return None
    return int("".join(str(int(bit)) for grid in grids for line in grid for bit in line), 2)


def _flat(image: Image.Image) -> Image.Image:
    """Gray, with white where it was transparent."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("L")
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("L")


def _turns(grid: Sequence[Sequence[bool]]) -> int:
    """How many neighbors in a grid of bits differ."""
    lines = [*grid, *zip(*grid, strict=True)]
    return sum(before != after for line in lines for before, after in pairwise(line))
