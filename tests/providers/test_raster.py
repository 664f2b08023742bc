from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from django_avatars.providers import fonts, raster
from tests import pictures


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def ink(data: bytes) -> tuple[int, int, int, int]:
    """Box of what is nearly white."""
    box = opened(data).convert("L").point(lambda value: 255 * (value > 180)).getbbox()
    assert box is not None
    return box


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A system without fonts."""
    monkeypatch.setattr(fonts, "FOLDERS", ())
    forget()
    yield
    forget()


def forget() -> None:
    """Look for fonts again."""
    for function in (fonts.lettering, fonts.paths, fonts.installed):
        function.cache_clear()


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


@pytest.mark.parametrize("text", ["", "王", "م", "王A", "😀"])
@pytest.mark.usefixtures("bare")
def test_a_person_is_drawn_for_what_no_font_can_write(text: str) -> None:
    assert raster.draw(text, "#1970b2", 64, format="png") == raster.draw("", "#1970b2", 64, format="png")


@pytest.mark.usefixtures("bare")
def test_an_accent_that_the_font_lacks_is_left_out() -> None:
    assert raster.draw("ÉŽ", "#1970b2", 64, format="png") == raster.draw("EZ", "#1970b2", 64, format="png")
    assert raster.draw("EZ", "#1970b2", 64, format="png") != raster.draw("", "#1970b2", 64, format="png")


def test_the_person_stands_clear_of_the_edge() -> None:
    left, top, right, bottom = ink(raster.draw("", "#1970b2", 96, format="png"))

    assert (left, top, right, bottom) == (21, 20, 75, 76)


def test_the_fonts_that_the_project_names_come_first(latin: str, bare: None) -> None:
    own = raster.draw("J", "#1970b2", 64, format="png")

    assert fonts.lettering("J", (latin,)) == fonts.Lettering("J", latin)
    assert raster.draw("J", "#1970b2", 64, format="png", named=(latin,)) == own


def test_a_list_of_fonts_is_asked_in_turn_and_found_by_name(
    latin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fonts" / "truetype"
    folder.mkdir(parents=True)
    (folder / "readme.txt").write_text("no font")
    for name in ("NotoSans-Regular.ttf", "Unknown.ttf", "unifont.ttf"):
        (folder / name).write_bytes(Path(latin).read_bytes())
    monkeypatch.setattr(fonts, "FOLDERS", (str(tmp_path / "nowhere"), str(tmp_path / "fonts")))
    forget()
    try:
        assert set(fonts.installed()) == {"notosans-regular.ttf", "unknown.ttf", "unifont.ttf"}
        preferred = (str(folder / "NotoSans-Regular.ttf"), str(folder / "unifont.ttf"), None)
        assert fonts.paths(()) == preferred
        assert fonts.paths(("unknown.TTF", latin)) == (str(folder / "Unknown.ttf"), latin, *preferred)
        assert fonts.lettering("J", ("Unknown.ttf",)).path == str(folder / "Unknown.ttf")
        assert fonts.lettering("J", ()).path == preferred[0]
    finally:
        forget()


@pytest.mark.parametrize("text", ["ŁØ", "ОИ", "ΜΠ", "م", "שר"])
def test_letters_of_other_scripts_are_letters_where_the_system_has_a_font(text: str) -> None:
    has_one = fonts.lettering(text, ()).letters == text
    drawn, person = (raster.draw(one, "#1970b2", 64, format="png") for one in (text, ""))

    assert (drawn != person) is has_one


@pytest.mark.parametrize("has_raqm", [True, False])
def test_what_joins_is_set_as_it_is_only_where_it_can_be_shaped(
    has_raqm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("PIL.features.check", lambda feature: has_raqm)

    assert list(fonts._variants("क्षि")) == [*["क्षि"] * has_raqm, "कषि", "क"]
    assert list(fonts._variants("É")) == ["É", "E", "É"]


def test_no_picture_is_drawn_larger_than_anybody_needs() -> None:
    drawn = raster.draw("JD", "#1970b2", 9999, format="png")

    assert opened(drawn).size == (raster.LARGEST, raster.LARGEST)
    assert opened(raster.draw_cells({(0, 0)}, "#1970b2", 9999, format="webp")).size == (1024, 1024)


@pytest.mark.parametrize("format", ["png", "webp"])
def test_a_stored_picture_can_be_round(format: str) -> None:
    stored = io.BytesIO(pictures.saved(Image.new("RGB", (128, 128), "#c00000"), "WEBP", lossless=True))

    picture = opened(raster.converted(stored, 64, format=format, is_round=True)).convert("RGBA")

    assert picture.size == (64, 64)
    assert picture.getpixel((0, 0))[3] == picture.getpixel((63, 63))[3] == 0  # type: ignore[index]
    assert picture.getpixel((32, 0))[3] > 200  # type: ignore[index]
    assert picture.getpixel((32, 32)) == pytest.approx((192, 0, 0, 255), abs=3)


def test_a_stored_picture_can_have_another_format() -> None:
    stored = io.BytesIO(pictures.saved(Image.new("RGB", (128, 128), "#c00000"), "WEBP", lossless=True))

    picture = opened(raster.converted(stored, 256, format="png", is_round=False))

    assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (128, 128))
    stored.seek(0)
    with pytest.raises(ValueError, match="Unsupported format 'gif'"):
        raster.converted(stored, 64, format="gif", is_round=False)


def test_a_font_that_cannot_be_opened_is_an_error() -> None:
    with pytest.raises(OSError, match="cannot open resource"):
        raster.draw("JD", "#1970b2", 64, format="png", named=("/nowhere/font.ttf",))


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
