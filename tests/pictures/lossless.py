"""Lossless WebP, bit by bit: streams that no encoder writes."""

from __future__ import annotations

import struct

from PIL import Image

from .drawing import saved
from .parts import riff, riff_chunks, u24

LENGTH_ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)


class Bits:
    """Numbers of so many bits, the lowest of a byte first."""

    def __init__(self) -> None:
        self._text: list[str] = []

    def put(self, *numbers: tuple[int, int]) -> Bits:
        """Add numbers, each with its count of bits."""
        self._text += [f"{number:0{count}b}"[::-1] for number, count in numbers if count]
        return self

    def add(self, other: Bits, times: int) -> None:
        """Add all of `other`, again and again."""
        self._text += other._text * times

    def code(self, *symbols: int) -> Bits:
        """Add a prefix code of one symbol, which takes no bits, or of two, which take one each."""
        self.put((1, 1), (len(symbols) - 1, 1), (1, 1), *((symbol, 8) for symbol in symbols))
        return self

    def codes(self, *greens: int) -> Bits:
        """Add a group: of one or two greens, and nothing else."""
        self.code(*greens)
        for _ in range(4):
            self.code(0)
        return self

    def lengths(self, kinds: dict[int, int], *said: tuple[int, int], most: int | None = None) -> Bits:
        """Add a prefix code by lengths: those of the code that lengths are written in, then what is `said` in it."""
        self.put((0, 1), (15, 4), *((kinds.get(kind, 0), 3) for kind in LENGTH_ORDER))
        self.put((0, 1)) if most is None else self.put((1, 1), (7, 3), (most - 2, 16))
        return self.put(*said)

    def bytes(self) -> bytes:
        """All of it, with zeros up to the end of a byte."""
        text = "".join(self._text)
        return int(text[::-1] or "0", 2).to_bytes(-(-len(text) // 8), "little")


def flat(bits: Bits, rest: int = 0) -> None:
    """A code in which the first 256 symbols take eight bits each, and the `rest`, 11 at least, do not exist."""
    bits.lengths({8: 1, 18: 1}, (0, 256), *([(1, 1), (rest - 11, 7)] if rest else []))


def grouped(side: int, groups: int) -> bytes:
    """A stream, behind its header, of a black square: with `groups`, which its tiles of 4 by 4 pixels use in turn."""
    bits = Bits().put((0, 1), (0, 1), (1, 1), (0, 3), (0, 1))
    flat(bits, 24)
    flat(bits)
    for _ in range(3):
        bits.code(0)
    for tile in range((side // 4) ** 2):
        group = (groups - 1 - tile) % groups
        bits.put((int(f"{group & 255:08b}"[::-1], 2), 8), (int(f"{group >> 8:08b}"[::-1], 2), 8))
    bits.add(Bits().codes(0), times=groups)
    return bits.bytes() + bytes(8)


def grouped_webp(side: int = 256, groups: int = 4096) -> bytes:
    """A file of `grouped`, for which libwebp allocates tables of every group."""
    return riff((b"VP8L", vp8l(side, grouped(side, groups))))


def grouped_alpha(side: int = 256, groups: int = 4096) -> bytes:
    """A lossy file whose alpha is `grouped`."""
    header = b"\x10\0\0\0" + u24(side - 1) * 2
    return riff((b"VP8X", header), *_with_alpha(side, groups))


def grouped_animation(side: int = 256, groups: int = 4096) -> bytes:
    """A film of one frame, whose alpha is `grouped`."""
    header = b"\x12\0\0\0" + u24(side - 1) * 2
    place = u24(0) * 2 + u24(side - 1) * 2 + u24(100) + b"\0"
    frame = place + riff(*_with_alpha(side, groups))[12:]
    return riff((b"VP8X", header), (b"ANIM", bytes(6)), (b"ANMF", frame))


def _with_alpha(side: int, groups: int) -> list[tuple[bytes, bytes]]:
    (lossy,) = riff_chunks(saved(Image.new("RGB", (side, side), "red"), "WEBP"))
    return [(b"ALPH", b"\1" + grouped(side, groups)), lossy]


def vp8l(side: int, stream: bytes) -> bytes:
    """The contents of a VP8L chunk of that many pixels each way."""
    return b"\x2f" + struct.pack("<I", (side - 1) | (side - 1) << 14) + stream
