"""
Who answers for this person? Providers are asked in the order of ``AVATARS["PROVIDERS"]``; the first answer wins.

A provider is a function of a `AvatarTarget` and a size in CSS pixels. It answers a `Photo` (an address),
a `Drawing` (made here), or None. It must not open, fetch, resolve or query anything: it runs for
every picture on every page. None of these makes a request, and Gravatar, Libravatar and identicon
are asked only where the setting names them.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from django.utils.module_loading import import_string
from django.utils.translation import get_language

from .. import naming, visibility
from ..conf import PALETTES, get_settings
from ..storages import urls
from ..targets import AvatarTarget
from . import drawing, gravatar, identicons, names

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class Source(NamedTuple):
    """A picture in one format, for those who can show it."""

    type: str
    """Content type, such as "image/avif"."""
    srcset: str
    """Candidates for screens of each density."""


class Photo(NamedTuple):
    """A picture that a browser fetches."""

    url: str
    """For a screen of ordinary density."""
    srcset: str = ""
    """Candidates for denser ones; "" when there are none."""
    referrer_policy: str = ""
    """For pictures elsewhere, which need not learn the page."""
    sources: tuple[Source, ...] = ()
    """The same picture in formats that not every program shows, best first."""
    animated: str | None = None
    """The same picture as it moves, an animated WebP, where it does."""


class Drawing(Protocol):
    """A picture made here, as text."""

    def inline(self, size: int) -> str:
        """Safe HTML: an ``<svg>`` of `size` pixels, hidden from screen readers."""

    def document(self, size: int) -> str:
        """An SVG document of its own."""

    def raster(self, size: int, format: str) -> bytes:
        """The same as "png" or "webp", for where SVG cannot serve."""


class Provider(Protocol):
    """A function of ``AVATARS["PROVIDERS"]``, which returns the picture of a person if it has one."""

    def __call__(self, target: AvatarTarget, size: int) -> Photo | Drawing | None:
        """The picture of `target` for `size` CSS pixels, None to let the next one answer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Initials:
    """One or two letters, or a person where there are none, on a color."""

    text: str
    color: str

    @property
    def first(self) -> Initials:
        """The same with one letter, for where two do not fit."""
        return Initials(names.first_cluster(self.text), self.color)

    @staticmethod
    def of(name: str, key: str, language: str | None) -> Initials:
        """The initials of `name` as `language` writes them, on the color that belongs to `key`."""
        return _initials_of(name, key, language, get_settings().colors)

    def inline(self, size: int) -> str:
        """See `Drawing`."""
        return drawing.initials_svg(self.text, self.color, size)

    def document(self, size: int) -> str:
        """See `Drawing`."""
        return drawing.standalone_svg(self.text, self.color, size)

    def raster(self, size: int, format: str) -> bytes:
        """See `Drawing`."""
        from .raster import draw  # Pillow: only where a picture is really drawn

        return draw(self.text, self.color, size, format=format, named=get_settings().fonts)


@functools.lru_cache(maxsize=8192)
def _initials_of(name: str, key: str, language: str | None, colors: tuple[str, ...]) -> Initials:
    return Initials(names.initials(name, language=language), drawing.color(key, colors))


@dataclasses.dataclass(frozen=True, slots=True)
class Identicon:
    """Geometry that belongs to a key, on a color."""

    key: str
    color: str

    def inline(self, size: int) -> str:
        """See `Drawing`."""
        return identicons.svg(self.key, self.color, size)

    def document(self, size: int) -> str:
        """See `Drawing`."""
        return identicons.standalone_svg(self.key, self.color, size)

    def raster(self, size: int, format: str) -> bytes:
        """See `Drawing`."""
        from .raster import draw_cells  # as above

        return draw_cells(identicons.cells(self.key), self.color, size, format=format)


def uploaded(target: AvatarTarget, size: int) -> Photo | None:
    """
    The picture that was uploaded, in every format that it is stored in; or the field's default.

    None where the storage fails to give an address.
    """
    name = target.stored_name
    if name:
        with urls.or_none():
            return _stored(target.storage, name, size)
    return None


def _stored(storage: Storage, name: str, size: int) -> Photo:
    modern, plain = _in_order(naming.formats(name))
    first, *denser = urls.candidates(storage, name, size, plain)
    sources = tuple(Source(naming.CONTENT_TYPES[format], urls.srcset(storage, name, size, format)) for format in modern)
    return Photo(first[0], urls.joined(denser), sources=sources, animated=urls.animated(storage, name))


@functools.cache
def _in_order(formats: tuple[str, ...]) -> tuple[list[str], str | None]:
    """Formats to offer first, smallest files first, and the one that every program shows, or the nearest to it."""
    modern: list[str] = [format for format in ("avif", "webp") if format in formats]
    plain = next((format for format in formats if format not in modern), None)
    return (modern, plain) if plain or not modern else (modern[:-1], modern[-1])


def initials(target: AvatarTarget, size: int) -> Initials:
    """Initials of the name on a color of the key; always an answer."""
    return Initials.of(names.display_name(target.person), target.key, get_language())


def initials_by(target: AvatarTarget, version: int) -> Initials:
    """As `initials`, by the algorithm with this number: see ``AVATARS["INITIALS"]``."""
    colors = get_settings().palette or PALETTES[version]
    return _initials_of(names.display_name(target.person), target.key, get_language(), colors)


def identicon(target: AvatarTarget, size: int) -> Identicon | None:
    """A geometric picture, for everybody with a key."""
    return Identicon(target.key, drawing.color(target.key, get_settings().colors)) if target.key else None


KEEPABLE = frozenset(f"{__name__}.{function.__name__}" for function in (uploaded, initials, identicon))
"""Providers whose answers may be kept, since they follow from the name, the key and the stored name alone."""


def from_gravatar(target: AvatarTarget, size: int) -> Photo | None:
    """What Gravatar has for the e-mail address; the initials show through where it has nothing."""
    return _remote(gravatar.gravatar_url, target, size)


def from_libravatar(target: AvatarTarget, size: int) -> Photo | None:
    """What Libravatar has for the e-mail address; the initials show through where it has nothing."""
    return _remote(gravatar.libravatar_url, target, size)


def answer(target: AvatarTarget, size: int) -> Photo | Drawing:
    """What is shown to whoever looks: `first_answer`, or initials to those who may not see the picture."""
    return first_answer(target, size) if visibility.may_see(target) else initials(target, size)


def first_answer(target: AvatarTarget, size: int) -> Photo | Drawing:
    """The first answer of the configured providers; initials when none of them has one."""
    for provider in _providers(get_settings().providers):
        found = provider(target, size)
        if found is not None:
            return found
    return initials(target, size)


def is_upload(found: Photo | Drawing, target: AvatarTarget, size: int) -> bool:
    """Whether `found`, an answer, is what is stored for `target`, and not what a provider has from elsewhere."""
    return isinstance(found, Photo) and found == uploaded(target, size)


@functools.cache
def _providers(paths: tuple[str, ...]) -> tuple[Provider, ...]:
    return tuple(import_string(path) for path in paths)


def _remote(url: Callable[..., str | None], target: AvatarTarget, size: int) -> Photo | None:
    # 404 rather than a stand-in of the service's own: our initials are behind the picture already.
    options = {"d": "404", **get_settings().gravatar}
    address = url(target.email, size, options)
    return Photo(address, gravatar.srcset(url, target.email, size, options), "no-referrer") if address else None
