"""Members report pictures, moderators judge them, and people delete theirs for good."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.urls import include, path
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import history, moderation, services
from django_avatars.moderation import reports
from tests import pictures
from tests.app.models import Profile, User
from tests.browser import urls
from tests.browser.test_reviewing import LEFT, serve_pictures
from tests.storing import on_disk

pytestmark = [pytest.mark.browser, pytest.mark.chromium]

urlpatterns = [
    *urls.urlpatterns,
    path("avatars/", include("django_avatars.history.urls")),
    path("avatars/", include("django_avatars.moderation.urls")),
]


@pytest.fixture(autouse=True)
def every_address(settings: Settings) -> None:
    """The pages of the optional apps, too."""
    settings.ROOT_URLCONF = __name__


def with_picture(name: str) -> User:
    """Somebody with a picture."""
    user = User.objects.create_user(name, first_name=name.capitalize())
    services.set_own(user, ContentFile(pictures.photo(96, 96), "photo.jpg"))
    return user


BENT = """() => [...document.querySelectorAll("body *")].filter(one => {
    const style = getComputedStyle(one), widths = ["Top", "Right", "Bottom", "Left"].map(s => style[`border${s}Width`]);
    return parseFloat(style.borderRadius) && new Set(widths).size > 1;
}).map(one => one.className)"""
"""What has round corners and a line at some of its sides, which the corners bend."""


def test_no_line_at_one_side_of_a_box_is_bent_by_its_corners(signed_in: Page, live_server: LiveServer) -> None:
    field = Profile._meta.get_field("profile_pic")
    holder = Profile.objects.get(user=with_picture("bo"))
    seen = reports.encode(holder, field, str(holder.profile_pic.name))

    signed_in.goto(f"{live_server.url}/avatars/report/{seen}/")
    signed_in.get_by_role("button", name="Report picture").click()
    expect(signed_in.get_by_role("alert")).to_have_text("Choose or write a reason.")
    assert signed_in.evaluate(BENT) == []

    signed_in.get_by_label("It is an advertisement.").check()
    signed_in.get_by_role("button", name="Report picture").click()
    expect(signed_in.get_by_role("status")).to_have_text("Thank you. Somebody will look at it.")
    assert signed_in.evaluate(BENT) == []


def test_a_picture_is_reported_without_scripts(scriptless: Page, live_server: LiveServer) -> None:
    field = Profile._meta.get_field("profile_pic")
    holder = Profile.objects.get(user=with_picture("bo"))
    seen = reports.encode(holder, field, str(holder.profile_pic.name))
    scriptless.goto(f"{live_server.url}/avatars/report/{seen}/?next=/show/")

    scriptless.get_by_role("button", name="Report picture").click()
    expect(scriptless.get_by_role("alert")).to_have_text("Choose or write a reason.")
    scriptless.get_by_label("It is an advertisement.").check()
    scriptless.get_by_label("Or in your own words").fill("For shoes.")
    scriptless.get_by_role("button", name="Report picture").click()
    expect(scriptless.get_by_role("status")).to_have_text("Thank you. Somebody will look at it.")
    expect(scriptless.get_by_role("link", name="Back")).to_have_attribute("href", "/show/")

    assert reports.of(moderation.reported().get()).get().in_words == "It is an advertisement. For shoes."


def test_a_moderator_judges_reports_with_the_keyboard_alone(
    signed_in: Page, live_server: LiveServer, user: User
) -> None:
    for name in ("bo", "mo", "jo"):
        moderation.report(with_picture(name), actor=user, text="No.")
    serve_pictures(signed_in)
    signed_in.goto(f"{live_server.url}/admin/avatars_moderation/reportedpicture/")
    counted, left = signed_in.locator("[data-avatars-counted]"), signed_in.locator(LEFT)
    expect(counted).to_have_text("3 pictures reported")

    signed_in.keyboard.press("d")
    expect(left).to_have_count(2)
    signed_in.keyboard.press("2")
    signed_in.get_by_label("Let nobody but staff set another one").check()
    signed_in.keyboard.press("t")
    expect(left).to_have_count(1)
    expect(signed_in.get_by_label("Let nobody but staff set another one")).not_to_be_checked()
    signed_in.keyboard.press("a")
    expect(counted).to_have_text("1 picture reported")
    expect(signed_in.locator("[data-avatars-card]")).to_have_count(1)  # the server has taken one down

    assert [bool(profile.profile_pic) for profile in Profile.objects.order_by("pk")] == [True, False, True]


@pytest.mark.parametrize("with_scripts", [True, False])
def test_whoever_removes_a_picture_can_delete_it_for_good(
    signed_in: Page, scriptless: Page, live_server: LiveServer, user: User, media: Path, with_scripts: bool
) -> None:
    services.set_own(user, ContentFile(pictures.photo(96, 96), "photo.jpg"))
    page = signed_in if with_scripts else scriptless
    page.goto(f"{live_server.url}/avatars/")

    page.get_by_role("link", name="Remove picture").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Your picture was deleted for good.")).to_be_visible()

    assert on_disk(media) == set()
    assert not history.versions(user)
