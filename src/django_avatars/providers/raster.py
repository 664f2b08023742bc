"""
The pictures of `drawing` and `identicon` as pixels, for where SVG cannot serve: e-mail, link previews, old clients.

Imports Pillow, so it is itself only imported where a picture is asked for.
"""

from __future__ import annotations

import functools
import io
import unicodedata
from collections.abc import Collection, Mapping
from typing import Any, cast

from PIL import Image, ImageDraw, ImageFont

from . import drawing
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

_MISSING = "\U0010ffff"  # a noncharacter: no font has a glyph for it
_Font = ImageFont.FreeTypeFont


def draw(text: str, color: str, size: int, *, format: str, font: str | None = None) -> bytes:
    """
    `text` in white on `color` ("#rrggbb"), `size` by `size` pixels, as a file without metadata.

    A person is drawn where `text` is "" or has a character that the font lacks; an accent that
    is missing is left out. `format` is a key of `FORMATS`. `font` is the path of a TrueType or
    OpenType font; None is Pillow's own, which has the letters of ASCII only.

    Raises `ValueError` for another format and `OSError` for a font that cannot be opened.
    """
    return _encoded(_mask(text, size, font), color, format)


def draw_cells(cells: Collection[tuple[int, int]], color: str, size: int, *, format: str) -> bytes:
    """The identicon of `cells` in white on `color`, otherwise as `draw`. Raises `ValueError` for another format."""
    mask = Image.new("L", (size * 4, size * 4))
    pen = ImageDraw.Draw(mask)
    unit = mask.width / BOX
    for column, row in cells:
        x, y = (unit * (MARGIN + CELL * place) for place in (column, row))
        end = unit * CELL - 1  # Pillow draws the last pixel too
        pen.rectangle((x, y, x + end, y + end), fill=255)
    return _encoded(mask.reduce(4), color, format)


def _encoded(picture: Image.Image, color: str, format: str) -> bytes:
    """A picture whose grey is the place between `color` and white, as a file."""
    if format not in FORMATS:
        raise ValueError(f"Unsupported format {format!r}, must be one of: {', '.join(FORMATS)}")
    picture.putpalette(_ramp(color))
    buffer = io.BytesIO()
    picture.save(buffer, format, **FORMATS[format])
    return buffer.getvalue()


def _mask(text: str, size: int, font: str | None) -> Image.Image:
    """White where the figure is, drawn larger and reduced, so that edges and positions are finer than a pixel."""
    scale = 4 if size <= 256 else 2
    letters, font_size = drawing.lettering(_drawable(text, _font(font, 32)), size)
    mask = Image.new("L", (size * scale, size * scale))
    if letters:
        _write(mask, letters, font, font_size * scale, stroke=STROKE * scale)
    else:
        _draw_person(mask)
    return mask.reduce(scale)


def _write(mask: Image.Image, letters: str, path: str | None, font_size: int, *, stroke: float) -> None:
    """Centred by the ink itself: fonts disagree about lines, and Pillow's boxes always reach to the baseline."""
    ink = _set(letters, _font(path, font_size), mask.width, stroke=stroke)
    room = WIDEST * mask.width / max(ink.size)
    if room < 1:
        ink = _set(letters, _font(path, int(font_size * room)), mask.width, stroke=stroke)
    mask.paste(ink, ((mask.width - ink.width) // 2, (mask.height - ink.height) // 2))


def _set(letters: str, font: _Font, side: int, *, stroke: float) -> Image.Image:
    """The ink of `letters`, up to twice `side` wide and high, without anything around it."""
    paper = Image.new("L", (2 * side, 2 * side))
    ImageDraw.Draw(paper).text((side, 1.25 * side), letters, fill=255, font=font, anchor="ms", stroke_width=stroke)
    return paper.crop(paper.getbbox())


def _draw_person(mask: Image.Image) -> None:
    pen = ImageDraw.Draw(mask)
    unit = mask.width / drawing.PERSON_BOX
    x, y, radius = (unit * value for value in drawing.PERSON_HEAD)
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    x, y, width, height = (unit * value for value in drawing.PERSON_SHOULDERS)
    pen.chord((x - width, y - height, x + width, y + height), 180, 360, fill=255)


def _drawable(text: str, font: _Font) -> str:
    """`text`, or its letters without their accents, or "", whichever `font` has every glyph of."""
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")
    return next((letters for letters in (text, bare) if _has_glyphs(letters, font)), "")


def _has_glyphs(letters: str, font: _Font) -> bool:
    """Whether none of `letters` comes out as the font's sign for missing characters, or as nothing."""
    unusable = (bytes(font.getmask(_MISSING)), b"")
    visible = (char for char in letters if unicodedata.category(char) != "Cf")
    return all(bytes(font.getmask(char)) not in unusable for char in visible)


@functools.lru_cache(maxsize=32)
def _font(path: str | None, size: int) -> _Font:
    if path is None:
        return cast(_Font, ImageFont.load_default(size))  # the other kind is for a Pillow without FreeType
    return ImageFont.truetype(path, size)


def _ramp(color: str) -> list[int]:
    """256 colors from `color` to white, as Pillow's palettes are: red, green, blue, red …"""
    channels = [int(color[start : start + 2], 16) for start in (1, 3, 5)]
    return [round(channel + (255 - channel) * step / 255) for step in range(256) for channel in channels]
