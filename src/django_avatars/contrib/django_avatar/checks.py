"""System checks: what is left of django-avatar, and whether this app is still asked for; ids are in `checks.IDS`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.urls import get_resolver

from . import signals
from .conf import INSTEAD

NAME = __name__.rpartition(".")[0]

ASKS = re.compile(
    r"""\{%\s*load\s[^%]*\bavatar_tags\b|["'](?:avatar:(?:add|change|delete|render_primary)|avatar-(?:list|detail))["']"""
)
"""What a template writes that needs the tags or the addresses."""


def check_settings() -> list[CheckMessage]:
    """Each setting of django-avatar that the project writes, with what is written instead."""
    return [
        Warning(f"{name} is a setting of django-avatar.", hint=instead, id="django_avatars.W060")
        for name, instead in INSTEAD.items()
        if hasattr(settings, name) and _is_written(name)
    ]


def _is_written(name: str) -> bool:
    """
    Whether the project writes this setting.

    The package itself, where it is still installed, sets every one of them to its default, which looks like a setting
    of the project's own after ``settings.configure()``.
    """
    package = sys.modules.get("avatar.conf")
    defaults = package.AvatarConf._meta.defaults if package else {}
    is_default = name in defaults and getattr(settings, name) == defaults[name]
    return settings.is_overridden(name) and not is_default  # type: ignore[misc]  # the stubs lack it


def check_use() -> list[CheckMessage]:
    """Whether no address, receiver or template needs this app any more. Templates come last: they are read."""
    if _has_addresses() or _has_receivers() or _is_in_templates():
        return []
    text = f"No address, receiver or template asks for {NAME} any more."
    return [Info(text, hint="Take it out of INSTALLED_APPS.", id="django_avatars.I060")]


def _has_addresses() -> bool:
    return bool(getattr(settings, "ROOT_URLCONF", None)) and any(map(_is_ours, _included(get_resolver())))


def _included(resolver: Any) -> Iterator[Any]:
    """The URL modules that are included, at any depth."""
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield pattern.urlconf_module
            yield from _included(pattern)


def _is_ours(module: Any) -> bool:
    return isinstance(module, ModuleType) and module.__name__.startswith(f"{NAME}.")


def _has_receivers() -> bool:
    return bool(signals.avatar_updated.receivers or signals.avatar_deleted.receivers)


def _is_in_templates() -> bool:
    if any(library.startswith(f"{NAME}.") for engine in _engines() for library in engine.engine.builtins):
        return True  # no template has to load what is there in all of them
    try:
        return any(ASKS.search(path.read_text(encoding="utf-8", errors="replace")) for path in _templates())
    except OSError:  # what cannot be read may ask
        return True


def _engines() -> list[DjangoTemplates]:
    return [engine for engine in engines.all() if isinstance(engine, DjangoTemplates)]


def _templates() -> Iterator[Path]:
    """The files of every folder that Django's own template engine looks in, whichever loaders the project names."""
    for engine in _engines():
        for folder in _folders(engine.engine.template_loaders):
            yield from (path for path in Path(folder).rglob("*") if path.is_file())


def _folders(loaders: Iterable[Any]) -> Iterator[Any]:
    for loader in loaders:
        yield from loader.get_dirs() if hasattr(loader, "get_dirs") else ()
        yield from _folders(getattr(loader, "loaders", ()))
