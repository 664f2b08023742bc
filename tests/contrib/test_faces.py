"""A picture that nobody has placed is cropped about the largest face in it."""

from __future__ import annotations

import threading

import pytest
from PIL import Image, ImageDraw, ImageFilter

from django_avatars.imaging.focus import UPPER_THIRD

from .. import pictures
from ..imaging.making import made, pixels
from ..timing import within

pytest.importorskip("cv2")

from django_avatars.contrib.faces import find

GROUND, HAIR, SKIN, SHADE, LIGHT, EYE, MOUTH = (
    (90, 110, 130), (60, 40, 30), (224, 180, 150), (160, 112, 90), (245, 215, 190), (40, 30, 25), (150, 60, 60),
)  # fmt: skip


def face(side: int) -> Image.Image:
    """A face from the front, drawn: what a classifier goes by is where it is light and where dark."""
    image = Image.new("RGB", (100, 100), GROUND)
    draw = ImageDraw.Draw(image)
    draw.ellipse((14, 2, 86, 98), HAIR)
    draw.ellipse((20, 10, 80, 96), SKIN)
    for x in (36, 64):
        draw.ellipse((x - 11, 34, x + 11, 48), SHADE)
        draw.ellipse((x - 8, 37, x + 8, 47), LIGHT)
        draw.ellipse((x - 4, 37, x + 4, 47), EYE)
        draw.rectangle((x - 11, 30, x + 11, 33), HAIR)
    draw.polygon([(50, 42), (44, 64), (56, 64)], LIGHT)
    draw.ellipse((43, 61, 57, 67), SHADE)
    draw.ellipse((37, 73, 63, 83), MOUTH)
    return image.resize((side, side)).filter(ImageFilter.GaussianBlur(side / 80))


def people(size: tuple[int, int], *faces: tuple[int, int, int]) -> Image.Image:
    """A picture with faces, each by its left and upper edge and its side."""
    image = Image.new("RGB", size, GROUND)
    for left, top, side in faces:
        image.paste(face(side), (left, top))
    return image


@pytest.mark.parametrize(
    ("size", "place"),
    [
        ((640, 480), (380, 120, 180)),
        ((480, 640), (40, 400, 180)),
        ((640, 640), (20, 20, 120)),
        ((300, 200), (190, 90, 100)),
        ((4000, 3000), (2600, 1200, 900)),
    ],
)
def test_the_point_is_in_the_middle_of_the_face(size: tuple[int, int], place: tuple[int, int, int]) -> None:
    left, top, side = place

    x, y = find(people(size, place))

    assert x * size[0] == pytest.approx(left + side / 2, abs=side / 10)
    assert y * size[1] == pytest.approx(top + side / 2, abs=side / 10)


def test_of_several_faces_the_largest_counts() -> None:
    x, _ = find(people((640, 480), (40, 60, 110), (400, 200, 200), (250, 20, 90)))

    assert x * 640 == pytest.approx(500, abs=20)


@pytest.mark.parametrize("image", [Image.new("RGB", (640, 480)), Image.new("L", (1, 20)), pictures.scene(640, 480)])
def test_without_a_face_it_is_the_upper_third(image: Image.Image) -> None:
    assert find(image) == UPPER_THIRD


def test_the_face_is_in_the_square_with_room_around_it() -> None:
    photo = pictures.saved(people((480, 1200), (120, 880, 200)))

    x, y = find(pixels(photo, focus=find))

    assert x == pytest.approx((120 + 100) / 480, abs=0.03)
    assert 0.3 < y < 0.7


def test_a_photo_of_twelve_megapixels_takes_no_longer_than_a_small_one() -> None:
    image = people((4000, 3000), (2600, 1200, 900))
    find(image)  # reads what faces look like

    within(0.3, lambda: find(image))


def test_threads_do_not_disturb_each_other() -> None:
    image = people((640, 480), (380, 120, 180))
    found = []
    threads = [threading.Thread(target=lambda: found.append(find(image))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [find(image)] * 4


def test_it_is_a_focus_like_any_other() -> None:
    assert made(pictures.photo(900, 600), focus=find).sizes == (512, 256, 128, 64)
