"""The door: an upload goes in, square renditions or a `Refusal` come out. Read `process` from top to bottom."""

from __future__ import annotations

from typing import BinaryIO

from PIL import Image

from . import colour, encode, limits, sniff
from .decode import load, open_image, refusing
from .formats import available, format_names
from .geometry import square_of
from .headers import survey
from .headers.survey import Survey
from .recipe import Crop, Picture, Recipe, Rendition
from .refusal import Refusal
from .square import cut, fit, turn

__all__ = [
    "Crop",
    "Picture",
    "Recipe",
    "Refusal",
    "Rendition",
    "process",
]


SOURCE_QUALITY = 90
"""Of the kept source, which is encoded again with each new crop."""


def process(source: BinaryIO, recipe: Recipe, *, name: str | None = None, crop: Crop | None = None) -> Picture:
    """
    Make the renditions of one picture.

    Args:
        source: A seekable binary file. Read in place, not closed, left at any position.
        recipe: What is accepted and what is made of it.
        name: The file's name as the client gave it; only its last extension is looked at.
        crop: The square to take; the largest in the middle without it.

    Returns:
        Upright sRGB squares without metadata. The largest has the largest of the recipe's sizes,
        or the side of the square in the file if that is smaller; nothing is scaled up.

    Raises:
        Refusal: The file cannot be used. No other exception leaves, whatever the bytes are.
    """
    accepted = available(recipe.input_formats)
    with refusing(formats=format_names(accepted)):
        square, kept = decode(source, recipe, accepted, name, crop)
        encoded = encode.encode(kept, "webp", {"webp": SOURCE_QUALITY}) if kept else None
    return Picture(tuple(renditions(square, recipe)), encoded)


def decode(
    source: BinaryIO, recipe: Recipe, accepted: tuple[str, ...], name: str | None, crop: Crop | None
) -> tuple[Image.Image, Image.Image | None]:
    """Everything up to the pixels of the largest rendition, and of the source if one is kept. Decodes once."""
    length = limits.check_length(source, recipe)
    source.seek(0)
    format = sniff.identify(source.read(sniff.HEAD), accepted)
    limits.check_name(name, accepted)
    found = survey(format, source, length)
    limits.check_survey(found, recipe)

    image, found = open_image(found)
    limits.check_survey(found, recipe)
    where = square_of(found, crop, min_side=recipe.min_size)
    wanted = [(where.side, max(recipe.sizes))]
    if recipe.source_edge:
        wanted.append((max(found.width, found.height), recipe.source_edge))
    scale = load(image, found, wanted)

    size = max(min(max(recipe.sizes), int(where.side * scale)), 1)
    left, top, right, bottom = (edge * scale for edge in where.box)
    square = turn(cut(image, (left, top, right, bottom), size), where.turns)
    square = colour.srgb(square, found.icc)
    kept = whole(image, found, recipe.source_edge) if recipe.source_edge else None
    return colour.on_background(square, recipe.background) if recipe.background else square, kept


def whole(image: Image.Image, found: Survey, edge: int) -> Image.Image:
    """All of a picture, upright, its longer side of at most `edge` pixels."""
    return colour.srgb(turn(fit(image, edge), (found.orientation,)), found.icc)


def renditions(square: Image.Image, recipe: Recipe) -> list[Rendition]:
    """The square and the declared sizes below it, each in every format."""
    smaller = tuple(size for size in sorted(set(recipe.sizes), reverse=True) if size < square.width)
    return [
        Rendition(image.width, format, encode.encode(image, format, recipe.quality))
        for image in encode.shrink(square, smaller)
        for format in recipe.output_formats
    ]
