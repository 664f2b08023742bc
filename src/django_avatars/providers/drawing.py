"""
The picture of somebody who has none: initials, or a person, white on a color of their own.

Everything here answers a plain string that is safe HTML: what comes from outside is escaped, the
rest is ours. No style, no script, no class but the one the stylesheet needs, so that it works
under the strictest Content-Security-Policy, in dark mode and where no stylesheet of ours is loaded.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
import unicodedata
from html import escape
from urllib.parse import quote

from ..conf import get_settings
from .names import first_cluster

PERSON_BOX = 48
"""Side of the square that `PERSON_HEAD` and `PERSON_SHOULDERS` are given in."""
PERSON_HEAD = (24, 17.5, 7.5)
"""Center and radius of a circle."""
PERSON_SHOULDERS = (24, 38, 13.5, 10.5)
"""Center and radii of an ellipse, of which the upper half is seen. Clear of the edge, so that the disc stays round."""

WIDE = frozenset("MW@mwÆŒǼЖМФШЩЫЮЉЊѠΩԱՄ")
"""Letters that are about as wide as they are high, or wider: two of them would touch the rim."""

FONTS = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Helvetica,Arial,sans-serif"
"""Font family of a picture that stands alone; in a page, the page's font is used."""

STYLE = "@media (prefers-color-scheme:dark){svg{background:#000}rect{fill-opacity:.75}text,path{fill-opacity:.9}}"
"""In dark mode a deeper ground, and letters that take some color of it, as the stylesheet has it for pages."""

STYLE_HASH = f"sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}"
"""`STYLE` as a Content-Security-Policy allows it."""

_PERSON_PATH = "M16.5 17.5a7.5 7.5 0 1 1 15 0a7.5 7.5 0 1 1-15 0zM10.5 38a13.5 10.5 0 0 1 27 0z"


@functools.lru_cache(maxsize=4096)
def color(key: str, palette: tuple[str, ...]) -> str:
    """
    The color of `palette` that belongs to `key`, today and after every restart.

    `key` should be what never changes about somebody, such as "auth.user:17": not the name.
    """
    digest = hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return palette[int.from_bytes(digest) % len(palette)]


def another(color: str) -> str:
    """A color that is far from `color`, for somebody beside it; the same where the palette has no other."""
    colors = get_settings().colors
    if color not in colors:
        return color
    return colors[(colors.index(color) + (5 if len(colors) > 5 else 1)) % len(colors)]


@functools.lru_cache(maxsize=4096)
def lettering(text: str, size: int) -> tuple[str, int]:
    """
    What of `text` fits into a picture of `size` pixels, and its font size in pixels.

    Two letters take .42 of the size, .04 less for each wide one; one takes half of it, several that are written
    as one take less; below 24 pixels only one is readable.
    """
    first = first_cluster(text)
    if text == first or size < 24:
        letters = sum(unicodedata.category(char) == "Lo" for char in first)
        return first, max(1, round(size * 0.5 / max(1, 0.7 * letters)))
    wide = sum(char in WIDE for char in text)
    return text, round(size * (0.42 - 0.04 * wide))


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


@functools.lru_cache(maxsize=1024)
def count_svg(text: str, label: str, size: int) -> str:
    """
    How many more there are, such as "+7", as an inline ``<svg>``: a quiet circle in the colors of the page.

    Screen readers get `label`.
    """
    font_size = round(size * (0.5 - 0.05 * len(text)))
    ground = f'<rect width="{size:d}" height="{size:d}" fill='
    return (
        f'<svg width="{size:d}" height="{size:d}" viewBox="0 0 {size:d} {size:d}" role="img"'
        f' aria-label="{escape(label)}" focusable="false">{ground}"var(--avatar-ring, Canvas)"/>'
        f'{ground}"currentColor" fill-opacity=".12"/>'
        f'<text x="{size / 2:g}" y="{size / 2:g}" dy=".36em" text-anchor="middle" font-size="{font_size}"'
        f' fill="currentColor" direction="ltr">{escape(text)}</text></svg>'
    )


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
        f' font-family="{FONTS}" font-weight="500"><style>{STYLE}</style>'
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
    """The side of the ground, and what is drawn on it, which does not depend on the color."""
    if not text:
        return PERSON_BOX, f'<path fill="#fff" d="{_PERSON_PATH}"/>'
    letters, font_size = lettering(text, size)
    return size, (
        f'<text x="{size / 2:g}" y="{size / 2:g}" dy="{_middle(letters)}" text-anchor="middle"'
        f' font-size="{font_size}" fill="#fff">{escape(letters)}</text>'
    )


def _middle(letters: str) -> str:
    """How far below the center the baseline has to be; medians of the ink of each script's letters in Noto Sans."""
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
