"""The frames of an animated WebP (RFC 9649, 2.7.1.1)."""

from __future__ import annotations

import itertools
from typing import BinaryIO

from ..headers.header import Header
from ..headers.webp import ALPHA, FRAME, PIXELS, held_by_codes, held_for_each, u24, walk
from ..rejected import Rejected
from ..spliced import Span, SplicedFile, take
from .film import Film, Frame, seen_for

MOST_CHUNKS = 16
"""The most chunks of one frame; real ones have two. Ten megabytes of empty chunks would take seconds to read."""

CLEARS, REPLACES = 1, 2
"""Flags of a frame."""


def read(source: BinaryIO, found: Header, film: Film) -> None:
    """List the frames."""
    source.seek(4)
    end = 8 + int.from_bytes(take(source, 4), "little")
    for kind, start, size in walk(source, 12, end):
        if kind == b"ANIM":
            film.plays = int.from_bytes(take(source, 6)[4:], "little")
        elif kind == b"ANMF":
            film.add(_frame(source, start + 8, start + 8 + size))


def _frame(source: BinaryIO, start: int, stop: int) -> Frame:
    head = take(source, FRAME)
    width, height = u24(head, 6) + 1, u24(head, 9) + 1
    chunks = list(itertools.islice(walk(source, start + FRAME, stop), MOST_CHUNKS + 1))
    if len(chunks) > MOST_CHUNKS:
        raise Rejected("too_complex")
    chunks = [chunk for chunk in chunks if chunk[0] in (b"ALPH", *PIXELS)]
    pixels = [piece for _, at, size in chunks for piece in (Span(at, at + 8 + size), bytes(size % 2))]
    flags = 0 if [kind for kind, _, _ in chunks] == [b"VP8 "] else ALPHA
    size = (22 + sum(8 + size + size % 2 for _, _, size in chunks)).to_bytes(4, "little")
    still = b"RIFF" + size + b"WEBPVP8X\x0a\0\0\0" + bytes([flags, 0, 0, 0]) + head[6:12]
    return Frame(
        header=Header(
            format="WEBP",
            width=width,
            height=height,
            view=SplicedFile(source, [still, *pixels]),
            held=held_for_each(held_by_codes(source, start + FRAME, stop), width * height),
        ),
        left=2 * u24(head, 0),
        top=2 * u24(head, 3),
        duration=seen_for(u24(head, 12)),
        then="clears" if head[15] & CLEARS else "stays",
        replaces=bool(head[15] & REPLACES),
    )
