"""Why a file was not used, in terms that a visitor's message can be made of."""

from __future__ import annotations

import math

BEYOND_DECODERS = ("Unsupported feature", "Reformat failed", "Unsupported depth", "Not implemented")
"""Parts of the errors of libheif and libavif for files that are coded in a way that they do not know."""

BEYOND_LIMITS = "Security limit exceeded"
"""The same for those that libheif finds too large in some way."""


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


def refusal(error: Exception) -> Rejected:
    """
    The refusal of a file on which a decoder gave up with `error`.

    Only the text of the error says whether the file is damaged, or whole, but beyond what the decoder can do.
    """
    text = str(error)
    if any(words in text for words in BEYOND_DECODERS):
        return Rejected("unsupported_format", given="HEIF")
    return Rejected("too_complex") if BEYOND_LIMITS in text else damaged()


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
