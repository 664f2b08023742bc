"""Which renditions are made, and how they look."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageOps

from django_avatars.imaging import decode, pipeline
from django_avatars.imaging.pipeline import Crop, process
from django_avatars.imaging.square import thumbnail

from .. import pictures
from .making import far, made, pixels, refused, spec


@pytest.mark.parametrize(
    ("width", "height", "sizes"),
    [
        (1000, 800, (512, 256, 128, 64)),
        (512, 600, (512, 256, 128, 64)),
        (300, 400, (300, 256, 128, 64)),
        (90, 120, (90, 64)),
        (64, 64, (64,)),
        (40, 40, (40,)),
        (1, 1, (1,)),
    ],
)
def test_nothing_is_scaled_up(width: int, height: int, sizes: tuple[int, ...]) -> None:
    picture = made(pictures.photo(width, height, format="PNG"))

    assert picture.sizes == sizes


def test_the_side_of_the_crop_decides() -> None:
    assert made(pictures.photo(600, 400), crop=Crop(0, 0.0, 0.0, 0.5)).sizes == (200, 128, 64)


def test_sizes_may_come_in_any_order_and_twice() -> None:
    assert made(pictures.photo(300, 300), sizes=(64, 128, 64)).sizes == (128, 64)


def test_every_size_exists_in_every_format() -> None:
    picture = made(pictures.photo(100, 100), output_formats=("webp", "avif", "jpg", "png"))

    assert picture.formats == ("webp", "avif", "jpg", "png")
    assert [(rendition.size, rendition.format) for rendition in picture.renditions] == [
        (size, format) for size in (100, 64) for format in ("webp", "avif", "jpg", "png")
    ]
    for rendition in picture.renditions:
        image = Image.open(io.BytesIO(rendition.data))
        assert image.format == {"jpg": "JPEG"}.get(rendition.format, rendition.format.upper())
        assert image.size == (rendition.size, rendition.size)


def test_the_smallest_webp_gets_one_step_of_quality_more() -> None:
    data = pictures.photo(300, 300)

    at, above = (made(data, sizes=(128, 64), quality={"webp": quality}) for quality in (81, 82))
    highest = made(data, sizes=(128, 64), quality={"webp": 100})

    assert at.renditions[0].data != above.renditions[0].data
    assert at.renditions[1].data == as_webp(data, 82)
    assert highest.renditions[1].data == as_webp(data, 100)


def as_webp(data: bytes, quality: int) -> bytes:
    """The 64 pixels that are made of a picture, encoded with exactly this quality."""
    square = Image.open(io.BytesIO(made(data, sizes=(128, 64), output_formats=("png",)).renditions[1].data))
    output = io.BytesIO()
    square.save(output, "WEBP", quality=quality, method=2)
    return output.getvalue()


def test_quality_is_the_recipes() -> None:
    data = pictures.photo(300, 300)

    good, poor = (made(data, quality={"webp": quality}).renditions[0].data for quality in (90, 20))

    assert len(poor) < len(good) / 2


def test_small_renditions_look_like_those_made_from_the_whole_photo() -> None:
    data = pictures.photo(2000, 1500, format="PNG")
    original = Image.open(io.BytesIO(data))

    for rendition in made(data, output_formats=("png",)).renditions:
        wanted = ImageOps.fit(original, (rendition.size, rendition.size), Image.Resampling.LANCZOS)
        assert far(Image.open(io.BytesIO(rendition.data)), wanted) < 1


def test_a_picture_smaller_than_allowed_is_refused() -> None:
    refusal = refused(pictures.photo(90, 200), min_size=100)

    assert refusal.code == "too_small"
    assert refusal.params == {"width": 90, "height": 200, "min": 100, "formats": "JPEG, PNG, WebP or GIF"}


def test_twenty_to_one_is_the_narrowest() -> None:
    assert pixels(pictures.photo(20, 400, format="PNG")).size == (20, 20)

    refusal = refused(pictures.photo(20, 401, format="PNG"))

    assert refusal.code == "bad_proportions"
    assert refusal.params == {"width": 20, "height": 401, "formats": "JPEG, PNG, WebP or GIF"}


def test_too_many_pixels_are_told_in_megapixels() -> None:
    refusal = refused(pictures.png_flood(6000, 5000))

    assert refusal.code == "too_many_pixels"
    assert refusal.params == {"megapixels": "30", "max": "26.5", "formats": "JPEG, PNG, WebP or GIF"}


def test_too_many_bytes_are_told_in_megabytes() -> None:
    refusal = refused(pictures.photo() + bytes(10 * 1024 * 1024))

    assert refusal.code == "too_large"
    assert refusal.params == {"size": "10.1 MB", "max": "10 MB", "formats": "JPEG, PNG, WebP or GIF"}


def test_small_limits_are_told_in_kilobytes() -> None:
    assert refused(pictures.photo(), max_bytes=2048).params["max"] == "2 kB"


def test_exactly_the_limit_is_accepted() -> None:
    data = pictures.photo()

    assert made(data, max_bytes=len(data)).renditions


def test_a_side_beyond_thirty_thousand_is_refused() -> None:
    assert refused(pictures.jpeg_flood(30_001, 2000)).code == "too_many_pixels"


def test_the_source_is_read_in_place_and_left_open() -> None:
    source = io.BytesIO(pictures.photo())
    source.seek(99)
    assert process(source, spec()) == process(source, spec())
    assert not source.closed


@pytest.mark.parametrize(("width", "height"), [(2500, 1300), (700, 500), (300, 5900)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_a_source_is_made_of_bands_that_nobody_sees(width: int, height: int, mode: str) -> None:
    image = pictures.scene(width, height).convert(mode)
    scale = min(600 / max(width, height), 1)

    fitted = thumbnail(image, 600)

    size = round(width * scale), round(height * scale)
    assert fitted.mode == {"RGBA": "RGBa"}.get(mode, mode)
    assert far(fitted.convert("RGBA" if mode == "RGBA" else mode), image.resize(size, Image.Resampling.BICUBIC)) < 0.5


def test_a_source_and_its_square_are_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    original = decode.load

    def load(*opened: Any) -> Image.Image:
        loads.append(1)
        return original(*opened)

    monkeypatch.setattr(pipeline, "load", load)

    picture = made(pictures.photo(3000, 2000), source_edge=2048)

    assert loads == [1]
    assert picture.sizes[0] == 512
    assert Image.open(io.BytesIO(picture.source or b"")).size == (2048, 1365)
