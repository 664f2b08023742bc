"""Pictures in pages, without any script: sizes, fallbacks, what is read out, colours of the system."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests import pictures
from tests.app.models import Profile, User
from tests.browser.picker import Picker, file

pytestmark = pytest.mark.browser

RED = (192, 0, 0)
TEXT_SPACING = (
    "for (const e of document.querySelectorAll('*')) {"
    " e.style.lineHeight = '1.5'; e.style.letterSpacing = '.12em'; e.style.wordSpacing = '.16em' }"
)
"""WCAG 1.4.12."""


@pytest.fixture
def people(pictured: Profile, media: Path) -> list[User]:
    """Six people: one with a picture, one whose file is gone, four without."""
    others = [User.objects.create_user(f"person{n}", first_name=f"Person{n}", last_name="Test") for n in range(5)]
    kept = set(media.rglob("*.webp"))
    gone = Profile(user=others[0])
    gone.profile_pic = ContentFile(pictures.saved(Image.new("RGB", (600, 600), "#00c000")), "green.png")
    gone.save()
    for path in set(media.rglob("*.webp")) - kept:
        path.unlink()
    return [pictured.user, *others]


def shot(what: Locator | Page) -> Image.Image:
    """How it looks."""
    return Image.open(io.BytesIO(what.screenshot())).convert("RGB")


def near(one: object, other: tuple[int, ...]) -> bool:
    """Whether two colours are the same to the eye."""
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))  # type: ignore[call-overload]


# 35


@pytest.mark.parametrize("width", [320, 256])  # 256: 1280 at 500 %
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_wider_than_a_narrow_screen(picker: Picker, pictured: Profile, width: int, language: str) -> None:
    page = picker.page
    page.set_viewport_size({"width": width, "height": 600})
    picker.open(f"/avatars/?lang={language}")
    picker.place()
    picker.dialog.locator("summary").click()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    assert picker.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")

    picker.dialog.locator("[data-do=apply]").click()
    expect(picker.note).to_be_visible()
    page.evaluate(TEXT_SPACING)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    picker.root.locator("[data-act=adjust]").click()
    assert picker.dialog.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")


# 36


@pytest.mark.chromium
def test_forced_colours_leave_everything_to_be_seen(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.emulate_media(forced_colors="active")
    page.goto(f"{live_server.url}/show/")
    letters = page.locator("#plain li:nth-child(3) .avatar")
    colours = {one for _, one in shot(letters).getcolors(10_000) or []}

    assert {(0, 0, 0), (255, 255, 255)} <= colours
    assert page.locator("#plain .avatar").first.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


@pytest.mark.chromium
def test_forced_colours_leave_the_frame_to_be_seen(picker: Picker) -> None:
    picker.page.emulate_media(forced_colors="active")
    picker.open("/form/").place()

    frame = picker.dialog.locator(".avatar-crop__frame")
    assert frame.evaluate("e => getComputedStyle(e).borderTopWidth") == "2px"


def test_an_animation_stands_still(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    picker.place(file(pictures.animation("GIF"), "moving.gif"))
    picker.apply()
    page.get_by_role("button", name="Save picture").click()
    expect(picker.note).to_have_text("Picture saved")

    with Profile.objects.get().profile_pic.open() as stored:
        assert getattr(Image.open(stored), "n_frames", 1) == 1


# 37


@pytest.mark.parametrize("scripts", [True, False])
def test_where_a_file_is_gone_initials_are_seen(
    browser: Browser, live_server: LiveServer, people: list[User], scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{live_server.url}/show/?size=64", wait_until="networkidle")
    rows = page.locator("#plain li .avatar")
    photo, gone = shot(rows.nth(0)), shot(rows.nth(1))
    context.close()

    assert near(photo.getpixel((32, 10)), RED)
    assert len(gone.getcolors(10_000) or []) > 2  # letters on a ground, and no sign of a broken picture
    ground = gone.getpixel((32, 6))
    for x, y in ((6, 32), (58, 32), (32, 58)):
        assert near(gone.getpixel((x, y)), ground)  # type: ignore[arg-type]


# 38


def test_decoration_is_silent_and_a_label_is_read_once(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")

    assert "img" not in page.locator("#plain").aria_snapshot()
    labelled = page.locator("#labelled").aria_snapshot()
    assert labelled.count('img "Jane Doe"') == labelled.count("Jane Doe") == 1
    assert page.locator("#linked").aria_snapshot().count('link "Profile"') == 6


def test_a_stack_is_a_list_in_the_order_of_its_people(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    page = signed_in
    page.goto(f"{live_server.url}/show/")
    stack = page.get_by_role("list", name="Members")

    expect(stack.get_by_role("listitem")).to_have_count(4)
    names = [one.get_attribute("aria-label") for one in stack.get_by_role("img").all()]
    assert names == ["Jane Doe", "Person0 Test", "Person1 Test"]
    expect(stack.get_by_role("listitem").last).to_contain_text("3 more")


# 39


@pytest.mark.parametrize("density", [1, 2, 3])
def test_a_screen_loads_the_file_that_suits_it(
    browser: Browser, live_server: LiveServer, people: list[User], density: int
) -> None:
    context = browser.new_context(device_scale_factor=density)
    page = context.new_page()
    page.goto(f"{live_server.url}/show/?size=64", wait_until="networkidle")
    source = page.locator("#plain img").first.evaluate("img => img.currentSrc")
    context.close()

    assert f"_{(64, 128, 256)[density - 1]}." in source


def test_nothing_moves_while_pictures_load(signed_in: Page, live_server: LiveServer, people: list[User]) -> None:
    page = signed_in
    page.add_init_script(
        "window.shift = 0; try {"
        " new PerformanceObserver((list) => { for (const e of list.getEntries()) shift += e.value })"
        ".observe({type: 'layout-shift', buffered: true}) } catch {}"
    )
    page.goto(f"{live_server.url}/show/", wait_until="networkidle")

    assert page.evaluate("shift") == 0
    assert page.evaluate("[...document.querySelectorAll('#plain img')].every((img) => img.loading === 'lazy')")
    assert page.evaluate("[...document.querySelectorAll('#hero img')].every((img) => img.loading === 'eager')")


def test_pages_that_only_show_pictures_load_no_script(
    signed_in: Page, live_server: LiveServer, people: list[User]
) -> None:
    loaded: list[str] = []
    signed_in.on("request", lambda request: loaded.append(request.resource_type))
    signed_in.goto(f"{live_server.url}/show/", wait_until="networkidle")

    assert "stylesheet" in loaded
    assert "script" not in loaded
