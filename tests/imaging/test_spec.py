"""Crops as text, pictures as values, formats by name."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_avatars.imaging import formats
from django_avatars.imaging.formats import available, content_types, extensions, format_names
from django_avatars.imaging.spec import Crop


def test_a_crop_is_read_from_its_text() -> None:
    assert Crop.parse("v1;r=90;x=.125;y=0;s=.6") == Crop(90, 0.125, 0.0, 0.6)


def test_a_crop_is_written_as_short_as_it_is_read() -> None:
    assert str(Crop(90, 0.125, 0.0, 0.6)) == "v1;r=90;x=.125;y=0;s=.6"
    assert str(Crop(0, 1.0, 0.00001, 1.0)) == "v1;r=0;x=1;y=.00001;s=1"


def test_numbers_beyond_the_picture_are_clamped() -> None:
    assert Crop.parse("v1;r=0;x=-3;y=7.5;s=9999") == Crop(0, 0.0, 1.0, 1.0)


@pytest.mark.parametrize(
    "text",
    [
        "", "v1", "v2;r=0;x=0;y=0;s=1", "v1;r=45;x=0;y=0;s=1", "v1;r=0;x=0;y=0", "v1;r=0;x=nan;y=0;s=1",
        "v1;r=0;x=1e3;y=0;s=1", "v1;r=0;x=0;y=0;s=1;", "v1;r=0;x=;y=0;s=1", "v1;r=0;x=0;y=0;s=1\n",
        "v1;r=0;x=٣;y=0;s=1", "v1;r=0;x=.;y=0;s=1", "x" * 10_000, "v1;r=0;x=0;y=0;s=0", "v1;r=90;x=.5;y=.5;s=-.25",
    ],
)  # fmt: skip
def test_malformed_text_is_no_crop(text: str) -> None:
    assert Crop.parse(text) is None


fractions = st.floats(0, 1).map(lambda number: round(number, 12))


@given(st.sampled_from([0, 90, 180, 270]), fractions, fractions, fractions.filter(bool))
def test_every_crop_survives_being_written_and_read(rotation: int, x: float, y: float, side: float) -> None:
    crop = Crop(rotation, x, y, side)

    assert Crop.parse(str(crop)) == crop


def test_formats_are_listed_as_people_do() -> None:
    assert format_names(("JPEG",)) == "JPEG"
    assert format_names(("JPEG", "PNG")) == "JPEG or PNG"
    assert format_names(("JPEG", "PNG", "WEBP", "GIF")) == "JPEG, PNG, WebP or GIF"
    listed = format_names(("JPEG", "PNG", "GIF"), listing="%(first)s、%(second)s", choice="%(first)s か %(second)s")
    assert listed == "JPEG、PNG か GIF"


def test_formats_have_extensions_and_content_types() -> None:
    assert extensions(("JPEG", "PNG")) == ("jpg", "jpeg", "jpe", "jfif", "mpo", "png", "apng")
    assert content_types(("JPEG", "HEIC")) == ("image/jpeg", "image/heic", "image/heif")


@pytest.mark.parametrize(("installed", "readable"), [(True, ("JPEG", "HEIC")), (False, ("JPEG",))])
def test_heic_is_available_where_its_package_is(
    installed: bool, readable: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "heif_is_installed", lambda: installed)

    assert available(("JPEG", "HEIC")) == readable


def test_heic_is_looked_for_among_the_installed_packages() -> None:
    assert formats.heif_is_installed() == (importlib.util.find_spec("pillow_heif") is not None)


def test_the_names_of_formats_load_no_pillow() -> None:
    code = (
        "import sys, django_avatars.imaging.formats, django_avatars.imaging.spec, django_avatars.imaging.rejected;"
        "print('PIL' in sys.modules, 'django' in sys.modules)"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed == "False False\n"
