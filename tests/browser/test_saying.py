"""What the picker says: errors, announcements, and what axe finds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FilePayload, Page, expect
from pytest_django import Settings

from tests import pictures
from tests.app.models import Profile
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


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
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
    ],
)
def test_an_error_says_what_to_do_and_keeps_the_last_picture(picker: Picker, chosen: FilePayload, text: str) -> None:
    picker.open("/form/").place(file(name="good.jpg"))
    picker.apply()
    view = picker.view()

    picker.choose(chosen)

    expect(picker.problem).to_have_text(text)
    expect(picker.input).to_have_attribute("aria-invalid", "true")
    expect(picker.input).to_be_focused()
    assert text in (
        picker.input.evaluate(
            "input => input.getAttribute('aria-describedby').split(' ')"
            ".map(id => document.getElementById(id)?.textContent).join()"
        )
    )
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
    still, moving = pictures.photo(2100, 1400, format="PNG"), pictures.photo(3000, 2200, format="GIF")
    assert min(len(still), len(moving)) > 500 * 1024
    picker.open("/form/").place(file(still, "a.png"))
    picker.apply()
    expect(picker.problem).to_be_hidden()

    picker.place(file(moving, "a.gif"))
    picker.button("Use this picture").click()
    expect(picker.problem).to_have_text(re.compile(r"This picture is \d+\.?\d* kB\. The limit is 500 kB\."))
    assert [one["name"] for one in picker.chosen()] == ["a.jpg"]


def test_a_picture_of_too_many_pixels_is_refused_where_it_cannot_be_made_smaller(
    picker: Picker, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_PIXELS": ALL}
    picker.open("/form/").place(file(pictures.photo(2000, 1600, format="GIF"), "a.gif"))
    picker.button("Use this picture").click()

    expect(picker.problem).to_have_text("This picture is too large to process (4 megapixels).")


def test_what_only_the_server_finds_is_told_on_the_profile_page(picker: Picker, profile: Profile) -> None:
    picker.open("/avatars/").place(file(pictures.photo(300, 300), "photo.jpg.php", "image/jpeg"))
    picker.apply()
    picker.page.get_by_role("button", name="Save picture").click()

    expect(picker.problem).to_have_text(
        "Files with this ending are not accepted. Choose a JPEG, PNG, WebP or GIF file."
    )
    expect(picker.input).to_be_focused()


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
    picker.apply()
    page.get_by_role("button", name="Save picture").click()
    expect(picker.note).to_have_text("Picture saved")
    page.wait_for_timeout(300)
    heard = page.evaluate("heard")

    assert [text for text in heard if text not in ("50 percent",)] == [
        "Zoom 150 percent, rotated 0 degrees, 50 percent across, 50 percent down",
        "Picture ready. Save to keep it.",
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
    picker.page.add_init_script(
        "const make = createImageBitmap; window.createImageBitmap = async (...a) =>"
        " { await new Promise(done => setTimeout(done, 1500)); return make(...a) }"
    )
    picker.open("/form/").choose()

    expect(picker.root).to_have_attribute("aria-busy", "true")
    expect(picker.note).to_have_text("Opening picture…")
    expect(picker.live).to_have_text("Opening picture…")
    picker.is_placing()
    assert picker.root.get_attribute("aria-busy") is None


# 4


def axe(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    page.evaluate((LIBRARIES / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found["violations"] for node in one["nodes"]
    ]


@pytest.mark.chromium
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(picker: Picker, pictured: Profile, language: str, scheme: str) -> None:
    page = picker.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    picker.open(f"/avatars/?lang={language}")
    found = {"idle": axe(page)}
    picker.place()
    picker.dialog.locator("summary").click()
    found["dialog"] = axe(page)
    picker.press("Escape")
    picker.place()
    picker.dialog.locator("[data-do=apply]").click()
    expect(picker.note).to_be_visible()
    found["ready"] = axe(page)
    picker.choose(file(b"", "a.jpg"))
    expect(picker.problem).to_be_visible()
    found["error"] = axe(page)
    picker.drop(file(), kinds=("dragenter", "dragover"))
    found["dragging"] = axe(page)
    picker.drop(file(), on="main", kinds=("dragleave",))
    page.locator("[data-avatar-remove]").click()
    found["remove"] = axe(page)
    page.keyboard.press("Escape")
    page.route("**/avatars/**", lambda route: None)
    page.locator("[type=submit]:visible").first.click()
    expect(picker.root.locator("progress")).to_be_visible()
    found["uploading"] = axe(page)
    picker.root.locator("[data-act=cancel]").click()
    page.unroute("**/avatars/**")

    picker.open(f"/form/?lang={language}")
    picker.root.locator("[data-clear] input").check()
    found["remove pending"] = axe(page)
    assert not any(found.values()), found
