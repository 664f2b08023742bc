"""
System checks for ``AVATARS``, for the options of fields, and for the installed versions. Hints say how to fix each.

Each check is a function that returns a list of messages. The app's ``ready()`` registers `check_settings`, and each
AvatarField calls `check_field`. `IDS` lists the ids, which are never reused.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import django
import PIL
from django.apps import apps
from django.conf import settings as django_settings
from django.core.cache import DEFAULT_CACHE_ALIAS
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.module_loading import import_string
from PIL import ImageFont, features

from . import conf, naming, targets
from .exceptions import INVALID_IMAGE
from .imaging import formats
from .lifecycle import selftest
from .providers import drawing

if TYPE_CHECKING:
    from .fields import AvatarField

FIELD_OPTIONS = {
    "sizes": "E101",
    "output_formats": "E102",
    "input_formats": "E103",
    "max_bytes": "E104",
    "min_size": "E105",
}
"""Options of an AvatarField that override the setting of the same name in ``AVATARS``, and follow the same rule."""

IDS = {
    "django_avatars.E001": "AVATARS is not a dict.",
    "django_avatars.E002": "AVATARS has a key that does not exist.",
    "django_avatars.E016": "A color of AVATARS['PALETTE'] is too light for white initials.",
    "django_avatars.E019": "It is not clear which field holds the picture of a user.",
    "django_avatars.E020": "A dotted path in AVATARS names something that cannot be imported or called.",
    "django_avatars.E021": "Pillow here cannot write one of AVATARS['OUTPUT_FORMATS'].",
    "django_avatars.E022": "Pillow here cannot read one of AVATARS['INPUT_FORMATS'].",
    "django_avatars.E023": "HEIC is the only input format, and pillow-heif is not installed.",
    "django_avatars.E051": "AVATARS['GALLERY'] has a file that does not exist.",
    "django_avatars.E071": "AVATARS['APPROVAL'] is set, and django_avatars.moderation is not installed.",
    "django_avatars.E106": "An AvatarField's storage is no storage, and no alias in STORAGES.",
    "django_avatars.E107": "An AvatarField's error_messages have a code that does not exist.",
    "django_avatars.E108": "An AvatarField's alt_field is no field of its model.",
    "django_avatars.E109": "An AvatarField's max_length is too short for the names of its pictures.",
    "django_avatars.E110": "An AvatarField is used, and django_avatars is not installed.",
    "django_avatars.W001": "Pillow has known holes that an upload can reach.",
    "django_avatars.W003": "The default cache counts several requests at once as one.",
    "django_avatars.W004": "A size is absurdly large.",
    "django_avatars.W005": "The database deletes rows with pictures, and Django does not hear of it.",
    "django_avatars.W006": "HEIC is an input format, and pillow-heif is not installed.",
    "django_avatars.W008": "AVATARS['VISIBLE'] is set, and ActorMiddleware is not in MIDDLEWARE.",
    "django_avatars.W009": "Pictures go into the folder in which the server was started.",
    "django_avatars.W020": "This Django rolls transactions back in a way that is not known here.",
    "django_avatars.E120": "This Django ends transactions in a way that could be taken for a rollback.",
    "django_avatars.W060": "A setting of django-avatar is there.",
    "django_avatars.I060": "Nothing asks for django_avatars.contrib.django_avatar any more.",
} | {
    f"django_avatars.{rule.id}": f"AVATARS[{key!r}] is not {rule.must_be}." for key, rule in conf.RULES.items()
} | {
    f"django_avatars.{number}": f"{option} of an AvatarField is not {conf.RULES[option.upper()].must_be}."
    for option, number in FIELD_OPTIONS.items()
}  # fmt: skip
"""What each id means. One id, one mistake."""

PILLOW_FLOOR = (12, 3)
"""
The first Pillow whose ``crop`` and ``paste`` (CVE-2026-59199) and color transforms
(CVE-2026-59205) do not write out of bounds: every upload goes through all three.
"""

LARGEST = 2048
"""The largest size, in pixels, that is not taken for a mistake: three times what the largest screens show."""

CONTRAST = 4.5
"""The least contrast of white text on a color: WCAG 2.2, 1.4.3 Contrast (Minimum)."""


def check_settings() -> list[CheckMessage]:
    """Everything that can be said about ``AVATARS`` and about what is installed."""
    found = check_values()
    if not found:  # or there are no settings to read
        sizes = conf.get_settings().sizes
        found = [*check_user_field(), *check_pillow_formats(), *check_cache(), *check_sizes(sizes), *check_viewer()]
        found += check_media_root()
    return [*found, *check_versions()]


def check_values() -> list[CheckMessage]:
    """``AVATARS`` is a dict, has only keys that exist, and each value is what it must be (E001 to E035)."""
    given = getattr(django_settings, "AVATARS", None) or {}
    if not isinstance(given, Mapping):
        return [_error("E001", f"AVATARS is {given!r}, must be a dict.", 'Write it as AVATARS = {"SIZES": (256, 64)}.')]
    found = [_unknown(key) for key in given if key not in conf.RULES]
    for key in conf.RULES:
        found += check_value(key, given[key]) if key in given else []
    return found


def check_value(key: str, value: Any) -> list[CheckMessage]:
    """`value` follows the rule of its key. Only if it does, what it refers to is checked, such as a dotted path."""
    rule = conf.RULES[key]
    if not rule.holds(value):
        return [_error(rule.id, f"AVATARS[{key!r}] is {value!r}, must be {rule.must_be}.", _hint(key, value))]
    return EXISTS[rule.refers_to](key, value) if value is not None and rule.refers_to else []


def check_user_field() -> list[CheckMessage]:
    """It is clear whose picture a user has (E019). A project that gives users no picture at all is fine."""
    try:
        if conf.get_settings().field is not None or targets.candidates():
            targets.user_field()
    except ImproperlyConfigured as exc:
        return [_error("E019", str(exc), 'Set AVATARS = {"FIELD": "app.Model.field"}.')]
    return []


def check_field(field: AvatarField) -> list[CheckMessage]:
    """The options of one field are what they must be (E101 to E110)."""
    found = []
    for option, number in FIELD_OPTIONS.items():
        value, rule = field._options[option], conf.RULES[option.upper()]
        if value is not None and not rule.holds(value):
            hint = f"Leave it out to follow AVATARS[{option.upper()!r}]."
            found.append(_error(number, f"{option} is {value!r}, must be {rule.must_be}.", hint, obj=field))
    if field._options["sizes"] is not None and not found:
        found += check_sizes(field._options["sizes"], obj=field)
    if field._options["input_formats"] is not None and not found:
        found += check_heic(field._options["input_formats"], obj=field)
    found += _check_storage(field)
    codes = {code for base in type(field).__mro__ for code in getattr(base, "default_error_messages", ())}
    found += [
        _error("E107", f"error_messages has the unknown code {code!r}.", _closest(code, INVALID_IMAGE), obj=field)
        for code in field.error_messages.keys() - codes
    ]
    return [*found, *check_in_model(field, is_sound=not found and not check_values())]


def check_in_model(field: AvatarField, *, is_sound: bool) -> list[CheckMessage]:
    """
    The field fits its model, its column and the project (E108 to E110, W005).

    `is_sound` says whether the options of the field, and the settings, can be used to make a name.
    """
    if not hasattr(field, "model"):
        return []
    found = [*_check_installed(field), *_check_relations(field)]
    if field.alt_field is not None:
        found += _check_alt_field(field, field.alt_field)
    return [*found, *_check_length(field)] if is_sound else found


def _check_storage(field: AvatarField) -> list[CheckMessage]:
    source = field._storage_source
    if source is None:  # E004 is about that of the settings
        return []
    if isinstance(source, str) and source not in storages.backends:
        text = f"storage is {source!r}, must be an alias in STORAGES."
        return [_error("E106", text, _there_is(storages.backends), obj=field)]
    if check_values():  # which a callable may need
        return []
    try:
        storage: object = field.storage
    except Exception as exc:  # whatever the callable raises
        given = f"storage is {source!r}, which fails with {type(exc).__name__}: {exc}."
    else:
        if isinstance(storage, Storage):
            return []
        given = f"storage gives {storage!r}, must be a Storage."
    return [_error("E106", given, "Give an alias in STORAGES, or a callable that returns a Storage.", obj=field)]


def _check_installed(field: AvatarField) -> list[CheckMessage]:
    if apps.is_installed("django_avatars"):
        return []
    text = "django_avatars is not in INSTALLED_APPS: its templates, commands and tags are missing."
    return [_error("E110", text, "Add 'django_avatars' to INSTALLED_APPS.", obj=field)]


def _check_length(field: AvatarField) -> list[CheckMessage]:
    """The longest name fits the column (E109). Not checked if ``upload_to`` is a function, which may need a row."""
    if field.max_length is None or not field.has_fixed_folder:
        return []
    row: Any = SimpleNamespace(pk=None, _meta=field.model._meta)  # `per_user` asks no more of an instance
    try:
        folder = field.folder(row)
    except (ImproperlyConfigured, ImportError):  # a storage of STORAGES that cannot be made, as the doctor says
        return []
    sizes, formats = field.option("sizes"), tuple(field.option("output_formats"))
    if getattr(field.storage, "resizes_by_url", False):
        sizes, formats = (), ()
    settings = conf.get_settings()
    has_source, has_animation = settings.keep_source, settings.motion is not None
    name = naming.new_name(folder, sizes=sizes, formats=formats, has_source=has_source, has_animation=has_animation)
    length = len(str(name))
    if length <= field.max_length:
        return []
    text = f"max_length is {field.max_length}, must be {length} or more: so long are names of pictures."
    return [_error("E109", text, "Leave it out for 255, or let upload_to give a shorter folder.", obj=field)]


def _check_relations(field: AvatarField) -> list[CheckMessage]:
    unheard = (models.DO_NOTHING, getattr(models, "DB_CASCADE", None))  # Django 6.1 has the second
    hint = "Let on_delete be CASCADE; or run avatars_prune regularly, which deletes such files, and silence this check."
    relations = [(one.name, getattr(one.remote_field, "on_delete", None)) for one in field.model._meta.local_fields]
    return [
        Warning(
            f"Where the database deletes a row of {field.model._meta.label} with the one that {name!r} points at "
            f"(on_delete={on_delete.__name__}), Django does not hear of it, and the files of {field.name!r} stay.",
            hint=hint,
            obj=field,
            id="django_avatars.W005",
        )
        for name, on_delete in relations
        if on_delete is not None and on_delete in unheard
    ]


def _check_alt_field(field: AvatarField, name: str) -> list[CheckMessage]:
    names = [one.name for one in field.model._meta.concrete_fields]
    if name in names:
        return []
    message = f"alt_field is {name!r}, which {field.model._meta.label} does not have."
    return [_error("E108", message, _closest(name, names), obj=field)]


def check_versions() -> list[CheckMessage]:
    """Pillow has no known holes, and Django ends transactions as expected (W001, W020, E120)."""
    return [*check_pillow_version(PIL.__version__), *check_rollbacks()]


def check_rollbacks() -> list[CheckMessage]:
    """This Django's rollbacks can be told from its commits, as deleting the files of a rollback needs (W020, E120)."""
    hint = "Use a Django that this release of django-avatars was tested with, or a newer release."
    if selftest.mistakes_others():
        text = "ends transactions in a way that could be taken for a rollback, so that saved pictures lose their files."
        return [_error("E120", f"Django {django.get_version()} {text}", hint)]
    if selftest.sees_rollbacks():
        return []
    text = "rolls transactions back in a way that is not known here: files of pictures that were not saved stay."
    hint += " Until then, run avatars_prune regularly, which deletes them."
    return [Warning(f"Django {django.get_version()} {text}", hint=hint, id="django_avatars.W020")]


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


def check_cache() -> list[CheckMessage]:
    """The cache counts exactly, for ``RATE_LIMIT`` (W003). Database and file caches read a number and then write it."""
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


def check_viewer() -> list[CheckMessage]:
    """If ``AVATARS["VISIBLE"]`` is set, a middleware says who looks at a page (W008)."""
    path = "django_avatars.middleware.ActorMiddleware"
    if conf.get_settings().visible is None or path in django_settings.MIDDLEWARE:
        return []
    message = "AVATARS['VISIBLE'] is set, and nobody is known to look at pages: everybody is shown what strangers are."
    return [Warning(message, hint=f'Add "{path}" to MIDDLEWARE.', id="django_avatars.W008")]


def check_media_root() -> list[CheckMessage]:
    """The files have a folder of their own (W009): Django takes an empty ``MEDIA_ROOT`` for where it was started."""
    given: Any = storages.backends.get(conf.get_settings().storage, {})
    local = given.get("BACKEND") == "django.core.files.storage.FileSystemStorage"
    if not local or "location" in given.get("OPTIONS", {}) or django_settings.MEDIA_ROOT:
        return []
    message = "MEDIA_ROOT is empty: pictures go into the folder in which the server was started."
    hint = 'Set MEDIA_ROOT = BASE_DIR / "media" and MEDIA_URL = "/media/".'
    return [Warning(message, hint=hint, id="django_avatars.W009")]


def check_sizes(sizes: Iterable[int], *, obj: Any = None) -> list[CheckMessage]:
    """No rendition is absurdly large (W004): each upload would take its time and memory."""
    largest = max(sizes)
    if largest <= LARGEST:
        return []
    text = f"A rendition of {largest} pixels is made of every large upload, which takes time and memory."
    hint = f"Avatars are shown smaller: leave sizes above {LARGEST} out."
    return [Warning(text, hint=hint, obj=obj, id="django_avatars.W004")]


def check_pillow_formats() -> list[CheckMessage]:
    """Pillow, as it was built here, can read and write what the settings name (E021, E022, E023, W006)."""
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
    return [*found, *check_heic(given.input_formats)]


def check_heic(given: Iterable[str], *, obj: Any = None) -> list[CheckMessage]:
    """HEIC can be read, or else is left out (W006); and some input format remains (E023)."""
    left = formats.available(given)
    if "HEIC" in left or "HEIC" not in given:
        return []
    hint = "Install it with `pip install django-avatars[heif]`, or leave HEIC out."
    if not left:
        return [_error("E023", "HEIC is the only input format, but pillow-heif is not installed.", hint, obj=obj)]
    text = "HEIC is an input format, but pillow-heif is not installed, so the others are accepted alone."
    return [Warning(text, hint=hint, obj=obj, id="django_avatars.W006")]


def _error(number: str, message: str, hint: str, *, obj: Any = None) -> CheckMessage:
    return Error(message, hint=hint, obj=obj, id=f"django_avatars.{number}")


def _unknown(key: Any) -> CheckMessage:
    return _error(
        "E002", f"AVATARS has the unknown key {key!r}, which has no effect.", _closest(str(key).upper(), conf.RULES)
    )


def _closest(given: str, choices: Iterable[str]) -> str:
    close = difflib.get_close_matches(given, choices, n=1)
    return f"Did you mean {close[0]!r}?" if close else _there_is(choices)


def _hint(key: str, value: Any) -> str:
    aliases, default = conf.RULES[key].aliases, getattr(conf.DEFAULTS, key.lower())
    if aliases is not None:
        return _there_is(aliases())
    if isinstance(value, str) and isinstance(default, tuple):
        return f"A single value needs a comma: ({value!r},)."
    if key == "INPUT_FORMATS" and conf.is_list(value) and "SVG" in value:
        return "SVG is a document that can carry scripts; it is never accepted."
    return f"Leave it out for the default, {default!r}."


def _there_is(choices: Iterable[str]) -> str:
    return f"There is: {', '.join(choices)}."


def _check_palette(key: str, palette: Iterable[str]) -> list[CheckMessage]:
    hint = "Choose a darker one, or one of django_avatars.conf.PALETTE."
    return [
        _error("E016", f"AVATARS[{key!r}] has {color!r}: white on it has a contrast of {ratio:.2f}:1.", hint)
        for color in palette
        if (ratio := drawing.contrast(color)) < CONTRAST
    ]


def _check_font(key: str, value: Any) -> list[CheckMessage]:
    found = []
    hint = "Give the absolute path of a TrueType or OpenType file that the server may read, or a name that it finds."
    for path in value if conf.is_list(value) else (value,):
        try:
            ImageFont.truetype(path)
        except (OSError, ValueError) as exc:  # the second for a path with NUL
            found.append(_error("E017", f"AVATARS[{key!r}] has {str(path)!r}, which cannot be opened: {exc}.", hint))
    return found


def _check_pictures(key: str, value: Iterable[Mapping[str, Any]]) -> list[CheckMessage]:
    hint = "Give the absolute path of a picture that the server may read."
    return [
        _error("E051", f"AVATARS[{key!r}] has {str(one['file'])!r}, which does not exist.", hint)
        for one in value
        if not os.path.isfile(one["file"])
    ]


def _check_functions(key: str, value: str | Iterable[str]) -> list[CheckMessage]:
    found = []
    for path in [value] if isinstance(value, str) else value:
        if "/" in path:  # a rate
            continue
        try:
            problem = None if callable(import_string(path)) else "it cannot be called"
        except Exception as exc:  # whatever the module raises, such as where an optional package is missing
            problem = str(exc).rstrip(".") or type(exc).__name__
        if problem:
            hint = 'Give the dotted path of a function, such as "project.people.display_name".'
            found.append(_error("E020", f"AVATARS[{key!r}] has {path!r}, which cannot be used: {problem}.", hint))
    return found


def _check_approval(key: str, value: str) -> list[CheckMessage]:
    if not apps.is_installed("django_avatars.moderation"):
        text = f"AVATARS[{key!r}] is set, but nothing lets a picture wait: every one is shown at once."
        hint = "Add 'django_avatars.history' and 'django_avatars.moderation' to INSTALLED_APPS, and run migrate."
        return [_error("E071", text, hint)]
    return [] if value == "all" else _check_functions(key, value)


def _check_history(key: str, value: Mapping[str, Any]) -> list[CheckMessage]:
    per = value.get("PER")
    return [] if per in (None, "person") else _check_functions(key, per)


EXISTS: dict[str, Callable[[str, Any], list[CheckMessage]]] = {
    "function": _check_functions,
    "font": _check_font,
    "palette": _check_palette,
    "pictures": _check_pictures,
    "approval": _check_approval,
    "history": _check_history,
}
"""Checks that what a value refers to exists, by the `refers_to` of its rule. They run if the rule accepts the value."""
