"""The queue of a moderator: one key for each picture, and none of them lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import moderation, services
from django_avatars.history.models import PictureVersion
from tests import pictures
from tests.app.models import Profile, User

pytestmark = [pytest.mark.browser, pytest.mark.chromium]

PEOPLE = 50


@pytest.fixture
def queue(signed_in: Page, live_server: LiveServer, settings: Settings) -> Page:
    """The queue, with a picture of each of many people."""
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    photo = pictures.photo(96, 96)
    for number in range(PEOPLE):
        user = User.objects.create_user(f"p{number}", first_name=f"P{number}")
        services.set_own(user, ContentFile(photo, "photo.jpg"), actor=user)
    serve_pictures(signed_in)
    signed_in.goto(f"{live_server.url}/admin/avatars_moderation/waitingpicture/")
    return signed_in


def serve_pictures(page: Page) -> None:
    """Answer for the server, whose threads share one connection here: fifty pictures at once are too many for it."""
    body = pictures.photo(96, 96)
    page.context.route(re.compile(r"/[0-9]+/512/$"), lambda route: route.fulfill(body=body, content_type="image/jpeg"))


def test_a_moderator_decides_about_fifty_pictures_with_the_keyboard_alone(queue: Page) -> None:
    cards: Any = queue.locator("[data-avatars-card]")
    expect(cards).to_have_count(PEOPLE)
    queue.keyboard.press("ArrowRight")
    queue.keyboard.press("r")
    expect(queue.get_by_role("status")).to_contain_text("Choose or write a reason.")
    expect(cards).to_have_count(PEOPLE)
    queue.keyboard.press("3")
    for left in range(PEOPLE - 1, -1, -1):
        queue.keyboard.press("a" if left % 5 else "r")
        if left:
            expect(cards).to_have_count(left)
    expect(queue.get_by_role("status")).to_have_text("0 pictures wait")

    assert not moderation.waiting()
    rejected = PictureVersion.objects.filter(state="rejected")
    assert {version.reason for version in rejected} == {"It is an advertisement."}
    assert (rejected.count(), Profile.objects.exclude(profile_pic="").count()) == (10, 40)


def test_arrows_move_from_one_picture_to_the_next_and_stay_at_the_ends(queue: Page) -> None:
    cards: Any = queue.locator("[data-avatars-card]")
    queue.keyboard.press("ArrowRight")
    expect(cards.nth(0)).to_be_focused()
    queue.keyboard.press("ArrowDown")
    expect(cards.nth(1)).to_be_focused()
    queue.keyboard.press("ArrowLeft")
    queue.keyboard.press("ArrowUp")
    expect(cards.nth(0)).to_be_focused()
    queue.get_by_label("Or in your own words").press("a")
    expect(cards).to_have_count(PEOPLE)
    assert moderation.waiting().count() == PEOPLE


def test_without_scripts_buttons_do_the_same(queue: Page, scriptless: Page) -> None:
    serve_pictures(scriptless)
    scriptless.goto(queue.url)
    scriptless.get_by_role("checkbox").nth(0).check()
    scriptless.get_by_role("checkbox").nth(1).check()
    scriptless.get_by_role("button", name="Approve selected").click()
    expect(scriptless.get_by_role("status")).to_have_text(f"{PEOPLE - 2} pictures wait")
    scriptless.get_by_label("Or in your own words").fill("A dog.")
    scriptless.get_by_role("button", name="Reject", exact=False).first.click()
    expect(scriptless.get_by_role("status")).to_have_text(f"{PEOPLE - 3} pictures wait")
