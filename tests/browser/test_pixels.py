"""What is seen in the picker is what the server makes; and what of the file is sent."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import BrowserType, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars.imaging.spec import Crop
from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file, pixels

pytestmark = pytest.mark.browser

TOLERANCE = 2.8
"""Mean difference of a channel, of 255: two ways of scaling, and WebP. Another rotation is at least 30 away."""

NOISE = """
const read = CanvasRenderingContext2D.prototype.getImageData;
CanvasRenderingContext2D.prototype.getImageData = function (...args) {
  const image = read.apply(this, args);
  for (let i = 0; i < image.data.length; i++) image.data[i] ^= i % 3;
  return image;
};
"""
"""What browsers do that resist fingerprinting."""


def saved(picker: Picker) -> Image.Image:
    """Save the form, and see what the server has made."""
    before = Profile.objects.values_list("profile_pic", flat=True).first()
    picker.page.get_by_role("button", name="Save").click()
    expect(picker.note).to_be_hidden()
    expect(picker.root.locator("[data-preview] img")).to_be_visible()
    picture = Profile.objects.get().profile_pic
    assert picture.name != before
    with picture.open() as stored:
        return Image.open(stored).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of the channels, at the size of the smaller one and within the circle's square."""
    side = min(one.width, other.width)
    small = [image.resize((side, side), Image.Resampling.BOX) for image in (one, other)]
    return max(ImageStat.Stat(ImageChops.difference(*small)).mean)


# 20


def test_a_photo_is_upright_here_and_there(picker: Picker, subtests: pytest.Subtests) -> None:
    for orientation in range(1, 9):
        with subtests.test(orientation=orientation):
            picker.open("/form/").place(file(pictures.photo(420, 300, orientation=orientation)))
            picker.press("+", "+", "Shift+ArrowLeft", "Shift+ArrowUp")
            picker.apply()
            seen = picker.preview()

            assert difference(seen, saved(picker)) < TOLERANCE


@pytest.mark.parametrize(("format", "width"), [("PNG", 420), ("WEBP", 420), ("WEBP", 2800)])  # 2800: made smaller first
def test_a_picture_that_says_it_is_turned_is_seen_as_it_is_saved(picker: Picker, format: str, width: int) -> None:
    picture = pictures.photo(width, width * 3 // 4, format=format, orientation=6)
    picker.open("/form/").place(file(picture, f"photo.{format.lower()}"))
    picker.press("+", "+", "Shift+ArrowLeft", "Shift+ArrowUp")
    picker.apply()
    picker.page.wait_for_timeout(500)
    seen = picker.preview()

    assert difference(seen, saved(picker)) < TOLERANCE


# 20b


def test_a_picture_starts_where_the_site_finds_a_face_and_is_saved_as_seen(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "FOCUS": "tests.browser.views.reddest"}
    picture = Image.new("RGB", (600, 1500), "#204080")
    picture.paste("#ff0000", (200, 1100, 400, 1300))
    picker.open("/form/").place(file(pictures.saved(picture, "PNG"), "tall.png"))
    picker.apply()
    crop = Crop.parse(picker.root.locator("[type=hidden]").input_value())
    seen = picker.preview()

    assert crop is not None
    assert crop.y == pytest.approx(0.6)
    assert difference(seen, saved(picker)) < TOLERANCE


def test_a_picture_starts_as_usual_where_nobody_answers(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "FOCUS": "tests.browser.views.reddest"}
    picker.page.route("**/avatars/focus/", lambda route: route.fulfill(status=503))
    picker.open("/form/").place(file(pictures.photo(300, 900)))
    picker.apply()

    expect(picker.root.locator("[type=hidden]")).to_have_value("v1;r=0;x=0;y=0.166667;s=1")


# 21


@pytest.mark.parametrize(
    "keys", [(), ("PageUp", "ArrowLeft", "Shift+ArrowDown"), ("PageUp",) * 4 + ("Shift+ArrowRight",)]
)
def test_what_is_in_the_frame_is_what_is_saved(
    picker: Picker, subtests: pytest.Subtests, keys: tuple[str, ...]
) -> None:
    photo = file(pictures.photo(1600, 1200))
    for turns in range(4):
        with subtests.test(turns=turns):
            picker.open("/form/").place(photo)
            picker.press(*keys, *["]"] * turns)
            picker.apply()
            seen = picker.preview()

            result = saved(picker)
            assert difference(seen, result) < TOLERANCE
            for degrees in (90, 180, 270):
                assert difference(seen.rotate(degrees), result) > 3 * TOLERANCE


# 22


def test_a_large_photo_is_made_smaller_before_it_is_sent(picker: Picker) -> None:
    large = pictures.photo(4000, 3000)
    picker.open("/form/").place(file(large))
    picker.press("]", "PageUp")
    picker.apply()
    expect(picker.input).to_have_js_property("files.length", 1)
    picker.page.wait_for_timeout(500)
    [sent] = picker.chosen()
    seen = picker.preview()

    assert sent["size"] < len(large)
    assert sent["type"] == "image/jpeg"
    width, height = picker.input.evaluate(
        "async input => { const {width, height} = await createImageBitmap(input.files[0]); return [width, height] }"
    )
    assert (width, height) == (2048, 1536)
    assert difference(seen, saved(picker)) < TOLERANCE


def test_a_small_photo_is_sent_as_it_is(picker: Picker) -> None:
    small = pictures.photo(800, 600)
    picker.open("/form/").place(file(small))
    picker.apply()

    assert picker.chosen() == [{"name": "photo.jpg", "size": len(small), "type": "image/jpeg"}]


@pytest.mark.parametrize(
    ("width", "height", "zooms", "side"), [(4000, 3000, 4, 512), (8000, 500, 0, 500), (4000, 500, 0, 500)]
)
def test_zooming_in_throws_no_pixels_away(picker: Picker, width: int, height: int, zooms: int, side: int) -> None:
    picker.open("/form/").place(file(pictures.photo(width, height)))
    picker.press(*["PageUp"] * zooms)
    picker.apply()
    seen = picker.preview()
    result = saved(picker)

    assert result.width == side
    assert difference(seen, result) < 2 * TOLERANCE


def test_what_is_transparent_is_seen_as_it_will_be_stored(picker: Picker) -> None:
    picker.page.emulate_media(color_scheme="dark")
    clear = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    picker.open("/form/").place(file(pictures.saved(clear), "logo.png"))
    assert pixels(picker.stage).getpixel((200, 200)) == (255, 255, 255)
    picker.apply()

    assert picker.preview().getpixel((256, 256)) == (255, 255, 255)


# 23


def test_where_canvases_lie_the_file_is_sent_as_it_is(picker: Picker) -> None:
    picker.page.add_init_script(NOISE)
    large = pictures.photo(2400, 1800)
    picker.open("/form/").place(file(large))
    picker.press("]", "PageUp")
    picker.apply()
    picker.page.wait_for_timeout(300)

    assert picker.chosen()[0]["size"] == len(large)
    assert picker.view() == pytest.approx({"r": 90, "s": 1 / 1.5, "x": 1 / 6, "y": 0.25}, abs=2e-6)


@pytest.mark.firefox
def test_where_firefox_resists_fingerprinting_the_file_is_sent_as_it_is(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], signed_in: Page, live_server: LiveServer
) -> None:
    preferences = {**browser_type_launch_args["firefox_user_prefs"], "privacy.resistFingerprinting": True}
    resisting = browser_type.launch(**{**browser_type_launch_args, "firefox_user_prefs": preferences})
    context = resisting.new_context()
    context.add_cookies(signed_in.context.cookies())  # type: ignore[arg-type]  # what is read can be written
    picker = Picker(context.new_page(), live_server.url)
    large = pictures.photo(2400, 1800)
    picker.open("/form/").place(file(large))
    noisy = picker.page.evaluate(
        "() => { const c = document.createElement('canvas').getContext('2d'); c.fillStyle = '#010203';"
        " c.fillRect(0, 0, 9, 9); return c.getImageData(0, 0, 9, 9).data.some((n, i) => n !== [1, 2, 3, 255][i % 4]) }"
    )
    picker.press("]", "PageUp")
    picker.apply()
    sent, view = picker.chosen(), picker.view()
    resisting.close()

    assert noisy
    assert sent[0]["size"] == len(large)
    assert view == pytest.approx({"r": 90, "s": 1 / 1.5, "x": 1 / 6, "y": 0.25}, abs=2e-6)


# 24


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_sent_as_it_is(picker: Picker, settings: Settings, format: str) -> None:
    settings.AVATARS = {**settings.AVATARS, "CLIENT_CROP": True}
    moving = pictures.animation(format)
    name = f"moving.{format.lower()}"
    picker.open("/form/").place(file(moving, name))
    picker.apply()
    picker.page.wait_for_timeout(300)

    assert [(one["name"], one["size"]) for one in picker.chosen()] == [(name, len(moving))]
    assert picker.view()["s"] == 1


# 25


@pytest.mark.parametrize(("background", "corner"), [("#ffffff", (255, 255, 255, 255)), (None, (0, 0, 0, 0))])
def test_what_is_transparent_stays_so_or_is_filled_as_configured(
    picker: Picker, settings: Settings, background: str | None, corner: tuple[int, ...]
) -> None:
    settings.AVATARS = {**settings.AVATARS, "BACKGROUND": background, "OUTPUT_FORMATS": ("png",)}
    clear = Image.new("RGBA", (2400, 2400), (0, 0, 0, 0))
    clear.paste((200, 0, 0, 255), (800, 800, 1600, 1600))
    picker.open("/form/").place(file(pictures.saved(clear), "logo.png"))
    picker.apply()
    picker.page.wait_for_timeout(800)
    assert picker.chosen()[0]["type"] in ("image/webp", "image/png")
    saved(picker)

    with Profile.objects.get().profile_pic.open() as stored:
        result = Image.open(stored).convert("RGBA")
    assert result.getpixel((2, 2)) == corner
    assert result.getpixel((256, 256)) == (200, 0, 0, 255)


# Privacy


def test_on_request_the_rest_of_the_photo_is_at_no_time_in_the_form(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "CLIENT_CROP": True}
    picker.page.add_init_script(
        "window.held = []; addEventListener('DOMContentLoaded', () => {"
        " const input = document.querySelector('[type=file]');"
        " setInterval(() => held.push(input?.files[0]?.size ?? 0)) });"
        "const write = HTMLCanvasElement.prototype.toBlob, allowed = new Promise(allow => { window.allow = allow });"
        "HTMLCanvasElement.prototype.toBlob = function (...a) { allowed.then(() => write.apply(this, a)) };"
    )
    photo = pictures.photo(800, 600)
    picker.open("/form/").place(file(photo))
    picker.press("PageUp")
    assert picker.chosen() == []
    picker.press("Enter")
    expect(picker.dialog).to_be_visible()
    assert picker.chosen() == []
    picker.page.evaluate("allow()")
    picker.is_ready()
    [sent] = picker.chosen()
    picker.page.wait_for_timeout(100)

    assert sent["size"] < len(photo)
    assert set(picker.page.evaluate("held")) == {0, sent["size"]}


def test_on_request_only_the_square_leaves_the_device(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "CLIENT_CROP": True}
    picker.open("/form/").place(file(pictures.photo(800, 600)))
    picker.press("PageUp", "]")
    picker.apply()
    picker.page.wait_for_timeout(500)
    size = picker.input.evaluate(
        "async input => { const {width, height} = await createImageBitmap(input.files[0]); return [width, height] }"
    )
    seen = picker.preview()

    assert size == [400, 400]
    expect(picker.root.locator("input[name=profile_pic-crop]")).to_have_value("")
    assert difference(seen, saved(picker)) < TOLERANCE
