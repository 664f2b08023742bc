"""The frames of a GIF (GIF89a, and the extension of Netscape that says how often)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ..headers.gif import EXTENSION, GRAPHIC_CONTROL, IMAGE, palette_length, shorts, skip_blocks
from ..headers.header import Header
from ..rejected import damaged
from ..spliced import Span, SplicedFile, take
from .film import Film, Frame, seen_for

MAX_BLOCKS = 100_000
"""Blocks of up to 255 bytes in one file. Ten million empty ones would keep a worker busy for seconds."""

APPLICATION = 0xFF
LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")

AFTERWARDS = {2: "clears", 3: "reverts", 4: "reverts"}
"""What happens after a frame, by disposal method. Some programs write 4 for 3, and browsers accept that."""


def read(source: BinaryIO, found: Header, film: Film) -> None:
    """List the frames up to the trailer, or up to the end or an unknown block."""
    source.seek(0)
    screen = take(source, 13)
    position = 13 + palette_length(screen[10])
    palette = Span(13, position)
    control = b""
    blocks = iter(range(MAX_BLOCKS))
    while True:
        source.seek(position)
        marker = source.read(1)
        if marker == bytes([EXTENSION]):
            control = _extension(source, film, blocks) or control
        elif marker == bytes([IMAGE]):
            film.add(_frame(source, screen, palette, control, blocks))
            control = b""
        else:
            return
        position = source.tell()


def _extension(source: BinaryIO, film: Film, blocks: Iterator[int]) -> bytes:
    """The graphic control, where that comes next, else b""; leaves the source behind the extension."""
    start = source.tell()
    label, head = take(source, 1)[0], source.read(16)
    if label == APPLICATION and head[1:12] in LOOPING and head[12:14] == b"\x03\x01":
        repeats = int.from_bytes(head[14:16], "little")
        film.plays = repeats + 1 if repeats else 0
    source.seek(start + 1)
    skip_blocks(source, blocks)
    return head[:5] if label == GRAPHIC_CONTROL and head[:1] == b"\x04" else b""


def _frame(source: BinaryIO, screen: bytes, palette: Span, control: bytes, blocks: Iterator[int]) -> Frame:
    """The frame that comes next, on a screen that it fills."""
    place = take(source, 9)
    if not palette_length(screen[10]) + palette_length(place[8]):
        raise damaged()  # Pillow would show grey, and browsers show nothing
    start = source.tell()
    source.seek(start + palette_length(place[8]) + 1)
    skip_blocks(source, blocks)
    left, top, width, height = shorts(place[:8])
    sides = place[4:8]
    extension = b"\x21\xf9" + control + b"\0" if control else b""
    first = b"GIF89a" + sides + screen[10:]
    descriptor = extension + b",\0\0\0\0" + sides + place[8:]
    pieces: list[Span | bytes] = [first, palette, descriptor, Span(start, source.tell()), b";"]
    return Frame(
        header=Header(format="GIF", width=width, height=height, view=SplicedFile(source, pieces)),
        left=left,
        top=top,
        duration=seen_for(10 * int.from_bytes(control[2:4], "little")),
        then=AFTERWARDS.get(control[1] >> 2 & 7, "stays") if control else "stays",  # type: ignore[arg-type]
    )
