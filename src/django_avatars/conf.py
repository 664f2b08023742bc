"""
The settings: one dict, ``AVATARS``, read here and nowhere else.

`get_settings()` is cheap enough for a template tag and follows `override_settings`.
Each setting stands in one place, an attribute of `Settings`: its default, and the rule that
`django_avatars.checks` holds its value against. Mistakes are found there, not here: unknown keys are ignored.
"""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypedDict

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.dispatch import receiver

PALETTE = (
    "#880545", "#c34516", "#7a3f02", "#8a721a", "#2a581a", "#00852c",
    "#057b85", "#004f69", "#1f51b7", "#7a65cc", "#682791", "#b44b87",
)  # fmt: skip
"""
Twelve colors round the wheel, dark and light in turns: any two are at least 13 apart in OKLab (times 100), and
white text on each has a contrast of at least 4.6:1.
"""

PALETTES = {1: PALETTE}
"""
The colors of each algorithm of initials, by its number. What somebody looks like does not change with a release:
other colors, and other rules for letters, get a new number.
"""

MAX_PIXELS = {
    "JPEG": 202_000_000,
    "JPEG_PROGRESSIVE": 50_000_000,
    "PNG": 26_500_000,
    "WEBP": 16_500_000,
    "GIF": 16_000_000,
    "BMP": 16_000_000,
    "AVIF": 25_000_000,
    "HEIC": 25_000_000,
}
"""Pixels an upload may have, by what decoding one costs: JPEG shrinks while it is read, WebP takes 12 bytes a pixel."""

INPUT_FORMATS = tuple(key for key in MAX_PIXELS if key != "JPEG_PROGRESSIVE")
"""What ``INPUT_FORMATS`` may name."""

QUALITY = {"webp": 81, "jpg": 85, "avif": 70}
"""Encoder quality by output format; PNG is lossless."""


ANIMATION: dict[str, int | None] = {"FRAMES": 100, "SECONDS": 10, "PIXELS": 16_000_000, "LOOPS": None}
"""
Most frames, seconds and pixels (of the picture times frames) of an animation, and how often it is shown at most. Up to
these it takes no more than a photo may: 1.5 s and 200 MB (measured).
"""

HISTORY: dict[str, Any] = {"KEEP": 5, "DAYS": 30, "BYTES": None, "PER": None}
"""
How many earlier pictures of a row stay, for how many days, and how many bytes they may take together; and whose share
these bytes.
"""

SOCIAL = ("signup", "login")
"""When the picture of a social account may be taken: when its user signs up, or at each log-in by it."""

DEFAULT_FOCUS = "django_avatars.imaging.focus.upper_third"
"""The one function in `FOCUS` that looks at no picture."""

RATE = re.compile(r"(?P<count>[1-9][0-9]{0,5})/(?P<period>[smhd])")
"""A number of changes in a second, minute, hour or day."""

ACCEL = "X-Accel-Redirect: "
"""What stands before the prefix of addresses that only nginx itself may ask for."""

PRIVATE_FILES = rf"read|redirect|X-Sendfile|{ACCEL}/(?:[\w.~-]+/)*"
"""How private files may be sent."""

OUTPUT_FORMATS = ("webp", "avif", "jpg", "png")
"""Extensions that renditions may have."""


class Limits(TypedDict):
    """What a front end may tell its people before they choose a file."""

    max_bytes: int
    """The largest upload, in bytes."""
    formats: list[str]
    """Names of the accepted formats, such as "JPEG"."""
    extensions: list[str]
    """File name endings that go with them, without the dot."""
    content_types: list[str]
    """MIME types that go with them, for ``accept=``."""
    min_size: int
    """The least width and height, in pixels."""


Test = Callable[[Any], bool]
"""Whether a value is valid. It is given anything at all, and raises nothing."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What the value of one setting must be."""

    id: str
    """Number of the system check."""
    holds: Test
    """Whether a value is valid."""
    must_be: str
    """What to write instead, after "must be"."""
    aliases: Callable[[], Iterable[str]] | None = None
    """The names to choose from, where another setting defines them."""
    refers_to: str = ""
    """What a value refers to, where checks can look whether it exists: "function", "font", "palette", "pictures"."""


def is_list(value: Any) -> bool:
    """Whether `value` is a list or a tuple; a text is not."""
    return isinstance(value, (list, tuple))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_color(value: Any) -> bool:
    return _is_text(value) and re.fullmatch("#[0-9a-fA-F]{6}", value) is not None


def _is_rate(value: Any) -> bool:
    return _is_text(value) and bool(RATE.fullmatch(value) or re.fullmatch(r"\w+(\.\w+)+", value))


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def _is_ready_picture(value: Any) -> bool:
    """A dict with the path and the name of a picture, and perhaps who made it."""
    return (
        isinstance(value, Mapping)
        and {"file", "name"} <= value.keys() <= {"file", "name", "credit"}
        and _is_path(value["file"])
    )


def _is_query(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_text, [*value, *value.values()]))


def _number(least: int, most: float = float("inf")) -> Test:
    return lambda value: isinstance(value, int) and not _is_flag(value) and least <= value <= most


def _one_of(choices: Iterable[Any]) -> Test:
    allowed = tuple(choices)
    return lambda value: value in allowed


def _list_of(one: Test) -> Test:
    """Not empty, nothing twice, and `one` holds for each."""
    return lambda value: is_list(value) and bool(value) and all(map(one, value)) and len(set(value)) == len(value)


def _dict_of(keys: Iterable[str], one: Test) -> Test:
    allowed = set(keys)
    return lambda value: isinstance(value, Mapping) and value.keys() <= allowed and all(map(one, value.values()))


def _or_none(one: Test) -> Test:
    return lambda value: value is None or one(value)


def _storages() -> Iterable[str]:
    return django_settings.STORAGES.keys()


def _tasks() -> Iterable[str]:
    return getattr(django_settings, "TASKS", {"default": {}}).keys()


def _is_history(value: Any) -> bool:
    is_number = _number(0)
    rules = {"KEEP": is_number, "DAYS": _number(0, 36_525), "BYTES": _or_none(is_number), "PER": _or_none(_is_text)}
    return (
        isinstance(value, Mapping)
        and value.keys() <= rules.keys()
        and all(rules[key](one) for key, one in value.items())
        and (value.get("PER") is None or value.get("BYTES") is not None)
    )


def _is_animation(value: Any) -> bool:
    is_number = _number(1)
    return _is_flag(value) or (
        _dict_of(ANIMATION, _or_none(is_number))(value)
        and all(is_number(value.get(key, 1)) for key in ("FRAMES", "SECONDS", "PIXELS"))
    )


def _alias(aliases: Callable[[], Iterable[str]]) -> Test:
    return lambda value: _is_text(value) and value in aliases()


def _setting(default: Any, rule: str, holds: Test, must_be: str, **more: Any) -> Any:
    """One attribute of `Settings`: the default, and the `Rule` for what takes its place."""
    metadata = {"rule": Rule(rule, holds, must_be, **more)}
    if isinstance(default, Mapping):
        return dataclasses.field(default_factory=lambda: default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """``AVATARS``, complete: each attribute is the key of the same name in capitals."""

    field: str | None = _setting(
        None,
        "E003",
        _or_none(lambda value: _is_text(value) and value.count(".") == 2),
        'written as "app.Model.field", or None',
    )
    """Whose picture a user has, as "app.Model.field". None: the only AvatarField that a user can reach."""
    storage: str = _setting(
        "default",
        "E004",
        _alias(_storages),
        "an alias in STORAGES",
        aliases=_storages,
    )
    """Alias in ``STORAGES`` for fields that name no storage of their own."""
    private_storage: str | None = _setting(
        None,
        "E029",
        _or_none(_alias(_storages)),
        "an alias in STORAGES, or None",
        aliases=_storages,
    )
    """
    Alias in ``STORAGES`` for what the public must not reach: kept sources, and pictures that wait for approval
    or were taken down. None: beside the renditions, under names that cannot be guessed.
    """
    private_files: str = _setting(
        "read",
        "E074",
        lambda value: _is_text(value) and re.fullmatch(PRIVATE_FILES, value) is not None,
        f'"read", "redirect", "X-Sendfile", or "{ACCEL}" and a prefix, such as "{ACCEL}/private/"',
    )
    """
    How files of ``PRIVATE_STORAGE`` are sent to who may see them: read by this process, by a redirect to an address
    that soon ends, or by the web server, which is told the path or an address of its own.
    """
    sizes: tuple[int, ...] = _setting(
        (512, 256, 128, 64), "E005", _list_of(_number(1, 9999)), "a list of different sizes, 1 to 9999 pixels"
    )
    """Sides of the stored renditions, in pixels."""
    output_formats: tuple[str, ...] = _setting(
        ("webp",), "E006", _list_of(_one_of(OUTPUT_FORMATS)), f"a list of some of: {', '.join(OUTPUT_FORMATS)}"
    )
    """Extensions of the stored renditions; the first one is what `url` gives."""
    quality: Mapping[str, int] = _setting(
        QUALITY, "E007", _dict_of(QUALITY, _number(1, 100)), f"a dict of 1 to 100 by some of: {', '.join(QUALITY)}"
    )
    """Encoder quality, 1 to 100, by output format. What is not named keeps its default."""
    max_bytes: int = _setting(10 * 1024 * 1024, "E008", _number(1), "a number of bytes")
    """The largest upload, in bytes."""
    max_pixels: Mapping[str, int] = _setting(
        MAX_PIXELS,
        "E009",
        _dict_of(MAX_PIXELS, _number(1)),
        f"a dict of numbers of pixels by some of: {', '.join(MAX_PIXELS)}",
    )
    """The most pixels an upload may have, by input format. What is not named keeps its default."""
    memory: int = _setting(256 * 1024**2, "E044", _number(1), "a number of bytes")
    """Bytes that one process may use for decoding at a time. Who waits too long for them gets `exceptions.Busy`."""
    min_size: int = _setting(1, "E010", _number(1), "a number of pixels, 1 or more")
    """The least width and height of an upload, in pixels."""
    input_formats: tuple[str, ...] = _setting(
        ("JPEG", "PNG", "WEBP", "GIF"),
        "E011",
        _list_of(_one_of(INPUT_FORMATS)),
        f"a list of some of: {', '.join(INPUT_FORMATS)}",
    )
    """What people may upload. BMP, AVIF and HEIC (with the extra) on request; never SVG."""
    background: str | None = _setting("#ffffff", "E012", _or_none(_is_color), 'written as "#rrggbb", or None')
    """What shows through transparent pixels, as "#rrggbb". None keeps them transparent where the format can."""
    keep_source: bool = _setting(False, "E028", _is_flag, "True or False")
    """
    Whether to keep the whole picture beside the renditions, capped and without metadata, so that its owner
    can adjust it later.
    """
    animation: bool | Mapping[str, Any] = _setting(
        False,
        "E045",
        _is_animation,
        "True, False, or a dict of numbers by some of: FRAMES, SECONDS, PIXELS, LOOPS (which may be None)",
    )
    """Whether animations are kept moving, beside the still picture, and up to which limits."""
    client_crop: bool = _setting(False, "E025", _is_flag, "True or False")
    """
    Whether the picker sends only the square that was chosen, so that the rest of the photo never leaves the
    device.
    """
    focus: str = _setting(DEFAULT_FOCUS, "E043", _is_text, "a dotted path", refers_to="function")
    """
    Dotted path of a function of a small upright Pillow image that gives the point (x, y), each 0 to 1, on which the
    square is centered if nobody has placed the picture.
    """
    camera: bool = _setting(False, "E026", _is_flag, "True or False")
    """Whether the picker offers to take a photo."""
    gallery: tuple[Mapping[str, Any], ...] = _setting(
        (),
        "E050",
        lambda value: is_list(value) and all(map(_is_ready_picture, value)),
        'a list of dicts with "file", "name" and, if you like, "credit"',
        refers_to="pictures",
    )
    """Ready pictures to choose from: the path of a file, what people call it, and who made it."""
    letters: bool = _setting(False, "E052", _is_flag, "True or False")
    """Whether the edit page offers letters of one's own on a color."""
    connected: tuple[str, ...] = _setting(
        (),
        "E053",
        lambda value: is_list(value) and all(map(_is_text, value)),
        "a list of dotted paths",
        refers_to="function",
    )
    """
    Dotted paths of functions from user to the pictures that the user may have at other services, see
    `django_avatars.connected`. The edit page offers them, and fetches the one that its user chooses.
    """
    providers: tuple[str, ...] = _setting(
        ("django_avatars.providers.uploaded", "django_avatars.providers.initials"),
        "E013",
        _list_of(_is_text),
        "a list of dotted paths",
        refers_to="function",
    )
    """Dotted paths of who is asked for a picture; the first answer wins."""
    name: str | None = _setting(None, "E014", _or_none(_is_text), "a dotted path, or None", refers_to="function")
    """
    Dotted path of a function from user to display name, for initials and labels. None: full name, username,
    e-mail.
    """
    initials: int = _setting(1, "E041", _one_of(PALETTES), f"one of: {', '.join(map(str, PALETTES))}")
    """Number of the algorithm that gives people their letters and colors, which stay for as long as it does."""
    palette: tuple[str, ...] | None = _setting(
        None,
        "E015",
        _or_none(_list_of(_is_color)),
        'a list of different colors, each written as "#rrggbb", or None',
        refers_to="palette",
    )
    """
    Colors behind initials, as "#rrggbb"; white text on each must reach 4.5:1. None: those that belong to the number
    in ``INITIALS``.
    """
    font: str | tuple[str, ...] | None = _setting(
        None,
        "E017",
        _or_none(lambda value: _is_path(value) or _list_of(_is_path)(value)),
        "the path of a font file, a list of such paths, or None",
        refers_to="font",
    )
    """
    TrueType or OpenType fonts for initials that are drawn as PNG or WebP: a path, or a file name that the system has,
    or a list of such. What they lack is looked for in the fonts of the system. None: there alone.
    """
    site: str | None = _setting(
        None,
        "E042",
        _or_none(lambda value: _is_text(value) and re.fullmatch(r"https?://[^/?#\s]+/?", value) is not None),
        'written as "https://www.example.com", or None',
    )
    """
    What addresses in e-mails begin with, where no request says. None: the current site of ``django.contrib.sites``.
    """
    tasks: str | None = _setting(
        None,
        "E027",
        _or_none(_alias(_tasks)),
        "an alias in TASKS, or None",
        aliases=_tasks,
    )
    """
    Alias in ``TASKS`` of the backend that makes all renditions but the largest, after the commit. None: made
    at once.
    """
    references: tuple[str, ...] = _setting(
        (),
        "E035",
        lambda value: is_list(value) and all(map(_is_text, value)),
        "a list of dotted paths",
        refers_to="function",
    )
    """Dotted paths of functions that say which pictures are still needed, though no AvatarField names them."""
    history: Mapping[str, Any] = _setting(
        HISTORY,
        "E040",
        _is_history,
        "a dict with some of: KEEP, DAYS and BYTES (numbers; DAYS up to 36525, BYTES may be None), and beside BYTES "
        'also PER ("person", a dotted path, or None)',
        refers_to="history",
    )
    """
    With `django_avatars.history`: how many earlier pictures stay (KEEP 0: none), and for how many days; and how many
    bytes those of one field of a row may take, or, with PER, all that belong to a person, or to what a function says.
    """
    gravatar: Mapping[str, str] = _setting({}, "E018", _is_query, "a dict of texts")
    """Query arguments for Gravatar and Libravatar addresses, such as {"d": "mp", "r": "g"}."""
    social_picture: str = _setting("signup", "E046", _one_of(SOCIAL), f"one of: {', '.join(SOCIAL)}")
    """With `django_avatars.contrib.allauth`: whether the picture of a social account is taken once, or each time."""
    rate_limit: str | None = _setting(
        "10/m",
        "E024",
        _or_none(_is_rate),
        'written as "10/m" (s, m, h or d), the dotted path of a function, or None',
        refers_to="function",
    )
    """
    How often a user may change a picture, such as "10/m"; or the dotted path of a function, see `throttling`.
    None: as often as it goes.
    """
    policy: str | None = _setting(None, "E034", _or_none(_is_text), "a dotted path, or None", refers_to="function")
    """
    Dotted path of a function of actor, holder, field and action ("set" or "remove") that gives the reason why not, or
    None. None: whoever reaches a picture may change it.
    """

    visible: str | None = _setting(None, "E036", _or_none(_is_text), "a dotted path, or None", refers_to="function")
    """
    Dotted path of a function of viewer and holder that says whether the viewer, a user or None, may see the picture.
    None: everybody may.
    """

    approval: str | None = _setting(
        None,
        "E070",
        _or_none(_is_text),
        '"all", a dotted path, or None',
        refers_to="approval",
    )
    """
    With `django_avatars.moderation`: which pictures wait until somebody has approved them. ``"all"``, or the dotted
    path of a function of actor, holder, field and file that says whether this one does. None: none.
    """

    anonymous_reports: bool = _setting(False, "E073", _is_flag, "True or False")
    """With `django_avatars.moderation`: whether people who are not logged in may report pictures, too."""

    block_distance: int = _setting(10, "E072", _number(0, 64), "a number of bits, 0 to 64")
    """
    With `django_avatars.moderation`: in how many of 128 bits a picture may differ from a blocked one that it is taken
    for, so that it waits. 10 finds most copies of any size and quality; 12 finds more, and more that are none.
    """

    @functools.cached_property
    def colors(self) -> tuple[str, ...]:
        """The colors behind initials."""
        return self.palette or PALETTES[self.initials]

    @functools.cached_property
    def motion(self) -> Mapping[str, Any] | None:
        """The limits of animations, complete; None where they are not kept."""
        if self.animation is False:
            return None
        return {**ANIMATION, **(self.animation if isinstance(self.animation, Mapping) else {})}

    @functools.cached_property
    def fonts(self) -> tuple[str, ...]:
        """The fonts of the project, the first one first."""
        named: Any = () if self.font is None else self.font
        return tuple(os.fspath(one) for one in (named if is_list(named) else (named,)))


DEFAULTS = Settings()
"""What holds where ``AVATARS`` says nothing."""

RULES: dict[str, Rule] = {field.name.upper(): field.metadata["rule"] for field in dataclasses.fields(Settings)}
"""Every key that ``AVATARS`` may have, and what its value must be."""


policies: list[Callable[[Any, Any, Any, str], Any]] = []
"""What optional apps ask before ``POLICY``, with its arguments and answers; see `add_policy`."""


def add_policy(ask: Callable[[Any, Any, Any, str], Any]) -> None:
    """Let `ask` be asked before ``POLICY``, with its arguments and answers."""
    policies.append(ask)
    has_policy.cache_clear()


@functools.cache
def has_policy() -> bool:
    """Whether anybody is asked who may change a picture; cached as the settings are."""
    return bool(policies) or get_settings().policy is not None


@functools.cache
def get_settings() -> Settings:
    """The settings now in force; cached until ``AVATARS`` changes."""
    given: Mapping[str, Any] = getattr(django_settings, "AVATARS", None) or {}
    values = {key.lower(): _complete(key.lower(), value) for key, value in given.items() if key in RULES}
    if "sizes" in values:
        values["sizes"] = tuple(sorted(set(values["sizes"]), reverse=True))
    return dataclasses.replace(DEFAULTS, **values)


def _complete(name: str, value: Any) -> Any:
    """Lists become tuples; what a dict does not name keeps its default."""
    default = getattr(DEFAULTS, name)
    if isinstance(default, tuple) or is_list(value):
        return tuple(value)
    return {**default, **value} if isinstance(default, Mapping) else value


@receiver(setting_changed, dispatch_uid="django_avatars.conf")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "AVATARS":
        get_settings.cache_clear()
        has_policy.cache_clear()
