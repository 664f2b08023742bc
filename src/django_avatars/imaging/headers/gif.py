"""GIF (GIF89a): everything up to the first frame. What follows is not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from ..rejected import Rejected, damaged
from ..spliced import Span, SplicedFile, take
from .header import MAX_PARTS, PIXEL, Header

EXTENSION, IMAGE, GRAPHIC_CONTROL = 0x21, 0x2C, 0xF9


def read_header(source: BinaryIO, length: int) -> Header:
    """
    Read the screen, the global palette, and the first frame with its graphic control extension.

    The decoder reads one frame and stops, so a million further frames cost nothing. As in Pillow, a frame that
    reaches beyond the screen makes the picture larger.
    """
    source.seek(0)
    screen = take(source, 13)
    position = 13 + palette_length(screen[10])
    kept: list[Span | bytes] = [Span(0, position)]
    control: list[Span | bytes] = []
    parts = iter(range(MAX_PARTS))  # of all extensions together: one is made of as many parts as it likes
    for _ in parts:
        source.seek(position)
        match take(source, 1)[0]:
            case marker if marker == EXTENSION:
                label, stop = _skip_extension(source, parts)
                control = [Span(position, stop)] if label == GRAPHIC_CONTROL else control
                position = stop
            case marker if marker == IMAGE:
                view = SplicedFile(source, [*kept, *control, Span(position, length)])
                return _header(view, shorts(screen[6:10]), shorts(take(source, 8)))
            case _:
                raise damaged()
    raise Rejected("too_complex")


def _header(view: SplicedFile, screen: list[int], frame: list[int]) -> Header:
    left, top, right, bottom = frame[0], frame[1], frame[0] + frame[2], frame[1] + frame[3]
    width, height = max(right, screen[0]), max(bottom, screen[1])
    is_whole = (left, top, right, bottom) == (0, 0, width, height)
    return Header(
        format="GIF",
        width=width,
        height=height,
        view=view,
        painted=None if is_whole else (left, top, right, bottom),
        held=0 if is_whole else PIXEL,
    )


def palette_length(flags: int) -> int:
    """Bytes of the palette that `flags` announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def shorts(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def _skip_extension(source: BinaryIO, parts: Iterator[int]) -> tuple[int, int]:
    """
    Skip an extension, whose label comes next. Returns the label and the offset of the end.

    Each block takes a number from `parts`.
    """
    label = take(source, 1)[0]
    skip_blocks(source, parts)
    return label, source.tell()


def skip_blocks(source: BinaryIO, parts: Iterator[int]) -> None:
    """Skip the data blocks that begin here. Each takes a number from `parts`; raises `Rejected` if none is left."""
    for _ in parts:
        size = take(source, 1)[0]
        if size == 0:
            return
        take(source, size)
    raise Rejected("too_complex")
