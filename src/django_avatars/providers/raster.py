"""
The pictures of `drawing` and `identicon` as pixels, for where SVG cannot serve: e-mail, link previews, old clients.

Imports Pillow, so it is itself only imported where a picture is asked for.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from typing import IO, Any

from PIL import Image, ImageChops, ImageDraw

from . import drawing, fonts
from .identicons import BOX, CELL, MARGIN

FORMATS: Mapping[str, Mapping[str, Any]] = {
    "png": {"optimize": True},
    "webp": {"lossless": True, "quality": 80, "method": 4},
}
"""What `draw` can write, with the encoder's options. Flat colors are smaller without loss than with it."""

WIDEST = 0.8
"""The most of the picture's side that letters take; wider ones are set smaller."""

STROKE = 0.15
"""Pixels that letters are made bolder by on each side: nothing in a large picture, legibility in a small one."""

LARGEST = 1024
"""The most pixels a picture is drawn with on each side; who asks for more gets this one."""


def draw(text: str, color: str, size: int, *, format: str, named: tuple[str, ...] = ()) -> bytes:
    """
    `text` in white on `color` ("#rrggbb"), `size` by `size` pixels, as a file without metadata.

    A person is drawn where `text` is "" or no font has it; an accent that is missing is left out. `format` is a key
    of `FORMATS`. `named` are paths, or file names, of TrueType or OpenType fonts that come before those that the
    system has: see `fonts.lettering`. At most `LARGEST` pixels.

    Raises `ValueError` for another format and `OSError` for a font that cannot be opened.
    """
    return _encoded(_mask(text, min(size, LARGEST), named), color, format)


def draw_cells(cells: Collection[tuple[int, int]], color: str, size: int, *, format: str) -> bytes:
    """The identicon of `cells` in white on `color`, otherwise as `draw`. Raises `ValueError` for another format."""
    size = min(size, LARGEST)
    mask = Image.new("L", (size * 4, size * 4))
    pen = ImageDraw.Draw(mask)
    unit = mask.width / BOX
    for column, row in cells:
        x, y = (unit * (MARGIN + CELL * place) for place in (column, row))
        end = unit * CELL - 1  # Pillow draws the last pixel too
        pen.rectangle((x, y, x + end, y + end), fill=255)
    return _encoded(mask.reduce(4), color, format)


def converted(file: IO[bytes], size: int, *, format: str, is_round: bool) -> bytes:
    """
    A picture of ours as a file in `format`, a key of `FORMATS`, at most `size` pixels wide; round where it shall be.

    Outside the circle it is transparent. Raises `ValueError` for another format, and what Pillow does for no picture.
    """
    _require(format)
    with Image.open(file, formats=("WEBP", "AVIF", "JPEG", "PNG")) as opened:
        picture = opened.convert("RGBA" if is_round or opened.has_transparency_data else "RGB")
    picture.thumbnail((size, size))
    if is_round:
        picture.putalpha(ImageChops.multiply(picture.getchannel("A"), _disc(picture.width)))
    buffer = io.BytesIO()
    picture.save(buffer, format, **({"optimize": True} if format == "png" else {"quality": 85, "method": 4}))
    return buffer.getvalue()


def _disc(side: int) -> Image.Image:
    mask = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(mask).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    return mask.reduce(4)


def _require(format: str) -> None:
    if format not in FORMATS:
        raise ValueError(f"Unsupported format {format!r}, must be one of: {', '.join(FORMATS)}")


def _encoded(picture: Image.Image, color: str, format: str) -> bytes:
    """A picture whose grey is the place between `color` and white, as a file."""
    _require(format)
    picture.putpalette(_ramp(color))
    buffer = io.BytesIO()
    picture.save(buffer, format, **FORMATS[format])
    return buffer.getvalue()


def _mask(text: str, size: int, named: tuple[str, ...]) -> Image.Image:
    """White where the figure is, drawn larger and reduced, so that edges and positions are finer than a pixel."""
    scale = 4 if size <= 256 else 2
    found = fonts.lettering(drawing.lettering(text, size)[0], named)
    mask = Image.new("L", (size * scale, size * scale))
    if found.letters:
        letters, font_size = drawing.lettering(found.letters, size)
        _write(mask, letters, found.path, font_size * scale, stroke=STROKE * scale)
    else:
        _draw_person(mask)
    return mask.reduce(scale)


def _write(mask: Image.Image, letters: str, path: str | None, font_size: int, *, stroke: float) -> None:
    """Centered by the ink itself: fonts disagree about lines, and Pillow's boxes always reach to the baseline."""
    ink = _set(letters, fonts.opened(path, font_size), stroke=stroke)
    room = WIDEST * mask.width / max(ink.size)
    if room < 1:
        ink = _set(letters, fonts.opened(path, int(font_size * room)), stroke=stroke)
    mask.paste(ink, ((mask.width - ink.width) // 2, (mask.height - ink.height) // 2))


def _set(letters: str, font: fonts.Font, *, stroke: float) -> Image.Image:
    """The ink of `letters`, without anything around it."""
    left, top, right, bottom = map(int, font.getbbox(letters, stroke_width=stroke, anchor="ms"))
    paper = Image.new("L", (right - left + 8, bottom - top + 8))
    ImageDraw.Draw(paper).text((4 - left, 4 - top), letters, fill=255, font=font, anchor="ms", stroke_width=stroke)
    return paper.crop(paper.getbbox())


def _draw_person(mask: Image.Image) -> None:
    pen = ImageDraw.Draw(mask)
    unit = mask.width / drawing.PERSON_BOX
    x, y, radius = (unit * value for value in drawing.PERSON_HEAD)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    x, y, width, height = (unit * value for value in drawing.PERSON_SHOULDERS)
    pen.chord((x - width, y - height, x + width, y + height), 180, 360, fill=255)


def _ramp(color: str) -> list[int]:
    """256 colors from `color` to white, as Pillow's palettes are: red, green, blue, red …"""
    channels = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    return [round(channel + (255 - channel) * step / 255) for step in range(256) for channel in channels]
