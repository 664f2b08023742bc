"""A picture that nobody has placed is cropped about the point that a function finds."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from django_avatars.imaging.focus import UPPER_THIRD, upper_third
from django_avatars.imaging.pipeline import Crop, find_center

from .. import pictures
from .making import far, pixels, spec

WIDE = pictures.scene(160, 120)


def test_the_default_looks_at_the_upper_third() -> None:
    assert upper_third(WIDE) == UPPER_THIRD == (0.5, 1 / 3)


def at(*point: Any) -> Callable[[Image.Image], Any]:
    """A function that finds that point everywhere."""
    return lambda image: point


@pytest.mark.parametrize(
    ("point", "left"), [((0, 0), 0), ((0.45, 0.9), 12), ((0.5, 0.5), 20), ((0.625, 0), 40), ((1, 1), 40)]
)
def test_the_square_is_centred_on_the_point_and_stays_inside(point: tuple[float, float], left: int) -> None:
    got = pixels(pictures.saved(WIDE), focus=at(*point))

    assert far(got, WIDE.crop((left, 0, left + 120, 120))) == 0


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_a_function_is_given_a_small_upright_copy(format: str) -> None:
    upright = pictures.scene(900, 1200)
    data = pictures.photo(format=format, orientation=6, image=upright.transpose(Image.Transpose.ROTATE_90))
    seen = []

    def low(image: Image.Image) -> tuple[float, float]:
        seen.append(image)
        return 0.5, 1

    got = pixels(data, focus=low)

    assert [(image.mode, image.size) for image in seen] == [("RGB", (480, 640))]
    assert far(seen[0], upright.resize((480, 640))) < 3
    assert far(got, upright.crop((0, 300, 900, 1200)).resize((512, 512))) < 3


@pytest.mark.parametrize("image", [Image.new("L", (30, 20)), Image.new("RGBA", (30, 20))])
def test_a_function_is_always_given_rgb(image: Image.Image) -> None:
    seen = []

    def note(image: Image.Image) -> tuple[float, float]:
        seen.append(image.mode)
        return UPPER_THIRD

    pixels(pictures.saved(image), focus=note, background=None)

    assert seen == ["RGB"]


def test_nobody_is_asked_where_there_is_nothing_to_choose() -> None:
    asked: list[Any] = []

    pixels(pictures.saved(WIDE), crop=Crop(0, 0, 0, 1), focus=asked.append)
    pixels(pictures.saved(pictures.scene(90, 90)), focus=asked.append)

    assert asked == []


@pytest.mark.parametrize(
    "find",
    [at(0.5, 1.1), at(-0.1, 0), at(float("nan"), 0), at("0", "0"), at(1), lambda image: None, lambda image: 1 / 0],
)
def test_a_function_that_fails_gives_way_to_the_default(find: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert far(pixels(pictures.saved(WIDE), focus=find), pixels(pictures.saved(WIDE))) == 0

    [record] = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage() == "AVATARS['FOCUS'] failed, the upper third is taken instead."
    assert record.exc_info


def test_the_middle_of_the_square_is_told_in_fractions() -> None:
    data = io.BytesIO(pictures.saved(WIDE))

    assert find_center(data, spec(focus=at(1, 0))) == (100 / 160, 0.5)
    assert find_center(data, spec()) == (0.5, 0.5)
