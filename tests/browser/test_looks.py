"""What a designer looks for: where things stand, what is seen when, and that every sentence is true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import pytest
from playwright.sync_api import Locator, Route, expect
from pytest_django import Settings

from django_avatars.providers.drawing import contrast
from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file

pytestmark = [pytest.mark.browser, pytest.mark.chromium]

PHONES = {"upright": (390, 844), "on its side": (844, 390), "large, on its side": (932, 430)}
WINDOWS = [(1440, 900), (1280, 720), (1024, 600), (768, 1024)]


@pytest.fixture
def phone(picker: Picker, profile: Profile) -> Iterator[Picker]:
    """The edit page on a phone."""
    browser = picker.page.context.browser
    assert browser
    state = picker.page.context.storage_state()
    context = browser.new_context(storage_state=state, has_touch=True, is_mobile=True, device_scale_factor=1)
    page = context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    yield Picker(page, picker.url).open("/avatars/")
    context.close()


def box(what: Locator) -> dict[str, float]:
    """Where it is."""
    found = what.bounding_box()
    assert found is not None
    return cast("dict[str, float]", found)


def style(what: Locator, name: str, part: str = "") -> str:
    """A computed property, of the element or of one of its pseudo-elements."""
    found: str = what.evaluate("(e, [name, part]) => getComputedStyle(e, part || null)[name]", [name, part])
    return found


# The field


def test_the_picture_says_what_a_click_does(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/")
    veil = picker.root.locator(".avatar-field__veil")
    picker.page.emulate_media(reduced_motion="reduce")
    assert style(veil, "opacity") == "0"
    picker.input.hover()
    assert style(veil, "opacity") == "1"
    expect(veil).to_have_text("Change")
    picker.page.mouse.move(0, 0)
    assert style(veil, "opacity") == "0"
    picker.press("Tab")
    assert style(veil, "opacity") == "1"


def test_what_a_click_does_is_read_on_white_letters_too(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/").page.emulate_media(reduced_motion="reduce")
    picker.input.hover()

    ground = style(picker.root.locator(".avatar-field__veil"), "backgroundColor")
    red, green, blue, alpha = (float(number) for number in re.findall(r"[\d.]+", ground))
    seen = tuple(round(part * alpha + 255 * (1 - alpha)) for part in (red, green, blue))
    assert contrast("#{:02x}{:02x}{:02x}".format(*seen), "#ffffff") >= 4.5


def test_the_middle_of_the_badge_lies_on_the_rim(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/")
    face, badge = box(picker.root.locator("[data-preview]")), box(picker.root.locator(".avatar-field__badge"))

    x, y = (badge[at] + badge[side] / 2 - face[at] for at, side in (("x", "width"), ("y", "height")))
    radius = face["width"] / 2

    assert ((x - radius) ** 2 + (y - radius) ** 2) ** 0.5 == pytest.approx(radius, abs=1)
    assert badge["width"] == 44


def test_a_file_that_is_dragged_is_awaited_on_an_opaque_ground_by_a_picture_that_grows(
    picker: Picker, profile: Profile
) -> None:
    picker.open("/avatars/")
    before = box(picker.root.locator("[data-preview]"))["width"]

    picker.drop(file(), kinds=("dragenter", "dragover"))

    drop = picker.root.locator(".avatar-field__drop")
    expect(drop.locator("svg")).to_be_visible()
    assert style(drop, "backgroundColor").startswith("rgb(")  # without transparency
    assert box(picker.root.locator("[data-preview]"))["width"] == pytest.approx(before * 1.03)


def test_what_needs_a_mouse_is_not_offered_to_phones(phone: Picker) -> None:
    expect(phone.root.get_by_text("Drop or paste one anywhere on this page.")).to_be_hidden()
    phone.place()

    expect(phone.dialog.get_by_text("Drag and pinch")).to_be_visible()
    expect(phone.dialog.get_by_text("Drag to move")).to_be_hidden()


def test_every_avatar_of_a_person_changes_once_it_can_be_seen(picker: Picker, pictured: Profile) -> None:
    page = picker.open("/avatars/").page
    page.evaluate("""() => {
      const own = document.querySelector("[data-avatar-of]");
      for (const who of [own.dataset.avatarOf, "app.user:0"]) {
        const other = own.cloneNode(true);
        other.dataset.avatarOf = who;
        other.classList.add("other");
        document.body.append(other);
      }
    }""")
    was = page.locator("body > .avatar img").first.get_attribute("src")
    held: list[Route] = []
    is_open: list[bool] = []
    page.route("**/media/**", lambda route: route.continue_() if is_open else held.append(route))
    picker.place(file(pictures.photo(600, 600)))
    with page.expect_request("**/media/**"):
        picker.save()

    # The new files are on their way: the dialog stays, and nobody's initials are seen behind it.
    expect(picker.dialog).to_be_visible()
    assert page.locator("body > .avatar img").first.get_attribute("src") == was
    is_open.append(True)
    for route in held:
        route.continue_()

    picker.is_saved()
    mine, theirs = page.locator("body > .avatar img").all()
    assert mine.get_attribute("src") != was == theirs.get_attribute("src")
    assert mine.evaluate("image => image.complete && image.naturalWidth") > 0


PROPERTIES = [
    ("--avatar-accent", ".avatars-save", "backgroundColor"),
    ("--avatar-accent", ".avatars-choice .avatars-button", "color"),
    ("--avatar-accent", ".avatar-crop__actions .avatar-field__button--main", "backgroundColor"),
    ("--avatar-on-accent", ".avatars-save", "color"),
    ("--avatar-on-accent", ".avatar-crop__actions .avatar-field__button--main", "color"),
    ("--avatar-error", "[data-avatar-remove]", "color"),
    ("--avatar-error", ".avatar-field__error", "color"),
    ("--avatar-error", ".avatar-crop__error", "color"),
    ("--avatar-line", ".avatars-choice .avatars-button", "borderTopColor"),
    ("--avatar-line", ".avatar-crop__actions [data-do=cancel]", "borderTopColor"),
    ("--avatar-line", ".avatar-field__badge", "borderTopColor"),
]


def test_each_property_of_the_host_holds_in_each_place_and_its_own_stay(
    picker: Picker, pictured: Profile, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "LETTERS": True}
    page = picker.open("/avatars/").page
    picker.place()
    own = "getComputedStyle(document.querySelector('.avatars-page')).getPropertyValue('--accent')"
    page.evaluate("document.documentElement.style.setProperty('--accent', 'teal')")

    for number, (name, what, key) in enumerate(PROPERTIES):
        color = f"rgb({number}, 2, 3)"
        page.evaluate("([n, c]) => document.documentElement.style.setProperty(n, c)", [name, color])
        assert style(page.locator(what).first, key) == color, (name, what)
    assert page.evaluate(own) == "teal"


# The dialog


@pytest.mark.parametrize("held", PHONES)
def test_a_phone_gives_all_of_its_screen_to_the_dialog(phone: Picker, held: str) -> None:
    width, height = PHONES[held]
    phone.page.set_viewport_size({"width": width, "height": height})
    phone.place()
    dialog, stage = box(phone.dialog), box(phone.dialog.locator(".avatar-crop__stage"))

    assert (dialog["x"], dialog["y"], dialog["width"], dialog["height"]) == (0, 0, width, height)
    if held == "upright":
        assert stage["width"] == width
        assert stage["height"] > height * 0.7
    else:  # two columns
        assert stage["height"] == height
        assert width * 0.5 < stage["width"] < width * 0.6


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_a_large_window_has_no_empty_column_beside_the_stage(
    picker: Picker, profile: Profile, width: int, height: int
) -> None:
    picker.page.set_viewport_size({"width": width, "height": height})
    picker.page.context.grant_permissions(["camera"])
    picker.open("/avatars/").button("Take a photo").click()
    camera = picker.root.locator("[data-camera-dialog]")
    for dialog in (camera, picker.dialog):
        expect(dialog).to_be_visible()
        whole, stage = box(dialog), box(dialog.locator(".avatar-crop__stage"))
        assert whole["width"] - stage["width"] == 2  # its edges
        assert stage["height"] > whole["height"] * 0.75
        if dialog == camera:
            picker.button("Take photo").click()

    frame = box(picker.dialog.locator(".avatar-crop__frame"))
    for size in (64, 32, 24):
        small = box(picker.dialog.locator(f"canvas[data-small='{size}']"))
        assert small["width"] == small["height"] == size
        assert small["x"] > frame["x"] + frame["width"]


@pytest.mark.parametrize("language", ["en", "de", "fr", "ru", "ar"])
def test_no_word_is_broken_and_nothing_moves_in_any_language(picker: Picker, profile: Profile, language: str) -> None:
    page = picker.open(f"/avatars/?lang={language}").page
    page.evaluate("() => { document.body.style.overflowWrap = 'anywhere' }")  # as in the example
    page.route("**/avatars/", lambda route: route.abort())
    picker.place()
    save = picker.dialog.locator("[data-do=apply]")
    rows = [picker.dialog.locator(f".avatar-crop__{name}") for name in ("stage", "slot", "actions")]

    def places() -> list[list[dict[str, float]]]:
        """Where things stand, in windows of each size."""
        found = []
        for width, height in [*WINDOWS, (360, 740), (844, 390)]:
            page.set_viewport_size({"width": width, "height": height})
            found.append([box(one) for one in [*rows, save]])
            assert picker.dialog.evaluate(BROKEN) == []
        return found

    before = places()
    save.click()
    expect(picker.trouble).to_be_visible()
    assert places() == before
    words, row = box(picker.trouble), box(rows[1])
    assert row["y"] < words["y"]
    assert words["y"] + words["height"] <= row["y"] + row["height"]


BROKEN = """dialog => [...dialog.querySelectorAll(".avatar-field__button")].flatMap(button => {
    const range = document.createRange(), texts = [...button.querySelectorAll("span"), button];
    return texts.filter(one => !one.children.length && one.checkVisibility()).filter(one => {
        const words = one.textContent.trim().split(/\\s+/);
        range.selectNodeContents(one);
        return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size > words.length;
    }).map(one => one.textContent);
})"""
"""Buttons with more lines than words."""


def test_all_tools_stand_in_one_row(phone: Picker) -> None:
    phone.page.set_viewport_size({"width": 320, "height": 568})
    phone.page.context.grant_permissions(["camera"])
    phone.button("Take a photo").click()
    phone.button("Take photo").click()
    phone.is_placing()
    tools = phone.dialog.locator("[data-tools] button").all()

    assert len(tools) == 6
    assert len({box(tool)["y"] for tool in tools}) == 1
    assert box(tools[-1])["x"] + box(tools[-1])["width"] <= 320
    assert box(phone.dialog.locator("[data-zoom]"))["width"] >= 44


def test_help_goes_with_the_first_move_and_lines_come_while_one_drags(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    picker.place()
    frame, tip = picker.dialog.locator(".avatar-crop__frame"), picker.dialog.get_by_text("Drag to move")
    expect(tip).to_be_visible()
    assert style(frame, "content", "::before") == "none"
    at = box(picker.stage)
    page.mouse.move(at["x"] + 100, at["y"] + 100)
    page.mouse.down()
    page.mouse.move(at["x"] + 120, at["y"] + 110)

    assert style(frame, "content", "::before") == style(frame, "content", "::after") == '""'
    page.mouse.up()
    assert style(frame, "content", "::before") == "none"
    expect(tip).to_be_hidden()


def test_a_small_picture_beside_the_stage_shows_what_the_frame_holds(phone: Picker) -> None:
    phone.place()
    small = phone.dialog.locator("canvas[data-small='32']")
    expect(small).to_be_visible()
    before = small.evaluate("canvas => canvas.toDataURL()")

    phone.press("PageUp", "PageUp")

    assert box(small)["width"] == box(small)["height"] == 32
    assert small.evaluate("canvas => canvas.toDataURL()") != before


def test_what_cannot_be_zoomed_has_no_zoom(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MIN_SIZE": 64}
    picker.open("/form/").place(file(pictures.photo(64, 64)))

    expect(picker.dialog.locator("[data-zoom]")).to_be_hidden()
    expect(picker.button("Rotate right")).to_be_visible()


def test_a_photo_can_be_taken_again(picker: Picker, profile: Profile) -> None:
    picker.page.context.grant_permissions(["camera"])
    picker.open("/form/").button("Take a photo").click()
    picker.button("Take photo").click()
    picker.is_placing()

    picker.button("Retake").click()

    expect(picker.page.get_by_role("dialog", name="Take a photo")).to_be_visible()
    assert picker.chosen() == []


# What is said


def test_what_the_page_before_said_ends_where_the_picker_speaks(picker: Picker, pictured: Profile) -> None:
    page = picker.open("/avatars/").page
    page.locator("[data-avatar-remove]").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove picture").click()
    said = page.get_by_text("Picture removed.")
    expect(said).to_be_visible()
    at = box(picker.root)

    picker.place(file(pictures.photo(600, 600)))
    picker.save()

    picker.is_saved()
    expect(said).to_be_hidden()
    assert box(picker.root)["y"] == at["y"]


def test_a_camera_that_is_not_there_is_not_called_blocked(picker: Picker) -> None:
    picker.page.add_init_script(
        "Object.defineProperty(navigator, 'mediaDevices', {value: {getUserMedia: async () => {"
        " throw new DOMException('', 'NotFoundError') }}})"
    )
    picker.open("/form/").button("Take a photo").click()

    expect(picker.problem).to_have_text("No camera was found. Choose a file instead.")


def test_what_is_too_large_for_the_server_is_not_tried_again(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    picker.place(file(pictures.photo(600, 600)))
    page.route("**/avatars/", lambda route: route.fulfill(status=413, body="", content_type="text/html"))
    picker.save()

    expect(picker.trouble).to_contain_text("Choose a smaller one.")
    expect(picker.button("Try again")).to_be_hidden()


def test_a_photo_of_a_format_that_is_not_taken_is_shown_a_way_out(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/").choose(file(pictures.heic(), "IMG_1.HEIC", ""))

    expect(picker.problem).to_contain_text("Save it as JPEG and choose that.")
