"""Choosing a picture: with the browser's dialog, by dropping, by pasting, from the camera, and without a script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file

pytestmark = pytest.mark.browser


def stripes() -> bytes:
    """Three times as wide as high: red, green, blue."""
    image = Image.new("RGB", (3, 1))
    image.putdata([(200, 0, 0), (0, 160, 0), (0, 0, 200)])
    return pictures.saved(image.resize((600, 200), Image.Resampling.NEAREST))


def stored(profile: Profile) -> Image.Image:
    """The largest rendition there is."""
    with Profile.objects.get(pk=profile.pk).profile_pic.open() as file:
        return Image.open(file).convert("RGB")


# 1, 2: without a script


@pytest.mark.chromium
def test_without_scripts_a_picture_is_cropped_in_the_middle(
    scriptless: Page, live_server: LiveServer, profile: Profile
) -> None:
    scriptless.goto(f"{live_server.url}/avatars/")
    scriptless.set_input_files("#id_avatar", [file(stripes(), "stripes.png")])
    scriptless.get_by_role("button", name="Save picture").click()

    expect(scriptless.get_by_text("Picture saved.")).to_be_visible()
    colors = [stored(profile).getpixel((x, 100)) for x in (4, 100, 195)]
    assert all(green > 100 > red + blue for red, green, blue in colors)  # type: ignore[misc]


@pytest.mark.chromium
@pytest.mark.parametrize("width", [320, 1280])
def test_without_a_script_the_page_is_as_symmetric_as_with_one(
    width: int, scriptless: Page, live_server: LiveServer, pictured: Profile
) -> None:
    scriptless.set_viewport_size({"width": width, "height": 700})
    scriptless.goto(f"{live_server.url}/avatars/")

    middles = {
        round(box["x"] + box["width"] / 2)
        for part in ("[data-preview]", "avatar-field label", "avatar-field [type=file]", ".avatar-field__limits")
        if (box := scriptless.locator(part).bounding_box())
    }
    assert max(middles) - min(middles) <= 1
    assert scriptless.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.chromium
def test_without_scripts_nothing_is_shown_that_needs_one(
    scriptless: Page, live_server: LiveServer, pictured: Profile
) -> None:
    scriptless.goto(f"{live_server.url}/form/")

    expect(scriptless.locator("avatar-field button:visible, avatar-field canvas:visible")).to_have_count(0)
    expect(scriptless.get_by_text("You can also drop")).to_be_hidden()
    expect(scriptless.locator(".avatar-field__badge")).to_be_hidden()
    expect(scriptless.locator("input[type=file]")).to_have_css("opacity", "1")


@pytest.mark.chromium
def test_without_scripts_removing_asks_first(scriptless: Page, live_server: LiveServer, pictured: Profile) -> None:
    scriptless.goto(f"{live_server.url}/avatars/")
    scriptless.get_by_role("link", name="Remove picture").click()
    expect(scriptless.get_by_role("heading", name="Remove your picture?")).to_be_visible()
    scriptless.get_by_role("button", name="Remove picture").click()

    expect(scriptless.get_by_text("Picture removed.")).to_be_visible()
    assert not Profile.objects.get().profile_pic


# 3, 27: with the browser's dialog


def test_a_chosen_picture_opens_a_dialog_with_the_keyboard_on_it(picker: Picker) -> None:
    picker.open("/form/").choose()

    picker.is_placing()
    assert picker.dialog.evaluate("dialog => dialog.matches(':modal')")
    expect(picker.page.get_by_role("dialog", name="Place your picture")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "mime"), [("IMG_0001.HEIC", "image/heic"), ("me.jpg_large", ""), ("scan.pdf", "application/pdf")]
)
def test_what_is_in_a_file_decides_whatever_its_name_says(
    picker: Picker, profile: Profile, name: str, mime: str
) -> None:
    picker.open("/avatars/").place(file(pictures.photo(300, 300), name, mime))
    picker.save()
    picker.is_saved()

    assert Profile.objects.get().profile_pic.width == 300


def test_the_same_file_can_be_chosen_twice(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.press("+", "ArrowLeft")
    picker.apply()
    first = picker.view()

    picker.choose()
    picker.is_placing()
    picker.apply()

    assert first["s"] < 1
    assert picker.view() == {"r": 0, "x": 0.125, "y": 0, "s": 1}


def test_a_new_file_ends_the_wish_to_remove_the_old_one(picker: Picker, pictured: Profile) -> None:
    picker.open("/form/").page.get_by_label("Remove current picture").check()
    picker.place()
    picker.apply()

    expect(picker.page.get_by_label("Remove current picture")).not_to_be_checked()


def test_undo_leads_back_to_what_is_saved(picker: Picker, pictured: Profile) -> None:
    picker.open("/form/").place()
    picker.apply()
    picker.button("Undo").click()

    assert picker.chosen() == []
    expect(picker.root.locator("input[name=profile_pic-crop]")).to_have_value("")
    expect(picker.root.locator("canvas[data-canvas]")).to_be_hidden()
    expect(picker.root.locator("[data-preview] img")).to_be_visible()
    expect(picker.button("Undo")).to_be_hidden()
    expect(picker.input).to_be_focused()


def test_resetting_the_form_leads_back_too(picker: Picker) -> None:
    picker.open("/form/").place()
    picker.apply()
    picker.page.get_by_role("button", name="Reset").click()

    expect(picker.note).to_be_hidden()
    assert picker.chosen() == []


def test_removing_waits_for_the_form_and_can_be_undone(picker: Picker, pictured: Profile) -> None:
    box = picker.open("/form/").page.get_by_label("Remove current picture")
    box.check()

    expect(picker.note).to_have_text("Will be removed when you save")
    expect(picker.root.locator("[data-preview] img")).to_be_hidden()
    expect(picker.root.locator("[data-preview] .avatar > svg")).to_be_visible()

    picker.button("Undo").click()
    expect(box).not_to_be_checked()
    expect(picker.root.locator("[data-preview] img")).to_be_visible()

    box.check()
    picker.page.get_by_role("button", name="Save").click()
    expect(picker.page.get_by_label("Choose a picture")).to_be_visible()
    assert not Profile.objects.get().profile_pic


# 28


@pytest.mark.chromium
def test_a_file_beats_the_box(scriptless: Page, live_server: LiveServer, pictured: Profile) -> None:
    scriptless.goto(f"{live_server.url}/form/")
    scriptless.set_input_files("input[type=file]", [file(stripes(), "stripes.png")])
    scriptless.get_by_label("Remove current picture").check()
    scriptless.get_by_role("button", name="Save").click()

    expect(scriptless.get_by_label("Remove current picture")).not_to_be_checked()
    assert stored(pictured).getpixel((100, 100))[1] > 100  # type: ignore[index]


# 14 to 17: dropping


def test_a_picture_can_be_dropped_on_the_field(picker: Picker) -> None:
    picker.open("/form/")

    assert picker.drop(file())
    picker.is_placing()
    picker.apply()
    assert [one["name"] for one in picker.chosen()] == ["photo.jpg"]


@pytest.mark.chromium
def test_a_picture_can_be_dropped_from_another_program(picker: Picker, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(pictures.photo(300, 200))
    picker.open("/form/")
    box = picker.root.bounding_box()
    assert box is not None
    drag(picker.page, tmp_path / "photo.jpg", box["x"] + 200, box["y"] + 20)

    picker.is_placing()


def drag(page: Page, path: Path, x: float, y: float) -> None:
    """What the system tells the browser when a file is dropped from elsewhere."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})


def test_while_a_file_is_dragged_the_field_shows_where_it_belongs(picker: Picker) -> None:
    picker.open("/form/")

    picker.drop(file(), on="#elsewhere", kinds=("dragenter", "dragover"))
    expect(picker.root.get_by_text("Drop to use this picture")).to_be_visible()

    picker.drop(file(), on="#elsewhere", kinds=("dragleave",))
    expect(picker.root.get_by_text("Drop to use this picture")).to_be_hidden()


def test_a_file_dropped_elsewhere_does_not_replace_the_page(picker: Picker) -> None:
    picker.open("/form/")

    assert picker.drop(file(), on="#elsewhere")
    expect(picker.dialog).to_have_count(0)
    expect(picker.root.get_by_text("Drop to use this picture")).to_be_hidden()


@pytest.mark.chromium
def test_a_file_dropped_elsewhere_from_another_program_does_not_replace_the_page(
    picker: Picker, tmp_path: Path
) -> None:
    (tmp_path / "photo.jpg").write_bytes(pictures.photo(300, 200))
    picker.open("/form/")
    drag(picker.page, tmp_path / "photo.jpg", 900, 600)

    picker.page.wait_for_timeout(300)
    assert picker.page.url.endswith("/form/")
    expect(picker.dialog).to_have_count(0)


def test_one_picture_at_a_time(picker: Picker) -> None:
    picker.open("/form/")
    picker.drop(file(), file(name="other.jpg"))

    text = "Choose one picture at a time."
    expect(picker.problem).to_have_text(text)
    expect(picker.input).to_have_attribute("aria-invalid", "true")
    expect(picker.input).to_have_accessible_description(re.compile(text))
    expect(picker.input).to_be_focused()
    expect(picker.dialog).to_have_count(0)


def test_two_pictures_at_once_leave_the_one_from_before(picker: Picker) -> None:
    picker.open("/form/").place(file(name="first.jpg"))
    picker.apply()
    view = picker.view()
    picker.drop(file(), file(name="other.jpg"))

    expect(picker.problem).to_have_text("Choose one picture at a time.")
    assert [one["name"] for one in picker.chosen()] == ["first.jpg"]
    assert picker.view() == view
    expect(picker.note).to_have_text("Not saved yet")


def test_dragging_words_is_none_of_our_business(picker: Picker) -> None:
    picker.open("/form/")

    assert not picker.drop()
    assert not picker.drop(kinds=("dragenter", "dragover"))
    expect(picker.root.get_by_text("Drop to use this picture")).to_be_hidden()


# 18: pasting


@pytest.mark.chromium
def test_a_picture_can_be_pasted(picker: Picker) -> None:
    picker.open("/form/").input.focus()

    assert picker.paste(file(name="image.png", data=pictures.photo(300, 200, format="PNG")))
    picker.is_placing()


@pytest.mark.chromium
def test_a_picture_that_is_pasted_into_the_dialog_takes_the_place_of_the_first(
    picker: Picker, broken: list[str]
) -> None:
    picker.open("/form/").place(file(name="first.jpg"))
    picker.press("]")
    assert picker.paste(file(pictures.photo(300, 200), "second.jpg"))
    expect(picker.stage).to_be_focused()
    picker.page.wait_for_timeout(200)
    assert broken == []
    picker.apply()

    assert [one["name"] for one in picker.chosen()] == ["second.jpg"]
    assert picker.view()["r"] == 0
    picker.adjust()
    picker.press("]", "Enter")
    picker.is_ready()
    assert picker.view()["r"] == 90


def test_a_picture_that_is_dropped_on_the_dialog_takes_the_place_of_the_first(picker: Picker) -> None:
    picker.open("/form/").place(file(name="first.jpg"))
    assert picker.drop(file(pictures.photo(300, 200), "second.jpg"), on="dialog [data-stage]")
    picker.page.wait_for_timeout(300)
    picker.apply()

    assert [one["name"] for one in picker.chosen()] == ["second.jpg"]


def test_a_damaged_file_that_comes_while_the_dialog_is_open_is_told_where_it_is_seen(picker: Picker) -> None:
    picker.open("/form/").place(file(name="first.jpg"))
    picker.apply()
    picker.place(file(name="second.jpg"))
    picker.drop(file(b"\xff\xd8\xff", "third.jpg"), on="dialog [data-stage]")

    expect(picker.problem).to_contain_text("third.jpg\u2069 could not be opened.")
    expect(picker.dialog).to_be_hidden()
    expect(picker.input).to_be_focused()
    assert [one["name"] for one in picker.chosen()] == ["first.jpg"]


@pytest.mark.chromium
def test_words_that_are_pasted_into_the_dialog_change_nothing(picker: Picker) -> None:
    picker.open("/form/").place()

    assert not picker.paste(text="words")
    expect(picker.dialog).to_be_visible()


# What the field says comes back when a file is not taken


def test_a_slow_damaged_file_leaves_the_note_of_the_picture_that_waits(picker: Picker) -> None:
    picker.open("/form/").place(file(name="good.jpg"))
    picker.apply()
    picker.hold()
    picker.choose(file(b"\xff\xd8\xff", "damaged.jpg"))
    expect(picker.note).to_have_text("Opening picture…")
    picker.release()
    expect(picker.problem).to_be_visible()

    expect(picker.note).to_have_text("Not saved yet")
    assert picker.root.get_attribute("aria-busy") is None


def test_a_slow_file_that_is_not_taken_leaves_the_wish_to_remove(picker: Picker, pictured: Profile) -> None:
    box = picker.open("/form/").page.get_by_label("Remove current picture")
    box.check()
    picker.hold()
    picker.choose()
    expect(picker.note).to_have_text("Opening picture…")
    picker.release()
    picker.is_placing()
    picker.press("Escape")

    expect(picker.dialog).to_be_hidden()
    expect(picker.note).to_have_text("Will be removed when you save")
    expect(box).to_be_checked()
    expect(picker.root.locator("[data-preview] img")).to_be_hidden()


def test_a_form_is_not_sent_while_a_file_is_opened(picker: Picker, profile: Profile) -> None:
    page = picker.open("/form/").page
    picker.hold()
    picker.choose()
    page.get_by_role("button", name="Save").click()
    picker.release()

    picker.is_placing()
    assert not Profile.objects.get().profile_pic


def test_pasted_words_go_where_they_should(picker: Picker) -> None:
    picker.open("/form/").input.focus()
    assert not picker.paste(text="words")

    picker.page.locator("textarea").focus()
    assert not picker.paste(file())
    expect(picker.dialog).to_have_count(0)


# 26: what a browser cannot show


def test_a_file_that_only_the_server_can_read_is_sent_as_it_is(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "INPUT_FORMATS": ("JPEG", "HEIC")}
    picker.open("/form/").choose(file(pictures.heic(), "IMG_1.HEIC", ""))

    expect(picker.note).to_have_text("This browser cannot show this file. It will be cropped for you.")
    expect(picker.live).to_have_text("This browser cannot show this file. It will be cropped for you.")
    assert [(one["name"], one["size"]) for one in picker.chosen()] == [("IMG_1.HEIC", len(pictures.heic()))]
    expect(picker.root.locator("input[name=profile_pic-crop]")).to_have_value("")
    expect(picker.button("Adjust")).to_be_hidden()


# The camera


@pytest.mark.chromium
def test_a_photo_can_be_taken(picker: Picker) -> None:
    picker.page.context.grant_permissions(["camera"])
    picker.open("/form/").button("Take a photo").click()
    expect(picker.page.get_by_role("dialog", name="Take a photo")).to_be_visible()
    picker.button("Take photo").click()

    picker.is_placing()
    picker.apply()
    assert picker.chosen()[0]["type"] == "image/jpeg"


@pytest.mark.chromium
def test_the_camera_is_off_once_its_dialog_is_closed(picker: Picker) -> None:
    picker.page.add_init_script(
        "const ask = navigator.mediaDevices?.getUserMedia;"
        "if (ask) MediaDevices.prototype.getUserMedia ="
        " async function (...a) { return window.stream = await ask.apply(this, a) }"
    )
    picker.page.context.grant_permissions(["camera"])
    picker.open("/form/").button("Take a photo").click()
    expect(picker.button("Take photo")).to_be_focused()
    picker.press("Escape")

    expect(picker.button("Take a photo")).to_be_focused()
    # A dialog tells that it is closed a moment after the focus is back.
    states = "stream.getTracks().map(track => track.readyState)"
    for _ in range(50):
        if picker.page.evaluate(states) == ["ended"]:
            break
        picker.page.wait_for_timeout(100)
    assert picker.page.evaluate(states) == ["ended"]


def test_a_camera_that_is_not_allowed_is_an_error_with_a_way_out(picker: Picker) -> None:
    picker.page.add_init_script(
        "Object.defineProperty(navigator, 'mediaDevices', {value: {getUserMedia: async () => { throw new Error() }}})"
    )
    picker.open("/form/").button("Take a photo").click()

    text = "Camera access is blocked. Allow it in the browser, or choose a file."
    expect(picker.problem).to_have_text(text)
    expect(picker.input).to_have_attribute("aria-invalid", "true")
    expect(picker.input).to_have_accessible_description(re.compile(re.escape(text)))
    expect(picker.input).to_be_focused()


LATE = """Object.defineProperty(navigator, "mediaDevices", {value: {getUserMedia: () => new Promise((give, refuse) => {
  document.body.dataset.asked = "";
  window.answer = (isAllowed) => {
    if (!isAllowed) return refuse(new Error());
    window.stream = document.createElement("canvas").captureStream();
    give(stream);
  };
})}})"""
"""A camera that is allowed once the person has answered a prompt."""


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_camera_that_answers_once_another_picture_is_chosen_is_no_longer_wanted(
    picker: Picker, is_allowed: bool
) -> None:
    page = picker.page
    page.add_init_script(LATE)
    picker.open("/form/").button("Take a photo").click()
    expect(page.locator("body")).to_have_attribute("data-asked", "")
    picker.place()
    page.evaluate("isAllowed => answer(isAllowed)", is_allowed)
    page.wait_for_timeout(500)

    expect(page.get_by_role("dialog", name="Take a photo")).to_be_hidden()
    expect(picker.problem).to_be_hidden()
    if is_allowed:
        assert page.evaluate("stream.getTracks().map(track => track.readyState)") == ["ended"]
    picker.apply()


# An editor of the host


def test_a_host_can_bring_an_editor_of_its_own(picker: Picker) -> None:
    picker.open("/form/").page.evaluate(
        "document.addEventListener('avatar:edit', (event) => {"
        " event.preventDefault(); event.detail.accept('v1;r=90;x=0;y=.25;s=.5') })"
    )
    picker.choose()

    picker.is_ready()
    expect(picker.root.locator("input[name=profile_pic-crop]")).to_have_value("v1;r=90;x=0;y=.25;s=.5")


def test_an_editor_of_the_host_can_answer_a_file(picker: Picker) -> None:
    picker.open("/form/").page.evaluate(
        "document.addEventListener('avatar:edit', (event) => { event.preventDefault();"
        " event.detail.accept(new File([event.detail.file], 'edited.jpg', {type: 'image/jpeg'})) })"
    )
    picker.choose()

    picker.is_ready()
    assert picker.chosen()[0]["name"] == "edited.jpg"


def test_what_happens_is_told_by_events(picker: Picker, pictured: Profile) -> None:
    picker.open("/form/").page.evaluate(
        "window.heard = []; for (const name of ['edit', 'ready', 'error', 'removed'])"
        " document.addEventListener(`avatar:${name}`, (event) => heard.push([name, event.detail?.code ?? '']))"
    )
    picker.place()
    picker.apply()
    picker.choose(file(b"", "empty.jpg"))
    picker.page.get_by_label("Remove current picture").check()

    assert picker.page.evaluate("heard") == [["edit", ""], ["ready", ""], ["error", "empty"], ["removed", ""]]
