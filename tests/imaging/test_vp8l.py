"""What a lossless WebP is going to take, read before it is decoded: the kind of the stream, its codes, its groups."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from PIL import Image

from django_avatars.imaging.headers import vp8l
from django_avatars.imaging.headers.header import Header
from django_avatars.imaging.limits import check_header
from django_avatars.imaging.pipeline import Rejected
from django_avatars.imaging.readers import read_header

from .. import pictures
from ..pictures import Bits
from .making import made, refused, spec

TABLES = 568 + 4 * 2954
"""Bytes of one group."""


def held(bits: Bits, side: int = 64) -> int:
    return vp8l.held(bits.bytes(), side, side)


def header_of(data: bytes) -> Header:
    return read_header("WEBP", io.BytesIO(data), len(data))


@pytest.mark.parametrize("build", [pictures.grouped_webp, pictures.grouped_alpha, pictures.grouped_animation])
def test_no_more_groups_of_prefix_codes_are_taken_than_encoders_write(build: Callable[[int, int], bytes]) -> None:
    assert made(build(256, 2600)).sizes == (256, 128, 64)
    assert refused(build(256, 2601)).code == "too_complex"
    assert refused(build(8, 5_000)).code == "too_complex"


def test_memory_is_asked_for_by_the_number_of_groups() -> None:
    few, many = header_of(pictures.grouped_webp(256, 1)), header_of(pictures.grouped_webp(256, 2600))

    assert few.held == 8
    assert many.held == 5 + (2600 * TABLES + 4 * 64**2) / 256**2


def test_a_photo_of_the_most_pixels_may_have_many_groups_but_not_the_most() -> None:
    found = header_of(pictures.grouped_webp(8, 1))
    for groups, fits in ((0, True), (2000, True), (2600, True), (6000, False)):
        found = Header(format="WEBP", width=4060, height=4060, view=found.view, held=5 + groups * TABLES / 4060**2)
        if fits:
            check_header(found, spec())
        else:
            with pytest.raises(Rejected, match="too_many_pixels"):
                check_header(found, spec())


@pytest.mark.parametrize("method", [0, 4, 6])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_what_libwebp_writes_is_taken_and_costs_little_more_than_its_pixels(mode: str, method: int) -> None:
    image = pictures.quadrants(120, 90, "RGBA" if mode == "RGBA" else "RGB")
    for square in range(0, 100, 5):
        color = (square, 255 - square, square * 2, square)
        image.paste(color if mode == "RGBA" else color[:3], (square, square // 2, square + 9, square // 2 + 7))
    if mode == "RGBA":
        image.putalpha(Image.effect_noise(image.size, 90))
    for colors in (2, 4, 16, 200) if mode == "P" else (0,):
        picture = image.quantize(colors) if colors else image
        for options in ({"lossless": True, "quality": 100}, {"lossless": True, "quality": 0}, {"alpha_quality": 60}):
            data = pictures.saved(picture, "WEBP", method=method, **options)

            assert made(data, sizes=(64,)).sizes
            assert (header_of(data).held - 8) * 120 * 90 < 100_000


def test_everything_that_libwebp_decodes_has_a_beginning_that_is_read() -> None:
    chance = random.Random(7)
    noise = Image.merge("RGB", [Image.effect_noise((40, 30), spread) for spread in (20, 40, 60)])
    seeds = [pictures.saved(noise, "WEBP", lossless=True, method=method) for method in (0, 4)]
    seeds.append(pictures.saved(noise.quantize(4), "WEBP", lossless=True))
    decoded = 0
    for _ in range(600):
        data = bytearray(chance.choice(seeds))
        data[25 + chance.randrange(60)] ^= 1 << chance.randrange(8)
        with Image.open(io.BytesIO(data)) as image:
            try:
                image.load()
            except OSError:
                continue
        decoded += 1
        header_of(bytes(data))

    assert decoded > 20


def test_images_of_one_color_are_not_read_however_large() -> None:
    bits = Bits().put((1, 1), (0, 2), (0, 3), (0, 1)).codes(7)
    bits.put((0, 1), (0, 1), (0, 1))

    assert held(bits, 16_000) == TABLES + 4 * 4000**2


def test_small_images_of_many_pixels_are_too_complex() -> None:
    small = Bits().put((1, 1), (0, 2), (0, 3), (0, 1)).codes(7, 8)

    assert held(small, 4 * 380) == TABLES + 4 * 380**2
    with pytest.raises(Rejected, match="too_complex"):
        held(small, 4 * 390)


def test_pixels_from_the_cache_of_colors_count_as_others() -> None:
    bits = Bits().put((1, 1), (3, 2), (3, 8), (1, 1), (1, 4))
    symbol, none = (0, 1), (1, 1)
    # Green is 0, or the first of the cache: what is between them has no code.
    bits.lengths({1: 1, 18: 1}, symbol, none, (127, 7), none, (119, 7), none, (0, 7), symbol, most=5)
    for _ in range(4):
        bits.code(0)
    bits.put((0, 1), (1, 1), (1, 1), (0, 1), (0, 1), (0, 1), (1, 1), (0, 3), (0, 1)).codes(1)

    assert held(bits, 8) == 2 * TABLES + 4 * (4 + 2)


@pytest.mark.parametrize(
    "bits",
    [
        Bits().put((1, 1), (2, 2), (1, 1), (2, 2)),
        Bits().put((0, 1), (1, 1), (0, 4)),
        Bits().put((0, 1), (1, 1), (12, 4)),
        Bits().put((1, 1), (3, 2), (0, 8), (0, 1)).lengths({}),
        Bits().put((1, 1), (3, 2), (0, 8), (0, 1)).lengths({1: 1, 2: 2}),
        Bits().put((1, 1), (3, 2), (0, 8), (0, 1)).lengths({1: 1, 2: 1, 3: 1}),
        Bits().put((1, 1), (3, 2), (0, 8), (0, 1)).lengths({0: 1, 1: 1}, most=281),
        Bits().put((1, 1), (3, 2), (0, 8), (0, 1)).lengths({18: 1}, *[(127, 7)] * 3),
        Bits().put((1, 1), (3, 2), (0, 8), (0, 1)).lengths({1: 1, 0: 1}, (1, 1), (1, 1), (1, 1), most=3),
    ],
    ids=[
        "a transform twice", "a cache of no bits", "a cache of twelve", "no code", "a code with room left",
        "a code with too little room", "more lengths than symbols", "repeated beyond the end", "three codes of one bit",
    ],
)  # fmt: skip
def test_a_stream_that_makes_no_sense_is_damaged(bits: Bits) -> None:
    with pytest.raises(Rejected, match="truncated"):
        held(bits)


def test_a_picture_with_two_alphas_or_none_of_its_own_is_damaged() -> None:
    header, alpha, lossy = pictures.riff_chunks(pictures.grouped_alpha(8, 1))
    animation = pictures.riff_chunks(pictures.grouped_animation(8, 1))
    frame = animation[2][1][:16]

    assert refused(pictures.riff(header, alpha, alpha, lossy)).code == "truncated"
    assert refused(pictures.riff(*animation[:2], (b"ANMF", frame))).code == "truncated"


def test_alpha_that_is_not_compressed_takes_no_tables() -> None:
    header, _, lossy = pictures.riff_chunks(pictures.grouped_alpha(8, 1))
    data = pictures.riff(header, (b"ALPH", b"\0" + bytes(64)), lossy)

    assert header_of(data).held == 8
    assert made(data).sizes == (8,)
