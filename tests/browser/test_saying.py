"""What the picker says: errors, announcements, and what axe finds."""

from __future__ import annotations

import re

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings

from tests import pictures
from tests.app.models import Profile, Team, User
from tests.browser.picker import Picker, file
from tests.browser.views import LIBRARIES

pytestmark = pytest.mark.browser

LISTEN = """() => {
  window.heard = [];
  const say = (node) => {
    const text = node.textContent.trim();
    if (text && !node.closest("[hidden]") && heard.at(-1) !== text) heard.push(text);
  };
  new MutationObserver((changes) => {
    for (const {target} of changes) {
      const region = (target.nodeType === 1 ? target : target.parentElement)?.closest("[role=status], [role=alert]");
      if (region) say(region);
    }
  }).observe(document, {childList: true, characterData: true, subtree: true, attributeFilter: ["hidden"]});
}"""
"""Write down what live regions say, as a screen reader would read it."""

ALL = dict.fromkeys(("JPEG", "JPEG_PROGRESSIVE", "PNG", "WEBP", "GIF", "BMP", "AVIF", "HEIC"), 100)


# 19


def refused(picker: Picker, text: str | re.Pattern[str]) -> None:
    """The text is seen, the input is marked, described by it and has the focus."""
    expect(picker.problem).to_have_text(text)
    expect(picker.input).to_have_attribute("aria-invalid", "true")
    expect(picker.input).to_be_focused()
    described = picker.input.evaluate(
        "input => input.getAttribute('aria-describedby').split(' ')"
        ".map(id => document.getElementById(id)?.textContent).join()"
    )
    assert picker.problem.evaluate("problem => problem.textContent") in described


NO_PICTURES = [
    (
        file(b"%PDF-1.7", "essay.pdf", "application/pdf"),
        "\u2068essay.pdf\u2069 is not a picture we can use. Choose a JPEG, PNG, WebP or GIF file.",
    ),
    (
        file(b"words", "essay", ""),
        "\u2068essay\u2069 is not a picture we can use. Choose a JPEG, PNG, WebP or GIF file.",
    ),
    (file(pictures.SVG, "logo.svg"), "SVG files are not accepted. Choose a JPEG, PNG, WebP or GIF file."),
    (file(b"", "a.jpg"), "\u2068a.jpg\u2069 is empty. Choose another picture."),
    (
        file(b"\xff\xd8\xff", "a.jpg"),
        "\u2068a.jpg\u2069 could not be opened. It may be damaged. Try another picture.",
    ),
    (file(pictures.photo(60, 40), "a.jpg"), "This picture is 60 × 40 pixels. It must be at least 48 × 48."),
]


def test_an_error_says_what_to_do_and_keeps_the_last_picture(picker: Picker, subtests: pytest.Subtests) -> None:
    picker.open("/form/").place(file(name="good.jpg"))
    picker.apply()
    view = picker.view()

    for chosen, text in NO_PICTURES:
        with subtests.test(text):
            picker.page.locator("#color").focus()
            picker.choose(chosen)

            refused(picker, text)
            assert [one["name"] for one in picker.chosen()] == ["good.jpg"]
            assert picker.view() == view


def test_a_good_picture_ends_the_error(picker: Picker) -> None:
    picker.open("/form/").choose(file(b"", "a.jpg"))
    expect(picker.problem).to_be_visible()
    picker.place()
    picker.apply()

    expect(picker.problem).to_be_hidden()
    assert picker.input.get_attribute("aria-invalid") is None


def test_only_what_cannot_be_made_smaller_is_too_large(picker: Picker, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 500 * 1024}
    still = pictures.photo(2100, 1400, format="PNG")
    moving = pictures.saved(Image.effect_noise((900, 700), 80), "GIF")
    assert min(len(still), len(moving)) > 500 * 1024
    picker.open("/form/").place(file(still, "a.png"))
    picker.apply()
    expect(picker.problem).to_be_hidden()

    picker.place(file(moving, "a.gif"))
    picker.button("Done").click()
    refused(picker, re.compile(r"This picture is \d+\.?\d* kB\. The limit is 500 kB\."))
    assert [one["name"] for one in picker.chosen()] == ["a.jpg"]
    picker.adjust()  # the one that was kept
    assert picker.stage.evaluate("stage => stage.width") > 0
    picker.apply()
    assert [one["name"] for one in picker.chosen()] == ["a.jpg"]


@pytest.mark.chromium
def test_a_picture_of_too_many_pixels_is_refused_where_it_cannot_be_made_smaller(
    picker: Picker, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_PIXELS": ALL}
    picker.open("/form/").place(file(pictures.saved(Image.new("L", (2000, 1600)), "GIF"), "a.gif"))
    picker.button("Done").click()

    refused(picker, "This picture is too large to process (4 megapixels).")
    assert picker.chosen() == []


@pytest.mark.chromium
def test_what_only_the_server_finds_is_told_on_the_profile_page(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/").place(file(pictures.photo(300, 300), "photo.jpg.php", "image/jpeg"))
    picker.save()

    text = "Files with this ending are not accepted. Choose a JPEG, PNG, WebP or GIF file."
    expect(picker.trouble).to_have_text(text)
    expect(picker.button("Try again")).to_be_hidden()  # it would be refused again
    picker.press("Escape")
    expect(picker.problem).to_have_text(text)
    expect(picker.input).to_be_focused()


@pytest.mark.chromium
def test_what_the_server_said_of_an_earlier_file_goes_with_the_next(picker: Picker, profile: Profile) -> None:
    page = picker.open("/form/").page
    picker.place(file(pictures.photo(300, 300), "photo.jpg.php", "image/jpeg"))
    picker.apply()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Files with this ending")).to_be_visible()
    picker.place()
    picker.apply()

    expect(page.get_by_text("Files with this ending")).to_be_hidden()


# 30


def test_the_whole_way_is_announced_in_few_words(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    page.evaluate(LISTEN)
    picker.place()
    picker.press("PageUp")
    page.wait_for_timeout(600)
    picker.save()
    picker.is_saved()
    page.wait_for_timeout(300)
    heard = page.evaluate("heard")

    assert [text for text in heard if text not in ("50 percent",)] == [
        "Zoom 150 percent, rotated 0 degrees, 50 percent across, 50 percent down",
        "Uploading",
        "Picture saved",
    ]


def test_an_error_is_announced(picker: Picker) -> None:
    page = picker.open("/form/").page
    page.evaluate(LISTEN)
    picker.choose(file(b"", "a.jpg"))
    expect(picker.problem).to_be_visible()

    assert page.evaluate("heard") == ["\u2068a.jpg\u2069 is empty. Choose another picture."]


def test_dragging_is_announced_once_each_way(picker: Picker) -> None:
    page = picker.open("/form/").page
    page.evaluate(LISTEN)
    for _ in range(3):
        picker.drop(file(), kinds=("dragenter", "dragover", "dragover"))
    for _ in range(2):
        picker.drop(file(), on="#elsewhere", kinds=("dragenter", "dragover"))
    page.wait_for_timeout(50)

    assert page.evaluate("heard") == ["Over drop area", "Left drop area"]


def test_a_slow_picture_is_announced(picker: Picker) -> None:
    picker.open("/form/").hold()
    picker.choose()

    expect(picker.root).to_have_attribute("aria-busy", "true")
    expect(picker.note).to_have_text("Opening picture…")
    expect(picker.live).to_have_text("Opening picture…")
    picker.release()
    picker.is_placing()
    assert picker.root.get_attribute("aria-busy") is None


# 4


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    if not page.evaluate("'axe' in window"):
        page.evaluate((LIBRARIES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)")
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.fixture
def looks(picker: Picker, broken: list[str], browser_name: str, language: str, scheme: str) -> Looks:
    """Look at the page in this language and scheme."""
    if (browser_name, language, scheme) != ("firefox", "en", "light"):
        picker.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    return Looks(picker.page, broken)


class Looks:
    """What axe-core finds in each state."""

    def __init__(self, page: Page, broken: list[str]) -> None:
        self.page = page
        self.broken = broken
        self.found: dict[str, list[str]] = {}

    def at(self, state: str) -> None:
        """Look now. In the admin axe-core sets styles itself, against the policy: that is not the page's doing."""
        self.page.wait_for_timeout(50)
        before = len(self.broken)
        self.found[state] = axe(self.page)
        self.page.wait_for_timeout(50)
        del self.broken[before:]

    def nothing(self, *states: str) -> None:
        """Every state was looked at, and nothing was found."""
        assert set(self.found) == set(states)
        assert not any(self.found.values()), self.found


LANGUAGES = pytest.mark.parametrize("language", ["en", "ar"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.mark.chromium
def test_axe_would_find_something(picker: Picker) -> None:
    page = picker.open("/form/").page
    page.evaluate("document.querySelector('avatar-field label').remove()")

    assert any("label" in problem for problem in axe(page))


@pytest.mark.chromium
@LANGUAGES
@SCHEMES
def test_axe_finds_nothing_in_any_state(picker: Picker, pictured: Profile, looks: Looks, language: str) -> None:
    page = picker.page
    picker.open(f"/avatars/?lang={language}")
    looks.at("idle")
    picker.hold()
    picker.choose()
    expect(picker.note).to_be_visible()
    looks.at("opening")
    picker.release()
    picker.is_placing()
    looks.at("dialog")
    apply = picker.dialog.locator("[data-do=apply]")
    page.context.set_offline(True)
    apply.click()
    expect(picker.trouble).to_be_visible()
    looks.at("failed")
    page.context.set_offline(False)
    picker.press("Escape")
    looks.at("problem")
    picker.choose(file(b"", "a.jpg"))
    expect(picker.problem).to_be_visible()
    looks.at("error")
    picker.drop(file(), kinds=("dragenter", "dragover"))
    looks.at("dragging")
    picker.drop(file(), on="main", kinds=("dragleave",))
    page.locator("[data-avatar-remove]").click()
    looks.at("remove")
    page.keyboard.press("Escape")
    waiting: list[Route] = []
    page.route("**/avatars/**", lambda route: waiting.append(route))
    page.locator("[data-act=adjust]").click()
    apply.click()
    expect(picker.dialog.locator("progress")).to_be_visible()
    looks.at("uploading")
    waiting[0].continue_()
    page.unroute("**/avatars/**")
    expect(picker.root).to_have_attribute("data-state", "saved")
    looks.at("saved")

    picker.open(f"/form/?lang={language}")
    picker.root.locator("[data-clear] input").check()
    looks.at("remove pending")
    picker.place()
    apply.click()
    expect(picker.note).to_be_visible()
    looks.at("ready")
    page.goto(f"{picker.url}/form/?disabled&lang={language}")
    looks.at("disabled")
    looks.nothing(
        "idle", "opening", "dialog", "failed", "problem", "ready", "error", "dragging", "remove", "uploading", "saved",
        "remove pending",
        "disabled",
    )  # fmt: skip


@pytest.mark.chromium
@LANGUAGES
@SCHEMES
def test_axe_finds_nothing_of_ours_in_the_admin(
    picker: Picker, pictured: Profile, team: Team, looks: Looks, language: str
) -> None:
    page = picker.open(f"/admin/app/profile/{pictured.pk}/change/?lang={language}").page
    looks.at("idle")
    picker.place()
    looks.at("dialog")
    picker.dialog.locator("[data-do=apply]").click()
    expect(picker.note).to_be_visible()
    looks.at("ready")
    picker.choose(file(b"", "a.jpg"))
    expect(picker.problem).to_be_visible()
    looks.at("error")
    page.goto(f"{picker.url}/admin/app/profile/?lang={language}")
    looks.at("list")
    page.goto(f"{picker.url}/admin/app/team/{team.pk}/change/?lang={language}")
    page.locator(".add-row a").click()
    row = Picker(page, within="#members-0 avatar-field")
    row.place()
    looks.at("inline")

    looks.found = {state: [one for one in found if "avatar" in one] for state, found in looks.found.items()}
    looks.nothing("idle", "dialog", "ready", "error", "list", "inline")


@pytest.mark.chromium
@LANGUAGES
@SCHEMES
def test_axe_finds_nothing_in_pages_that_show_pictures(
    picker: Picker, pictured: Profile, looks: Looks, language: str
) -> None:
    for number in range(5):
        User.objects.create_user(f"person{number}", first_name=f"Person{number}", last_name="Test")
    picker.page.goto(f"{picker.url}/show/?lang={language}")
    expect(picker.page.locator("#stack .avatar-stack li")).to_have_count(4)
    looks.at("show")
    looks.nothing("show")


@pytest.mark.chromium
@LANGUAGES
@SCHEMES
def test_axe_finds_nothing_while_a_photo_is_taken(picker: Picker, looks: Looks, language: str) -> None:
    picker.page.context.grant_permissions(["camera"])
    picker.open(f"/form/?lang={language}").root.locator("[data-act=camera]").click()
    expect(picker.root.locator("[data-camera-dialog]")).to_be_visible()
    looks.at("camera")
    looks.nothing("camera")
