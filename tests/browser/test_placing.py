"""Placing a picture: by keyboard, mouse, fingers, wheel and sliders."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file

pytestmark = pytest.mark.browser

START = {"r": 0, "x": 0.125, "y": 0, "s": 1}
"""The view of 800 × 600 pixels, centred."""


def near(view: dict[str, float]) -> object:
    """As exact as the text that is sent."""
    return pytest.approx(view, abs=2e-6)


# 5


def test_a_picture_is_chosen_placed_and_saved_with_the_keyboard_alone(picker: Picker, profile: Profile) -> None:
    # From now on: choosers are held back a moment after somebody listens, and a key is faster than that.
    picker.page.on("filechooser", lambda _: None)
    page = picker.open("/avatars/").page
    page.keyboard.press("Tab")
    expect(picker.input).to_be_focused()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files([file()])
    picker.is_placing()
    picker.press("+", "+", "ArrowUp", "]", "Enter")

    picker.is_saved()
    expect(picker.input).to_be_focused()
    assert Profile.objects.get().profile_pic.width == 495


# 6


KEYS: list[tuple[list[str], dict[str, float]]] = [
        (["ArrowLeft"], START | {"x": 0.125 + 0.02 * 0.75}),
        (["ArrowRight"], START | {"x": 0.125 - 0.02 * 0.75}),
        (["Shift+ArrowLeft"], START | {"x": 0.125 + 0.1 * 0.75}),
        (["PageUp", "ArrowUp"], {"r": 0, "s": 1 / 1.5, "x": 0.25, "y": 1 / 6 + 0.02 / 1.5}),
        (["PageUp", "ArrowDown"], {"r": 0, "s": 1 / 1.5, "x": 0.25, "y": 1 / 6 - 0.02 / 1.5}),
        (["PageUp", "Shift+ArrowDown"], {"r": 0, "s": 1 / 1.5, "x": 0.25, "y": 1 / 6 - 0.1 / 1.5}),
        (["+"], {"r": 0, "s": 1 / 1.1, "x": 0.5 - 0.375 / 1.1, "y": 0.5 - 0.5 / 1.1}),
        (["="], {"r": 0, "s": 1 / 1.1, "x": 0.5 - 0.375 / 1.1, "y": 0.5 - 0.5 / 1.1}),
        (["PageUp", "PageUp", "-"], {"r": 0, "s": 1.1 / 2.25, "x": 0.5 - 0.375 * 1.1 / 2.25, "y": 0.5 - 0.55 / 2.25}),
        (["PageUp", "PageUp", "PageDown"], {"r": 0, "s": 1 / 1.5, "x": 0.25, "y": 1 / 6}),
        (["["], {"r": 270, "x": 0, "y": 0.125, "s": 1}),
        ([","], {"r": 270, "x": 0, "y": 0.125, "s": 1}),
        (["]"], {"r": 90, "x": 0, "y": 0.125, "s": 1}),
        (["."], {"r": 90, "x": 0, "y": 0.125, "s": 1}),
        (["]", "]"], {"r": 180, "x": 0.125, "y": 0, "s": 1}),
        (["]", "]", "]", "]"], START),
        (["+", "]", "ArrowLeft", "Home"], START),
        (["+", "]", "ArrowLeft", "0"], START),
        (["-"], START),
        (["PageUp"] * 9, {"r": 0, "s": 0.2, "x": 0.5 - 0.075, "y": 0.4}),
]  # fmt: skip


def test_each_key_does_what_it_says(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.apply()

    for keys, view in KEYS:
        assert picker.after(*keys) == near(view), keys


def test_keys_of_the_browser_stay_the_browsers(picker: Picker) -> None:
    picker.open("/form/").place()
    for modifier, key in (("ctrlKey", "="), ("altKey", "ArrowLeft"), ("metaKey", "ArrowLeft")):
        taken = picker.stage.evaluate(
            "(stage, [name, key]) => !stage.dispatchEvent(new KeyboardEvent('keydown',"
            " {key, [name]: true, bubbles: true, cancelable: true}))",
            [modifier, key],
        )
        assert not taken
    picker.apply()

    assert picker.view() == near(START)


# 7


def test_keys_do_nothing_while_the_focus_is_elsewhere(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.button("Reset").focus()
    picker.press("ArrowLeft", "+", "]", "0")
    picker.button("Done").focus()
    picker.press("ArrowRight", "PageUp", "[")
    picker.apply()

    assert picker.view() == near(START)


def test_lists_of_the_page_keep_their_keys(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.apply()
    picker.page.locator("#color").focus()
    picker.press("ArrowDown")

    expect(picker.page.locator("#color")).to_have_value("Green")
    assert picker.view() == near(START)


# 8


def test_tab_goes_through_the_dialog_in_order_and_stays_there(picker: Picker) -> None:
    picker.open("/form/").place()
    seen = []
    for _ in range(12):
        seen.append(
            picker.page.evaluate(
                "(({dataset, localName}) => localName === 'dialog' ? localName :"
                " dataset.do ?? Object.keys(dataset)[0] ?? localName)(document.activeElement)"
            )
        )
        picker.press("Tab")
    order = ["stage", "out", "zoom", "in", "left", "right", "reset", "cancel", "apply", "cancel"]

    # On the way round, browsers stop at the page, and Firefox at the dialog itself.
    assert [name for name in seen if name not in ("body", "html", "dialog")][: len(order)] == order


def test_the_keyboard_never_reaches_the_page_behind_the_dialog(picker: Picker) -> None:
    picker.open("/form/").place()
    where = (
        "(({activeElement: e}) => e === document.body || e === document.documentElement ? 'window'"
        " : e.closest('dialog') ? 'dialog' : 'page')(document)"
    )
    seen = []
    for key in ["Tab"] * 24 + ["Shift+Tab"] * 24:
        picker.press(key)
        seen.append(picker.page.evaluate(where))

    assert "page" not in seen
    assert seen.count("dialog") > 40  # the window itself takes a turn between the last control and the first
    assert picker.dialog.evaluate("dialog => dialog.matches(':modal')")


def test_escape_keeps_the_picture_from_before_and_leads_back_to_the_input(picker: Picker) -> None:
    picker.open("/form/").place(file(name="first.jpg"))
    picker.press("+")
    picker.apply()
    before = picker.view()

    picker.place(file(name="second.jpg"))
    picker.press("]", "Escape")

    expect(picker.dialog).to_be_hidden()
    expect(picker.input).to_be_focused()
    assert [one["name"] for one in picker.chosen()] == ["first.jpg"]
    assert picker.view() == before
    assert picker.after() == near(START)  # Adjust is about the first one still


def test_escape_without_a_picture_from_before_leaves_none(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.press("Escape")

    expect(picker.input).to_be_focused()
    assert picker.chosen() == []
    expect(picker.note).to_be_hidden()


@pytest.mark.parametrize(("path", "button"), [("/form/", "Done"), ("/avatars/", "Save")])
def test_a_file_that_is_gone_once_it_is_placed_is_told_and_another_can_be_chosen(
    picker: Picker, profile: Profile, path: str, button: str
) -> None:
    page = picker.open(path).page
    picker.place(file(pictures.photo(2400, 1800)))
    page.evaluate(
        "() => { window.read = Blob.prototype.arrayBuffer; Blob.prototype.arrayBuffer ="
        " async () => { throw new DOMException('moved meanwhile', 'NotReadableError') } }"
    )
    picker.button(button).click()

    expect(picker.dialog).to_be_hidden()
    expect(picker.problem).to_have_text(
        "\u2068photo.jpg\u2069 could not be opened. It may be damaged. Try another picture."
    )
    expect(picker.input).to_be_focused()
    assert picker.chosen() == []
    page.evaluate("() => { Blob.prototype.arrayBuffer = read }")
    picker.place(file(pictures.photo(2400, 1800)))
    picker.button(button).click()
    expect(picker.note).to_have_text("Not saved yet" if path == "/form/" else "Picture saved")


@pytest.mark.chromium
def test_the_dialog_tells_how_the_picture_is_placed_as_soon_as_it_is_open(picker: Picker) -> None:
    # The browser may tell of the size of the stage only after somebody has read the dialog.
    picker.page.add_init_script("window.ResizeObserver = class { observe() {} disconnect() {} }")
    picker.open("/form/").place()
    zoom = picker.dialog.get_by_label("Zoom", exact=True)

    expect(zoom).to_have_value("1")
    expect(zoom).to_have_attribute("aria-valuetext", "100 percent")


# 9


@pytest.mark.parametrize("zoom", [0, 5])
@pytest.mark.parametrize("turn", [[], ["]"]])
def test_a_dragged_picture_always_covers_the_frame(picker: Picker, zoom: int, turn: list[str]) -> None:
    picker.open("/form/").place()
    picker.press(*turn, *["PageUp"] * zoom)
    side = 0.2 if zoom else 1
    width, height = (600, 800) if turn else (800, 600)
    most_x, most_y = 1 - side * 600 / width, 1 - side * 600 / height

    for dx, dy, x, y in ((900, 900, 0, 0), (-900, -900, most_x, most_y), (900, -900, 0, most_y)):
        for _ in range(10 if zoom else 2):
            drag(picker, dx, dy)
        picker.apply()
        view = picker.view()
        assert (view["x"], view["y"]) == pytest.approx((x, y), abs=2e-6)
        picker.adjust()


def drag(picker: Picker, dx: float, dy: float) -> None:
    """Drag the picture by so many pixels, which may lead out of the window."""
    box = picker.stage.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    picker.page.mouse.move(x, y)
    picker.page.mouse.down()
    to_x, to_y = max(0, min(x + dx, 1270)), max(0, min(y + dy, 700))
    picker.page.mouse.move((x + to_x) / 2, (y + to_y) / 2)
    picker.page.mouse.move(to_x, to_y)
    picker.page.mouse.up()


def test_the_picture_follows_the_mouse(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.press("PageUp")
    box = picker.stage.bounding_box()
    assert box is not None
    frame = min(box["width"], box["height"]) * 0.88
    drag(picker, frame * 0.1, frame * -0.05)
    picker.apply()

    moved = picker.view()
    assert moved["x"] == pytest.approx(0.25 - 0.1 * 0.5, abs=0.003)
    assert moved["y"] == pytest.approx(1 / 6 + 0.05 / 1.5, abs=0.003)


# 10


@pytest.mark.chromium
def test_two_fingers_zoom_about_their_middle(picker: Picker) -> None:
    picker.open("/form/").place()
    box = picker.stage.bounding_box()
    assert box is not None
    session = picker.page.context.new_cdp_session(picker.page)
    # About the upper left quarter of the frame.
    frame = min(box["width"], box["height"]) * 0.88
    x = box["x"] + box["width"] / 2 - frame / 4
    y = box["y"] + box["height"] / 2 - frame / 4
    for kind, spread in (("touchStart", 20), ("touchMove", 30), ("touchMove", 40)):
        points = [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    picker.apply()

    view = picker.view()
    assert view["s"] == pytest.approx(0.5, abs=0.02)
    assert view["x"] == pytest.approx(0.125 + 0.75 / 8, abs=0.02)
    assert view["y"] == pytest.approx(0.125, abs=0.02)


@pytest.mark.chromium
def test_one_finger_moves_the_picture_and_not_the_page(picker: Picker) -> None:
    picker.open("/form/").place()
    assert picker.stage.evaluate("stage => getComputedStyle(stage).touchAction") == "none"
    box = picker.stage.bounding_box()
    assert box is not None
    session = picker.page.context.new_cdp_session(picker.page)
    x, y = box["x"] + 100, box["y"] + 100
    for kind, points in (
        ("touchStart", [(x, y)]),
        ("touchMove", [(x - 20, y)]),
        ("touchMove", [(x - 30, y)]),
        ("touchEnd", []),
    ):
        session.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": one[0], "y": one[1]} for one in points]}
        )
    picker.apply()

    assert picker.view()["x"] > 0.15


# 11


def test_the_wheel_zooms_and_the_page_stays(picker: Picker) -> None:
    page = picker.page
    page.set_viewport_size({"width": 800, "height": 500})
    picker.open("/form/")
    page.evaluate("document.querySelector('main').style.minHeight = '3000px'")
    page.mouse.move(400, 300)
    page.mouse.wheel(0, 200)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > 100  # so it can
    page.evaluate("scrollTo(0, 100)")
    picker.place()
    picker.stage.hover()
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(150)
    assert page.evaluate("scrollY") == 100
    picker.apply()

    assert picker.view()["s"] < 0.8


# 12


def test_everything_can_be_done_without_dragging(picker: Picker) -> None:
    picker.open("/form/").place()
    zoom = picker.dialog.get_by_label("Zoom", exact=True)
    box = zoom.bounding_box()
    assert box is not None
    zoom.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    box = picker.stage.bounding_box()
    assert box is not None
    for _ in range(6):  # what is tapped comes to the middle
        picker.stage.click(position={"x": box["width"] * 0.1, "y": box["height"] * 0.9})
    picker.button("Rotate right").click()
    picker.button("Rotate left").click()
    picker.button("Zoom in").click()
    picker.button("Zoom out").click()
    picker.apply()

    view = picker.view()
    assert view["s"] == pytest.approx(1 / 3, abs=0.05)
    assert view["x"] < 0.1
    assert view["y"] > 0.55


@pytest.mark.chromium
def test_at_200_percent_there_is_room_to_move_the_zoom(picker: Picker) -> None:
    picker.page.set_viewport_size({"width": 640, "height": 400})
    picker.open("/form/").place(file(pictures.photo(1200, 1600)))

    box = picker.dialog.locator("[data-zoom]").bounding_box()
    assert box
    assert box["width"] >= 48


def test_every_button_is_large_enough_for_a_finger(picker: Picker) -> None:
    picker.open("/form/").place()

    for button in picker.dialog.get_by_role("button").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44


SCREENS = [(320, 568), (360, 640), (375, 667), (667, 375), (1100, 800), (1100, 640), (320, 256)]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_what_ends_the_dialog_is_in_view_on_every_screen(
    picker: Picker, subtests: pytest.Subtests, language: str
) -> None:
    picker.open(f"/avatars/?lang={language}")
    for width, height in SCREENS:
        with subtests.test(width=width, height=height):
            picker.page.set_viewport_size({"width": width, "height": height})
            picker.place(file(pictures.photo(128, 160)))  # which is warned of
            for name in ("cancel", "apply"):
                box = picker.dialog.locator(f".avatar-crop__actions [data-do={name}]").bounding_box()
                assert box is not None
                assert box["y"] >= 0
                assert box["y"] + box["height"] <= height
            if height >= 360:  # and all of it
                assert picker.dialog.evaluate("dialog => dialog.scrollHeight <= dialog.clientHeight + 1")
        picker.press("Escape")
        expect(picker.dialog).to_be_hidden()


# 13


def test_directions_are_those_of_the_screen_in_arabic_too(picker: Picker) -> None:
    picker.open("/form/?lang=ar").place()
    assert picker.page.evaluate("document.dir") == "rtl"
    picker.press("ArrowLeft", "Enter")
    expect(picker.dialog).to_be_hidden()
    assert picker.view()["x"] == pytest.approx(0.125 + 0.02 * 0.75, abs=2e-6)

    picker.root.locator("[data-act=adjust]").click()
    slider = picker.dialog.locator("[data-zoom]")
    before = float(slider.input_value())
    slider.focus()
    picker.press("ArrowRight")
    assert float(slider.input_value()) > before
    assert slider.evaluate("slider => getComputedStyle(slider).direction") == "ltr"


# What is said, and what is warned of


def test_a_small_picture_is_not_zoomed_further_than_it_can_be_shown(picker: Picker) -> None:
    picker.open("/form/").place(file(pictures.photo(128, 160)))
    expect(picker.dialog.get_by_text("This picture is small and may look blurry.")).to_be_visible()
    picker.press("PageUp", "PageUp", "PageUp")
    expect(picker.dialog.get_by_text("This may look blurry. Zoom out")).to_be_visible()
    picker.press("Enter")
    picker.is_ready()

    assert picker.view()["s"] == 0.5


def test_the_position_is_announced_once_the_picture_rests(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.press("PageUp", "]", "ArrowLeft")

    expect(picker.dialog.get_by_role("status")).to_have_text(
        "Zoom 150 percent, rotated 90 degrees, 54 percent across, 50 percent down"
    )
    expect(picker.dialog.get_by_label("Zoom", exact=True)).to_have_attribute("aria-valuetext", "150 percent")


def test_the_stage_says_what_it_is(picker: Picker) -> None:
    picker.open("/form/").place()

    expect(picker.stage).to_have_role("application")
    expect(picker.stage).to_have_accessible_name("Your picture")
    expect(picker.stage).to_have_accessible_description(re.compile("Arrows move the picture"))
