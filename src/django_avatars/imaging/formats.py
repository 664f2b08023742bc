"""The picture formats we read, as people and browsers call them. Loads nothing."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True, slots=True)
class InputFormat:
    """How the outside world calls a format."""

    name: str
    """As people write it."""
    extensions: tuple[str, ...]
    """File name endings, lowercase, without the dot; the usual one first."""
    content_types: tuple[str, ...]
    """Media types; the registered one first."""


INPUT_FORMATS = {
    "JPEG": InputFormat("JPEG", ("jpg", "jpeg", "jpe", "jfif", "mpo"), ("image/jpeg",)),
    "PNG": InputFormat("PNG", ("png", "apng"), ("image/png",)),
    "WEBP": InputFormat("WebP", ("webp",), ("image/webp",)),
    "GIF": InputFormat("GIF", ("gif",), ("image/gif",)),
    "BMP": InputFormat("BMP", ("bmp", "dib"), ("image/bmp",)),
    "AVIF": InputFormat("AVIF", ("avif",), ("image/avif",)),
    "HEIC": InputFormat("HEIC", ("heic", "heif", "hif"), ("image/heic", "image/heif")),
}
"""Every format that a `Spec` may name, by the key it is named with."""


def extensions(formats: Iterable[str]) -> tuple[str, ...]:
    """File name endings of `formats`, lowercase, without the dot."""
    return tuple(extension for key in formats for extension in INPUT_FORMATS[key].extensions)


def content_types(formats: Iterable[str]) -> tuple[str, ...]:
    """Media types of `formats`, such as ``image/jpeg``, for an ``accept`` attribute."""
    return tuple(content_type for key in formats for content_type in INPUT_FORMATS[key].content_types)


def format_names(
    formats: Iterable[str],
    *,
    listing: str = "%(first)s, %(second)s",
    choice: str = "%(first)s or %(second)s",
) -> str:
    """`formats` as a person would list them: "JPEG, PNG, WebP or GIF"; another language has its own two patterns."""
    *most, last = (INPUT_FORMATS[key].name for key in formats)
    if not most:
        return last
    first = functools.reduce(lambda first, second: listing % {"first": first, "second": second}, most)
    return choice % {"first": first, "second": last}


def available(formats: Iterable[str]) -> tuple[str, ...]:
    """Those of `formats` that can be read here: HEIC needs the ``heif`` extra."""
    return tuple(key for key in formats if key != "HEIC" or heif_is_installed())


@functools.cache
def heif_is_installed() -> bool:
    """Whether pillow-heif is here, without importing it."""
    return importlib.util.find_spec("pillow_heif") is not None
