"""Only pixels survive."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from .. import pictures
from .making import made

TRACES = {
    "place": pictures.GPS_LATITUDE,
    "device": pictures.CAMERA,
    "comment or XMP": pictures.PAYLOAD,
    "EXIF": b"Exif\0\0",
    "profile": b"ICC_PROFILE\0",
}


@pytest.mark.parametrize("trace", TRACES)
def test_a_phones_photo_holds_what_we_take_out(trace: str) -> None:
    assert TRACES[trace] in pictures.photo(gps=True, icc=pictures.display_p3())


@pytest.mark.parametrize("format", ["webp", "avif", "jpg", "png"])
@pytest.mark.parametrize("trace", TRACES)
def test_nothing_but_pixels_survives(trace: str, format: str) -> None:
    picture = made(pictures.photo(gps=True, icc=pictures.display_p3()), output_formats=(format,))

    for rendition in picture.renditions:
        assert TRACES[trace] not in rendition.data


def test_the_files_we_write_have_no_parts_for_metadata() -> None:
    picture = made(
        pictures.photo(64, 64, gps=True, icc=pictures.display_p3()), output_formats=("webp", "jpg", "png", "avif")
    )
    webp, jpg, png, avif = (rendition.data for rendition in picture.renditions)

    assert [kind for kind, _ in pictures.riff_chunks(webp)] == [b"VP8 "]
    assert {kind for kind, _ in pictures.png_chunks(png)} == {b"IHDR", b"IDAT", b"IEND"}
    assert {marker for marker, _ in pictures.jpeg_segments(jpg)} <= {0xC0, 0xC4, 0xD9, 0xDA, 0xDB, 0xE0}
    assert not {"exif", "xmp", "icc_profile"} & Image.open(io.BytesIO(avif)).info.keys()


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_metadata_of_other_formats_goes_too(format: str) -> None:
    data = pictures.photo(format=format, gps=True, xmp=pictures.PAYLOAD, icc=pictures.display_p3())

    picture = made(data, output_formats=("webp", "png"))

    assert pictures.CAMERA in data
    for rendition in picture.renditions:
        assert pictures.CAMERA not in rendition.data
        assert b"ICCP" not in rendition.data
        assert b"iCCP" not in rendition.data
