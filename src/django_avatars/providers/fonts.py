"""
Fonts for initials that are drawn on the server: what the project names, what the system has, and Pillow's own.

Imports Pillow, so it is itself only imported where a picture is asked for.
"""

from __future__ import annotations

import fnmatch
import functools
import os
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, cast

from PIL import ImageFont, features

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    "~/Library/Fonts",
    "%WINDIR%/Fonts",
    "%LOCALAPPDATA%/Microsoft/Windows/Fonts",
)
"""Where Linux, macOS and Windows keep fonts."""

PREFERRED = (
    *("notosans-medium.*", "notosans-regular.*", "notosans[[]*", "sfns.ttf", "segoeui.ttf", "helveticaneue.ttc"),
    *("roboto-medium.ttf", "ubuntu-m.ttf", "opensans-semibold.ttf", "liberationsans-regular.ttf", "dejavusans.ttf"),
    *("arial unicode.ttf", "arialuni.ttf", "arial.ttf", "helvetica.ttc", "freesans.*"),
    *("notosanscjk*", "notosanssc*", "notosansjp*", "notosanskr*", "pingfang.ttc", "hiragino sans gb.ttc"),
    *("applesdgothicneo.ttc", "msyh.ttc", "yugothm.ttc", "malgun.ttf", "wqy-*", "droidsansfallback*"),
    *("notosans*-medium.*", "notosans*-regular.*", "notosans*", "sfarabic.ttf", "geezapro.ttc", "kohinoor*.ttc"),
    *("nirmala.*", "leelawui.ttf", "mangal.ttf", "lohit*", "unifont*.otf", "unifont*.ttf"),
)
"""File names, in lowercase, of fonts that look well in small circles, and then of those that have a script at all."""

_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")
_MISSING = "\U0010ffff"  # a noncharacter: no font has a glyph for it

Font = ImageFont.FreeTypeFont


class Lettering(NamedTuple):
    """What can be written, and with what."""

    letters: str
    path: str | None
    """The font's file; None for Pillow's own."""


@functools.lru_cache(maxsize=1024)
def lettering(text: str, named: tuple[str, ...]) -> Lettering:
    """
    The letters of `text` that some font has, the fonts in `named` first; "" where none has any.

    Letters are tried as they are, then without their accents, then the first alone. `named` are paths, or file names
    that are looked for where the system keeps fonts. Raises `OSError` for one that cannot be opened.
    """
    for letters in _variants(text):
        for path in paths(named):
            if _has_glyphs(letters, opened(path, 32)):
                return Lettering(letters, path)
    return Lettering("", None)


@functools.cache
def paths(named: tuple[str, ...]) -> tuple[str | None, ...]:
    """The files to look into, best first; None, Pillow's own, is the last."""
    found = [_file(font) for font in named]
    there = installed()
    for pattern in PREFERRED:
        found += [there[name] for name in sorted(fnmatch.filter(there, pattern))]
    return (*dict.fromkeys(found), None)


@functools.cache
def installed() -> Mapping[str, str]:
    """File names in lowercase, and the paths, of all fonts of the system. Looks once a process."""
    return {path.name.lower(): str(path) for folder in FOLDERS for path in _files(folder)}


@functools.lru_cache(maxsize=64)
def opened(path: str | None, size: int) -> Font:
    """The font in this file, None for Pillow's own, at `size` pixels. Raises `OSError` for one that is none."""
    if path is None:
        return cast(Font, ImageFont.load_default(size))  # the other kind is for a Pillow without FreeType
    return ImageFont.truetype(path, size)


def _files(folder: str) -> Iterator[Path]:
    for place, folders, names in os.walk(os.path.expandvars(os.path.expanduser(folder))):
        folders.sort()
        yield from (Path(place, name) for name in sorted(names) if name.lower().endswith(_ENDINGS))


def _file(font: str) -> str:
    """A path as it is; a file name where the system has it."""
    return font if os.path.dirname(font) else installed().get(font.lower(), font)


def _variants(text: str) -> Iterator[str]:
    bare = "".join(char for char in unicodedata.normalize("NFD", text) if unicodedata.category(char) != "Mn")
    if _is_shaped(text):
        yield text
    yield bare
    yield text[:1]


def _is_shaped(text: str) -> bool:
    """Whether Pillow sets `text` as its script is written: what joins and stacks takes Raqm."""
    joins = sum(unicodedata.category(char) in ("Lo", "Mc", "Cf") for char in text) > 1
    return not joins or bool(features.check("raqm"))


def _has_glyphs(letters: str, font: Font) -> bool:
    """Whether none of `letters` comes out as the font's sign for missing characters, or as nothing."""
    unusable = (bytes(font.getmask(_MISSING)), b"")
    visible = [char for char in letters if unicodedata.category(char) not in ("Cf", "Mn")]
    return bool(visible) and all(bytes(font.getmask(char)) not in unusable for char in visible)
