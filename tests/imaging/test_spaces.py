"""Colors that a file names by numbers instead of a profile come out as browsers show them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from django_avatars.imaging import spaces

from .. import pictures
from .making import near, pixels

MIDDLE = (32, 32)
RED, BLUE = (224, 48, 48), (64, 128, 192)
OF_P3 = (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


def primaries(*values: int) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(f">{len(values)}I", *values)


def code(*values: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes(values)


def shown(color: Any, *chunks: tuple[bytes, bytes], mode: str = "RGB") -> Any:
    data = pictures.png_with(pictures.saved(Image.new(mode, (64, 64), color)), *chunks)
    return pixels(data).getpixel(MIDDLE)


# What is compared with was read from Chromium.


@pytest.mark.parametrize(
    ("color", "chunks", "wanted"),
    [
        (BLUE, [gamma(100_000)], (137, 188, 225)),
        (BLUE, [gamma(55_556)], (81, 146, 203)),
        (BLUE, [gamma(55_556), (b"sRGB", b"\0")], BLUE),
        (RED, [gamma(45_455), primaries(*OF_P3)], (245, 0, 27)),
        (RED, [gamma(45_455), primaries(*OF_P3), (b"sRGB", b"\0")], RED),
        (RED, [primaries(*OF_P3)], RED),
        (RED, [code(12, 13, 0, 1)], (244, 0, 33)),
        (RED, [code(12, 13, 0, 1), (b"sRGB", b"\0")], (244, 0, 33)),
        (RED, [code(1, 13, 0, 1)], RED),
        (RED, [code(1, 1, 0, 1)], (222, 37, 37)),
        (RED, [code(1, 4, 0, 1)], (225, 44, 44)),
        (RED, [code(1, 5, 0, 1)], (217, 24, 24)),
        (RED, [code(5, 13, 0, 1)], (228, 48, 48)),
        (RED, [code(6, 13, 0, 1)], (218, 58, 47)),
        (RED, [code(22, 13, 0, 1)], (226, 59, 47)),
        (BLUE, [code(11, 13, 0, 1)], (43, 130, 197)),
        (BLUE, [code(9, 14, 0, 1)], (0, 126, 195)),
        (RED, [code(8, 13, 0, 1)], (254, 0, 31)),
        (RED, [code(1, 7, 0, 1)], (228, 66, 66)),
        (RED, [code(1, 11, 0, 1)], (222, 37, 37)),
        (RED, [code(11, 17, 0, 1)], (243, 0, 1)),
        (RED, [gamma(45_455)], RED),
        (RED, [gamma(45_455), primaries(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)], (225, 44, 44)),
        (RED, [code(99, 13, 0, 1), gamma(100_000)], (241, 120, 120)),
        (RED, [code(12, 13, 0, 0), gamma(100_000)], (241, 120, 120)),
        (RED, [(b"iCCP", b"a\0\0" + zlib.compress(bytes(500))), gamma(100_000)], (241, 120, 120)),
        (RED, [(b"sRGB", b"\x09"), gamma(100_000)], (241, 120, 120)),
    ],
)
def test_a_png_is_shown_in_the_space_that_it_names(
    color: tuple[int, ...], chunks: list[tuple[bytes, bytes]], wanted: tuple[int, ...]
) -> None:
    assert near(shown(color, *chunks), wanted, 2)


def test_grey_is_shown_in_its_space_too() -> None:
    assert near(shown(128, gamma(100_000), mode="L"), (188, 188, 188), 1)


@pytest.mark.parametrize(
    "chunks",
    [
        [code(2, 2, 0, 1)],
        [code(12, 2, 0, 1)],
        [code(12, 13, 1, 1)],
        [code(12, 13, 0, 0)],
        [code(12, 13)],
        [gamma(0)],
        [gamma(45_455), primaries(*[0] * 8)],
        [gamma(45_455), primaries(*[1] * 8)],
        [gamma(45_455), primaries(31270, 32900, 30000, 30000, 30000, 30001, 30001, 30000)],
    ],
)
def test_numbers_that_describe_no_space_are_ignored(chunks: list[tuple[bytes, bytes]]) -> None:
    assert near(shown(RED, *chunks), RED, 0)


def test_a_chunk_of_a_wrong_length_is_ignored() -> None:
    assert near(shown(BLUE, gamma(100_000), primaries(1, 2)), (137, 188, 225), 2)


def test_a_profile_stands_over_gamma_and_a_code_over_the_profile() -> None:
    image = Image.new("RGB", (64, 64), RED)
    with_profile = pictures.saved(image, icc_profile=pictures.display_p3())

    profiled = pixels(pictures.png_with(with_profile, gamma(100_000))).getpixel(MIDDLE)
    coded = pixels(pictures.png_with(with_profile, code(1, 13, 0, 1))).getpixel(MIDDLE)

    assert near(profiled, (245, 0, 27), 4)
    assert near(coded, RED, 1)


def test_a_code_behind_the_palette_is_skipped_and_a_gamma_is_not() -> None:
    image = Image.new("RGB", (64, 64), RED).quantize(2)

    def shown_with(chunk: tuple[bytes, bytes], before: bytes) -> Any:
        return pixels(pictures.png_with(pictures.saved(image), chunk, before=before)).getpixel((32, 32))

    assert near(shown_with(code(12, 13, 0, 1), b"PLTE"), (245, 0, 27), 8)
    assert near(shown_with(code(12, 13, 0, 1), b"IDAT"), RED, 2)
    assert near(shown_with(gamma(100_000), b"IDAT"), (241, 120, 120), 2)


@pytest.mark.parametrize(
    ("transfer", "levels"),
    [
        (16, {0: 0, 32: 5, 64: 30, 96: 70, 128: 132, 144: 175, 160: 213, 176: 237, 192: 255, 255: 255}),
        (18, {0: 0, 32: 14, 64: 43, 96: 71, 128: 99, 160: 135, 176: 160, 192: 189, 208: 212, 240: 243, 255: 255}),
    ],
)
def test_what_is_brighter_than_white_is_compressed(transfer: int, levels: dict[int, int]) -> None:
    for level, wanted in levels.items():
        assert near(shown((level,) * 3, code(1, transfer, 0, 1)), (wanted,) * 3, 3)


@pytest.mark.parametrize(
    ("space", "color", "wanted"),
    [
        ((9, 16), (157, 151, 148), (220, 186, 177)), ((9, 16), (151, 26, 81), (245, 0, 43)),
        ((9, 18), (155, 195, 196), (68, 198, 195)), ((9, 18), (198, 172, 188), (215, 149, 180)),
        ((1, 16), (160, 0, 0), (229, 0, 0)), ((1, 16), (166, 138, 2), (239, 150, 0)),
        ((9, 18), (0, 0, 220), (0, 0, 208)), ((12, 16), (11, 78, 180), (0, 33, 253)),
    ],
)  # fmt: skip
def test_glaring_colors_keep_their_hue_as_in_chromium(
    space: tuple[int, int], color: tuple[int, ...], wanted: tuple[int, ...]
) -> None:
    assert near(shown(color, code(*space, 0, 1)), wanted, 4)


def photo(format: str, primaries: int, transfer: int, color: tuple[int, ...] = RED) -> bytes:
    """An AVIF or HEIC of one color, whose space is named by these codes."""
    if format == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    options: dict[str, Any] = {"subsampling": "4:4:4"} if format == "AVIF" else {"chroma": 444}
    data = bytearray(pictures.saved(Image.new("RGB", (64, 64), color), format, quality=95, **options))
    place = data.index(b"nclx") + 4
    data[place : place + 4] = struct.pack(">HH", primaries, transfer)
    return bytes(data)


@pytest.mark.parametrize("format", ["AVIF", "HEIF"])
@pytest.mark.parametrize(
    ("primaries", "transfer", "wanted"),
    [
        (1, 13, RED), (1, 1, RED), (2, 2, RED), (12, 13, (245, 0, 33)), (12, 1, (245, 0, 33)), (12, 2, (245, 0, 33)),
        (9, 14, (255, 0, 35)), (9, 18, (255, 0, 11)),
    ],
)  # fmt: skip
def test_avif_and_heic_are_shown_in_the_space_that_they_name(
    format: str, primaries: int, transfer: int, wanted: tuple[int, ...]
) -> None:
    data = photo(format, primaries, transfer)

    assert near(pixels(data, input_formats=("AVIF", "HEIC")).getpixel(MIDDLE), wanted, 12 if transfer == 18 else 4)


def test_what_the_decoder_of_avif_cuts_off_is_given_back_in_hdr() -> None:
    data = photo("AVIF", 9, 16, (40, 40, 40))

    exact = shown((40, 40, 40), code(9, 16, 0, 1))

    assert pixels(data, input_formats=("AVIF",)).getpixel(MIDDLE) == tuple(level + 1 for level in exact)


def test_a_space_that_we_do_not_know_is_ignored() -> None:
    assert near(pixels(photo("AVIF", 200, 13), input_formats=("AVIF",)).getpixel(MIDDLE), RED, 3)


def test_an_avif_that_names_no_space_is_srgb() -> None:
    data = photo("AVIF", 12, 13).replace(b"nclx", b"none")

    assert near(pixels(data, input_formats=("AVIF",)).getpixel(MIDDLE), RED, 3)


def test_a_space_is_described_once() -> None:
    space = spaces.named(12, 13)

    assert space is not None
    assert spaces.profile(space) is spaces.profile(spaces.Space(*space))
