"""AVIF files with a short header."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from PIL import Image

from .. import pictures
from .making import far, made, pixels, refused
from .test_orientation import stored

AVIF = ("AVIF",)


def shown(data: bytes, **changes: Any) -> Image.Image:
    return pixels(data, input_formats=AVIF, **changes)


@pytest.mark.parametrize("subsampling", ["4:0:0", "4:2:0", "4:2:2", "4:4:4"])
@pytest.mark.parametrize("is_long", [False, True])
def test_a_short_header_says_what_a_long_one_says(subsampling: str, is_long: bool) -> None:
    data = pictures.photo(64, 48, format="AVIF", subsampling=subsampling)

    short = pictures.short_avif(data, subsampling=subsampling, is_long=is_long)

    assert (far(shown(short), shown(data)), shown(short).size) == (0, (48, 48))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_with_a_short_header_is_turned_once(orientation: int) -> None:
    upright = pictures.quadrants(64, 64)
    data = pictures.saved(stored(upright, orientation), "AVIF", quality=95, subsampling="4:4:4")

    assert far(shown(pictures.short_avif(data, orientation=orientation, subsampling="4:4:4")), upright) < 1


@pytest.mark.parametrize("shares_configuration", [False, True])
@pytest.mark.parametrize("is_multiplied", [False, True])
def test_alpha_is_found_beside_a_short_header(shares_configuration: bool, is_multiplied: bool) -> None:
    image = pictures.quadrants(64, 64, "RGBA")
    image.putalpha(Image.linear_gradient("L").resize((64, 64)))
    data = pictures.saved(image, "AVIF", alpha_premultiplied=is_multiplied)

    short = pictures.short_avif(data, shares_configuration=shares_configuration, is_multiplied=is_multiplied)

    assert shown(short, background=None).tobytes() == shown(data, background=None).tobytes()
    assert shown(short, background=None).mode == "RGBA"


def test_a_profile_beside_a_short_header_is_used_and_nothing_else_of_it() -> None:
    icc = pictures.rotated_primaries()
    data = pictures.photo(64, 64, format="AVIF", icc=icc)
    exif = pictures.exif(6, gps=True)

    short = pictures.short_avif(data, icc=icc, exif=exif, is_deep=True)

    assert far(shown(short), shown(data)) == 0
    assert far(shown(short), shown(pictures.short_avif(data))) > 10
    assert pictures.CAMERA in short
    assert pictures.CAMERA not in made(short, input_formats=AVIF).renditions[0].data


def test_the_colors_that_a_short_header_names_are_those_of_the_picture() -> None:
    data = pictures.saved(Image.new("RGB", (64, 64), (224, 48, 48)), "AVIF", quality=100, subsampling="4:4:4")
    in_p3 = data.replace(struct.pack(">4s3H", b"nclx", 1, 13, 6), struct.pack(">4s3H", b"nclx", 12, 13, 6))

    short = pictures.short_avif(data, subsampling="4:4:4", colors=(12, 13, 6))

    assert far(shown(short), shown(in_p3)) == 0
    assert far(shown(short), shown(data)) > 10


@pytest.mark.parametrize(
    "unknown", [1 << 14, 1 << 13, 1 << 12, 1 << 8], ids=["version", "codings", "floats", "HDR screens"]
)
def test_a_short_header_of_a_rare_kind_is_another_format(unknown: int) -> None:
    data = pictures.short_avif(pictures.photo(64, 48, format="AVIF"), unknown=unknown)

    assert refused(data, input_formats=AVIF).code == "unsupported_format"


def test_a_short_header_of_a_heic_is_another_format() -> None:
    pytest.importorskip("pillow_heif")
    data = pictures.short_avif(pictures.photo(64, 48, format="AVIF")).replace(b"mif3avif", b"mif3heic")

    assert refused(data, input_formats=("HEIC",)).code == "unsupported_format"
    assert refused(data, input_formats=AVIF).params["given"] == "HEIC"


def test_a_short_header_that_promises_more_than_there_is_is_damaged() -> None:
    data = pictures.short_avif(pictures.photo(64, 48, format="AVIF"), icc=pictures.srgb_profile())
    cut = [data[:16] + struct.pack(">I", size) + data[20 : 16 + size] for size in (8, 12, 40, len(data) - 17)]

    assert {refused(part, input_formats=AVIF).code for part in (*cut, data[:-1])} == {"truncated"}


def test_a_file_has_one_header() -> None:
    data = pictures.short_avif(pictures.photo(64, 48, format="AVIF"))

    assert refused(data + data[16:], input_formats=AVIF).code == "truncated"


def test_what_a_short_header_says_of_sizes_is_compared_with_the_stream() -> None:
    large = pictures.photo(2400, 2400, format="AVIF", speed=10)

    assert refused(pictures.short_avif(large, sides=(64, 64), is_long=True), input_formats=AVIF).code == "truncated"


def test_a_short_header_may_reach_to_the_end_of_the_file() -> None:
    data = pictures.short_avif(pictures.photo(64, 48, format="AVIF"))

    assert far(shown(data[:16] + bytes(4) + data[20:]), shown(data)) == 0
