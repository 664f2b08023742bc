"""Why a file was not used, in terms that a visitor's message can be made of."""

from __future__ import annotations

import math


class Rejected(Exception):
    """
    The given file cannot be used.

    ``code`` and the names in ``params`` are those of `django_avatars.exceptions.INVALID_IMAGE`.
    Params are numbers and short texts of our own; nothing from the file is repeated in them.
    """

    code: str
    params: dict[str, object]

    def __init__(self, code: str, /, **params: object) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


def damaged() -> Rejected:
    """The refusal of a file that began well: cut short, or not what its headers promise."""
    return Rejected("truncated")


def readable_bytes(count: int) -> str:
    """
    `count` bytes as people write them: "11.2 MB", "10 MB", "640 kB"; a kB is 1024 bytes.

    Rounded up, so that a file one byte over the limit never reads as exactly the limit.
    """
    unit, divisor = ("MB", 1024**2) if count >= 1024**2 else ("kB", 1024)
    return f"{math.ceil(count / divisor * 10) / 10:g} {unit}"


def readable_megapixels(pixels: int) -> str:
    """`pixels` in millions, rounded up to one decimal: "24.1", "64"."""
    return f"{math.ceil(pixels / 100_000) / 10:.10g}"
