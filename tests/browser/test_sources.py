"""What the page offers beside an upload, chosen with one click."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import naming
from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file
from tests.browser.test_saying import axe

pytestmark = [pytest.mark.browser, pytest.mark.chromium]


@pytest.fixture(autouse=True)
def _offered(settings: Settings, tmp_path: Path) -> None:
    """A site that offers two ready pictures, and letters."""
    for seed in (0, 1):
        (tmp_path / f"{seed}.jpg").write_bytes(pictures.photo(200, 200 + seed))
    gallery = [{"file": tmp_path / f"{seed}.jpg", "name": name} for seed, name in enumerate(("Fox", "Owl"))]
    settings.AVATARS = {**settings.AVATARS, "GALLERY": gallery, "LETTERS": True}


def test_a_ready_picture_is_chosen_without_leaving_the_page(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    page.evaluate("window.same = true")
    shown = page.get_by_role("img", name="Owl")
    expect(shown).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("button", name="Owl").click()

    picker.is_saved()
    expect(picker.root.locator("[data-preview] img")).to_be_visible()
    assert page.evaluate("window.same")
    assert naming.ready_key(str(Profile.objects.get().profile_pic))


def test_what_waited_to_be_saved_is_forgotten_for_what_was_chosen(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    picker.place(file(pictures.photo(600, 600)))
    page.context.set_offline(True)
    picker.button("Save").click()
    expect(picker.trouble).to_be_visible()
    picker.press("Escape")
    assert len(picker.chosen()) == 1

    page.context.set_offline(False)
    page.get_by_role("button", name="Fox").click()

    picker.is_saved()
    assert picker.chosen() == []


def test_letters_are_drawn_and_a_failure_is_told_and_tried_again(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    page.get_by_role("radio", name="Color 3").check(force=True)
    page.get_by_label("Letters", exact=True).fill("Zz")
    page.context.set_offline(True)
    page.get_by_role("button", name="Use these letters").click()
    expect(picker.problem).to_have_text("The upload did not finish. Check your connection and try again.")

    page.context.set_offline(False)
    picker.button("Try again").click()
    picker.is_saved()
    assert Profile.objects.get().profile_pic.width == 512


def test_all_of_it_works_without_scripts(scriptless: Page, live_server: LiveServer, profile: Profile) -> None:
    scriptless.goto(f"{live_server.url}/avatars/")
    scriptless.get_by_role("button", name="Owl").click()

    expect(scriptless.get_by_role("link", name="Remove picture")).to_be_visible()
    assert naming.ready_key(str(Profile.objects.get().profile_pic))


@pytest.mark.chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_what_is_offered(
    picker: Picker, profile: Profile, scheme: Literal["light", "dark"]
) -> None:
    picker.page.emulate_media(color_scheme=scheme)
    picker.open("/avatars/")
    expect(picker.page.get_by_role("heading", name="Letters on a color")).to_be_visible()

    assert axe(picker.page) == []


def test_a_color_is_chosen_by_keyboard_and_seen_to_be(picker: Picker, profile: Profile) -> None:
    page = picker.open("/avatars/").page
    page.get_by_role("radio", checked=True).focus()
    before = page.get_by_role("radio", checked=True).get_attribute("value")
    page.keyboard.press("ArrowRight")

    chosen = page.get_by_role("radio", checked=True)
    assert chosen.get_attribute("value") != before
    expect(page.locator("label", has=chosen)).to_have_css("outline-style", "solid")
