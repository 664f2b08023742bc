"""The stylesheets: small, logical, and usable by everybody."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import django_avatars
from tests.documents import ROOT

PACKAGE = Path(django_avatars.__path__[0])
FOLDER = PACKAGE / "static" / "django_avatars"
DISPLAY, FIELD = "avatars.css", "avatars-field.css"
ALL = sorted(path.name for path in FOLDER.glob("*.css"))


def css(name: str) -> str:
    """A stylesheet without its comments; that of the field as it was before it was made small."""
    folder = ROOT / "frontend" if name == FIELD else FOLDER
    return re.sub(r"/\*.*?\*/", "", (folder / name).read_text(encoding="utf-8"), flags=re.DOTALL)


def compressed(name: str) -> int:
    """Bytes that go over the wire."""
    return len(gzip.compress((FOLDER / name).read_bytes(), 9, mtime=0))


def test_showing_pictures_costs_little() -> None:
    assert compressed(DISPLAY) <= 1300


def test_choosing_pictures_costs_little() -> None:
    assert compressed(FIELD) <= 2500


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_loaded_from_elsewhere(name: str) -> None:
    assert not re.search(r"url\(|@import", css(name))


@pytest.mark.parametrize("name", ALL)
def test_both_writing_directions_are_served_by_the_same_rules(name: str) -> None:
    assert not re.search(r"(?:margin|padding|border)-(?:left|right)|(?<![\w-])(?:left|right)\s*:", css(name))


@pytest.mark.parametrize("name", ALL)
def test_nothing_moves_for_people_who_ask_for_less_motion(name: str) -> None:
    always = re.sub(r"@media \(prefers-reduced-motion: no-preference\) \{.*?\n\}", "", css(name), flags=re.DOTALL)

    assert not re.search(r"animation|transition", always)


@pytest.mark.parametrize("name", ALL)
def test_braces_are_balanced(name: str) -> None:
    text = css(name)

    assert text.count("{") == text.count("}") > 0


@pytest.mark.parametrize("name", [FIELD, "avatars-pages.css"])
def test_the_keyboard_focus_is_seen(name: str) -> None:
    assert re.search(r":focus-visible(?::not\(canvas\))? \{\s*outline: 3px", css(name))
    assert "outline: none" not in css(name)


def test_what_is_shown_follows_forced_colors_and_prints() -> None:
    text = css(DISPLAY)

    assert "@media (forced-colors: active)" in text
    assert "fill: CanvasText" in text
    assert "print-color-adjust: exact" in text


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("avatars-*.css")), ids=lambda path: path.name)
def test_other_themes_of_the_admin_need_none_of_djangos_colors(path: Path) -> None:
    others = re.findall(r"var\(\s*(--(?!_?avatar)[\w-]+)\s*\)", path.read_text(encoding="utf-8"))

    assert others == []


def test_bare_buttons_of_the_admin_are_as_wide_as_their_words_in_grappelli() -> None:
    for name in (".avatar-field__button", ".avatars-admin-button"):
        rule = re.search(rf"\n{re.escape(name)} \{{(.*?)\}}", css("avatars-admin.css"), re.DOTALL)
        assert rule
        assert "width: auto;\n  height: auto;" in rule[1]


def test_a_page_can_change_the_shape_and_the_ring() -> None:
    text = css(DISPLAY)

    for name in ("--avatar-radius, 50%", "--avatar-ring, Canvas", "--avatar-overlap, calc", "--avatar-badge, var"):
        assert f"var({name}" in text


def test_controls_that_wait_for_an_upload_look_like_it() -> None:
    assert re.search(r"form:has\(\.avatar-field\) \[aria-disabled\] \{[^}]*opacity: 0\.6", css(FIELD))


def test_a_field_with_an_error_is_marked_by_a_line_that_forced_colors_leave() -> None:
    assert re.search(r"\[aria-invalid\]\)\s*\.avatar-field__preview \{\s*outline: 3px solid", css(FIELD))


def test_a_missing_file_leaves_the_initials_in_view() -> None:
    rule = re.search(r"\.avatar img \{(.*?)\}", css(DISPLAY), flags=re.DOTALL)

    assert rule is not None
    assert "width: auto" in rule[1]
    assert "height: auto" in rule[1]


def test_a_stack_lies_in_the_order_of_the_document_however_long_it_is() -> None:
    rules = re.findall(r"([^{}]+)\{[^{}]*z-index: (\d)", css(DISPLAY))

    assert {level for _, level in rules} == {"0", "1", "2"}  # the stack, what has the focus, its names
    assert not [selector for selector, _ in rules if "nth-child" in selector]


@pytest.mark.parametrize("name", [DISPLAY])
def test_a_public_property_is_never_assigned_and_private_ones_begin_with_an_underscore(name: str) -> None:
    assigned = re.findall(r"(?<![\w-])(--[\w-]+)\s*:", css(name))

    assert assigned
    assert [one for one in assigned if not one.startswith("--_avatar")] == []


def test_choosing_and_placing_is_one_small_script_and_the_camera_another() -> None:
    assert compressed("avatar-field.js") <= 8000
    assert compressed("avatar-camera.js") <= 1500
    assert {path.name for path in FOLDER.glob("*.js")} == {"avatar-field.js", "avatar-camera.js"}


def test_the_script_loads_nothing_but_the_camera() -> None:
    text = (FOLDER / "avatar-field.js").read_text(encoding="utf-8")

    assert re.findall(r"\bimport\b\W*([\w.]*)", text) == ["this.dataset.camera"]


def test_scripts_make_no_text_and_no_markup() -> None:
    for path in FOLDER.glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|setAttribute\(.style|\beval\b", text)
