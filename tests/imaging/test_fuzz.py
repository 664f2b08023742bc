"""Whatever is done to a file, it becomes a picture or a refusal, never another exception."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from django_avatars.imaging.pipeline import Crop, Rejected

from .. import pictures
from .making import DEFAULTS, made

EVERYTHING = (*DEFAULTS["input_formats"], "BMP", "AVIF")

SEEDS = {
    "JPEG": pictures.photo(48, 32, gps=True, icc=pictures.srgb_profile()),
    "progressive": pictures.photo(48, 32, progressive=True),
    "PNG": pictures.photo(48, 32, format="PNG", orientation=6),
    "palette": pictures.palette_with_transparency(),
    "grey": pictures.grey16(),
    "GIF": pictures.animation("GIF"),
    "WEBP": pictures.photo(48, 32, format="WEBP", orientation=6, icc=pictures.srgb_profile()),
    "lossless": pictures.photo(48, 32, format="WEBP", lossless=True),
    "animation": pictures.animation("WEBP"),
    "BMP": pictures.photo(48, 32, format="BMP"),
    "AVIF": pictures.photo(48, 32, format="AVIF", orientation=6),
    "short AVIF": pictures.short_avif(
        pictures.photo(48, 32, format="AVIF", orientation=6), icc=pictures.srgb_profile()
    ),
}

edits = st.lists(
    st.tuples(
        st.sampled_from(["overwrite", "insert", "delete", "cut", "double"]),
        st.floats(0, 1) | st.floats(0, 0.05),
        st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"\xff\xda", b"IHDR"]),
    ),
    max_size=4,
)


def edited(data: bytes, edit: tuple[str, float, bytes]) -> bytes:
    kind, share, new = edit
    place = int(share * len(data))
    match kind:
        case "overwrite":
            return data[:place] + new + data[place + len(new) :]
        case "insert":
            return data[:place] + new + data[place:]
        case "delete":
            return data[:place] + data[place + len(new) :]
        case "cut":
            return data[:place]
        case _:
            return data[:place] + data[place // 2 :]


@pytest.mark.parametrize("seed", SEEDS)
@settings(max_examples=60)
@given(edits=edits, crop=st.none() | st.builds(Crop, st.sampled_from([0, 90]), *[st.floats(0, 1)] * 3))
def test_only_refusals_escape(seed: str, edits: list[tuple[str, float, bytes]], crop: Crop | None) -> None:
    data = SEEDS[seed]
    for edit in edits:
        data = edited(data, edit)

    try:
        picture = made(data, crop=crop, input_formats=EVERYTHING, sizes=(32, 16), max_pixels=SMALL)
    except Rejected as refusal:
        assert refusal.code in CODES  # noqa: PT017
    else:
        assert picture.sizes[0] <= 32


SMALL = dict.fromkeys(DEFAULTS["max_pixels"], 100_000)
CODES = {
    "empty", "not_an_image", "unsupported_format", "truncated", "too_many_pixels", "too_complex", "bad_proportions",
}  # fmt: skip


@settings(max_examples=100)
@given(st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBP", b"BM"]), st.binary())
def test_noise_behind_a_signature_is_refused(signature: bytes, noise: bytes) -> None:
    with pytest.raises(Rejected):
        made(signature + noise, input_formats=EVERYTHING)
