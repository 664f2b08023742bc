"""Who may see a picture: everybody else is shown initials, at every door."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.checks import Warning
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import Settings

from django_avatars import acting, checks, gallery, public_ids, rendering, services
from tests import pictures
from tests.app.models import Profile, User

pytestmark = pytest.mark.django_db

asked: list[tuple[Any, Any]] = []


def members_only(viewer: Any, holder: Any) -> bool:
    """A rule of a project."""
    asked.append((viewer, holder))
    return viewer is not None and viewer.is_authenticated


@pytest.fixture(autouse=True)
def _rule(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.members_only"}
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django_avatars.middleware.ActorMiddleware"]
    asked.clear()


@pytest.fixture
def member(db: None) -> User:
    """Somebody else who has signed in."""
    return User.objects.create_user("joe")


TAGS = [
    "{% avatar person 48 %}",
    "{% avatar person 48 label=True %}",
    "{% avatar_url person 48 %}",
    "{% avatar_stack people %}",
    "{% avatar_group people %}",
]


def shown(tag: str, pictured: Profile, viewer: Any) -> str:
    request = RequestFactory().get("/")
    request.user = viewer
    people = [pictured.user, User(username="guest")]
    context = Context({"person": pictured.user, "people": people, "request": request})
    return Template(f"{{% load avatars %}}{tag}").render(context)


@pytest.mark.parametrize("tag", TAGS)
def test_tags_show_initials_to_those_who_may_not_see(tag: str, pictured: Profile, member: User) -> None:
    folder = pictured.profile_pic.url.rpartition("/")[0]

    assert folder in shown(tag, pictured, member)
    assert asked[0] == (member, pictured)
    assert folder not in shown(tag, pictured, AnonymousUser())


def test_people_see_their_own(pictured: Profile) -> None:
    assert "<img" in shown(TAGS[0], pictured, pictured.user)
    assert asked == []


def test_nobody_is_a_stranger(pictured: Profile, member: User) -> None:
    assert "<img" not in rendering.avatar(pictured.user)
    with acting(member):
        assert "<img" in rendering.avatar(pictured.user)


def test_nobody_is_asked_about_who_has_no_row_for_a_picture(user: User) -> None:
    assert "JD" in rendering.avatar(user)
    assert asked == []


def test_a_picture_that_a_provider_knows_of_somebody_without_a_row_is_for_them_alone(
    user: User, member: User, settings: Settings
) -> None:
    providers = ["uploaded", "from_gravatar", "initials"]
    settings.AVATARS = {**settings.AVATARS, "PROVIDERS": [f"django_avatars.providers.{name}" for name in providers]}

    for viewer, is_seen in ((AnonymousUser(), False), (member, False), (user, True)):
        with acting(viewer):
            assert ("gravatar.com" in rendering.avatar(user)) is is_seen
    assert asked == []


def test_front_ends_are_told_initials(pictured: Profile, member: User) -> None:
    hidden = services.describe(pictured.user)
    with acting(member):
        seen = services.describe(pictured.user)

    assert (hidden["url"], hidden["sizes"], hidden["formats"], hidden["srcset"]) == (None, {}, {}, "")
    assert (hidden["initials"], hidden["label"]) == ("JD", "Jane Doe")
    assert seen["url"]
    assert seen["sizes"]


def test_the_stable_address_answers_initials_and_is_kept_by_one_browser(
    client: Client, pictured: Profile, member: User
) -> None:
    address = reverse("avatars:image", args=[public_ids.encode(pictured.user), 64])
    hidden = client.get(address)
    client.force_login(member)
    seen = client.get(address)

    assert (hidden.status_code, hidden["Content-Type"]) == (200, "image/svg+xml")
    assert (seen.status_code, seen["Location"]) == (302, pictured.profile_pic.url_for(64))
    for response in (hidden, seen):
        assert response["Cache-Control"].startswith("private")
        assert "Cookie" in response["Vary"]


def test_who_made_a_hidden_picture_is_not_told(
    profile: Profile, member: User, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "fox.jpg").write_bytes(pictures.photo(96, 96))
    fox = {"file": tmp_path / "fox.jpg", "name": "Fox", "credit": "Ann"}
    settings.AVATARS = {**settings.AVATARS, "GALLERY": [fox]}
    services.choose_own(profile.user, gallery.pictures()[0])

    assert rendering.avatar_credit(profile.user) == ""
    with acting(member):
        assert rendering.avatar_credit(profile.user) == "Ann"


def test_a_page_shows_its_reader_what_they_may_see(client: Client, pictured: Profile) -> None:
    client.force_login(pictured.user)

    assert pictured.profile_pic.url_for(256) in client.get(reverse("avatars:edit")).text


def test_a_page_of_ours_knows_its_reader_without_a_middleware(
    client: Client, pictured: Profile, settings: Settings
) -> None:
    settings.MIDDLEWARE = settings.MIDDLEWARE[:-1]
    client.force_login(pictured.user)

    assert pictured.profile_pic.url_for(256) in client.get(reverse("avatars:edit")).text


def test_a_check_tells_that_nobody_is_known_to_look(settings: Settings) -> None:
    assert checks.check_viewer() == []
    settings.MIDDLEWARE = []

    assert [(type(one), one.id) for one in checks.check_viewer()] == [(Warning, "django_avatars.W008")]
    settings.AVATARS = {}
    assert checks.check_viewer() == []
