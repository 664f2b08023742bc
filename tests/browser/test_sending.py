"""Sending a picture from the profile page: progress, cancelling, trying again, and being refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from playwright.sync_api import Dialog, Locator, Page, Route, expect
from pytest_django import Settings

from django_avatars.exceptions import WAITING
from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file

pytestmark = pytest.mark.browser


def ready(picker: Picker, data: bytes | None = None) -> Page:
    """The profile page with a picture to send."""
    picker.open("/avatars/").place(file(data or pictures.photo(600, 600)))
    return picker.page


def answer(picker: Picker, status: int) -> None:
    """Let the next upload be answered like this, as by a proxy."""

    def fulfil(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=status, body="<h1>No</h1>", content_type="text/html")
        else:
            route.continue_()

    picker.page.route("**/avatars/", fulfil)


# 29


def test_a_picture_is_saved_without_leaving_the_page(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    page.evaluate("window.same = true; addEventListener('avatar:saved', () => { window.saved = true })")
    picker.press("Enter")

    picker.is_saved()
    expect(picker.root.locator("[data-preview] img")).to_be_visible()
    expect(page.get_by_role("link", name="Remove picture")).to_be_visible()
    expect(page.get_by_role("button", name="Save picture")).to_be_hidden()
    expect(picker.input).to_be_focused()
    assert page.evaluate("[window.same, window.saved]") == [True, True]
    assert Profile.objects.get().profile_pic.width == 512
    assert picker.chosen() == []


COUNT = """window.deeds = {};
for (const type of ["pointerdown", "keydown"])
  addEventListener(type, () => { deeds[type] = (deeds[type] ?? 0) + 1; }, true);"""


@pytest.mark.chromium
@pytest.mark.parametrize("by", ["mouse", "fingers", "keys"])
def test_from_the_page_to_the_saved_picture_it_takes_two_clicks_two_taps_or_three_keys(
    by: str, picker: Picker, profile: Profile
) -> None:
    browser = picker.page.context.browser
    assert browser
    context = browser.new_context(storage_state=picker.page.context.storage_state(), has_touch=by == "fingers")
    context.add_init_script(COUNT)
    page = context.new_page()
    page.on("filechooser", lambda _: None)
    own = Picker(page, picker.url).open("/avatars/")

    def do(what: Locator) -> None:
        if by == "keys":
            page.keyboard.press("Enter")
        elif by == "fingers":
            what.tap()
        else:
            what.click()

    if by == "keys":
        page.keyboard.press("Tab")
    with page.expect_file_chooser() as chooser:
        do(own.input)
    chooser.value.set_files([file(pictures.photo(600, 600))])
    own.is_placing()
    do(own.button("Save"))

    own.is_saved()
    assert page.evaluate("deeds") == ({"keydown": 3} if by == "keys" else {"pointerdown": 2})
    context.close()


def test_another_picture_can_be_saved_right_after(picker: Picker, profile: Profile) -> None:
    ready(picker)
    picker.save()
    picker.is_saved()
    first = Profile.objects.get().profile_pic.name

    picker.place(file(pictures.photo(300, 300)))
    picker.save()
    picker.is_saved()
    assert Profile.objects.get().profile_pic.name != first


@pytest.mark.chromium
def test_a_picture_that_has_to_be_approved_is_not_called_saved(
    picker: Picker, pictured: Profile, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    picker.open("/avatars/").place(file(pictures.photo(300, 300)))
    picker.save()

    expect(picker.note).to_have_text(str(WAITING))
    expect(picker.live).to_have_text(str(WAITING))
    expect(picker.dialog).to_have_count(0)
    assert Profile.objects.get().profile_pic.name == pictured.profile_pic.name


def test_a_page_that_is_wanted_afterwards_is_gone_to(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/?next=/show/").page
    asked: list[str] = []

    def answer_yes(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer_yes)
    picker.place()
    picker.save()

    page.wait_for_url(f"{picker.url}/show/")
    assert asked == []  # all is saved


def test_a_page_that_is_wanted_afterwards_may_ask_for_a_password(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/?next=/admin/password_change/").page
    picker.place()
    picker.save()

    page.wait_for_url(f"{picker.url}/admin/password_change/")
    assert Profile.objects.get().profile_pic


@pytest.mark.chromium
def test_whoever_stays_once_all_is_saved_has_a_field_that_works(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/?next=/show/").page
    page.on("dialog", lambda dialog: dialog.dismiss())
    # A page of the host that asks for reasons of its own.
    page.evaluate("addEventListener('beforeunload', (event) => { event.preventDefault(); event.returnValue = true })")
    picker.place()
    with page.expect_event("dialog"):
        picker.save()

    expect(picker.dialog).to_be_hidden()
    expect(picker.input).to_be_enabled()
    assert picker.chosen() == []
    picker.place(file(name="other.jpg"))


@pytest.mark.chromium
def test_progress_is_shown_and_can_be_cancelled(picker: Picker, profile: Profile) -> None:
    noise = pictures.photo(1500, 1500, format="PNG")
    page = ready(picker, noise)
    session = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": len(noise) / 4}
    session.send("Network.emulateNetworkConditions", slow)
    picker.save()

    bar = picker.dialog.get_by_role("progressbar", name="Uploading")
    expect(bar).to_be_visible()
    expect(picker.button("Saving…")).to_be_visible()
    expect(bar).not_to_have_js_property("value", 0)
    expect(picker.dialog.locator("[data-percent]")).not_to_have_text("0%")
    picker.button("Cancel").click()

    expect(picker.dialog).to_be_hidden()
    expect(picker.live).to_have_text("Upload cancelled.")
    expect(picker.note).to_have_text("Not saved yet")
    assert not Profile.objects.get().profile_pic
    assert len(picker.chosen()) == 1

    session.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.get_by_role("button", name="Save picture").click()
    picker.is_saved()


REFUSALS = {
    500: "The server is busy or out of order. Your picture is fine: wait a moment and try again.",
    503: "The server is busy or out of order. Your picture is fine: wait a moment and try again.",
    403: "Your session has ended. Sign in again, then retry.",
    401: "Your session has ended. Sign in again, then retry.",
    429: "Too many uploads in a short time. Wait a moment, then try again.",
}


def test_what_went_wrong_is_told_and_can_be_tried_again(
    picker: Picker, profile: Profile, subtests: pytest.Subtests
) -> None:
    for status, text in REFUSALS.items():
        with subtests.test(status=status):
            page = ready(picker)
            answer(picker, status)
            picker.save()

            expect(picker.trouble).to_have_text(text)
            expect(picker.dialog).to_be_visible()
            expect(picker.problem).to_have_text(text)
            expect(picker.input).to_have_attribute("aria-invalid", "true")
            assert len(picker.chosen()) == 1

            page.unroute("**/avatars/")
            picker.button("Try again").click()
            picker.is_saved()


def test_a_lost_connection_is_told_and_can_be_tried_again(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    page.context.set_offline(True)
    picker.save()
    text = "The upload did not finish. Check your connection and try again."
    expect(picker.trouble).to_have_text(text)
    expect(picker.input).to_have_attribute("aria-invalid", "true")
    expect(picker.input).to_have_accessible_description(re.compile(re.escape(text)))

    page.context.set_offline(False)
    picker.button("Try again").click()
    picker.is_saved()


def test_who_was_signed_out_signs_in_elsewhere_and_tries_again(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    Session.objects.all().delete()
    picker.save()
    expect(picker.trouble).to_have_text("Your session has ended. Sign in again, then retry.")
    expect(picker.input).to_have_attribute("aria-invalid", "true")
    assert len(picker.chosen()) == 1

    with page.context.expect_page() as opened:
        picker.dialog.get_by_role("link", name="Sign in").click()
    other = opened.value
    other.get_by_label("Username").fill("jane")
    other.get_by_label("Password").fill("secret")
    other.get_by_role("button", name="Log in").click()
    expect(other.get_by_role("heading", name="Site administration")).to_be_visible()
    other.close()
    picker.button("Try again").click()

    picker.is_saved()
    assert Profile.objects.get().profile_pic


def test_who_was_signed_out_is_told_so_where_the_log_in_page_is_behind_a_redirect(
    picker: Picker, profile: Profile, settings: Settings
) -> None:
    settings.LOGIN_URL = "/admin/"
    ready(picker)
    Session.objects.all().delete()
    picker.save()

    expect(picker.trouble).to_have_text("Your session has ended. Sign in again, then retry.")
    assert len(picker.chosen()) == 1


def test_django_s_own_403_breaks_no_policy_and_is_got_over(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    page.context.clear_cookies(name="csrftoken")
    with page.expect_response(lambda response: response.request.method == "POST") as answered:
        picker.save()
    assert answered.value.status == 403
    assert "<style" in answered.value.text()
    expect(picker.trouble).to_have_text("Your session has ended. Sign in again, then retry.")

    picker.button("Try again").click()
    picker.is_saved()


def not_today(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return "Pictures of \u201cguests\u201d come from the office."


@pytest.mark.chromium
def test_what_the_policy_refuses_is_told_in_its_own_words(picker: Picker, profile: Profile, settings: Settings) -> None:
    page = ready(picker)
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.not_today"}  # the page offered it before
    picker.save()

    expect(picker.trouble).to_have_text("Pictures of “guests” come from the office.")
    expect(page.get_by_role("link", name="Sign in")).to_be_hidden()
    expect(picker.button("Try again")).to_be_hidden()


@pytest.mark.parametrize(("button", "path"), [("Save", "/foreign/upload/"), ("Save elsewhere", "/foreign/other/")])
def test_a_form_is_sent_where_it_says_and_not_where_the_page_is(
    picker: Picker, profile: Profile, button: str, path: str
) -> None:
    page = picker.open("/foreign/").page
    picker.place()
    page.route("**/foreign/upload/", lambda route: route.abort())
    picker.save()
    expect(picker.trouble).to_be_visible()
    picker.button("Cancel").click()
    page.unroute("**/foreign/upload/")
    with page.expect_request(lambda request: request.method == "POST") as sent:
        page.get_by_role("button", name=button, exact=True).click()

    picker.is_saved()
    assert sent.value.url == picker.url + path
    assert Profile.objects.get().profile_pic
    assert page.url.endswith("/foreign/")


@pytest.mark.chromium
def test_what_is_wrong_is_told_where_the_form_is_sent_elsewhere(picker: Picker, profile: Profile) -> None:
    picker.open("/foreign/").place(file(pictures.photo(300, 300), "photo.jpg.php", "image/jpeg"))
    picker.save()

    expect(picker.trouble).to_contain_text("Files with this ending are not accepted.")


def test_nothing_can_be_chosen_while_a_picture_is_sent(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    waiting: list[Route] = []
    page.route("**/avatars/", lambda route: waiting.append(route))
    picker.save()
    button = page.locator(".avatars-save")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(picker.note).to_have_text("Uploading")
    expect(picker.input).to_be_disabled()
    expect(picker.root.locator("[data-act=camera]")).to_be_disabled()
    before = picker.dialog.locator("[data-stage]").evaluate("stage => stage.toDataURL()")

    assert picker.drop(file(name="other.jpg"))
    picker.stage.focus()
    picker.press("ArrowLeft", "PageUp", "Enter")
    page.wait_for_timeout(300)
    assert picker.stage.evaluate("stage => stage.toDataURL()") == before
    expect(picker.problem).to_be_hidden()
    assert len(waiting) == 1
    waiting[0].continue_()
    page.unroute("**/avatars/")

    picker.is_saved()
    expect(picker.input).to_be_enabled()


def test_numbers_are_written_as_the_language_of_the_page_does(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/?lang=de").page
    picker.place(file(pictures.photo(600, 600)))
    page.route("**/avatars/", lambda route: route.fulfill(status=413, body="", content_type="text/html"))
    picker.dialog.locator("[data-do=apply].avatar-field__button--main").click()
    expect(picker.trouble).to_be_visible()
    size = picker.chosen()[0]["size"] / 1024

    expect(picker.trouble).to_contain_text(f"({size:.1f}".replace(".", ","))
    expect(picker.dialog.locator("[data-retry]")).to_be_hidden()  # the same file would be too large again
    expect(picker.dialog.locator("[data-percent]")).to_have_text(re.compile(r"\d+\s%"), use_inner_text=False)


def test_who_was_signed_out_meanwhile_is_told_so(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    page.route("**/avatars/", lambda route: route.fulfill(body="<input type=password>", content_type="text/html"))
    picker.save()

    expect(picker.trouble).to_have_text("Your session has ended. Sign in again, then retry.")


# 31


def test_a_form_is_sent_once(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    sent = []

    def slowly(route: Route) -> None:
        sent.append(route.request.method)
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/avatars/", slowly)
    page.evaluate(
        "() => { const button = document.querySelector('.avatar-crop [data-do=apply]');"
        " const form = button.closest('form'); button.click(); button.click();"
        " setTimeout(() => { form.requestSubmit(); form.requestSubmit() }, 100) }"
    )
    picker.is_saved()

    assert sent.count("POST") == 1


# Removing at once


def test_removing_asks_and_the_safe_answer_has_the_focus(picker: Picker, pictured: Profile) -> None:
    page = picker.open("/avatars/").page
    page.get_by_role("link", name="Remove picture").click()

    question = page.get_by_role("alertdialog", name="Remove your picture?")
    expect(question).to_be_visible()
    expect(question).to_have_accessible_description("Your initials will be shown instead.")
    expect(question.get_by_role("button", name="Keep picture")).to_be_focused()
    picker.press("Enter")
    expect(question).to_be_hidden()
    assert Profile.objects.get().profile_pic

    page.get_by_role("link", name="Remove picture").click()
    question.get_by_role("button", name="Remove picture").click()
    expect(page.get_by_text("Picture removed.")).to_be_visible()
    assert not Profile.objects.get().profile_pic


# Adjusting later


def test_a_saved_picture_can_be_placed_anew(picker: Picker, profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    ready(picker, pictures.photo(800, 600))
    picker.save()
    picker.is_saved()
    picker.open("/avatars/").adjust()
    picker.press("PageUp", "]")
    picker.save()
    picker.is_saved()

    assert Profile.objects.get().profile_pic.width == 400
    for _ in range(2):
        zoom = picker.dialog.get_by_label("Zoom", exact=True)
        picker.adjust()  # opens where the frame was: on this page, and when one comes back
        assert float(zoom.input_value()) == pytest.approx(1.5, abs=0.01)
        picker.press("Escape")
        picker.open("/avatars/")


def test_a_saved_picture_can_be_placed_anew_where_its_own_format_may_not_be_sent(
    picker: Picker, profile: Profile, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True, "INPUT_FORMATS": ("JPEG", "PNG")}
    ready(picker, pictures.photo(800, 600))
    picker.save()
    picker.is_saved()
    picker.open("/avatars/").adjust()
    picker.page.evaluate("addEventListener('avatar:ready', (event) => { window.sent = event.detail.file.type })")
    picker.press("PageUp")
    picker.save()
    picker.is_saved()
    assert picker.page.evaluate("sent") == "image/webp"
    assert Profile.objects.get().profile_pic.width == 400

    picker.choose(file(pictures.photo(300, 300, format="WEBP"), "other.webp"))
    expect(picker.problem).to_have_text(
        "\u2068other.webp\u2069 is not a picture we can use. Choose a JPEG or PNG file."
    )


SOURCES = [
    (200, "<input type=password>", "Your session has ended. Sign in again, then retry."),
    (403, "no", "Your session has ended. Sign in again, then retry."),
    (404, "no", "The server is busy or out of order. Your picture is fine: wait a moment and try again."),
]


def test_a_source_that_does_not_come_is_told(
    picker: Picker, profile: Profile, settings: Settings, subtests: pytest.Subtests
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    profile.profile_pic = ContentFile(pictures.photo(600, 600), "photo.jpg")
    profile.save()
    answers = iter(SOURCES)

    def fulfil(route: Route) -> None:
        status, body, _ = next(answers)
        route.fulfill(status=status, body=body, content_type="text/html")

    picker.page.route("**/source/", fulfil)
    for status, body, text in SOURCES:
        with subtests.test(status=status, body=body):
            picker.open("/avatars/").button("Adjust").click()

            expect(picker.problem).to_have_text(text)
            expect(picker.dialog).to_be_hidden()
    assert list(answers) == []


# What is saved is shown everywhere, and where it was pointed at nothing is lost


def test_saving_leaves_the_pointer_on_nothing_that_removes(picker: Picker, pictured: Profile) -> None:
    page = picker.open("/avatars/").page
    picker.place(file(pictures.photo(600, 600)))
    box = picker.button("Save").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.up()
    picker.is_saved()
    page.mouse.down()
    page.mouse.up()

    expect(page.get_by_role("alertdialog")).to_be_hidden()
    assert Profile.objects.get().profile_pic


def test_the_row_of_tools_and_what_saves_stay_where_they_are(picker: Picker, profile: Profile) -> None:
    page = ready(picker)
    button = picker.dialog.locator(".avatar-crop__actions [data-do=apply]")
    stage = picker.dialog.locator(".avatar-crop__stage")
    places = [(button.bounding_box(), stage.bounding_box())]
    waiting: list[Route] = []
    page.route("**/avatars/", lambda route: waiting.append(route))
    picker.save()
    expect(picker.button("Saving…")).to_be_visible()
    places.append((button.bounding_box(), stage.bounding_box()))
    waiting[0].abort()
    expect(picker.trouble).to_be_visible()
    places.append((button.bounding_box(), stage.bounding_box()))

    assert places[0] == places[1] == places[2]


def test_whoever_leaves_without_saving_is_asked(picker: Picker, profile: Profile) -> None:
    page = picker.open("/form/").page
    asked: list[str] = []

    def answer_yes(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer_yes)
    picker.input.focus()
    picker.place()
    picker.button("Done").click()
    picker.is_ready()
    page.reload()
    assert asked == ["beforeunload"]

    picker.place()
    picker.apply()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Choose another picture")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.chromium
def test_the_whole_page_takes_a_picture(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    assert picker.drop(file(name="dropped.jpg"), on="h1")
    picker.is_placing()
    picker.press("Escape")
    expect(picker.dialog).to_be_hidden()
    page.evaluate("document.activeElement.blur()")
    assert picker.paste(file(name="pasted.jpg"))
    picker.is_placing()
