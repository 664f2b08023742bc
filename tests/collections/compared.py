"""The one beside the other."""

from __future__ import annotations

import fnmatch
import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageChops, ImageStat

from django_avatars.conf import INPUT_FORMATS
from django_avatars.exceptions import INVALID_IMAGE
from django_avatars.imaging.formats import INPUT_FORMATS as FORMATS
from django_avatars.imaging.formats import extensions
from django_avatars.imaging.rejected import Rejected
from django_avatars.imaging.sniff import HEAD, identify

from .made import Made
from .reasons import DAMAGED, REASONS

NEAR = 3.0
"""Mean difference of a channel, of 255, at 8 by 8 pixels."""
ENOUGH = 0.995
"""The part of each format that is near."""
SECONDS, MEGABYTES = 1.5, 200.0

LIMITS = {"too_large", "too_many_pixels", "too_complex", "too_many_frames", "bad_proportions", "too_small"}
"""Codes that say nothing against the file itself."""


class Compared(NamedTuple):
    """A file, what we made of it, and how far that is from what Chromium shows."""

    name: str
    format: str
    made: Made
    shown: bool
    far: float | None
    """Mean difference of a channel; None where one of the two is missing."""

    @property
    def differs(self) -> str:
        """What is not as in the browser; "" where all is."""
        if self.shown and self.made.code and self.made.code not in LIMITS:
            return f"{self.made.code} {self.made.about}".strip()
        return f"{self.far:.1f} of 255" if self.far is not None and self.far > NEAR else ""

    @property
    def reason(self) -> str:
        """Why that is so; "" where nobody has found out yet."""
        return next((reason for pattern, reason in REASONS.items() if fnmatch.fnmatch(self.name, pattern)), "")

    @property
    def faults(self) -> list[str]:
        """What must not be, whatever the file is."""
        made = self.made
        return [
            *([f"{made.code}: {made.about}"] if made.code and made.code not in INVALID_IMAGE else []),
            *([f"{made.seconds:.2f} s of CPU"] if made.seconds > SECONDS else []),
            *([f"{made.megabytes:.0f} MB"] if made.megabytes > MEGABYTES else []),
            *(f"more than pixels in {format}" for format in made.traces),
        ]


def format_of(path: Path) -> str:
    """The accepted format of a file, by its first bytes or else by its name; "" for none."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        return identify(head, INPUT_FORMATS)
    except Rejected:
        ending = path.suffix.lower().lstrip(".")
        return next((key for key in FORMATS if ending in extensions([key])), "")


def distance(png: bytes, shown: Image.Image) -> float:
    """The mean difference of a channel at 8 by 8 pixels."""
    ours = Image.open(io.BytesIO(png)).convert("RGB")
    small = [image.resize((8, 8), Image.Resampling.BOX) for image in (ours, shown)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).mean)


def table(files: Iterable[Compared]) -> str:
    """A line a format."""
    by_format = defaultdict(list)
    for file in files:
        by_format[file.format].append(file)
    lines = [
        "| format | files | Chromium shows | undamaged, within our limits | taken | within 3 of 255 "
        "| most CPU | most memory |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    return "\n".join(lines + [_line(format, by_format[format]) for format in INPUT_FORMATS if format in by_format])


def _line(format: str, files: list[Compared]) -> str:
    within = [file for file in files if file.shown and file.made.code not in LIMITS and file.reason != DAMAGED]
    compared = [file for file in within if file.far is not None]
    near = sum(not file.differs for file in compared)
    cells = [
        FORMATS[format].name,
        len(files),
        sum(file.shown for file in files),
        len(within),
        sum(not file.made.code for file in within),
        f"{near} ({near / len(compared):.1%})" if compared else "",
        f"{max(file.made.seconds for file in files):.2f} s",
        f"{max(file.made.megabytes for file in files):.0f} MB",
    ]
    return f"| {' | '.join(map(str, cells))} |"
