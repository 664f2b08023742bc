"""The door: an upload goes in, square renditions or a `Rejected` come out. Read `process` from top to bottom."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from PIL import Image

from . import budget, color, encode, focus, limits, sniff
from .animation import playing
from .budget import Exhausted
from .decode import cleared, held, load, open_image, shrinking
from .focus import Point
from .formats import available, format_names
from .geometry import Square, square_of
from .headers.header import Header
from .readers import read_header
from .rejected import Rejected, refusal
from .spec import Crop, Picture, Rendition, Spec
from .square import crop_to, thumbnail, transpose

__all__ = [
    "Crop",
    "Exhausted",
    "Picture",
    "Rejected",
    "Rendition",
    "Spec",
    "find_center",
    "process",
]


SOURCE_QUALITY = 90
"""Encoder quality of the kept source, which is encoded again with each new crop."""


def process(source: BinaryIO, spec: Spec, *, name: str | None = None, crop: Crop | None = None) -> Picture:
    """
    Make the renditions of one picture.

    Args:
        source: A seekable binary file. Read in place, not closed, left at any position.
        spec: What is accepted and what is made of it.
        name: The file's name as the client gave it; refused only where its ending is dangerous.
        crop: The square to take; without it the largest, about the point that the spec's `focus` finds.

    Returns:
        Upright sRGB squares without metadata. The largest has the largest of the spec's sizes,
        or the side of the square in the file if that is smaller; nothing is scaled up.

    Raises:
        Rejected: The file cannot be used.
        Exhausted: Others use the memory that the spec allows. No other exception leaves, whatever the bytes are.
    """
    with _refusals(spec):
        decoded = decode(source, spec, name, crop)
        kept = decoded.kept
        encoded = encode.encode(kept, "webp", {"webp": SOURCE_QUALITY}) if kept else None
        animation = playing.animate(source, decoded.found, decoded.where, spec) if spec.motion else None
    return Picture(tuple(renditions(decoded.square, spec)), encoded, animation, upload_format=decoded.found.format)


def find_center(source: BinaryIO, spec: Spec) -> Point:
    """
    The center of the square that `process` crops, in fractions of width and height.

    The picture must not have an EXIF orientation. Raises as `process` does.
    """
    with _refusals(spec):
        decoded = decode(source, spec, None, None)
    left, top, right, bottom = decoded.where.box
    return (left + right) / 2 / decoded.found.width, (top + bottom) / 2 / decoded.found.height


@contextlib.contextmanager
def _refusals(spec: Spec) -> Iterator[None]:
    """Turn whatever an unusable file raises in this block into a `Rejected` that names the accepted formats."""
    try:
        yield
    except Rejected as rejected:
        rejected.params["formats"] = format_names(available(spec.input_formats))
        raise
    except Exhausted:
        raise
    except Exception as exc:
        # Decoders of damaged files raise OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError,
        # OverflowError, MemoryError and more, and none of it is the visitor's business.
        traceback.clear_frames(exc.__traceback__)  # they hold the pixels, for as long as somebody holds the error
        raise refusal(exc) from exc


class Decoded(NamedTuple):
    """The result of `decode`."""

    square: Image.Image
    """The pixels of the largest rendition."""
    kept: Image.Image | None
    """The pixels of the kept source, None if none is kept."""
    found: Header
    where: Square
    """Which part of the picture the square is."""


def decode(source: BinaryIO, spec: Spec, name: str | None, crop: Crop | None) -> Decoded:
    """Check the file, and decode it once, to the largest rendition and, if one is kept, the source."""
    length = limits.check_length(source, spec)
    source.seek(0)
    format = sniff.identify(source.read(sniff.HEAD), available(spec.input_formats))
    limits.check_name(name)
    declared = read_header(format, source, length)
    limits.check_header(declared, spec)

    image, found = open_image(declared)
    if (found.width, found.height) != (declared.width, declared.height):
        limits.check_header(found, spec)
    where = square_of(found, crop, min_side=spec.min_size)
    wanted = [(where.side, max(spec.sizes))]
    if spec.source_edge:
        wanted.append((max(found.width, found.height), spec.source_edge))
    shrink, to_srgb = shrinking(found, wanted), color.Conversion(found)
    with budget.of_process.taking(held(found, shrink), of=spec.memory):
        pixels = cleared(load(image, found, shrink), found)
        if crop is None and spec.focus is not focus.upper_third and found.width != found.height:
            seen = to_srgb(upright(pixels, found, focus.EDGE))
            seen = color.on_background(seen, spec.background or "#ffffff").convert("RGB")
            where = square_of(found, crop, min_side=spec.min_size, focus=focus.ask(spec.focus, seen))
        scale = 1 / shrink

        size = max(min(max(spec.sizes), int(where.side * scale)), 1)
        left, top, right, bottom = (edge * scale for edge in where.box)
        box = left, top, min(right, pixels.width), min(bottom, pixels.height)  # half of an odd side is rounded down
        square = to_srgb(transpose(crop_to(pixels, box, size), where.turns))
        kept = to_srgb(upright(pixels, found, spec.source_edge)) if spec.source_edge else None
        square = color.on_background(square, spec.background) if spec.background else square
        del image, pixels  # whoever waits for this memory takes it as soon as the block ends
        return Decoded(square, kept, found, where)


def upright(image: Image.Image, found: Header, edge: int) -> Image.Image:
    """All of a picture, upright, its longer side of at most `edge` pixels."""
    return transpose(thumbnail(image, edge), (found.orientation,))


def renditions(square: Image.Image, spec: Spec) -> list[Rendition]:
    """The square and the declared sizes below it, each in every format."""
    smaller = tuple(size for size in sorted(set(spec.sizes), reverse=True) if size < square.width)
    return [
        Rendition(image.width, format, encode.encode(image, format, spec.quality))
        for image in encode.shrink(square, smaller)
        for format in spec.output_formats
    ]
