"""What is refused before a decoder is asked: bytes, names, pixels, proportions."""

from __future__ import annotations

import os
import re
from typing import BinaryIO

from .formats import extensions
from .headers.survey import Survey
from .recipe import Recipe
from .refusal import Refusal, readable_bytes, readable_megapixels

MAX_SIDE = 30_000
"""Pixels. A decoder needs a few rows at a time even where it shrinks."""

MAX_RATIO = 20
"""Longer side to shorter side. A square of a narrower strip would show next to nothing of it."""

MAX_WORK = 800_000_000
"""Pixels times scans: 24 megapixels of 33 scans take 0.6 s. Optimisers write at most about fifteen."""


def check_length(source: BinaryIO, recipe: Recipe) -> int:
    """The real number of bytes, counted, whatever the upload's headers said."""
    length = source.seek(0, os.SEEK_END)
    if length == 0:
        raise Refusal("empty")
    if length > recipe.max_bytes:
        raise Refusal("too_large", size=readable_bytes(length), max=readable_bytes(recipe.max_bytes))
    return length


def check_name(name: str | None, accepted: tuple[str, ...]) -> None:
    """
    The last extension of `name` must be one of an accepted format; a name without one passes.

    Windows drops trailing dots and spaces and C stops at NUL, so these make another file of
    ``shell.php.`` and ``shell.php\\0.jpg``: such names are refused.
    """
    _, dot, extension = re.split(r"[/\\]", name or "")[-1].rpartition(".")
    if (dot and extension.lower() not in extensions(accepted)) or "\0" in (name or ""):
        raise Refusal("extension_not_allowed")


def check_survey(survey: Survey, recipe: Recipe) -> None:
    """Pixels, sides, proportions; and the least size that the recipe wants."""
    width, height = survey.width, survey.height
    if min(width, height) < 1:
        raise Refusal("bad_proportions", width=width, height=height)
    limit = int(recipe.max_pixels[survey.limit or survey.format] / survey.weight)
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise Refusal("too_many_pixels", megapixels=readable_megapixels(width * height), max=readable_megapixels(limit))
    if survey.scans > 1 and survey.scans * width * height > MAX_WORK:
        raise Refusal("too_complex")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise Refusal("bad_proportions", width=width, height=height)
    if min(width, height) < recipe.min_size:
        raise Refusal("too_small", width=width, height=height, min=recipe.min_size)
