"""EXIF: the orientation, which is the only part of it that is read."""

from __future__ import annotations

from typing import Literal

MAX_EXIF = 64 * 1024
"""Bytes; more is not a camera's, and ignored."""

ORIENTATION = 0x0112
SHORT = 3
ORDERS: dict[bytes, Literal["little", "big"]] = {b"II*\0": "little", b"MM\0*": "big"}


def orientation(exif: bytes) -> int:
    """
    The first orientation tag of a TIFF block that is valid, 1 to 8; 1 for anything absent, odd or damaged.

    Reads IFD 0 only, entry by entry, in place. Pillow's reader is not used: it logs a line for
    every tag that it does not like, and a block can hold thousands.
    """
    exif = exif.removeprefix(b"Exif\0\0")
    order = ORDERS.get(exif[:4])
    if order is None or len(exif) > MAX_EXIF:
        return 1

    def number(start: int, count: int) -> int:
        return int.from_bytes(exif[start : start + count], order)

    entries = number(4, 4) + 2
    for entry in range(entries, min(entries + 12 * number(entries - 2, 2), len(exif) - 11), 12):
        if number(entry, 2) == ORIENTATION:
            value = number(entry + 8, 2)
            is_one = number(entry + 2, 2) == SHORT and number(entry + 4, 4) == 1
            if is_one and 1 <= value <= 8:
                return value
    return 1
