"""
A geometric picture that belongs to a key: five by five cells, mirrored, white on a color.

Eight of the fifteen cells that count are filled, always, so no picture is nearly empty or nearly
full; the whole fits into a circle. The key cannot be read back from the picture.
"""

from __future__ import annotations

import functools
import hashlib
from html import escape

from .drawing import document_start, inline_start

BOX = 40
"""Side of the square the picture is drawn in."""
CELL = 5
"""Side of a cell. Five of them leave a margin that keeps every corner inside the inscribed circle."""
FILLED = 8
"""How many of the fifteen cells of the left half and the middle are filled."""
MARGIN = (BOX - 5 * CELL) / 2
"""What is left on each side."""


@functools.lru_cache(maxsize=1024)
def svg(key: str, color: str, size: int) -> str:
    """
    The picture of `key` as an inline ``<svg>`` of `size` pixels, hidden from screen readers.

    The answer is safe HTML: `key` only chooses cells, `color` is escaped, `size` can only be a number.
    """
    return f"{inline_start(size, BOX)}{_body(key, color)}</svg>"


def standalone_svg(key: str, color: str, size: int) -> str:
    """The picture of `svg` as a document of its own, for ``image/svg+xml`` or `drawing.data_uri`."""
    return f"{document_start(size, BOX)}{_body(key, color)}</svg>"


def cells(key: str) -> frozenset[tuple[int, int]]:
    """The filled cells of `key` as (column, row), 0 to 4, symmetric to the middle column."""
    digest = hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=15).digest()
    ranked = sorted(range(15), key=lambda cell: (digest[cell], cell))
    half = [divmod(cell, 5) for cell in ranked[:FILLED]]
    return frozenset((column, row) for left, row in half for column in (left, 4 - left))


def _body(key: str, color: str) -> str:
    path = "".join(
        f"M{MARGIN + column * CELL:g} {MARGIN + row * CELL:g}h{CELL}v{CELL}h-{CELL}z"
        for column, row in sorted(cells(key))
    )
    return f'<rect width="{BOX}" height="{BOX}" fill="{escape(color)}"/><path fill="#fff" d="{path}"/>'
