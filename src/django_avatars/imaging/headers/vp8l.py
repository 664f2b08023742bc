"""
How much memory libwebp needs for the tables of a lossless WebP (VP8L, RFC 9649, section 3), beside the pixels.

A VP8L stream may have up to 65,536 groups of prefix codes, and libwebp makes a table of 6 to 20 kB for each of them
before it decodes a pixel: a file of 288 kB can take 363 MB. The number of groups is not stored. It is one more than
the largest value in the entropy image, a small image that assigns a group to each block of the picture. So this module
reads the stream as far as that: the transforms, which contain small images as well, and the entropy image.
"""

from __future__ import annotations

from typing import NamedTuple

from ..rejected import Rejected, damaged

MAX_SMALL = 150_000
"""The most pixels that all small images may have together. Old versions of libwebp write 131,000 for 16 megapixels."""

MAX_READ = 8 * MAX_SMALL + (1 << 16)
"""The most bytes of a stream that are read. A pixel of a small image takes fewer than eight."""

MAX_GROUPS = 2600
"""The most groups of prefix codes. No version of libwebp since 0.4.1 writes more."""

GROUP = 568
"""Bytes that libwebp allocates for a group, in addition to its tables."""

ENTRY = 4
"""Bytes of one entry of a table, and of one pixel of a small image."""

ENTRIES = (2954, 2956, 2958, 2962, 2970, 2986, 3018, 3082, 3212, 3468, 3980, 5004)
"""Entries of the tables of one group, by the number of bits of the color cache (0 to 11)."""

LITERALS, LENGTHS, DISTANCES = 256, 24, 40
"""How many symbols stand for a level of green, for a length, and for a distance."""

ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
"""The order in which a stream stores the lengths of the code for code lengths (kCodeLengthCodeOrder)."""

REPEATED = {16: (2, 3), 17: (3, 3), 18: (7, 11)}
"""Symbols that repeat a code length: how many bits follow, and the least number of repetitions, to which they add."""

PREDICTOR, COLORS, PALETTE = 0, 1, 3
"""Kinds of transforms that contain a small image."""


class Code(NamedTuple):
    """A prefix code as a table: the next bits of the stream, under the mask, are the index of the symbol."""

    mask: int
    """As many low bits as the longest symbol of the code has."""
    symbols: list[tuple[int, int]]
    """Pairs of a symbol and the number of its bits."""


class Stream:
    """
    Reads numbers and prefix codes from a VP8L stream, the lowest bit of each byte first.

    Behind the end of the data there are zeros. The decoder refuses files that are cut off.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data[:MAX_READ]
        self._position = 0
        self._read = 0
        self.pixels: int = 0
        """The pixels of all small images so far."""

    def _window(self, count: int) -> int:
        """The next `count` bytes as a number, without the bits of the first byte that were already taken."""
        start = self._position >> 3
        return int.from_bytes(self._data[start : start + count], "little") >> (self._position & 7)

    def take(self, count: int) -> int:
        """Take the next `count` bits, at most 24."""
        number = self._window(4) & (1 << count) - 1
        self._position += count
        return number

    def symbol(self, code: Code) -> int:
        """Take the next symbol, which is written in `code`."""
        symbol, bits = code.symbols[self._window(3) & code.mask]
        self._position += bits
        return symbol

    def number(self, symbol: int) -> int:
        """Take the rest of a length or a distance, whose highest bits are given by `symbol` (5.2.2)."""
        if symbol < 4:
            return symbol + 1
        bits = symbol - 2 >> 1
        return (2 + symbol % 2 << bits) + self.take(bits) + 1

    def cache(self) -> int:
        """Take the number of bits of the color cache. 0: there is none."""
        if not self.take(1):
            return 0
        bits = self.take(4)
        if not 1 <= bits < len(ENTRIES):
            raise damaged()
        return bits

    def code(self, count: int) -> Code:
        """Take the description of a prefix code with `count` symbols (6.2.1)."""
        return code_of(self._simple() if self.take(1) else self._lengths(count), count)

    def _simple(self) -> list[int]:
        lengths = [0] * LITERALS
        several = self.take(1)
        lengths[self.take(8 if self.take(1) else 1)] = 1
        if several:
            lengths[self.take(8)] = 1
        return lengths

    def _lengths(self, count: int) -> list[int]:
        first = [0] * len(ORDER)
        for kind in ORDER[: 4 + self.take(4)]:
            first[kind] = self.take(3)
        code = code_of(first, len(ORDER))
        left = 2 + self.take(2 + 2 * self.take(3)) if self.take(1) else count
        if left > count:
            raise damaged()
        lengths: list[int] = []
        before = 8
        while len(lengths) < count and left:
            left -= 1
            length = self.symbol(code)
            if length in REPEATED:
                bits, least = REPEATED[length]
                lengths += [before if length == 16 else 0] * (least + self.take(bits))
            else:
                lengths.append(length)
                before = length or before
        if len(lengths) > count:
            raise damaged()
        return lengths

    def small(self, width: int, height: int) -> int:
        """
        Skip a small image, and return the largest value of its pixels' red and green together, 16 bits.

        In an entropy image, that value is the number of a group.
        """
        cache = self.cache()
        greens = LITERALS + LENGTHS + (1 << cache if cache else 0)
        green, red, blue, alpha, distance = (self.code(count) for count in (greens, 256, 256, 256, DISTANCES))
        left = width * height
        self.pixels += left
        if not (green.mask | red.mask | blue.mask | alpha.mask) and green.symbols[0][0] < LITERALS:
            return red.symbols[0][0] << 8 | green.symbols[0][0]  # of one color, and no bit more
        self._read += left
        if self._read > MAX_SMALL:
            raise Rejected("too_complex")
        largest = 0
        while left > 0:
            left -= 1
            window = self._window(9)
            symbol, bits = green.symbols[window & green.mask]
            if symbol < LITERALS:  # most are, so this is written out: four calls would take twice the time
                window >>= bits
                high, more = red.symbols[window & red.mask]
                largest = max(largest, high << 8 | symbol)
                window >>= more
                last = blue.symbols[window & blue.mask][1]
                self._position += bits + more + last + alpha.symbols[window >> last & alpha.mask][1]
                continue
            self._position += bits
            if symbol < LITERALS + LENGTHS:
                left -= self.number(symbol - LITERALS) - 1
                self.number(self.symbol(distance))
        return largest

    def transforms(self, width: int, height: int) -> int:
        """
        Skip the transforms, and return the width of the image that is stored.

        It is smaller than the width of the picture if a palette packs up to eight pixels into one.
        """
        seen = set()
        while self.take(1):
            kind = self.take(2)
            if kind in seen:
                raise damaged()
            seen.add(kind)
            if kind in (PREDICTOR, COLORS):
                self.tiles(width, height)
            elif kind == PALETTE:
                count = self.take(8) + 1
                self.small(count, 1)
                width = parts(width, sum(count <= most for most in (2, 4, 16)))
        return width

    def tiles(self, width: int, height: int) -> int:
        """Skip a small image that has one pixel for each block of an image of this size. Returns what `small` does."""
        bits = 2 + self.take(3)
        return self.small(parts(width, bits), parts(height, bits))


def held(data: bytes, width: int, height: int) -> int:
    """
    Bytes of memory that libwebp needs for a VP8L stream, in addition to the pixels.

    Groups that no block uses are counted, too: libwebp before 1.0.1 makes tables for them.

    Args:
        data: The beginning of the stream, behind its header.
        width: The width of the picture.
        height: The height of the picture.

    Raises:
        Rejected: ``too_complex`` if there are too many groups or small images.
    """
    stream = Stream(data)
    width = stream.transforms(width, height)
    cache = stream.cache()
    groups = 1 + (stream.tiles(width, height) if stream.take(1) else 0)
    if groups > MAX_GROUPS:
        raise Rejected("too_complex")
    return groups * (GROUP + ENTRY * ENTRIES[cache]) + ENTRY * stream.pixels


def parts(length: int, bits: int) -> int:
    """How many blocks of 1 << `bits` pixels it takes to cover `length` pixels."""
    return length + (1 << bits) - 1 >> bits


def code_of(lengths: list[int], count: int) -> Code:
    """
    The prefix code in which symbol n has ``lengths[n]`` bits, or does not occur if that is 0, for the first `count`.

    Raises `Rejected` if the lengths do not make a complete code.
    """
    used = sorted((length, symbol) for symbol, length in enumerate(lengths[:count]) if length)
    if len(used) == 1:
        return Code(0, [(used[0][1], 0)])
    longest = used[-1][0] if used else 0
    symbols = [(0, 0)] * (1 << longest)
    code = before = 0
    for length, symbol in used:
        code <<= length - before
        before = length
        if code >> length:
            raise damaged()
        symbols[_reversed(code, length) :: 1 << length] = [(symbol, length)] * (1 << longest - length)
        code += 1
    if code != 1 << longest:
        raise damaged()
    return Code((1 << longest) - 1, symbols)


def _reversed(code: int, length: int) -> int:
    return int(f"{code:0{length}b}"[::-1], 2)
