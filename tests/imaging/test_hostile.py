"""Every file of the threat list meets its fate, in bounded time and memory, without a word in the log."""

from __future__ import annotations

import dataclasses
import io
import logging
import subprocess
import sys
import warnings
import zlib
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from PIL import Image

from django_avatars.imaging.decode import shrinking
from django_avatars.imaging.headers.header import Header
from django_avatars.imaging.limits import check_header
from django_avatars.imaging.pipeline import Rejected
from django_avatars.imaging.readers import read_header
from django_avatars.imaging.spliced import SplicedFile

from .. import pictures
from ..pictures import HOSTILE, ORDINARY, Case
from ..timing import within
from .making import made, refused, spec

ACCEPTED = [case for case in (*HOSTILE, *ORDINARY) if case.code is None]
REFUSED = [case for case in HOSTILE if case.code is not None]


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.id)
def test_a_file_that_holds_a_picture_becomes_that_picture(case: Case) -> None:
    picture = made(case.build(), name=case.name)

    assert picture.renditions
    for rendition in picture.renditions:
        image = Image.open(io.BytesIO(rendition.data), formats=("WEBP",))
        image.load()
        assert image.size == (rendition.size, rendition.size)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.id)
def test_a_file_that_cannot_be_used_is_refused_with_its_code(case: Case) -> None:
    data = case.build()

    assert refused(data, name=case.name).code == case.code


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case.id)
def test_no_hostile_file_takes_long_or_fills_the_log(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    data = case.build()

    def look() -> None:
        try:
            made(data, name=case.name)
        except Rejected as refusal:
            assert case.name not in str(refusal.params) or not case.name  # noqa: PT017

    with caplog.at_level(logging.INFO), warnings.catch_warnings(record=True) as warned:
        within(1.5, look)

    assert not caplog.records
    assert not warned


def test_pillow_itself_is_flooded_by_the_log_flood(caplog: pytest.LogCaptureFixture) -> None:
    image = Image.open(io.BytesIO(pictures.log_flood(tags=50)))

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        image.getexif()

    assert warned


MEASURE = """
import io, resource, sys
from tests import pictures
from tests.imaging.making import made
from django_avatars.imaging.pipeline import Rejected

for suffix in ("bmp", "gif", "jpg", "png", "webp"):
    try:
        made(pictures.photo(9, 9, format={"jpg": "JPEG"}.get(suffix, suffix.upper())))
    except Rejected:
        pass
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    made(data)
except Rejected:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def grown(data: bytes) -> int:
    """Megabytes by which the peak of memory of a fresh process grows."""
    launcher = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    # A child starts with its parent's peak, so a small process stands in between.
    command = [sys.executable, "-c", launcher, MEASURE]
    return int(subprocess.run(command, input=data, capture_output=True, check=True).stdout)


@pytest.mark.parametrize(
    ("build", "megabytes"),
    [
        (lambda: pictures.photo(4000, 3000), 16),
        (lambda: pictures.photo(4000, 3000, progressive=True), 60),
        (lambda: pictures.saved(Image.new("RGBA", (4800, 4800), "red")), 130),
        (lambda: pictures.saved(Image.new("RGB", (3500, 3500), "red"), "WEBP", method=0), 200),
        (pictures.webp_canvas_bomb, 16),
        (lambda: pictures.grouped_webp(512, 16_384), 16),
        (pictures.aspect_bomb, 16),
        (lambda: pictures.profile_bomb(200_000_000), 16),
        (lambda: pictures.scan_bomb(4000, 4000, 30), 200),
        (lambda: pictures.photo(icc=pictures.program_profile()), 16),
    ],
    ids=[
        "JPEG",
        "progressive JPEG",
        "PNG",
        "WebP",
        "WebP canvas bomb",
        "WebP of many prefix codes",
        "aspect bomb",
        "profile bomb",
        "scans",
        "program",
    ],
)
def test_memory_stays_bounded(build: Callable[[], bytes], megabytes: int) -> None:
    assert grown(build()) <= megabytes


def test_nothing_of_a_payload_survives() -> None:
    for build in (pictures.payload_everywhere, pictures.payload_in_jpeg):
        original = build()
        picture = made(original, output_formats=("webp", "png", "jpg", "avif"))

        assert pictures.PAYLOAD in original
        for rendition in picture.renditions:
            assert pictures.PAYLOAD not in rendition.data
            assert b"<?php" not in inflated(rendition.data)


def inflated(data: bytes) -> bytes:
    """`data`, and what its IDAT chunks inflate to where it is a PNG."""
    if not data.startswith(b"\x89PNG"):
        return data
    return data + zlib.decompress(b"".join(body for kind, body in pictures.png_chunks(data) if kind == b"IDAT"))


def test_the_payload_is_found_inflated_where_it_is() -> None:
    assert b"<?php" in inflated(pictures.payload_everywhere()[: -len(pictures.PAYLOAD)])


def test_a_film_behind_a_progressive_photo_is_not_taken_for_scans() -> None:
    film = b"\xff\xda\0\x08" * 1000

    assert made(pictures.photo(progressive=True) + film).sizes == (240, 128, 64)


def test_an_end_marker_hidden_in_a_comment_does_not_stop_the_counting() -> None:
    parts = pictures.jpeg_segments(pictures.scan_bomb(64, 64))
    first = [marker for marker, _ in parts].index(0xDA)
    parts.insert(first + 1, (0xFE, pictures.jpeg_segment(0xFE, b"\xff\xd9")))

    assert refused(b"\xff\xd8" + b"".join(body for _, body in parts)).code == "too_complex"


def test_sixty_four_scans_are_the_most() -> None:
    assert made(pictures.scan_bomb(64, 64, 64)).sizes == (64,)
    assert refused(pictures.scan_bomb(64, 64, 65)).code == "too_complex"


def test_many_scans_of_many_pixels_are_too_much_work() -> None:
    assert refused(pictures.scan_bomb(4900, 4890, 40)).code == "too_complex"


def test_pillow_keeps_its_settings() -> None:
    before = Image.MAX_IMAGE_PIXELS

    made(pictures.photo())

    assert before == Image.MAX_IMAGE_PIXELS


def test_a_cut_jpeg_that_was_given_an_end_is_a_picture_of_what_there_is() -> None:
    # libjpeg fills up what is missing and warns; Pillow does not pass the warning on. The page on security says so.
    whole = pictures.photo(progressive=False)
    scan = whole.index(b"\xff\xda")

    assert made(whole[: scan + 400] + b"\xff\xd9").sizes == (240, 128, 64)
    assert refused(whole[: scan + 400]).code == "truncated"


def test_parts_of_extensions_are_counted_over_the_whole_file() -> None:
    small, large = (pictures.long_comments(count) for count in (2, 3))

    assert made(small).sizes == (8,)
    assert refused(large).code == "too_complex"


@pytest.mark.parametrize(
    ("mode", "subsampling", "pixels", "fits"),
    [
        ("RGB", 2, 49_000_000, True),
        ("RGB", 0, 32_000_000, True),
        ("RGB", 0, 34_000_000, False),
        ("CMYK", 0, 24_000_000, True),
        ("CMYK", 0, 25_000_000, False),
    ],
)
def test_a_progressive_jpeg_may_have_as_many_pixels_as_its_coefficients_allow(
    mode: str, subsampling: int, pixels: int, fits: bool
) -> None:
    data = pictures.photo(image=Image.new(mode, (16, 16)), progressive=True, subsampling=subsampling)
    found = read_header("JPEG", io.BytesIO(data), len(data))
    found = dataclasses.replace(found, width=4000, height=pixels // 4000, scans=1)

    with nullcontext() if fits else pytest.raises(Rejected, match="too_many_pixels"):
        check_header(found, spec())


@pytest.mark.parametrize(
    ("side", "held", "shrink"), [(5999, 0, 1), (6001, 0, 2), (3794, 6, 1), (3796, 6, 2), (3464, 8, 1), (3465, 8, 2)]
)
def test_what_a_decoder_holds_besides_counts_as_much_as_its_pixels(side: int, held: int, shrink: int) -> None:
    found = Header(format="JPEG", width=side, height=side, view=SplicedFile(io.BytesIO(), []), held=held)

    assert shrinking(found, [(512, 512)]) == shrink
