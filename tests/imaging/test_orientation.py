"""Pictures come out upright, and cropped where the person said."""

from __future__ import annotations

import io
import itertools
from typing import Any

import pytest
from PIL import Image, ImageOps

from django_avatars.imaging.pipeline import Crop

from .. import pictures
from .making import far, pixels

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""From an upright picture to how a camera of that orientation stores it."""


def stored(upright: Image.Image, orientation: int) -> Image.Image:
    return upright.transpose(TURNS[orientation]) if orientation in TURNS else upright


@pytest.mark.parametrize(("format", "options"), [("JPEG", {"quality": 98, "subsampling": 0}), ("PNG", {})])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_come_out_upright(orientation: int, format: str, options: dict[str, Any]) -> None:
    upright = pictures.quadrants(200, 200)
    data = pictures.photo(format=format, orientation=orientation, image=stored(upright, orientation), **options)

    assert far(pixels(data), upright) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_webp_is_not_turned_since_no_browser_does(orientation: int) -> None:
    image = pictures.quadrants(200, 200)
    data = pictures.photo(format="WEBP", orientation=orientation, image=image, lossless=True)

    assert far(pixels(data), image) < 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_avif_is_turned_once(orientation: int) -> None:
    upright = pictures.quadrants(200, 200)
    image = stored(upright, orientation)
    data = pictures.photo(format="AVIF", orientation=orientation, image=image, quality=95, subsampling="4:4:4")

    assert far(pixels(data, input_formats=("AVIF",)), upright) < 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_heic_is_turned_once(orientation: int) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    upright = pictures.quadrants(200, 100)
    file = io.BytesIO()
    exif = pictures.exif(orientation)[6:]
    pillow_heif.from_pillow(stored(upright, orientation)).save(file, quality=95, chroma=444, exif=exif)

    got = pixels(file.getvalue(), input_formats=("HEIC",))

    assert far(got, upright.crop((50, 0, 150, 100))) < 3


def test_a_picture_without_orientation_is_left_as_it_is() -> None:
    upright = pictures.quadrants(200, 200)

    assert far(pixels(pictures.saved(upright)), upright) == 0


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
def test_an_orientation_that_does_not_exist_is_ignored(orientation: int) -> None:
    upright = pictures.quadrants(200, 200)

    assert far(pixels(pictures.photo(format="PNG", orientation=orientation, image=upright)), upright) == 0


def test_a_little_endian_orientation_is_read_too() -> None:
    upright = pictures.quadrants(64, 64)
    chunk = b"eXIf", pictures.exif(6, big_endian=False)[6:]

    data = pictures.png_with(pictures.saved(stored(upright, 6)), chunk)

    assert far(pixels(data), upright) == 0


@pytest.mark.parametrize(("block", "before"), [(pictures.exif(3)[6:], b"IEND"), (pictures.exif(3), b"IDAT")])
def test_a_png_is_not_turned_by_metadata_that_no_browser_reads(block: bytes, before: bytes) -> None:
    image = pictures.quadrants(64, 64)

    data = pictures.png_with(pictures.saved(image), (b"eXIf", block), before=before)

    assert far(pixels(data), image) == 0


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"not TIFF at all",
        pictures.tiff([(0x0112, 4, 1, b"\0\6\0\0")]),
        pictures.tiff([(0x0112, 3, 2, b"\0\6\0\6")]),
        pictures.tiff([(0x0100, 3, 1, b"\0\6\0\0")]),
        b"MM\0*\xff\xff\xff\xf0\xff\xff",
        pictures.tiff([(0x0112, 3, 1, b"\0\6\0\0")])[:-10],
        pictures.tiff([(0x0100, 3, 1, bytes(4))] * 6000 + [(0x0112, 3, 1, b"\0\6\0\0")]),
    ],
    ids=["empty", "cut", "text", "wrong type", "two numbers", "other tag", "nowhere", "cut entry", "too large"],
)
def test_damaged_exif_is_ignored(block: bytes) -> None:
    upright = pictures.quadrants(64, 64)

    jpeg = pictures.after_soi(
        pictures.saved(upright, "JPEG", quality=98, subsampling=0),
        pictures.jpeg_segment(0xE1, b"Exif\0\0" + block[:65000]),
    )

    assert far(pixels(pictures.png_with(pictures.saved(upright), (b"eXIf", block))), upright) == 0
    assert far(pixels(jpeg), upright) < 1


VALID, LATER = (0x0112, 3, 1, b"\0\6\0\0"), (0x0112, 3, 1, b"\0\3\0\0")


@pytest.mark.parametrize(
    "first",
    [
        [(0x0112, 3, 1, bytes(4))],
        [(0x0112, 3, 1, bytes(4))] * 2,
        [(0x0112, 3, 1, b"\0\x09\0\0")],
        [(0x0112, 4, 1, b"\0\3\0\0")],
        [(0x0112, 3, 2, b"\0\3\0\3")],
        [],
    ],
    ids=["zero", "zero twice", "nine", "wrong type", "two numbers", "none"],
)
def test_of_several_orientations_the_first_counts_that_is_valid(first: list[tuple[int, int, int, bytes]]) -> None:
    upright = pictures.quadrants(64, 64)
    block = pictures.tiff([*first, VALID, LATER])
    jpeg = pictures.after_soi(
        pictures.saved(upright, "JPEG", quality=98, subsampling=0), pictures.jpeg_segment(0xE1, b"Exif\0\0" + block)
    )

    for data in (jpeg, pictures.png_with(pictures.saved(upright), (b"eXIf", block))):
        assert far(pixels(data), upright.transpose(Image.Transpose.ROTATE_270)) < 1


def test_of_several_exif_segments_the_first_counts_that_is_not_empty() -> None:
    upright = pictures.quadrants(64, 64)
    plain = pictures.saved(upright, "JPEG", quality=98, subsampling=0)

    def shown(*blocks: bytes) -> Image.Image:
        return pixels(
            pictures.after_soi(plain, b"".join(pictures.jpeg_segment(0xE1, b"Exif\0\0" + block) for block in blocks))
        )

    turned = pictures.tiff([(0x0112, 3, 1, b"\0\6\0\0")])

    assert far(shown(b"not TIFF at all", turned), upright) < 1
    assert far(shown(b"", turned), upright.transpose(Image.Transpose.ROTATE_270)) < 1


@pytest.mark.parametrize(
    ("start", "turned"),
    [(b"Exif\0\0", True), (b"Exif\0\xff", True), (b"Exif\1\0", False), (b"EXIF\0\0", False)],
)
def test_an_exif_segment_may_begin_with_any_byte_behind_its_name(start: bytes, turned: bool) -> None:
    upright = pictures.quadrants(64, 64)
    block = pictures.jpeg_segment(0xE1, start + pictures.tiff([(0x0112, 3, 1, b"\0\6\0\0")]))
    seen = pixels(pictures.after_soi(pictures.saved(upright, "JPEG", quality=98, subsampling=0), block))

    assert far(seen, upright.transpose(Image.Transpose.ROTATE_270) if turned else upright) < 1


def reference(upright: Image.Image, crop: Crop, size: int) -> Image.Image:
    """The specified result, made the slow way: turn everything, then cut."""
    turned = upright.rotate(-crop.rotation, expand=True)
    side = crop.side * min(turned.size)
    left = min(crop.x * turned.width, turned.width - side)
    top = min(crop.y * turned.height, turned.height - side)
    box = (left, top, left + side, top + side)
    return turned.resize((size, size), Image.Resampling.BICUBIC, box)


@pytest.mark.parametrize(
    ("orientation", "rotation", "place"),
    list(itertools.product([1, 2, 3, 4, 5, 6, 7, 8], [0, 90, 180, 270], [(0.125, 0.5, 0.5), (0.6, 0.1, 0.4)])),
)
def test_the_crop_is_cut_after_turning(orientation: int, rotation: int, place: tuple[float, float, float]) -> None:
    upright = pictures.scene(160, 120)
    data = pictures.photo(format="PNG", orientation=orientation, image=stored(upright, orientation))
    crop = Crop(rotation, *place)

    got = pixels(data, crop=crop)

    wanted = reference(upright, crop, got.width)
    assert far(got, wanted) < 1
    assert far(got, wanted.rotate(90)) > 5


def test_a_crop_beyond_the_edge_is_moved_inside() -> None:
    upright = pictures.scene(160, 120)

    got = pixels(pictures.saved(upright), crop=Crop(0, 1.0, 1.0, 0.5))

    assert got.size == (60, 60)
    assert far(got, upright.crop((100, 60, 160, 120))) == 0


def test_a_crop_is_never_smaller_than_the_least_size() -> None:
    data = pictures.photo(160, 120, format="PNG")

    assert pixels(data, crop=Crop(0, 0.0, 0.0, 0.0)).size == (1, 1)
    assert pixels(data, crop=Crop(0, 0.0, 0.0, 0.0), min_size=48).size == (48, 48)


def test_without_a_crop_a_landscape_photo_is_cropped_in_the_middle_and_a_portrait_about_its_upper_third() -> None:
    wide, tall = pictures.scene(160, 120), pictures.scene(120, 480)

    assert far(pixels(pictures.saved(wide)), wide.crop((20, 0, 140, 120))) == 0
    assert far(pixels(pictures.saved(tall)), tall.crop((0, 100, 120, 220))) == 0


def test_a_large_jpeg_is_cropped_where_a_full_decode_would_be() -> None:
    data = pictures.photo(3001, 2003, orientation=6, quality=95)
    crop = Crop(90, 0.2, 0.3, 0.5)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))

    assert far(pixels(data, crop=crop), reference(upright, crop, 512)) < 2
    assert far(pixels(data), ImageOps.fit(upright, (512, 512), centering=(0.5, 0))) < 2


def test_a_small_crop_of_a_large_jpeg_keeps_its_pixels() -> None:
    data = pictures.photo(3000, 2000)

    assert pixels(data, crop=Crop(0, 0.1, 0.1, 0.1)).size == (200, 200)


def test_a_small_crop_of_a_huge_jpeg_is_read_at_half_scale_for_memory() -> None:
    data = pictures.photo(7000, 6000, quality=30)

    assert pixels(data, crop=Crop(0, 0.1, 0.1, 0.1)).size == (300, 300)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_of_the_upright_picture(orientation: int) -> None:
    image = pictures.scene(400, 240)
    data = pictures.photo(image=image, format="PNG", orientation=orientation)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    side = round(0.5 * min(upright.size))
    left, top = round(0.4 * upright.width), round(0.3 * upright.height)

    got = pixels(data, crop=Crop(0, 0.4, 0.3, 0.5))

    assert far(got, upright.crop((left, top, left + side, top + side))) < 1
