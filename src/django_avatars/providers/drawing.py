"""
The picture of somebody who has none: initials, or a person, white on a color of their own.

Everything here answers a plain string that is safe HTML: what comes from outside is escaped, the
rest is ours. No style, no script, no class but the one the stylesheet needs, so that it works
under the strictest Content-Security-Policy, in dark mode and where no stylesheet of ours is loaded.
"""

from __future__ import annotations

import functools
import hashlib
import re
from html import escape
from urllib.parse import quote

from .names import first_cluster

PERSON_BOX = 48
"""Side of the square that `PERSON_HEAD` and `PERSON_SHOULDERS` are given in."""
PERSON_HEAD = (24, 17.5, 7.5)
"""Centre and radius of a circle."""
PERSON_SHOULDERS = (24, 38, 13.5, 10.5)
"""Centre and radii of an ellipse, of which the upper half is seen. Clear of the edge, so that the disc stays round."""

FONTS = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Helvetica,Arial,sans-serif"
"""Font family of a picture that stands alone; in a page, the page's font is used."""

_PERSON_PATH = "M16.5 17.5a7.5 7.5 0 1 1 15 0a7.5 7.5 0 1 1-15 0zM10.5 38a13.5 10.5 0 0 1 27 0z"


@functools.lru_cache(maxsize=4096)
def color(key: str, palette: tuple[str, ...]) -> str:
    """
    The color of `palette` that belongs to `key`, today and after every restart.

    `key` should be what never changes about somebody, such as "auth.user:17": not the name.
    """
    digest = hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return palette[digest[0] % len(palette)]


def lettering(text: str, size: int) -> tuple[str, int]:
    """
    What of `text` fits into a picture of `size` pixels, and its font size in pixels.

    Two letters take .42 of the size, one takes half of it; below 24 pixels only one is readable.
    """
    first = first_cluster(text)
    if text == first or size < 24:
        return first, round(size * 0.5)
    return text, round(size * 0.42)


@functools.lru_cache(maxsize=4096)
def initials_svg(text: str, color: str, size: int) -> str:
    """
    `text` in white on `color`, as an inline ``<svg>`` of `size` pixels; a person where `text` is "".

    The answer is safe HTML: `text` and `color` are escaped and `size` can only be a number.
    It is hidden from screen readers, since the name stands beside it or on the wrapper.
    """
    box = size if text else PERSON_BOX
    return f"{inline_start(size, box)}{_body(text, color, size)}</svg>"


@functools.lru_cache(maxsize=1024)
def standalone_svg(text: str, color: str, size: int) -> str:
    """
    The picture of `initials_svg` as a document of its own, for ``image/svg+xml`` or `data_uri`.

    Safe for the same reasons, and well-formed XML as long as `text` came from `initials`.
    """
    box = size if text else PERSON_BOX
    return f"{document_start(size, box)}{_body(text, color, size)}</svg>"


@functools.lru_cache(maxsize=64)
def inline_start(size: int, box: int) -> str:
    """The opening tag of a fallback picture inside a page: `size` pixels wide, drawn in `box` units."""
    return (
        f'<svg class="avatar__fallback" width="{size:d}" height="{size:d}" viewBox="0 0 {box:d} {box:d}"'
        ' aria-hidden="true" focusable="false">'
    )


def document_start(size: int, box: int) -> str:
    """The opening tag of a picture that is a file: `size` pixels wide, drawn in `box` units."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size:d}" height="{size:d}" viewBox="0 0 {box:d} {box:d}"'
        f' font-family="{FONTS}">'
    )


@functools.lru_cache(maxsize=1024)
def data_uri(svg: str) -> str:
    """
    `svg`, a document of its own, as a ``data:`` address.

    Percent-encoded so far that it is inert in HTML attributes, ``srcset``, CSS and scripts, and
    still shorter than base64.
    """
    return "data:image/svg+xml," + quote(svg, safe="/:=,;")


def contrast(color: str, other: str = "#ffffff") -> float:
    """
    Contrast ratio of two "#rrggbb" colors, from 1 to 21, as WCAG 2 defines it.

    Raises `ValueError` for a color in any other notation.
    """
    dark, light = sorted((_luminance(color), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _body(text: str, color: str, size: int) -> str:
    side, drawn = _drawn(text, size)
    return f'<rect width="{side:d}" height="{side:d}" fill="{escape(color)}"/>{drawn}'


@functools.lru_cache(maxsize=4096)
def _drawn(text: str, size: int) -> tuple[int, str]:
    """The side of the ground, and what is on it: letters are shared by people of all colors."""
    if not text:
        return PERSON_BOX, f'<path fill="#fff" d="{_PERSON_PATH}"/>'
    letters, font_size = lettering(text, size)
    return size, (
        f'<text x="{size / 2:g}" y="{size / 2:g}" dy="{_middle(letters)}" text-anchor="middle"'
        f' font-size="{font_size}" fill="#fff">{escape(letters)}</text>'
    )


def _middle(letters: str) -> str:
    """How far below the centre the baseline has to be; medians of the ink of each script's letters in Noto Sans."""
    if "\u0600" <= letters < "\u0900":  # Arabic and its neighbours hang below the line
        return ".2em"
    if "\u0590" <= letters < "\u1100" or "\u1780" <= letters < "\u1800":  # Hebrew to Georgian, Khmer: no tall capitals
        return ".3em"
    return ".36em"


def _luminance(color: str) -> float:
    if not re.fullmatch("#[0-9a-fA-F]{6}", color):
        raise ValueError(f"Unsupported color {color!r}, must be written as #rrggbb, such as #1970b2")
    red, green, blue = (_linear(int(color[start : start + 2], 16) / 255) for start in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
