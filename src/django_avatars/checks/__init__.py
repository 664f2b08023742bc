"""
System checks: every mistake a host can make in ``AVATARS``, found at start-up and with the way out.

Each check is a pure function that returns a list. `check_settings` is registered by the app's
``ready()``; `check_field` is called by each AvatarField. Ids are in `IDS` and are never reused.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings as django_settings
from django.core.cache import DEFAULT_CACHE_ALIAS
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.utils.module_loading import import_string

from .. import conf, targets
from ..exceptions import INVALID_IMAGE
from ..imaging import formats
from ..providers import drawing
from .rules import RULES, is_listing

if TYPE_CHECKING:
    from ..fields import AvatarField

IDS = {
    "django_avatars.E001": "AVATARS is not a dict.",
    "django_avatars.E002": "AVATARS has a key that does not exist.",
    "django_avatars.E003": "AVATARS['FIELD'] is not written as \"app.Model.field\".",
    "django_avatars.E004": "AVATARS['STORAGE'] is no alias in STORAGES.",
    "django_avatars.E005": "AVATARS['SIZES'] is not a list of sizes.",
    "django_avatars.E006": "AVATARS['OUTPUT_FORMATS'] names something that cannot be written.",
    "django_avatars.E007": "AVATARS['QUALITY'] is not a dict of qualities by output format.",
    "django_avatars.E008": "AVATARS['MAX_BYTES'] is not a number of bytes.",
    "django_avatars.E009": "AVATARS['MAX_PIXELS'] is not a dict of limits by input format.",
    "django_avatars.E010": "AVATARS['MIN_SIZE'] is not a number of pixels.",
    "django_avatars.E011": "AVATARS['INPUT_FORMATS'] names something that cannot be read.",
    "django_avatars.E012": "AVATARS['BACKGROUND'] is not a color.",
    "django_avatars.E013": "AVATARS['PROVIDERS'] is not a list of dotted paths.",
    "django_avatars.E014": "AVATARS['NAME'] is not a dotted path.",
    "django_avatars.E015": "AVATARS['PALETTE'] is not a list of colors.",
    "django_avatars.E016": "A color of AVATARS['PALETTE'] is too light for white initials.",
    "django_avatars.E017": "AVATARS['FONT'] is not a font that can be opened.",
    "django_avatars.E018": "AVATARS['GRAVATAR'] is not a dict of query arguments.",
    "django_avatars.E019": "It is not clear which field holds the picture of a user.",
    "django_avatars.E020": "A dotted path in AVATARS names something that cannot be imported or called.",
    "django_avatars.E021": "Pillow here cannot write one of AVATARS['OUTPUT_FORMATS'].",
    "django_avatars.E022": "Pillow here cannot read one of AVATARS['INPUT_FORMATS'].",
    "django_avatars.E023": "AVATARS['INPUT_FORMATS'] has HEIC, and pillow-heif is not installed.",
    "django_avatars.E024": "AVATARS['RATE_LIMIT'] is neither a rate nor a dotted path.",
    "django_avatars.E025": "AVATARS['CLIENT_CROP'] is neither True nor False.",
    "django_avatars.E026": "AVATARS['CAMERA'] is neither True nor False.",
    "django_avatars.E027": "AVATARS['TASKS'] is no alias in TASKS.",
    "django_avatars.E028": "AVATARS['KEEP_SOURCE'] is neither True nor False.",
    "django_avatars.E101": "An AvatarField's sizes are not a list of sizes.",
    "django_avatars.E102": "An AvatarField's output_formats name something that cannot be written.",
    "django_avatars.E103": "An AvatarField's input_formats name something that cannot be read.",
    "django_avatars.E104": "An AvatarField's max_bytes is not a number of bytes.",
    "django_avatars.E105": "An AvatarField's min_size is not a number of pixels.",
    "django_avatars.E106": "An AvatarField's storage is no alias in STORAGES.",
    "django_avatars.E107": "An AvatarField's error_messages have a code that does not exist.",
    "django_avatars.W001": "Pillow has known holes that an upload can reach.",
    "django_avatars.W002": "Django has known holes that an upload can reach.",
    "django_avatars.W003": "The default cache counts several requests at once as one.",
}
"""What each id means. One id, one mistake."""

PILLOW_FLOOR = (12, 3)
"""
The first Pillow whose ``crop`` and ``paste`` (CVE-2026-59199) and color transforms
(CVE-2026-59205) do not write out of bounds: every upload goes through all three.
"""

DJANGO_FLOORS = {(5, 2): (5, 2, 19), (6, 0): (6, 0, 10), (6, 1): (6, 1, 3)}
"""
The first Django of each series whose multipart parser does not buffer base64 parts without
limit (CVE-2026-108147). Our own pages refuse such parts; the host's other forms do not.
"""

FIELD_OPTIONS = {
    "sizes": "E101",
    "output_formats": "E102",
    "input_formats": "E103",
    "max_bytes": "E104",
    "min_size": "E105",
}
"""Options of an AvatarField that stand over the key of the same name in ``AVATARS``, and follow the same rule."""

CONTRAST = 4.5
"""The least contrast of white text on a color: WCAG 2.2, 1.4.3 Contrast (Minimum)."""


def check_settings() -> list[CheckMessage]:
    """Everything that can be said about ``AVATARS`` and about what is installed."""
    found = check_values()
    if not found:  # or there are no settings to read
        found = [*check_user_field(), *check_pillow_formats(), *check_cache()]
    return [*found, *check_versions()]


def check_values() -> list[CheckMessage]:
    """``AVATARS`` is a dict, has only keys that exist, and each value is what it must be (E001 to E028)."""
    given = getattr(django_settings, "AVATARS", None) or {}
    if not isinstance(given, Mapping):
        return [_error("E001", f"AVATARS is {given!r}, must be a dict.", 'Write it as AVATARS = {"SIZES": (256, 64)}.')]
    found = [_unknown(key) for key in given if key not in conf.KEYS]
    for key in conf.KEYS:
        found += check_value(key, given[key]) if key in given else []
    return found


def check_value(key: str, value: Any) -> list[CheckMessage]:
    """The problems of one value: of its kind first, and of what it names only when the kind is right."""
    rule = RULES[key]
    if not rule.holds(value):
        return [_error(rule.id, f"AVATARS[{key!r}] is {value!r}, must be {rule.must}.", _hint(key, value))]
    return DEEPER[key](value) if key in DEEPER else []


def check_user_field() -> list[CheckMessage]:
    """It is clear whose picture a user has (E019). A project that gives users no picture at all is fine."""
    try:
        if conf.get_settings().field is not None or targets.candidates():
            targets.user_field()
    except ImproperlyConfigured as exc:
        return [_error("E019", str(exc), 'Set AVATARS = {"FIELD": "app.Model.field"}.')]
    return []


def check_field(field: AvatarField) -> list[CheckMessage]:
    """The options of one field are what they must be (E101 to E107)."""
    found = []
    for option, number in FIELD_OPTIONS.items():
        value, rule = field._options[option], RULES[option.upper()]
        if value is not None and not rule.holds(value):
            hint = f"Leave it out to follow AVATARS[{option.upper()!r}]."
            found.append(_error(number, f"{option} is {value!r}, must be {rule.must}.", hint, obj=field))
    alias = field._storage_source
    if isinstance(alias, str) and alias not in storages.backends:
        found.append(_error("E106", f"storage is {alias!r}, which is no alias in STORAGES.", _storages(), obj=field))
    codes = {code for base in type(field).__mro__ for code in getattr(base, "default_error_messages", ())}
    found += [
        _error("E107", f"error_messages has the unknown code {code!r}.", _closest(code, INVALID_IMAGE), obj=field)
        for code in field.error_messages.keys() - codes
    ]
    return found


def check_versions() -> list[CheckMessage]:
    """Pillow and Django are new enough for files from strangers (W001, W002)."""
    import PIL  # here, so that start-up without checks loads no Pillow

    return [*check_pillow_version(PIL.__version__), *check_django_version(django.VERSION)]


def check_pillow_version(version: str) -> list[CheckMessage]:
    """W001 for a Pillow below `PILLOW_FLOOR`."""
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers >= PILLOW_FLOOR:
        return []
    floor = ".".join(map(str, PILLOW_FLOOR))
    return [
        Warning(
            f"Pillow {version} has known memory errors that an uploaded picture can reach.",
            hint=f"Install Pillow {floor} or newer.",
            id="django_avatars.W001",
        )
    ]


def check_django_version(version: tuple[Any, ...]) -> list[CheckMessage]:
    """W002 for a Django below the floor of its series."""
    floor = DJANGO_FLOORS.get(version[:2])
    if floor is None or version[:3] >= floor:
        return []
    return [
        Warning(
            f"Django {django.get_version(version)} reads parts of an upload into memory without limit.",
            hint=f"Install Django {'.'.join(map(str, floor))} or newer.",
            id="django_avatars.W002",
        )
    ]


def check_cache() -> list[CheckMessage]:
    """What ``RATE_LIMIT`` counts in can count (W003): Django's caches in a database and in files read, then write."""
    backend = import_string(django_settings.CACHES[DEFAULT_CACHE_ALIAS]["BACKEND"])
    can_count = backend.incr is not BaseCache.incr or issubclass(backend, DummyCache)
    if can_count or "/" not in (conf.get_settings().rate_limit or ""):
        return []
    return [
        Warning(
            f"{backend.__name__} counts several requests at once as one, so they get past AVATARS['RATE_LIMIT'].",
            hint="Let the default cache be Redis or Memcached, or count elsewhere: RATE_LIMIT may be a dotted path.",
            id="django_avatars.W003",
        )
    ]


def check_pillow_formats() -> list[CheckMessage]:
    """Pillow, as it was built here, can read and write what the settings name (E021 to E023)."""
    from PIL import features

    given = conf.get_settings()
    return missing_formats(given, lacking={name for name in ("webp", "avif") if not features.check(name)})


def missing_formats(given: conf.Settings, *, lacking: set[str]) -> list[CheckMessage]:
    """What `given` asks for and a Pillow without the features `lacking` cannot do."""
    rebuild = "Install Pillow from a wheel of PyPI, or build it with that library, or leave the format out."
    found = [
        _error("E021", f"AVATARS['OUTPUT_FORMATS'] has {name!r}, which Pillow here cannot write.", rebuild)
        for name in given.output_formats
        if name in lacking
    ]
    found += [
        _error("E022", f"AVATARS['INPUT_FORMATS'] has {name!r}, which Pillow here cannot read.", rebuild)
        for name in given.input_formats
        if name.lower() in lacking
    ]
    if formats.available(given.input_formats) != given.input_formats:
        install = "Install it with `pip install django-avatars[heif]`, or leave HEIC out."
        found.append(_error("E023", "AVATARS['INPUT_FORMATS'] has 'HEIC', but pillow-heif is not installed.", install))
    return found


def _error(number: str, message: str, hint: str, *, obj: Any = None) -> CheckMessage:
    return Error(message, hint=hint, obj=obj, id=f"django_avatars.{number}")


def _unknown(key: Any) -> CheckMessage:
    return _error(
        "E002", f"AVATARS has the unknown key {key!r}, which has no effect.", _closest(str(key).upper(), conf.KEYS)
    )


def _closest(given: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(given, choices, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"There is: {', '.join(choices)}."


def _hint(key: str, value: Any) -> str:
    if isinstance(value, str) and key in ("SIZES", "OUTPUT_FORMATS", "INPUT_FORMATS", "PROVIDERS", "PALETTE"):
        return f"A single value needs a comma: ({value!r},)."
    if key == "INPUT_FORMATS" and is_listing(value) and "SVG" in value:
        return "SVG is a document that can carry scripts; it is never accepted."
    return f"Leave it out for the default, {getattr(conf.Settings(), key.lower())!r}."


def _check_storage(alias: str) -> list[CheckMessage]:
    if alias in storages.backends:
        return []
    return [_error("E004", f"AVATARS['STORAGE'] is {alias!r}, which is no alias in STORAGES.", _storages())]


def _check_tasks(alias: str | None) -> list[CheckMessage]:
    backends = getattr(django_settings, "TASKS", {"default": {}})
    if alias is None or alias in backends:
        return []
    hint = f"There is: {', '.join(backends)}."
    return [_error("E027", f"AVATARS['TASKS'] is {alias!r}, which is no alias in TASKS.", hint)]


def _storages() -> str:
    return f"There is: {', '.join(storages.backends)}."


def _check_palette(palette: Iterable[str]) -> list[CheckMessage]:
    hint = "Choose a darker one, or one of django_avatars.conf.PALETTE."
    return [
        _error("E016", f"AVATARS['PALETTE'] has {color!r}: white on it has a contrast of {ratio:.2f}:1.", hint)
        for color in palette
        if (ratio := drawing.contrast(color)) < CONTRAST
    ]


def _check_font(path: str | os.PathLike[str] | None) -> list[CheckMessage]:
    from PIL import ImageFont

    try:
        ImageFont.truetype(path) if path else None
    except OSError as exc:
        hint = "Give the absolute path of a TrueType or OpenType file that the server may read."
        return [_error("E017", f"AVATARS['FONT'] is {str(path)!r}, which cannot be opened: {exc}.", hint)]
    return []


def _check_paths(key: str, paths: Iterable[str]) -> list[CheckMessage]:
    found = []
    for path in paths:
        try:
            problem = None if callable(import_string(path)) else "it cannot be called"
        except ImportError as exc:
            problem = str(exc)
        if problem:
            hint = 'Give the dotted path of a function, such as "project.people.display_name".'
            found.append(_error("E020", f"AVATARS[{key!r}] has {path!r}, which cannot be used: {problem}.", hint))
    return found


DEEPER: dict[str, Callable[[Any], list[CheckMessage]]] = {
    "STORAGE": _check_storage,
    "TASKS": _check_tasks,
    "PALETTE": _check_palette,
    "FONT": _check_font,
    "PROVIDERS": lambda paths: _check_paths("PROVIDERS", paths),
    "NAME": lambda path: _check_paths("NAME", [path] if path else []),
    "RATE_LIMIT": lambda rate: _check_paths("RATE_LIMIT", [rate] if rate and "/" not in rate else []),
}
"""What is asked of a value whose kind is right: whether what it names exists."""
