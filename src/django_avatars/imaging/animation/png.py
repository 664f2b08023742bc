"""The frames of an animated PNG (W3C PNG, third edition, 11.3.6)."""

from __future__ import annotations

import dataclasses
import os
import struct
from typing import BinaryIO

from ..headers.header import Header
from ..headers.png import FRAME_CONTROL, MAX_PARSED, NO_CRC, NUMBER, PIXELS, SIGNATURE, chunk, walk
from ..spliced import Span, SplicedFile, take
from .film import Film, Frame, seen_for

AFTERWARDS = {1: "clears", 2: "reverts"}

END = b"\0\0\0\0IEND\xaeB`\x82"


@dataclasses.dataclass(slots=True)
class Parts:
    """What has been read so far."""

    header: bytes
    """Contents of IHDR."""
    shared: dict[bytes, Span] = dataclasses.field(default_factory=dict)
    """Palette and transparency, which are those of all frames."""
    control: bytes = b""
    """Contents of the last fcTL, b"" before the first."""
    pixels: list[Span | bytes] = dataclasses.field(default_factory=list)
    """The pixels of the frame that `control` begins."""


def read(source: BinaryIO, found: Header, film: Film) -> None:
    """List the frames. The picture for software without animation is one only if an fcTL precedes it."""
    source.seek(16)
    parts = Parts(take(source, 13))
    is_animated = False
    for kind, start, stop in walk(source, source.seek(0, os.SEEK_END)):
        if kind == b"acTL":
            is_animated, film.plays = True, int.from_bytes(take(source, 8)[4:])
        elif kind in PIXELS and stop - start - 12 <= MAX_PARSED[kind]:
            parts.shared.setdefault(kind, Span(start, stop))
        elif kind == b"fcTL" and is_animated:
            _finish(source, parts, found, film)
            parts.control, parts.pixels = take(source, FRAME_CONTROL), []
        elif kind == b"IDAT" and parts.control:
            parts.pixels.append(Span(start, stop))
        elif kind == b"fdAT" and parts.control:
            data = Span(start + 8 + NUMBER, stop - 4)
            parts.pixels += [(data.stop - data.start).to_bytes(4) + b"IDAT", data, NO_CRC]
    _finish(source, parts, found, film)


def _finish(source: BinaryIO, parts: Parts, found: Header, film: Film) -> None:
    """Add the frame whose pixels have been read, if there is one."""
    if not parts.control:
        return
    _, width, height, left, top, over, under, then, blends = struct.unpack(">5I2H2B", parts.control)
    header = chunk(b"IHDR", parts.control[4:12] + parts.header[8:])
    shared = [] if found.transparent is not None else parts.shared.values()
    film.add(
        Frame(
            header=Header(
                format="PNG",
                width=width,
                height=height,
                view=SplicedFile(source, [SIGNATURE, header, *shared, *parts.pixels, END]),
                transparent=found.transparent,
            ),
            left=left,
            top=top,
            duration=seen_for(1000 * over // (under or 100)),
            then=AFTERWARDS.get(then, "stays"),  # type: ignore[arg-type]
            replaces=not blends,
        )
    )
