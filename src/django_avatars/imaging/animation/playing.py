"""Making an animated WebP of frames, which are drawn as in browsers, and cropped and converted as the still picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

import PIL.WebPImagePlugin  # noqa: F401 - the encoder announces itself
from PIL import Image

from .. import budget, color, limits
from ..budget import Exhausted
from ..decode import load, open_image
from ..geometry import Square
from ..headers.header import PIXEL, Header
from ..spec import Motion, Spec
from ..square import crop_to, transpose
from . import gif, png, webp
from .film import Film, Frame

READERS: dict[str, Callable[[BinaryIO, Header, Film], None]] = {
    "GIF": gif.read,
    "PNG": png.read,
    "WEBP": webp.read,
}

EDGE = 192
"""Side in pixels: for 96 CSS pixels on dense screens. With 256, time and bytes are a third more (measured)."""

METHOD = 2
"""As for still pictures: a third more time than 0 takes, for a fifth fewer bytes (measured)."""

IS_ANIMATED, FLAGS = 0x02, 20
"""The flag of an animated WebP, and the offset of its byte."""

HAS_ALPHA = 0x10
"""In the same byte: some frame is transparent somewhere."""

COPIES = 4
"""Canvases held at once: it, what was there before, the frame as it is drawn, and a band of it in another mode."""

CLEAR = (0, 0, 0, 0)


def animate(source: BinaryIO, found: Header, where: Square, spec: Spec) -> bytes | None:
    """
    The animation in `source` as a WebP file, of the square that the still picture shows.

    None where there is none, where it passes a limit, and where it is damaged: the still picture is there anyway.
    Raises `Exhausted`.
    """
    assert spec.motion is not None  # or nobody asks
    try:
        film = Film(found.width, found.height, spec.motion)
        if found.format in READERS:
            READERS[found.format](source, found, film)
        return _played(film, found, where, spec) if len(film.frames) > 1 else None
    except Exhausted:
        raise
    except Exception:  # as in `pipeline.process`: decoders of damaged files raise anything
        return None


def _played(film: Film, found: Header, where: Square, spec: Spec) -> bytes | None:
    size = max(min(EDGE, max(spec.sizes), int(where.side)), 1)
    needed = held(film, size)
    if needed > limits.MAX_MEMORY:
        return None
    with budget.of_process.taking(needed, of=spec.memory):
        to_srgb = color.Conversion(found)
        squares = [_finished(canvas, where, size, to_srgb, spec.background) for canvas in drawn(film)]
        made = encoded(squares, film, spec)
    return made if made[FLAGS] & IS_ANIMATED else None  # where all frames are the same, there is one


def held(film: Film, size: int) -> int:
    """The bytes of memory that drawing and encoding need."""
    width, height = film.size
    frames = (one.header.width * one.header.height * (one.header.held + 2 * PIXEL) for one in film.frames)
    return int(width * height * PIXEL * COPIES + max(frames) + len(film.frames) * size**2 * PIXEL * 2)


def drawn(film: Film) -> Iterator[Image.Image]:
    """Yield the canvas with each frame drawn on it. It is the same object every time."""
    canvas = Image.new("RGBA", film.size)
    for frame in film.frames:
        right, bottom = frame.left + frame.header.width, frame.top + frame.header.height
        place = frame.left, frame.top, min(right, film.size[0]), min(bottom, film.size[1])
        before = canvas.crop(place) if frame.then == "reverts" else None
        _draw(canvas, frame)
        yield canvas
        if frame.then == "clears":
            canvas.paste(CLEAR, place)
        elif before:
            canvas.paste(before, place)


def _draw(canvas: Image.Image, frame: Frame) -> None:
    image = load(*open_image(frame.header), 1)
    pixels = color.plain(image) if color.is_deep(image) else image
    if frame.replaces or not pixels.has_transparency_data:
        canvas.paste(pixels.convert("RGBA"), (frame.left, frame.top))
    else:
        canvas.alpha_composite(pixels.convert("RGBA"), (frame.left, frame.top))


def _finished(
    canvas: Image.Image, where: Square, size: int, to_srgb: Callable[[Image.Image], Image.Image], background: str | None
) -> Image.Image:
    square = to_srgb(transpose(crop_to(canvas, where.box, size), where.turns))
    return color.on_background(square, background) if background else square


def encoded(squares: list[Image.Image], film: Film, spec: Spec) -> bytes:
    """
    Encode the frames as one WebP file, without metadata.

    The encoder does not say that there is alpha where only clearing a part of a frame makes it.
    """
    motion: Motion = spec.motion  # type: ignore[assignment]
    plays = film.plays if motion.loops is None else min(film.plays or motion.loops, motion.loops)
    output = io.BytesIO()
    first, *others = squares
    first.info = {}
    first.save(
        output,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=[frame.duration for frame in film.frames],
        loop=min(plays, 0xFFFF),
        quality=spec.quality["webp"],
        method=METHOD,
    )
    made = bytearray(output.getvalue())
    if any(square.mode == "RGBA" and square.getchannel("A").getextrema() != (255, 255) for square in squares):
        made[FLAGS] |= HAS_ALPHA
    return bytes(made)
