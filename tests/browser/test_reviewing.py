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


FEW = 5


@pytest.fixture
def queue(signed_in: Page, live_server: LiveServer, settings: Settings) -> Page:
    """The queue, with a picture of each of many people."""
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    return queue_of(PEOPLE, signed_in, live_server)


@pytest.fixture
def few(signed_in: Page, live_server: LiveServer, settings: Settings) -> Page:
    """The queue, with a picture of each of a few people."""
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    return queue_of(FEW, signed_in, live_server)


def queue_of(people: int, page: Page, live_server: LiveServer) -> Page:
    """The queue, with a picture of each of so many people."""
    photo = pictures.photo(96, 96)
    for number in range(people):
        user = User.objects.create_user(f"p{number}", first_name=f"P{number}")
        services.set_own(user, ContentFile(photo, "photo.jpg"), actor=user)
    serve_pictures(page)
    page.goto(f"{live_server.url}/admin/avatars_moderation/waitingpicture/")
    return page


def serve_pictures(page: Page) -> None:
    """Answer for the server, whose threads share one connection here: fifty pictures at once are too many for it."""
    body = pictures.photo(96, 96)
    page.context.route(
        re.compile(r"/[0-9]+/(72|512)/$"), lambda route: route.fulfill(body=body, content_type="image/jpeg")
    )


LEFT = "[data-avatars-card]:not([aria-busy])"
"""The cards that nothing was decided about."""


def test_a_moderator_decides_about_fifty_pictures_with_the_keyboard_alone(queue: Page) -> None:
    cards: Any = queue.locator(LEFT)
    expect(cards).to_have_count(PEOPLE)
    queue.keyboard.press("r")
    expect(queue.get_by_role("status")).to_have_text("Choose or write a reason.")
    expect(cards).to_have_count(PEOPLE)
    for left in range(PEOPLE - 1, -1, -1):
        if left % 5 == 0:
            queue.keyboard.press("3")
        queue.keyboard.press("a" if left % 5 else "r")
        expect(cards).to_have_count(left)
        expect(queue.locator("[data-avatars-progress]")).to_have_text(f"{PEOPLE - left} / {PEOPLE}")
    expect(queue.locator("[data-avatars-counted]")).to_have_text("0 pictures wait")
    # The last decision was sent, and all is read anew: after fifty requests, which take a while on a busy machine.
    expect(queue.locator("[data-avatars-tools]")).to_have_count(0, timeout=90_000)

    assert not moderation.waiting()
    rejected = PictureVersion.objects.filter(state="rejected")
    assert {version.reason for version in rejected} == {"It is an advertisement."}
    assert (rejected.count(), Profile.objects.exclude(profile_pic="").count()) == (10, 40)


def test_one_picture_is_shown_large_and_all_are_in_a_row(few: Page) -> None:
    shown: Any = few.locator("[data-avatars-card]:visible")
    thumbs = few.locator("[data-avatars-film] button")
    expect(shown).to_have_count(1)
    assert shown.locator(".avatars-review__picture img").bounding_box()["width"] == 448
    expect(shown.get_by_text("Reason, if rejected")).to_be_visible()
    thumbs.nth(2).click()
    expect(shown).to_contain_text("P2")
    expect(thumbs.nth(2)).to_have_attribute("aria-current", "true")
    few.keyboard.press("s")
    expect(shown).to_contain_text("P3")
    few.keyboard.press("ArrowLeft")
    few.keyboard.press("ArrowLeft")
    expect(shown).to_contain_text("P1")
    expect(few.locator(LEFT)).to_have_count(FEW)
    thumbs.last.click()
    shown.get_by_role("button", name="Skip").click()
    expect(shown).to_contain_text("P0")


def test_many_pictures_are_decided_about_at_once_and_the_choice_of_the_view_stays(few: Page) -> None:
    few.get_by_role("link", name="Many at once").click()
    expect(few.locator("[data-avatars-card]:visible")).to_have_count(FEW)
    for number in range(3):
        few.get_by_role("checkbox").nth(number).check()
    few.get_by_role("button", name="Approve selected").click()
    expect(few.locator(LEFT)).to_have_count(FEW - 3)
    expect(few.locator("[data-avatars-counted]")).to_have_text(f"{FEW - 3} pictures wait")
    assert moderation.waiting().count() == FEW
    expect(few.locator("[data-avatars-card]")).to_have_count(FEW - 3)  # the server has decided
    few.reload()
    expect(few.locator("[data-avatars-card]:visible")).to_have_count(FEW - 3)
    few.get_by_role("button", name="Approve selected").click()
    expect(few.locator(LEFT)).to_have_count(FEW - 3)
    few.get_by_role("link", name="One by one").click()
    expect(few.locator("[data-avatars-card]:visible")).to_have_count(1)


def test_the_last_decision_can_be_undone_until_the_next_one(few: Page) -> None:
    shown: Any = few.locator("[data-avatars-card]:visible")
    undo: Any = few.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    few.keyboard.press("z")
    few.keyboard.press("a")
    expect(shown).to_contain_text("P1")
    expect(few.get_by_role("status")).to_have_text("Picture approved.")
    few.keyboard.press("z")
    expect(shown).to_contain_text("P0")
    expect(undo).to_be_disabled()
    expect(few.locator("[data-avatars-progress]")).to_have_text(f"0 / {FEW}")
    assert moderation.waiting().count() == FEW
    few.keyboard.press("2")
    few.keyboard.press("r")
    few.keyboard.press("a")
    expect(few.locator("[data-avatars-counted]")).to_have_text(f"{FEW - 2} pictures wait")
    expect(few.locator("[data-avatars-card]")).to_have_count(FEW - 1)  # the server has rejected one
    undo.click()
    expect(few.locator("[data-avatars-counted]")).to_have_text(f"{FEW - 1} pictures wait")
    expect(few.locator(LEFT)).to_have_count(FEW - 1)
    rejected: Any = PictureVersion.objects.get(state="rejected")
    assert rejected.holder.user.username == "p0"


def test_a_reason_is_for_one_picture_alone(few: Page) -> None:
    few.keyboard.press("2")
    few.keyboard.press("r")
    few.keyboard.press("r")
    expect(few.get_by_role("status")).to_have_text("Choose or write a reason.")
    few.get_by_label("Or in your own words").fill("A dog.")
    few.get_by_role("button", name="Reject", exact=False).filter(visible=True).click()
    expect(few.get_by_label("Or in your own words")).to_have_value("")
    expect(few.locator(LEFT)).to_have_count(FEW - 2)


def test_what_goes_wrong_is_said_and_the_picture_comes_back(few: Page) -> None:
    said = {"done": [], "problems": ["P0: Not today."]}
    few.route("**/waitingpicture/", lambda route: route.fulfill(json=said))
    few.keyboard.press("a")
    expect(few.get_by_role("status")).to_have_text("P0: Not today.")
    expect(few.locator(LEFT)).to_have_count(FEW)
    expect(few.locator("[data-avatars-counted]")).to_have_text(f"{FEW} pictures wait")


def test_arrows_move_from_one_picture_to_the_next_and_stay_at_the_ends(few: Page) -> None:
    few.get_by_role("link", name="Many at once").click()
    expect(few.locator("[data-avatars-card]:visible")).to_have_count(FEW)
    few.evaluate("document.activeElement.blur()")
    cards: Any = few.locator("[data-avatars-card]")
    few.keyboard.press("ArrowRight")
    expect(cards.nth(0)).to_be_focused()
    few.keyboard.press("ArrowDown")
    expect(cards.nth(1)).to_be_focused()
    few.keyboard.press("ArrowLeft")
    few.keyboard.press("ArrowUp")
    expect(cards.nth(0)).to_be_focused()
    few.get_by_label("Or in your own words").press("a")
    expect(cards).to_have_count(FEW)
    assert moderation.waiting().count() == FEW


def test_without_scripts_buttons_do_the_same(few: Page, scriptless: Page) -> None:
    serve_pictures(scriptless)
    scriptless.goto(few.url)
    scriptless.get_by_role("checkbox").nth(0).check()
    scriptless.get_by_role("checkbox").nth(1).check()
    scriptless.get_by_role("button", name="Approve selected").click()
    expect(scriptless.locator("[data-avatars-counted]")).to_have_text(f"{FEW - 2} pictures wait")
    scriptless.get_by_label("Or in your own words").fill("A dog.")
    scriptless.get_by_role("button", name="Reject", exact=False).first.click()
    expect(scriptless.locator("[data-avatars-counted]")).to_have_text(f"{FEW - 3} pictures wait")
