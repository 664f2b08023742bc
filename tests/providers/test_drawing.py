from __future__ import annotations

import collections
import hashlib
import itertools
import math
import re
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_avatars.conf import PALETTE, PALETTES
from django_avatars.providers.drawing import (
    PERSON_BOX,
    PERSON_HEAD,
    PERSON_SHOULDERS,
    another,
    color,
    contrast,
    data_uri,
    initials_svg,
    lettering,
    standalone_svg,
)
from django_avatars.providers.names import initials

NAMES = """Ada Lovelace
Ludwig van Beethoven
José María de la Cruz
Doe, Jane
jane.doe+news@example.com
Ольга Иванова
王小明
محمد علي
क्षितिज शर्मा
Łukasz Ørsted
Μαρία Παπαδοπούλου
김민준
ยูริ
שרה כהן
😀
#!?
O'Neill
al-Rashid
Prof. Dr. h.c. Anna Schmidt
Martin Luther King, Jr.
jane_doe42
mary ann
Ünal Şahin
ßeta
123 go
İpek""".splitlines()

ONE = "69aa9331a0c5b03fd8d75bda8ffcfa0439f7289cafaa053facc5e80be37718ab"
"""What algorithm 1 gives them."""


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
        ("JD", 1, ("J", 1)),
        ("J", 48, ("J", 24)),
        ("क्षि", 48, ("क्षि", 17)),
        ("王", 48, ("王", 24)),
        ("MD", 48, ("MD", 18)),
        ("WM", 48, ("WM", 16)),
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
        ' font-family="system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Helvetica,Arial,sans-serif" font-weight="500">'
        "<style>@media (prefers-color-scheme:dark){svg{background:#000}rect{fill-opacity:.75}"
        "text,path{fill-opacity:.9}}</style>"
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
    assert color("auth.user:17", PALETTE) == "#7a3f02"
    assert color("auth.user:18", PALETTE) == "#7a65cc"
    assert color("auth.user:19", PALETTE) == "#004f69"
    assert color("\ud800", PALETTE) in PALETTE


def test_colors_are_spread_evenly() -> None:
    counts = collections.Counter(color.__wrapped__(str(key), PALETTE) for key in range(100_000))

    assert len(counts) == 12
    assert min(counts.values()) >= 8100
    assert max(counts.values()) <= 8600


def shaded(color: str) -> tuple[str, str]:
    """Ground and letters of `color` in dark mode: three quarters of it over black, and white nine tenths over that."""
    ground = [round(int(color[place : place + 2], 16) * 0.75) for place in (1, 3, 5)]
    letters = [round(255 * 0.9 + channel * 0.1) for channel in ground]
    dark, pale = ("#" + "".join(f"{channel:02x}" for channel in channels) for channels in (ground, letters))
    return dark, pale


def oklab(color: str) -> tuple[float, float, float]:
    """Lightness and the two axes of OKLab, times 100."""
    channels = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    l_, m_, s_ = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    return (
        100 * (0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_),
        100 * (1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_),
        100 * (0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_),
    )


@pytest.mark.parametrize("ground", PALETTE)
def test_letters_are_readable_on_every_color_of_the_palette_by_day_and_by_night(ground: str) -> None:
    dark, pale = shaded(ground)

    assert round(contrast(ground), 2) >= 4.6
    assert round(contrast(dark, pale), 2) >= 6


def test_any_two_colors_of_the_palette_are_different_to_the_eye() -> None:
    for colors, least in ((PALETTE, 13), ([shaded(ground)[0] for ground in PALETTE], 8)):
        pairs = itertools.combinations(map(oklab, colors), 2)
        assert min(math.dist(one, other) for one, other in pairs) >= least


def test_what_a_number_of_the_algorithm_gives_never_changes() -> None:
    """
    The letters and colors of many people. Whoever changes the rules or the colors gives them a new number in
    `conf.PALETTES`, and leaves this one as it is.
    """
    people = [(initials(name), color(f"auth.user:{key}", PALETTES[1])) for key, name in enumerate(NAMES)]
    colors = [color(f"auth.user:{key}", PALETTES[1]) for key in range(1000)]

    assert hashlib.sha256(repr((people, colors)).encode()).hexdigest() == ONE


def test_somebody_beside_the_same_color_gets_one_that_is_far() -> None:
    assert another(PALETTE[0]) == PALETTE[5]
    assert {another(ground) for ground in PALETTE} == set(PALETTE)
    assert another("#123456") == "#123456"  # not one of the palette


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
