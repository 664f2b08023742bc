"""The catalogues: complete, with the right plural forms, and with every placeholder in its place."""

from __future__ import annotations

import ast
import gettext
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import translation

import django_avatars
from django_avatars.exceptions import InvalidImage, RateLimited
from django_avatars.forms import TEXTS, AvatarInput, limits_text
from tests.app.models import Profile

PACKAGE = Path(django_avatars.__path__[0])
LANGUAGES = ("ar", "de", "es", "fr", "he", "it", "ja", "nl", "pl", "pt_BR", "ru", "zh_Hans")

QUOTED = r"\"((?:[^\"\\]|\\.)+)\"|'((?:[^'\\]|\\.)+)'"
MARKERS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
"""Functions that mark a text in code."""
IN_TEMPLATES = re.compile(rf"{{% translate (?:{QUOTED})")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")

HOW = "Run `tox run -e messages`, then translate what is empty and run it again."


@cache
def catalogue(language: str) -> dict[Any, str]:
    """Texts of a compiled catalogue by text, and by text and plural form."""
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        return gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined,no-any-return]


@cache
def texts() -> frozenset[str]:
    """Every text that the package marks for translation."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.html"):
        found |= {one or other for one, other in IN_TEMPLATES.findall(path.read_text(encoding="utf-8"))}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                # Literals that stand side by side are one text here.
                case ast.Call(func=ast.Name(id=marker), args=[ast.Constant(value=str(text)), *_]) if marker in MARKERS:
                    found.add(text)
    return frozenset(found)


def test_there_is_a_catalogue_for_each_language() -> None:
    assert {path.name for path in (PACKAGE / "locale").iterdir()} == set(LANGUAGES)
    assert len(texts()) > 90


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    there = {key[0] if isinstance(key, tuple) else key for key in catalogue(language)}

    assert sorted(texts() - there) == [], HOW
    assert all(catalogue(language).values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_plural_form_is_there(language: str) -> None:
    found = re.search(r"nplurals=(\d)", catalogue(language)[""])
    assert found is not None
    forms: dict[str, set[int]] = {}
    for key in catalogue(language):
        if isinstance(key, tuple):
            forms.setdefault(key[0], set()).add(key[1])

    assert len(forms) == 12
    assert all(numbers == set(range(int(found[1]))) for numbers in forms.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_placeholder_is_kept(language: str) -> None:
    for key, text in catalogue(language).items():
        if isinstance(key, str) and key:
            assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(key)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_for_somebody_to_look_at(language: str) -> None:
    text = (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")

    assert "#, fuzzy" not in text
    assert "#~" not in text


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("ar", {1: "شخص واحد", 2: "شخصان", 5: "5 أشخاص", 11: "11 شخصًا"}),
        ("de", {1: "1 Person", 2: "2 Personen"}),
        ("pl", {1: "1 osoba", 2: "2 osoby", 5: "5 osób", 22: "22 osoby"}),
        ("ru", {1: "1 человек", 2: "2 человека", 5: "5 человек", 21: "21 человек"}),
        ("ja", {1: "1人", 2: "2人"}),
    ],
)
def test_people_are_counted_as_the_language_does(language: str, counts: dict[int, str]) -> None:
    with translation.override(language):
        said = {
            count: translation.ngettext("%(count)s person", "%(count)s people", count) % {"count": count}
            for count in counts
        }

    assert said == counts


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        ("de", {1: "in 1 Sekunde noch", 30: "in 30 Sekunden noch"}),
        ("es", {1: "en 1 segundo.", 30: "en 30 segundos."}),
        ("pl", {1: "za 1 sekundę.", 3: "za 3 sekundy.", 30: "za 30 sekund."}),
        ("ar", {1: "بعد ثانية واحدة.", 2: "بعد ثانيتين.", 5: "بعد 5 ثوانٍ.", 30: "بعد 30 ثانية."}),
    ],
)
def test_seconds_are_counted_as_the_language_does(language: str, texts: dict[int, str]) -> None:
    with translation.override(language):
        said = {seconds: str(RateLimited(seconds)) for seconds in texts}

    assert all(text in said[seconds] for seconds, text in texts.items()), said


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "JPEG, PNG, WebP or GIF, up to 10 MB."),
        ("de", "JPEG, PNG, WebP oder GIF, bis 10 MB."),
        ("ja", "JPEG、PNG、WebP、またはGIF、10 MBまで。"),
    ],
)
def test_formats_are_listed_as_the_language_does(language: str, text: str) -> None:
    field = Profile.profile_pic.field
    with translation.override(language):
        limits = limits_text(field)
        with pytest.raises(InvalidImage) as refused:
            field.process(ContentFile(b"words", "a.png"))
        said = [*refused.value.messages, json.loads(AvatarInput().get_context("a", None, {})["widget"]["texts"])]

    formats = text.partition("GIF")[0] + "GIF"
    assert limits == text
    assert formats in said[0]
    assert formats in said[1]["not_an_image"]


@pytest.mark.parametrize(
    ("language", "text", "translated"),
    [
        ("ja", "more than %(max)s", "%(max)sを超える"),
        ("de", "The upload did not finish. Check your connection and try again.", "Das Hochladen wurde nicht abgeschl"),
        ("de", "Too many changes", "Zu viele Änderungen"),
        ("fr", "Too many changes", "Trop de changements"),
        ("es", "Remove pictures of selected %(verbose_name_plural)s", "Quitar las imágenes de la selección"),
    ],
)
def test_texts_say_what_they_mean(language: str, text: str, translated: str) -> None:
    assert catalogue(language)[text].startswith(translated)


def test_more_than_ten_others_are_one_other_in_arabic() -> None:
    with translation.override("ar"):
        said = [translation.ngettext("%(count)s more", "%(count)s more", count) for count in (5, 11, 100)]

    assert said == ["%(count)s آخرون", "%(count)s آخر", "%(count)s آخر"]


def test_what_the_script_says_is_translated_where_it_is_shown() -> None:
    with translation.override("de"):
        assert str(TEXTS["ready"]) == "Bild bereit. Speichern Sie, um es zu behalten."
