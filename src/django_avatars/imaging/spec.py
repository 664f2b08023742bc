"""What to make of an upload, which part of it, and what came out. Loads no Pillow."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

from .focus import Focus, upper_third


@dataclasses.dataclass(frozen=True, kw_only=True)
class Motion:
    """The limits of an animation. One with more frames, seconds or pixels becomes a still picture."""

    frames: int
    """The most frames."""
    seconds: int
    """The longest duration of one loop, in seconds."""
    pixels: int
    """The most pixels of all frames together. Each frame counts as large as the picture, even if it is smaller."""
    loops: int | None
    """The most loops. None: as many as the file says."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Spec:
    """What is accepted and what is made of it. The values come from ``AVATARS``, or from one field."""

    sizes: tuple[int, ...]
    """Sides of the wanted renditions, in pixels, in any order."""
    output_formats: tuple[str, ...]
    """Extensions: "webp", "avif", "jpg", "png"."""
    quality: Mapping[str, int]
    """Encoder quality, 1 to 100, by output format. PNG has none."""
    input_formats: tuple[str, ...]
    """Keys of `formats.INPUT_FORMATS`."""
    max_bytes: int
    """The largest file, in bytes."""
    max_pixels: Mapping[str, int]
    """The most pixels by input format, and "JPEG_PROGRESSIVE" for a JPEG of several scans."""
    min_size: int
    """The least width and height, in pixels."""
    background: str | None
    """
    "#rrggbb" that shows through transparent pixels. None keeps them transparent where the
    output format can, with what was hidden under fully transparent pixels cleared.
    """
    source_edge: int | None = None
    """Keep the whole picture as well, its longer side of at most so many pixels. None: do not."""
    focus: Focus = upper_third
    """What finds the point that the square is centered on, where nobody has placed the picture."""
    motion: Motion | None = None
    """What is kept of an animation beside its first frame. None: nothing."""
    memory: int = 256 * 1024**2
    """Bytes that all threads of the process may use for decoding at a time."""


CROP = re.compile(
    r"v1;r=(?P<rotation>0|90|180|270);x=(?P<x>{0});y=(?P<y>{0});s=(?P<side>{0})".format(
        r"-?(?:[0-9]{1,4}(?:\.[0-9]{0,17})?|\.[0-9]{1,17})"
    )
)


@dataclasses.dataclass(frozen=True)
class Crop:
    """
    The square that a person chose, independent of resolution: ``v1;r=90;x=.125;y=0;s=.6``.

    It refers to the picture after its EXIF orientation was applied and after `rotation`.
    """

    rotation: int
    """Degrees clockwise: 0, 90, 180 or 270."""
    x: float
    """Left edge, as a fraction of the rotated width."""
    y: float
    """Top edge, as a fraction of the rotated height."""
    side: float
    """Side of the square, as a fraction of the shorter rotated side."""

    @classmethod
    def parse(cls, text: str) -> Crop | None:
        """
        Read the text form; numbers are clamped to 0…1.

        None when it is malformed, or when its square has no side: nobody has placed the picture then.
        """
        match = CROP.fullmatch(text)
        if match is None:
            return None
        x, y, side = (min(max(float(match[part]), 0.0), 1.0) for part in ("x", "y", "side"))
        return cls(int(match["rotation"]), x, y, side) if side else None

    def __str__(self) -> str:
        return f"v1;r={self.rotation};x={_short(self.x)};y={_short(self.y)};s={_short(self.side)}"


def _short(number: float) -> str:
    """Without an exponent, which `CROP` does not read, and without needless zeros."""
    text = f"{number:.17f}".rstrip("0").rstrip(".") if "e" in repr(number) else repr(number).removesuffix(".0")
    return text.replace("0.", ".", 1) if text.startswith("0.") else text


@dataclasses.dataclass(frozen=True, slots=True)
class Rendition:
    """One file to store."""

    size: int
    """Width and height, in pixels."""
    format: str
    """Extension: "webp", "avif", "jpg" or "png"."""
    data: bytes
    """The encoded file: pixels only, no metadata."""


@dataclasses.dataclass(frozen=True)
class Picture:
    """Everything that was made of one upload."""

    renditions: tuple[Rendition, ...]
    """One for each size and format: the largest first, formats in the spec's order."""
    source: bytes | None = None
    """The whole picture, upright, as a WebP file without metadata, if the spec asked for it."""
    animation: bytes | None = None
    """The moving picture, as a WebP file without metadata, if there is one and the spec asked for it."""
    origin: str = ""
    """What the stored name begins with, so that the original bytes can be recognized. "" for no such mark."""
    continues: str = ""
    """The token that the picture was stored under, where its renditions are made anew. "" for a new picture."""
    upload_format: str = ""
    """Key of `formats.INPUT_FORMATS`: what the upload was."""

    sizes: tuple[int, ...] = dataclasses.field(init=False)
    """Sides that exist, in pixels, descending."""
    formats: tuple[str, ...] = dataclasses.field(init=False)
    """Extensions that exist for every size, in the spec's order."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(dict.fromkeys(rendition.size for rendition in self.renditions)))
        object.__setattr__(self, "formats", tuple(dict.fromkeys(rendition.format for rendition in self.renditions)))
