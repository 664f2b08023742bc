from __future__ import annotations

import collections
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_avatars.conf import PALETTE
from django_avatars.providers.drawing import (
    PERSON_BOX,
    PERSON_HEAD,
    PERSON_SHOULDERS,
    color,
    contrast,
    data_uri,
    initials_svg,
    lettering,
    standalone_svg,
)
from django_avatars.providers.names import initials


def test_initials_are_drawn_without_style_class_or_script() -> None:
    assert initials_svg("JD", "#1970b2", 48) == (
        '<svg class="avatar__fallback" width="48" height="48" viewBox="0 0 48 48" aria-hidden="true" focusable="false">'
        '<rect width="48" height="48" fill="#1970b2"/>'
        '<text x="24" y="24" dy=".36em" text-anchor="middle" font-size="20" fill="#fff">JD</text></svg>'
    )


def test_a_person_is_drawn_where_there_are_no_initials() -> None:
    svg = initials_svg("", "#1970b2", 64)

    assert svg.startswith('<svg class="avatar__fallback" width="64" height="64" viewBox="0 0 48 48" aria-hidden="true"')
    assert '<rect width="48" height="48" fill="#1970b2"/><path fill="#fff" d="M' in svg
    assert "<text" not in svg


def test_the_person_is_the_one_that_is_described_in_numbers() -> None:
    x, y, radius = PERSON_HEAD
    left, bottom, width, height = (
        PERSON_SHOULDERS[0] - PERSON_SHOULDERS[2],
        PERSON_SHOULDERS[1],
        PERSON_SHOULDERS[2],
        PERSON_SHOULDERS[3],
    )

    head = f"M{x - radius} {y}a{radius} {radius} 0 1 1 {2 * radius:g} 0a{radius} {radius} 0 1 1-{2 * radius:g} 0z"
    shoulders = f"M{left} {bottom}a{width} {height} 0 0 1 {2 * width:g} 0z"
    assert f'd="{head}{shoulders}"' in initials_svg("", "#1970b2", PERSON_BOX)


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("JD", 48, ("JD", 20)),
        ("JD", 24, ("JD", 10)),
        ("JD", 23, ("J", 12)),
        ("J", 48, ("J", 24)),
        ("क्षि", 48, ("क्षि", 24)),
        ("JD", 512, ("JD", 215)),
    ],
)
def test_one_letter_is_larger_and_small_pictures_have_only_one(text: str, size: int, expected: tuple[str, int]) -> None:
    assert lettering(text, size) == expected


@pytest.mark.parametrize(
    ("text", "middle"),
    [("J", ".36em"), ("王", ".36em"), ("😀", ".36em"), ("م", ".2em"), ("ד", ".3em"), ("क", ".3em"), ("ក", ".3em")],
)
def test_letters_are_centred_as_their_script_stands_on_the_line(text: str, middle: str) -> None:
    assert f'dy="{middle}"' in initials_svg(text, "#1970b2", 48)


def test_odd_sizes_have_their_centre_between_two_pixels() -> None:
    assert '<text x="16.5" y="16.5"' in initials_svg("J", "#1970b2", 33)


def test_markup_in_the_text_and_in_the_color_is_escaped() -> None:
    svg = initials_svg("<&", '"/><script>', 48)

    assert "&lt;&amp;</text>" in svg
    assert 'fill="&quot;/&gt;&lt;script&gt;"' in svg
    assert "<script" not in svg


def test_a_size_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("Unknown format code 'd' for object of type 'str'")):
        initials_svg("", "#1970b2", '"onload="')


def test_a_picture_that_stands_alone_says_what_it_is_and_which_fonts_it_wants() -> None:
    assert standalone_svg("J", "#1970b2", 48) == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 48 48"'
        ' font-family="system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Helvetica,Arial,sans-serif">'
        '<rect width="48" height="48" fill="#1970b2"/>'
        '<text x="24" y="24" dy=".36em" text-anchor="middle" font-size="24" fill="#fff">J</text></svg>'
    )


@given(st.text())
def test_a_picture_of_any_name_is_well_formed(name: str) -> None:
    root = ElementTree.fromstring(standalone_svg(initials(name), "#1970b2", 48))  # noqa: S314

    assert root.tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("text", ["JD", "", "م", "<&'\">"])
def test_a_data_address_is_inert_wherever_it_is_put_and_gives_the_picture_back(text: str) -> None:
    svg = standalone_svg(text, "#1970b2", 48)

    address = data_uri(svg)

    assert re.fullmatch(r"data:image/svg\+xml,[A-Za-z0-9%/:=,;._~-]+", address)
    assert unquote(address.removeprefix("data:image/svg+xml,")) == svg


def test_a_color_belongs_to_its_key_for_good() -> None:
    assert color("auth.user:17", PALETTE) == "#6d7205"
    assert color("auth.user:18", PALETTE) == "#a74f21"
    assert color("auth.user:19", PALETTE) == "#846801"
    assert color("\ud800", PALETTE) in PALETTE


def test_colors_are_spread_evenly() -> None:
    counts = collections.Counter(color.__wrapped__(str(key), PALETTE) for key in range(100_000))

    assert len(counts) == 16
    assert min(counts.values()) >= 6000
    assert max(counts.values()) <= 6500


@pytest.mark.parametrize("ground", PALETTE)
def test_white_is_readable_on_every_color_of_the_palette(ground: str) -> None:
    assert round(contrast(ground), 2) >= 4.99
    assert round(contrast(ground, "#121212"), 2) >= 3.30


def test_contrast_is_the_one_of_wcag() -> None:
    assert contrast("#000000") == pytest.approx(21)
    assert contrast("#ffffff") == 1
    assert contrast("#777777") == pytest.approx(4.48, abs=0.005)
    assert contrast("#FFFFFF", "#767676") == contrast("#767676")


@pytest.mark.parametrize("notation", ["red", "#fff", "#12345g", "1970b2", "#1970b2 ", "#1970b2\n", "#1970b2ff", ""])
def test_a_color_in_another_notation_is_refused(notation: str) -> None:
    message = f"Unsupported color {notation!r}, must be written as #rrggbb, such as #1970b2"

    with pytest.raises(ValueError, match=re.escape(message)):
        contrast("#000000", notation)
