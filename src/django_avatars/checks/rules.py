"""What each key of ``AVATARS`` must be."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .. import conf
from ..imaging import formats


@dataclasses.dataclass(frozen=True)
class Rule:
    """What the value of one key must be."""

    id: str
    """Check id."""
    holds: Callable[[Any], bool]
    """Whether a value is good. Given anything at all; raises nothing."""
    must: str
    """What to write instead, after "must be"."""


def is_listing(value: Any) -> bool:
    """Whether `value` is a list or a tuple; a text is not."""
    return isinstance(value, (list, tuple))


def _is_number(value: Any, least: int, most: float = float("inf")) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_color(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


def _is_list_of(one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Not empty, nothing twice, and `one` holds for each."""
    return lambda value: is_listing(value) and value and all(map(one, value)) and len(set(value)) == len(value)


def _is_choice(choices: Iterable[str]) -> Callable[[Any], bool]:
    allowed = tuple(choices)
    return lambda value: value in allowed


def _is_dict_of(keys: Iterable[str], one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    allowed = set(keys)
    return lambda value: isinstance(value, Mapping) and value.keys() <= allowed and all(map(one, value.values()))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_none_or(one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or one(value)


RATE = re.compile(r"(?P<count>[1-9][0-9]{0,5})/(?P<period>[smhd])")
"""A number of changes in a second, minute, hour or day."""


def _is_rate(text: str) -> bool:
    return bool(RATE.fullmatch(text) or re.fullmatch(r"\w+(\.\w+)+", text))


_OUTPUT = ("webp", "avif", "jpg", "png")

RULES = {
    "FIELD": Rule(
        "E003", _is_none_or(lambda value: _is_text(value) and value.count(".") == 2), 'written as "app.Model.field"'
    ),
    "STORAGE": Rule("E004", _is_text, "an alias in STORAGES"),
    "SIZES": Rule(
        "E005", _is_list_of(lambda size: _is_number(size, 1, 9999)), "a list of different sizes, 1 to 9999 pixels"
    ),
    "OUTPUT_FORMATS": Rule("E006", _is_list_of(_is_choice(_OUTPUT)), f"a list of some of: {', '.join(_OUTPUT)}"),
    "QUALITY": Rule(
        "E007",
        _is_dict_of(conf.QUALITY, lambda quality: _is_number(quality, 1, 100)),
        f"a dict of 1 to 100 by some of: {', '.join(conf.QUALITY)}",
    ),
    "MAX_BYTES": Rule("E008", lambda value: _is_number(value, 1), "a number of bytes"),
    "MAX_PIXELS": Rule(
        "E009",
        _is_dict_of(conf.MAX_PIXELS, lambda pixels: _is_number(pixels, 1)),
        f"a dict of numbers of pixels by some of: {', '.join(conf.MAX_PIXELS)}",
    ),
    "MIN_SIZE": Rule("E010", lambda value: _is_number(value, 1), "a number of pixels, 1 or more"),
    "INPUT_FORMATS": Rule(
        "E011", _is_list_of(_is_choice(formats.INPUT_FORMATS)), f"a list of some of: {', '.join(formats.INPUT_FORMATS)}"
    ),
    "BACKGROUND": Rule("E012", _is_none_or(_is_color), 'written as "#rrggbb", or None'),
    "KEEP_SOURCE": Rule("E028", _is_flag, "True or False"),
    "CLIENT_CROP": Rule("E025", _is_flag, "True or False"),
    "CAMERA": Rule("E026", _is_flag, "True or False"),
    "TASKS": Rule("E027", _is_none_or(_is_text), "an alias in TASKS, or None"),
    "PROVIDERS": Rule("E013", _is_list_of(_is_text), "a list of dotted paths"),
    "NAME": Rule("E014", _is_none_or(_is_text), "a dotted path, or None"),
    "PALETTE": Rule("E015", _is_list_of(_is_color), 'a list of different colors, each written as "#rrggbb"'),
    "FONT": Rule(
        "E017", _is_none_or(lambda value: isinstance(value, (str, os.PathLike))), "the path of a font file, or None"
    ),
    "GRAVATAR": Rule(
        "E018",
        lambda value: isinstance(value, Mapping) and all(map(_is_text, [*value, *value.values()])),
        "a dict of texts",
    ),
    "RATE_LIMIT": Rule(
        "E024",
        _is_none_or(lambda value: _is_text(value) and _is_rate(value)),
        'written as "10/m" (s, m, h or d), the dotted path of a function, or None',
    ),
}
"""What each key of ``AVATARS`` must be."""
