"""A large WebP is decoded at half its size where OpenCV is there, and looks the same."""

from __future__ import annotations

import io
import sys
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from django_avatars.imaging import halving
from django_avatars.imaging.decode import held, open_image
from django_avatars.imaging.headers import vp8l, webp
from django_avatars.imaging.headers.header import Header

from .. import pictures
from . import making
from .making import far

pytest.importorskip("cv2")

SIZE = 64
SIDES = (200, 190)
"""More than twice of what a picture of `SIZE` is made from."""


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> list[Header]:
    """The pictures that OpenCV decodes from now on."""
    seen = []
    original = halving.decode

    def decode(cv2: ModuleType, header: Header) -> Image.Image:
        seen.append(header)
        return original(cv2, header)

    monkeypatch.setattr(halving, "decode", decode)
    return seen


@pytest.fixture
def by_pillow(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What Pillow makes of a file."""

    def made(data: bytes) -> Image.Image:
        with monkeypatch.context() as patch:
            patch.setattr(halving, "opencv", lambda: None)
            return pixels(data)

    return made


def pixels(data: bytes, **changes: Any) -> Image.Image:
    return making.pixels(data, sizes=(SIZE,), **changes)


def scene(width: int, height: int, **options: Any) -> bytes:
    return pictures.photo(image=pictures.scene(width, height), format="WEBP", **options)


@pytest.mark.parametrize("options", [{}, {"lossless": True, "quality": 0}], ids=["lossy", "lossless"])
@pytest.mark.parametrize("sides", [SIDES, (201, 189), (199, 301)], ids=str)
def test_the_picture_is_the_same(
    sides: tuple[int, int], options: dict[str, Any], halved: list[Header], by_pillow: Any
) -> None:
    data = scene(*sides, **options)

    picture = pixels(data)

    assert len(halved) == 1
    assert picture.size == (SIZE, SIZE)
    assert far(picture, by_pillow(data)) < 1


def test_what_is_small_transparent_or_moves_is_left_to_pillow(halved: list[Header]) -> None:
    large = pictures.scene(*SIDES)
    faded = large.copy()
    faded.putalpha(128)
    file = io.BytesIO()
    large.save(file, "WEBP", save_all=True, append_images=[faded], duration=100, method=0)

    for data in (
        scene(160, 150),
        pictures.photo(image=faded, format="WEBP"),
        pictures.photo(image=faded, format="WEBP", lossless=True, quality=0),
        file.getvalue(),
    ):
        assert pixels(data).size == (SIZE, SIZE)
    assert halved == []


def test_a_kept_source_is_not_made_from_half_of_the_pixels(halved: list[Header]) -> None:
    pixels(scene(*SIDES), source_edge=128)

    assert halved == []


def test_pixels_that_end_too_soon_are_refused(halved: list[Header]) -> None:
    (chunk,) = pictures.riff_chunks(scene(*SIDES))

    error = making.refused(pictures.riff((chunk[0], chunk[1][: len(chunk[1]) // 2])), sizes=(SIZE,))

    assert error.code == "truncated"
    assert len(halved) == 1


@pytest.mark.parametrize(("options", "each"), [({}, 4), ({"lossless": True, "quality": 0}, 8)])
def test_half_takes_less_memory(options: dict[str, Any], each: int) -> None:
    data = scene(*SIDES, **options)
    _, found = open_image(webp.read_header(io.BytesIO(data), len(data)))
    codes = vp8l.held(data[25:], *SIDES) if each == 8 else 0

    assert held(found, 2) == each * found.width * found.height + codes
    assert held(found, 1) == 12 * found.width * found.height


def test_an_opencv_that_is_too_old_or_does_not_load_is_passed_by(monkeypatch: pytest.MonkeyPatch) -> None:
    old = ModuleType("cv2")
    old.__version__ = "4.8.1.78"  # type: ignore[attr-defined]
    for module in (old, None):
        monkeypatch.setitem(sys.modules, "cv2", module)

        assert halving.opencv.__wrapped__() is None


def test_opencv_is_loaded_for_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(halving, "opencv", lambda: pytest.fail("It loads OpenCV."))

    for data in (scene(160, 150), pictures.photo(*SIDES), pictures.photo(*SIDES, format="PNG")):
        pixels(data)
