"""What the page offers beside an upload, chosen with one click."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import connected, naming
from django_avatars.connected import ConnectedPicture
from django_avatars.fetch import fetch
from tests import pictures
from tests.app.models import Profile
from tests.browser.picker import Picker, file
from tests.browser.test_saying import axe
from tests.elsewhere import Server, answer

pytestmark = [pytest.mark.browser, pytest.mark.chromium]


def town(user: Any) -> list[ConnectedPicture]:
    """The account that everybody has in the town."""
    url = "https://pictures.example/jane.jpg"
    return [ConnectedPicture(key="town", name="Town", url=url, source="town", told="The town is told a lot.")]


@pytest.fixture
def shown(server: Server, network: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Server:
    """The site of the town, which has a picture."""

    def reach(url: str, *, _network: Any) -> Any:
        here = url.replace(".example", f".example:{server.port}")
        return fetch(here, ports=[server.port], _network=network(_network.seconds))

    monkeypatch.setattr(connected, "fetch", reach)
    server.answers["/jane.jpg"] = answer(pictures.photo(200, 200))
    return server


@pytest.fixture(autouse=True)
def _offered(settings: Settings, tmp_path: Path) -> None:
    """A site that offers two ready pictures, letters, and the picture of an account."""
    for seed in (0, 1):
        (tmp_path / f"{seed}.jpg").write_bytes(pictures.photo(200, 200 + seed))
    gallery = [{"file": tmp_path / f"{seed}.jpg", "name": name} for seed, name in enumerate(("Fox", "Owl"))]
    settings.AVATARS = {**settings.AVATARS, "GALLERY": gallery, "LETTERS": True, "CONNECTED": [f"{__name__}.town"]}


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


def test_the_picture_of_an_account_is_fetched_when_its_owner_asks_for_it(
    picker: Picker, profile: Profile, shown: Server
) -> None:
    asked: list[str] = []
    page = picker.open("/avatars/").page
    page.on("request", lambda request: asked.append(request.url))
    button = page.get_by_role("button", name="Use my picture from Town")
    expect(button).to_have_accessible_description(
        "A service is asked only if you choose it. This site then fetches your picture once, and keeps a copy here."
        " The town is told a lot."
    )
    assert shown.names == []
    button.click()

    picker.is_saved()
    assert shown.paths == ["/jane.jpg"]
    assert not [url for url in asked if "pictures.example" in url]


def test_a_service_without_a_picture_is_told_beside_the_picture(
    picker: Picker, profile: Profile, shown: Server
) -> None:
    shown.answers["/jane.jpg"] = answer(b"", "404 Not Found")
    page = picker.open("/avatars/").page
    page.get_by_role("button", name="Use my picture from Town").click()

    expect(picker.problem).to_have_text("Town gave no picture. Try again in a moment, or choose another picture.")

    page.context.set_offline(True)
    page.get_by_role("button", name="Use my picture from Town").click()
    expect(picker.problem).to_have_text("The upload did not finish. Check your connection and try again.")

    page.context.set_offline(False)
    shown.answers["/jane.jpg"] = answer(pictures.photo(200, 200))
    picker.button("Try again").click()
    picker.is_saved()


def test_the_picture_of_an_account_needs_no_scripts(
    scriptless: Page, live_server: LiveServer, profile: Profile, shown: Server
) -> None:
    scriptless.goto(f"{live_server.url}/avatars/")
    scriptless.get_by_role("button", name="Use my picture from Town").click()

    expect(scriptless.get_by_role("link", name="Remove picture")).to_be_visible()
    assert Profile.objects.get().profile_pic.sizes


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
