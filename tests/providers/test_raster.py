from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from django_avatars.providers import raster


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def ink(data: bytes) -> tuple[int, int, int, int]:
    """Box of what is nearly white."""
    box = opened(data).convert("L").point(lambda value: 255 * (value > 180)).getbbox()
    assert box is not None
    return box


@pytest.fixture
def latin(tmp_path: Path) -> str:
    """A font file: the one Pillow carries, as a host would name one."""
    font = ImageFont.load_default(16)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert isinstance(font.path, io.BytesIO)
    path = tmp_path / "latin.ttf"
    path.write_bytes(font.path.getvalue())
    return str(path)


@pytest.mark.parametrize("format", ["png", "webp"])
@pytest.mark.parametrize("size", [16, 48, 300])
def test_a_picture_has_its_format_size_and_colors_and_nothing_else(format: str, size: int) -> None:
    picture = opened(raster.draw("JD", "#1970b2", size, format=format))

    assert picture.format == format.upper()
    assert picture.size == (size, size)
    assert picture.info.keys() <= {"background", "loop"}  # what Pillow says of every WebP
    assert picture.convert("RGB").getpixel((0, 0)) == (0x19, 0x70, 0xB2)
    assert ink(raster.draw("JD", "#1970b2", size, format=format))


@pytest.mark.parametrize("text", ["J", "JD", "Q", "É", "g", "-"])
@pytest.mark.parametrize("size", [64, 301])
def test_letters_are_centred_by_what_is_seen_of_them(text: str, size: int) -> None:
    left, top, right, bottom = ink(raster.draw(text, "#1970b2", size, format="png"))

    assert abs(left + right - size) <= 2
    assert abs(top + bottom - size) <= 2


def test_wide_letters_are_set_smaller() -> None:
    left, _, right, _ = ink(raster.draw("WWW", "#1970b2", 256, format="png"))

    assert 0.75 * 256 <= right - left <= 0.81 * 256


def test_small_pictures_have_one_letter() -> None:
    assert raster.draw("JD", "#1970b2", 23, format="png") == raster.draw("J", "#1970b2", 23, format="png")
    assert raster.draw("JD", "#1970b2", 24, format="png") != raster.draw("J", "#1970b2", 24, format="png")


@pytest.mark.parametrize("text", ["", "王", "م", "A王", "😀"])
def test_a_person_is_drawn_for_what_the_font_cannot_write(text: str) -> None:
    assert raster.draw(text, "#1970b2", 64, format="png") == raster.draw("", "#1970b2", 64, format="png")


def test_an_accent_that_the_font_lacks_is_left_out() -> None:
    assert raster.draw("ÉŽ", "#1970b2", 64, format="png") == raster.draw("EZ", "#1970b2", 64, format="png")
    assert raster.draw("EZ", "#1970b2", 64, format="png") != raster.draw("", "#1970b2", 64, format="png")


def test_the_person_stands_clear_of_the_edge() -> None:
    left, top, right, bottom = ink(raster.draw("", "#1970b2", 96, format="png"))

    assert (left, top, right, bottom) == (21, 20, 75, 76)


def test_the_font_is_the_one_that_the_project_names(latin: str) -> None:
    assert raster.draw("J", "#1970b2", 64, format="png", font=latin) == raster.draw("J", "#1970b2", 64, format="png")


def test_a_font_that_cannot_be_opened_is_an_error() -> None:
    with pytest.raises(OSError, match="cannot open resource"):
        raster.draw("JD", "#1970b2", 64, format="png", font="/nowhere/font.ttf")


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match=re.escape("Unsupported format 'gif', must be one of: png, webp")):
        raster.draw("JD", "#1970b2", 64, format="gif")


@pytest.mark.parametrize("format", ["png", "webp"])
def test_an_identicon_has_its_cells_where_the_drawing_has_them(format: str) -> None:
    data = raster.draw_cells({(0, 0), (4, 0), (2, 4)}, "#1970b2", 80, format=format)

    picture = opened(data).convert("RGB")
    white = {(x, y) for x in range(80) for y in range(80) if picture.getpixel((x, y)) == (255, 255, 255)}
    corners = [(15, 15), (55, 15), (35, 55)]
    assert white == {(x + right, y + down) for x, y in corners for right in range(10) for down in range(10)}
    assert picture.getpixel((0, 0)) == (0x19, 0x70, 0xB2)
