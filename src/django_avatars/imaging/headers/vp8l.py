"""
The beginning of a VP8L stream (RFC 9649, 3): what libwebp holds beside the pixels while it decodes one.

A stream names as many groups of prefix codes as it likes, up to 65,536, and libwebp makes tables of 6 to 20 kB of
each: a file of 288 kB takes 363 MB. How many there are is known after the transforms and the image that says where
which group is used. Those are small images; all that is read of them is the largest number of a group.
"""

from __future__ import annotations

from typing import NamedTuple

from ..rejected import Rejected, damaged

MAX_SMALL = 150_000
"""Pixels of the small images together. Older versions of libwebp made 131,000 for a photo of 16 megapixels."""

MAX_READ = 8 * MAX_SMALL + (1 << 16)
"""Bytes that are looked at: no pixel takes eight."""

MAX_GROUPS = 2600
"""Of prefix codes. libwebp writes no more, in any version since 0.4.1."""

GROUP = 568
"""Bytes that libwebp keeps of a group beside the tables."""

ENTRY = 4
"""Bytes of an entry of a table, and of a pixel of a small image."""

ENTRIES = (2954, 2956, 2958, 2962, 2970, 2986, 3018, 3082, 3212, 3468, 3980, 5004)
"""Entries that libwebp allocates for the tables of a group, by the bits of the cache of colors."""

LITERALS, LENGTHS, DISTANCES = 256, 24, 40
ORDER = (17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
"""Of the lengths of the codes that lengths of codes are written in."""
REPEATED = {16: (2, 3), 17: (3, 3), 18: (7, 11)}
"""Bits, and the least, of how often a length comes again: the one before, or none."""

PREDICTOR, COLORS, PALETTE = 0, 1, 3


class Code(NamedTuple):
    """A prefix code: what the next bits, `mask` of them, stand for."""

    mask: int
    symbols: list[tuple[int, int]]
    """Symbol, and how many bits it takes."""


class Stream:
    """Bits, the lowest of a byte first. There are zeros behind the end: to refuse such a file is for the decoder."""

    def __init__(self, data: bytes) -> None:
        self._data = data[:MAX_READ]
        self._position = 0
        self._read = 0
        self.pixels: int = 0
        """Of the small images so far, read or of one color."""

    def _window(self, count: int) -> int:
        """The bits of the next `count` bytes, of which the first may be begun."""
        start = self._position >> 3
        return int.from_bytes(self._data[start : start + count], "little") >> (self._position & 7)

    def take(self, count: int) -> int:
        """The next `count` bits, 24 at most."""
        number = self._window(4) & (1 << count) - 1
        self._position += count
        return number

    def symbol(self, code: Code) -> int:
        """The symbol that comes next in `code`."""
        symbol, bits = code.symbols[self._window(3) & code.mask]
        self._position += bits
        return symbol

    def number(self, symbol: int) -> int:
        """A length or a distance, of which `symbol` tells the highest bits."""
        if symbol < 4:
            return symbol + 1
        bits = symbol - 2 >> 1
        return (2 + symbol % 2 << bits) + self.take(bits) + 1

    def cache(self) -> int:
        """Bits of the cache of colors, 0 for none."""
        if not self.take(1):
            return 0
        bits = self.take(4)
        if not 1 <= bits < len(ENTRIES):
            raise damaged()
        return bits

    def code(self, count: int) -> Code:
        """A prefix code of `count` symbols."""
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
        """Skip an image; the largest red and green of a pixel, as the 16 bits that a group is named by."""
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
        """Skip the transforms; the width of what is coded, of which a palette puts up to eight pixels into one."""
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
        """Skip an image with a pixel for each tile of one of this size; as `small`."""
        bits = 2 + self.take(3)
        return self.small(parts(width, bits), parts(height, bits))


def held(data: bytes, width: int, height: int) -> int:
    """
    Bytes that libwebp holds beside the pixels for a stream of that size, which `data` begins.

    As many groups as the largest number says are counted, used or not: so did versions before 1.0.1.
    """
    stream = Stream(data)
    width = stream.transforms(width, height)
    cache = stream.cache()
    groups = 1 + (stream.tiles(width, height) if stream.take(1) else 0)
    if groups > MAX_GROUPS:
        raise Rejected("too_complex")
    return groups * (GROUP + ENTRY * ENTRIES[cache]) + ENTRY * stream.pixels


def parts(length: int, bits: int) -> int:
    """Tiles of 1 << `bits` pixels that `length` pixels take."""
    return length + (1 << bits) - 1 >> bits


def code_of(lengths: list[int], count: int) -> Code:
    """The prefix code of the first `count` of these lengths, 0 for a symbol that has none. It has to be complete."""
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
