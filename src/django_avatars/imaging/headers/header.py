"""The result of every header reader."""

from __future__ import annotations

import dataclasses

from ..spaces import Space
from ..spliced import SplicedFile

MAX_PARTS = 20_000
"""The most chunks or segments of one file. Reading ten million empty ones would take seconds."""

MAX_ICC = 4 * 1024 * 1024
"""The largest color profile that is used, in bytes. Profiles of printing presses have 0.6 to 2.7 MB."""

PIXEL = 4
"""Bytes per pixel of Pillow's images."""

MOST_SHRUNK = 8
"""libjpeg can decode a picture at an eighth of its width and height, and no smaller."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What the headers of a file say of the picture. The decoder may disagree, so it is checked again."""

    format: str
    """Key of `formats.INPUT_FORMATS`."""
    width: int
    """In pixels, as stored, before the orientation is applied."""
    height: int
    """In pixels, as stored, before the orientation is applied."""
    view: SplicedFile
    """The parts of the file that the decoder may read."""
    orientation: int = 1
    """EXIF orientation, 1 to 8; 1 where the decoder applies it by itself."""
    painted: tuple[int, int, int, int] | None = None
    """Left, top, right and bottom of what the file has pixels for; the rest is transparent. None: all of it."""
    transparent: int | tuple[int, int, int] | None = None
    """The color that is transparent: a level of grey, of 16 bits where the pixels have as many, or RGB of 8 bits."""
    space: Space | None = None
    """The color space that is named where there is no profile; None for sRGB."""
    is_stretched: bool = False
    """Whether the levels of brightness from 16 to 235, as the decoder gives them, stand for 0 to 255."""
    icc: bytes | None = None
    """The color profile, at most `MAX_ICC` bytes."""
    is_gray: bool = False
    """Whether the pixels are levels of gray, with or without alpha, so that a profile of colors does not fit them."""
    aperture: tuple[int, int] | None = None
    """Width and height of the part that is seen, in the upper left corner of what is stored. None: all of it."""
    limit: str = ""
    """Key of ``max_pixels``; the format's own if empty."""
    scans: int = 1
    """How often the decoder goes over all pixels."""
    held: float = 0.0
    """Bytes that the decoder holds for each pixel, beside the pixels that it gives."""
    halved: float = 0.0
    """Bytes that are held for each pixel while `halving` decodes at half the size; 0 where it cannot."""

    @property
    def least_held(self) -> float:
        """Bytes held for each pixel at the smallest scale: four that Pillow keeps, or less where a JPEG shrinks."""
        return self.held + (PIXEL if self.format != "JPEG" else PIXEL / MOST_SHRUNK**2)
