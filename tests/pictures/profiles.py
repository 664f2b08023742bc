"""Color profiles that were made to do harm."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterable

from .drawing import matrix_profile


def program_profile(elements: int = 10_000) -> bytes:
    """
    A profile with a chain of `elements` that all stand in two places: small, and endless work (ICC.1:2022, 10.16).

    Its matrix turns nothing; the chain is under D2B0 and D2B1, which are taken before it.
    """
    chain = multi_process([curves(), matrix()] * (elements // 2))
    return with_tags(matrix_profile(*PRIMARIES, gamma=2.2), [(b"D2B0", chain), (b"D2B1", chain)])


PRIMARIES = ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7141))
"""Those of sRGB."""


def with_tags(profile: bytes, tags: Iterable[tuple[bytes, bytes]]) -> bytes:
    """`profile`, called version 4.3, with `tags` put behind its own."""
    tags = list(tags)
    count = int.from_bytes(profile[128:132])
    moved = 12 * len(tags)
    table, body = b"", profile[132 + 12 * count :]
    for place in range(132, 132 + 12 * count, 12):
        name, start, size = struct.unpack(">4sII", profile[place : place + 12])
        table += struct.pack(">4sII", name, start + moved, size)
    for name, data in tags:
        table += struct.pack(">4sII", name, 132 + 12 * count + moved + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I", 132 + len(table) + len(body)) + profile[4:8] + b"\x04\x30\0\0" + profile[12:128]
    return head + struct.pack(">I", count + len(tags)) + table + body


def print_profile(size: int, blue: tuple[int, ...] = (0, 1, 1, 0)) -> bytes:
    """A profile of `size` bytes for four inks: those that `blue` names, full, are blue; everything else is white."""
    table = print_table(blue)
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", 156, len(table), b"more", 156 + len(table), size - 156 - len(table))
    head = struct.pack(">I4xI12s12x4s28x3i48x", size, 0x02400000, b"prtrCMYKLab ", b"acsp", 63190, 65536, 54061)
    return (head + tags + table).ljust(size, b"\0")


def print_table(blue: tuple[int, ...]) -> bytes:
    """The table of a `print_profile`: full inks or none, of which one mixture is blue."""
    lab, white = (0x4D00, 0xCD00, 0x1D00), (0xFF00, 0x8000, 0x8000)
    grid = [lab if inks == blue else white for inks in itertools.product((0, 1), repeat=4)]
    table = b"mft2" + bytes(4) + bytes([4, 3, 2, 0]) + struct.pack(">9i", *(65536 * (at % 4 == 0) for at in range(9)))
    table += struct.pack(">HH", 2, 2) + struct.pack(">2H", 0, 65535) * 4
    return table + b"".join(struct.pack(">3H", *color) for color in grid) + struct.pack(">2H", 0, 65535) * 3


def multi_process(elements: list[bytes]) -> bytes:
    """A tag of type ``mpet``: equal elements stand in one place."""
    positions, body, places = b"", b"", dict[bytes, int]()
    for element in elements:
        if element not in places:
            places[element] = 16 + 8 * len(elements) + len(body)
            body += element + bytes(-len(element) % 4)
        positions += struct.pack(">II", places[element], len(element))
    return b"mpet" + bytes(4) + struct.pack(">HHI", 3, 3, len(elements)) + positions + body


def matrix() -> bytes:
    """An element that mixes three channels."""
    return b"matf" + bytes(4) + struct.pack(">HH12f", 3, 3, 0.5, 0.3, 0.2, 0.1, 0.6, 0.3, 0.2, 0.2, 0.6, 0, 0, 0)


def curves() -> bytes:
    """An element of three curves, which are one."""
    curve = (
        b"curf" + bytes(4) + struct.pack(">HH", 1, 0) + b"parf" + bytes(4) + struct.pack(">HH4f", 0, 0, 1.01, 1, 0, 0)
    )
    return b"cvst" + bytes(4) + struct.pack(">HH", 3, 3) + struct.pack(">II", 36, len(curve)) * 3 + curve
