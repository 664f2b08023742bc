"""How large the frames of an HEVC stream can be, whatever its container says; and photos of phones as a whole."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from django_avatars.imaging.heif import hevc
from django_avatars.imaging.heif.bits import Frame
from django_avatars.imaging.rejected import Rejected
from django_avatars.imaging.spliced import Span, SplicedFile

from .. import pictures
from .making import far, made, near, pixels, refused
from .test_av1 import packed

Fields = list[tuple[int, int]]


def golomb(value: int) -> tuple[int, int]:
    """A number in Exp-Golomb code."""
    return value + 1, 2 * (value + 1).bit_length() - 1


def header(
    width: int,
    height: int,
    *,
    chroma: int = 1,
    depths: tuple[int, int] = (0, 0),
    layers: Fields | None = None,
    window: bool = False,
) -> bytes:
    """A sequence header, up to its depths."""
    layers = layers or []
    fields: Fields = [(0, 4), (len(layers), 3), (0, 1), (0, 88), (0, 8)]
    fields += [(present, 1) for layer in layers for present in layer]
    fields += [(0, 2 * (8 - len(layers)))] if layers else []
    for profile, level in layers:
        fields += [(0, 88)] * profile + [(0, 8)] * level
    fields += [golomb(0), golomb(chroma), *([(0, 1)] if chroma == 3 else []), golomb(width), golomb(height)]
    fields += [(window, 1), *([golomb(1)] * 4 if window else []), *map(golomb, depths)]
    return bytes([33 << 1, 1]) + packed(*fields)


def configured(*units: bytes) -> bytes:
    """The ``hvcC`` property that holds these."""
    return (
        bytes(22) + bytes([len(units)]) + b"".join(b"\x21\0\1" + struct.pack(">H", len(unit)) + unit for unit in units)
    )


@pytest.mark.parametrize(
    ("unit", "held"),
    [
        (header(640, 480), 1.5),
        (header(640, 480, chroma=0), 1.0),
        (header(640, 480, chroma=2), 2.0),
        (header(640, 480, chroma=3), 3.0),
        (header(640, 480, depths=(2, 2)), 3.0),
        (header(640, 480, depths=(0, 2)), 3.0),
        (header(640, 480, window=True), 1.5),
        (header(640, 480, layers=[(1, 1), (0, 1), (1, 0)]), 1.5),
    ],
    ids=["plain", "grey", "422", "444", "ten bits", "ten bits of color", "window", "layers"],
)
def test_size_depth_and_subsampling_are_read(unit: bytes, held: float) -> None:
    assert list(hevc.declared(configured(b"\x40\1", unit))) == [Frame(640 * 480, held)]


def test_headers_among_the_pixels_count_too() -> None:
    units = [b"\x26\1" + bytes(500), header(9000, 8000), b"\x26\1"]
    data = b"".join(struct.pack(">I", len(unit)) + unit for unit in units)

    frames = list(hevc.frames(SplicedFile(io.BytesIO(data), [Span(0, len(data))])))

    assert [frame.pixels for frame in frames] == [72_000_000]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (struct.pack(">IB", 1, 0x26) * 1001, "too_complex"),
        (struct.pack(">I", 10) + b"\x42\1" + bytes(8), "truncated"),
        (struct.pack(">I", 3) + b"\x26\1\x80" + struct.pack(">I", 4) + b"\x2a\1\x80\0", "too_complex"),
    ],
    ids=["many units", "endless zeros", "two pictures"],
)
def test_streams_that_cannot_be_judged_are_refused(data: bytes, code: str) -> None:
    with pytest.raises(Rejected, match=code):
        list(hevc.frames(SplicedFile(io.BytesIO(data), [Span(0, len(data))])))


def test_a_property_of_very_many_headers_is_too_complex() -> None:
    assert len(hevc.declared(configured(*[header(64, 64)] * 16))) == 16
    with pytest.raises(Rejected, match="too_complex"):
        hevc.declared(configured(*[header(64, 64)] * 17))


def test_a_picture_may_be_of_several_slices() -> None:
    first, other = (struct.pack(">I", 4) + b"\x26\1" + head + b"\0" for head in (b"\x80", b"\0"))
    data = first + other * 3

    assert list(hevc.frames(SplicedFile(io.BytesIO(data), [Span(0, len(data))]))) == []


def test_a_number_of_too_many_bits_is_damage() -> None:
    with pytest.raises(Rejected, match="truncated"):
        list(hevc.declared(configured(b"\x42\1" + bytes(40))))


HEIC = ("HEIC",)


def heic(image: Image.Image, **options: object) -> bytes:
    """A HEIC file, as pillow-heif makes it."""
    pytest.importorskip("pillow_heif").register_heif_opener()
    return pictures.saved(image, "HEIF", **options)


def test_a_photo_of_a_phone_is_read() -> None:
    drawn = pictures.quadrants(640, 480)
    data = pictures.with_large_boxes(heic(drawn, quality=95))

    got = pixels(data, input_formats=HEIC)

    assert far(got, pixels(pictures.saved(drawn))) < 3
    assert made(data, name="IMG_0001.HEIC", input_formats=HEIC).sizes == (480, 256, 128, 64)


def test_a_heic_is_turned_once() -> None:
    drawn = pictures.quadrants(64, 96)
    data = heic(drawn.transpose(Image.Transpose.ROTATE_90), quality=95, exif=pictures.exif(6))

    assert near(pixels(data, input_formats=HEIC).getpixel((8, 8)), pictures.QUADRANTS[0], 12)


def test_a_heic_larger_than_its_container_says_is_refused() -> None:
    data = heic(Image.new("RGB", (3000, 3000)))
    place = data.index(b"ispe") + 8

    lie = data[:place] + struct.pack(">II", 64, 64) + data[place + 8 :]

    assert refused(lie, input_formats=HEIC).code == "truncated"


def test_a_heic_of_very_many_bytes_takes_too_long() -> None:
    data = heic(Image.new("RGB", (64, 64)))

    assert (
        refused(data + struct.pack(">I4s", 6_600_000, b"free") + bytes(6_599_992), input_formats=HEIC).code
        == "too_complex"
    )
