from __future__ import annotations

import re

import pytest

from django_avatars.providers.identicons import cells, standalone_svg, svg


def test_an_identicon_is_drawn_like_initials_are() -> None:
    picture = svg("auth.user:17", "#1970b2", 48)

    assert picture.startswith(
        '<svg class="avatar__fallback" width="48" height="48" viewBox="0 0 40 40" aria-hidden="true" focusable="false">'
        '<rect width="40" height="40" fill="#1970b2"/><path fill="#fff" d="M'
    )
    assert picture.endswith('z"/></svg>')


def test_an_identicon_can_stand_alone_with_the_same_picture() -> None:
    inline = svg("auth.user:17", "#1970b2", 48)

    alone = standalone_svg("auth.user:17", "#1970b2", 48)

    assert alone.startswith('<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 40 40"')
    assert alone.partition("<rect")[2] == inline.partition("<rect")[2]


def test_a_key_has_one_pattern_for_good() -> None:
    assert cells("auth.user:17") == cells("auth.user:17")
    assert cells("auth.user:17") != cells("auth.user:18")
    assert cells("\ud800")


@pytest.mark.parametrize("key", [f"auth.user:{number}" for number in range(50)])
def test_every_pattern_is_symmetric_and_neither_empty_nor_full(key: str) -> None:
    pattern = cells(key)

    assert pattern == {(4 - column, row) for column, row in pattern}
    assert 11 <= len(pattern) <= 16


def test_a_thousand_people_hardly_ever_share_a_pattern() -> None:
    patterns = {cells(f"auth.user:{number}") for number in range(1000)}

    assert len(patterns) > 900


def test_the_whole_pattern_fits_into_a_circle() -> None:
    numbers = re.findall(r"M([\d.]+) ([\d.]+)h5v5h-5z", svg("auth.user:17", "#1970b2", 48))

    corners = [(float(x) + dx, float(y) + dy) for x, y in numbers for dx in (0, 5) for dy in (0, 5)]
    assert corners
    assert all(((x - 20) ** 2 + (y - 20) ** 2) ** 0.5 <= 20 for x, y in corners)


def test_the_color_is_escaped() -> None:
    assert 'fill="&quot;&gt;"' in svg("auth.user:17", '">', 48)
