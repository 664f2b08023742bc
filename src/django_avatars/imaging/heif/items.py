"""The items that a ``meta`` box describes (ISO/IEC 14496-12, 8.11): what they are, and where their bytes are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cached_property

from ..rejected import Rejected, damaged
from ..spliced import Span
from .boxes import Box, descend, within

MAX_META = 1024 * 1024
"""Bytes of the box that describes the file; that of a phone picture has a few thousand."""

MAX_ITEMS = 1000
"""A photo of 48 megapixels in tiles of 512 has 184, and as many for alpha."""

MAX_LINKS = 16 * MAX_ITEMS
"""From items to other items of one kind, and from items to properties; an item has about five."""

MAX_EXTENTS = 64
"""Pieces of one item; usually one."""

ALPHAS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:avc:2015:auxid:1")
"""How the name of an auxiliary item begins that decoders take for alpha. They leave all others alone (tried)."""

IN_FILE, IN_DESCRIPTION = 0, 1
"""How an item may be stored. The third way, in another item, no decoder at hand can read."""


class Numbers:
    """Numbers one after the other, each of as many bytes as is asked for."""

    def __init__(self, data: bytes, start: int, stop: int | None = None) -> None:
        self._data = data
        self._position = start
        self._stop = len(data) if stop is None else stop

    def take(self, count: int) -> int:
        """The next number of so many bytes."""
        return int.from_bytes(self.bytes(count))

    def bytes(self, count: int) -> bytes:
        """The next `count` bytes. Raises `Rejected` behind the end."""
        self._position += count
        if self._position > self._stop:
            raise damaged()
        return self._data[self._position - count : self._position]

    def count(self, size: int, most: int) -> int:
        """A number of repetitions: what is repeated may be zero bytes wide, so its size bounds nothing."""
        number = self.take(size)
        if number > most:
            raise Rejected("too_complex")
        return number


@dataclasses.dataclass(frozen=True)
class Description:
    """The contents of a ``meta`` box."""

    data: bytes
    """All of it, version and flags first."""
    length: int
    """Bytes of the whole file."""

    @cached_property
    def kinds(self) -> dict[int, bytes]:
        """The type of each item, by its number."""
        kinds = {}
        for box in self._infos():
            wide = 4 if self.data[box.body : box.body + 1] == b"\3" else 2
            place = box.body + 4 + wide
            kinds[int.from_bytes(self.data[box.body + 4 : place])] = self.data[place + 2 : place + 6]
        return kinds

    @cached_property
    def primary(self) -> int:
        """The number of the item that is the picture. Raises `Rejected` where none is named."""
        for box in descend(self.data, 4, (b"pitm",)):
            numbers = Numbers(self.data, box.body, box.stop)
            return numbers.take(2 if numbers.take(4) >> 24 == 0 else 4)
        raise damaged()

    def parts(self) -> set[int]:
        """The numbers of all items that decoding the picture takes: itself, its tiles, its alpha and theirs."""
        leads_to = self.references(b"dimg")
        for item, pictures in self.references(b"auxl").items():
            for picture in pictures if self._is_alpha(item) else ():
                leads_to.setdefault(picture, []).append(item)
        wanted: set[int] = set()
        left = [self.primary]
        while left:
            item = left.pop()
            if item not in wanted:
                wanted.add(item)
                left += leads_to.get(item, ())
        if len(wanted) > MAX_ITEMS:
            raise Rejected("too_complex")
        return wanted

    def _is_alpha(self, item: int) -> bool:
        """Whether an auxiliary item is alpha, and not a gain map or depths."""
        return any(name.startswith(ALPHAS, 4) for name in self.properties(item, b"auxC"))

    def references(self, kind: bytes) -> dict[int, list[int]]:
        """From which item to which others references of `kind` lead (8.11.12)."""
        found: dict[int, list[int]] = {}
        left = MAX_LINKS
        for outer in descend(self.data, 4, (b"iref",)):
            wide = 4 if self.data[outer.body : outer.body + 1] == b"\1" else 2
            for box in within(self.data, outer.body + 4, outer.stop, kind):
                numbers = Numbers(self.data, box.body, box.stop)
                item, count = numbers.take(wide), numbers.count(2, min(left, MAX_ITEMS))
                left -= count
                found.setdefault(item, []).extend(numbers.take(wide) for _ in range(count))
        return found

    def properties(self, item: int, kind: bytes) -> list[bytes]:
        """The contents of the properties of `kind` that `item` has (ISO/IEC 23008-12, 9.3)."""
        return [body for found, body in map(self._property, self._associations.get(item, ())) if found == kind]

    def _property(self, number: int) -> tuple[bytes, bytes]:
        """Kind and contents of a property, which are numbered from 1."""
        return self._all_properties[number - 1] if 0 < number <= len(self._all_properties) else (b"", b"")

    @cached_property
    def _all_properties(self) -> list[tuple[bytes, bytes]]:
        return [
            (box.kind, self.data[box.body : box.stop])
            for outer in descend(self.data, 4, (b"iprp", b"ipco"))
            for box in within(self.data, outer.body, outer.stop)
        ]

    @cached_property
    def _associations(self) -> dict[int, list[int]]:
        """The numbers of the properties of each item."""
        found: dict[int, list[int]] = {}
        left = MAX_LINKS
        for box in descend(self.data, 4, (b"iprp", b"ipma")):
            numbers = Numbers(self.data, box.body, box.stop)
            head = numbers.take(4)
            wide, size = (4 if head >> 24 else 2), (2 if head & 1 else 1)
            for _ in range(numbers.count(4, MAX_ITEMS)):
                item = numbers.take(wide)
                kept = (1 << 8 * size - 1) - 1  # the highest bit says whether it matters
                count = numbers.count(1, left)
                left -= count
                found.setdefault(item, []).extend(numbers.take(size) & kept for _ in range(count))
        return found

    def locations(self) -> Iterator[tuple[int, list[Span | bytes]]]:
        """
        For each item its number, and where its bytes are (8.11.3), which may be beyond the end of the file.

        A piece of size 0 stands for all that is left.
        """
        several = list(descend(self.data, 4, (b"iloc",)))
        if len(several) > 1:
            raise damaged()
        inside = 0
        for box in several:
            numbers = Numbers(self.data, box.body, box.stop)
            version, widths = numbers.take(4) >> 24, numbers.take(2)
            offset_size, length_size, base_size = widths >> 12, widths >> 8 & 15, widths >> 4 & 15
            index_size = widths & 15 if version else 0
            wide = 4 if version == 2 else 2
            for _ in range(numbers.count(wide, MAX_ITEMS)):
                item = numbers.take(wide)
                method = numbers.take(2) & 15 if version else IN_FILE
                numbers.take(2)
                base = numbers.take(base_size)
                pieces = []
                for _ in range(numbers.count(2, MAX_EXTENTS)):
                    numbers.take(index_size)
                    start = base + numbers.take(offset_size)
                    piece = self._piece(method, start, numbers.take(length_size))
                    inside += len(piece) if isinstance(piece, bytes) else 0
                    if inside > MAX_META:  # which may be in there again and again
                        raise Rejected("too_complex")
                    pieces.append(piece)
                yield item, pieces

    def _piece(self, method: int, start: int, size: int) -> Span | bytes:
        """From the file, or from the ``idat`` box."""
        if method == IN_DESCRIPTION:
            return self._inner[start : start + size]
        if method != IN_FILE:
            raise Rejected("unsupported_format", given="HEIF")
        return Span(start, start + size)

    @cached_property
    def _inner(self) -> bytes:
        return b"".join(self.data[box.body : box.stop] for box in descend(self.data, 4, (b"idat",)))

    def as_decoders_like_it(self) -> bytes:
        """
        The description without Exif items, and with one box of associations.

        The type of each Exif item is replaced by one that nobody reads. Early encoders wrote a box of associations
        for each item, which browsers take and Pillow does not.
        """
        changed = bytearray(self.data)
        for box in self._infos():
            place = self.data.find(b"Exif", box.body, box.stop)
            if place >= 0:
                changed[place : place + 4] = b"skip"
        several = list(descend(self.data, 4, (b"iprp", b"ipma")))
        if len(several) > 1 and len({self.data[box.body : box.body + 4] for box in several}) == 1:
            return self._associated_once(bytes(changed), several)
        return bytes(changed)

    def _associated_once(self, data: bytes, several: list[Box]) -> bytes:
        """`data` with the entries of boxes of associations, which come last within ``iprp``, in the first of them."""
        (outer,) = descend(data, 4, (b"iprp",))
        count = sum(int.from_bytes(data[box.body + 4 : box.body + 8]) for box in several)
        entries = b"".join(data[box.body + 8 : box.stop] for box in several)
        inside = data[several[0].body : several[0].body + 4] + count.to_bytes(4) + entries
        one = (8 + len(inside)).to_bytes(4) + b"ipma" + inside
        properties = data[outer.body : several[0].start] + one
        return data[: outer.start] + (8 + len(properties)).to_bytes(4) + b"iprp" + properties + data[outer.stop :]

    def _infos(self) -> Iterator[Box]:
        for box in descend(self.data, 4, (b"iinf",)):
            first = box.body + (6 if self.data[box.body : box.body + 1] == b"\0" else 8)
            yield from within(self.data, first, box.stop)
