"""The pictures of other people, by REST framework and by ninja: both answer alike."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import Settings

pytest.importorskip("ninja", reason="django-ninja is not installed")
pytest.importorskip("rest_framework", reason="djangorestframework is not installed")

from tests import pictures
from tests.app.models import Profile, User

REST = pytest.param("/api/users/{}/avatar/", marks=pytest.mark.urls("tests.contrib.rest_urls"), id="rest")
NINJA = pytest.param("/api/people/{}/avatar", marks=pytest.mark.urls("tests.contrib.ninja_urls"), id="ninja")

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("url", [REST, NINJA])]


@pytest.fixture
def clerk(db: None) -> User:
    """Somebody with a desk, and no permission yet."""
    return User.objects.create_user("clerk")


@pytest.fixture
def client(clerk: User) -> Client:
    """The clerk's browser."""
    client = Client()
    client.force_login(clerk)
    return client


def permit(clerk: User, *names: str) -> None:
    """Give permissions, as the admin does."""
    clerk.user_permissions.set(Permission.objects.filter(codename__in=names))


def body() -> dict[str, Any]:
    """A picture in JSON."""
    data = f"data:image/jpeg;base64,{base64.b64encode(pictures.photo(96, 96)).decode()}"
    return {"data": {"avatar": data}, "content_type": "application/json"}


def picture_in(answer: Any) -> dict[str, Any]:
    """What is shown: REST framework says which field it is."""
    shown: dict[str, Any] = answer.json()
    within: dict[str, Any] = shown.get("avatar", shown)
    return within


def test_who_may_change_the_row_shows_sets_and_removes_the_picture(
    url: str, client: Client, clerk: User, user: User
) -> None:
    permit(clerk, "change_profile")
    there = url.format(user.pk)

    before = client.get(there)
    made = client.post(there, **body())
    stored = Profile.objects.get(user=user).profile_pic
    gone = client.delete(there)

    assert (before.status_code, picture_in(before)["label"]) == (200, "Jane Doe")
    assert made.status_code == 200
    assert picture_in(made)["url"] == f"http://testserver{stored.url}"
    assert gone.status_code == 204
    assert not Profile.objects.get(user=user).profile_pic
    assert not Profile.objects.filter(user=clerk)
    assert client.delete(there).status_code == 204


def test_who_may_view_the_row_looks_and_changes_nothing(url: str, client: Client, clerk: User, user: User) -> None:
    permit(clerk, "view_profile")
    there = url.format(user.pk)

    answers = [client.get(there), client.post(there, **body()), client.delete(there)]

    assert [answer.status_code for answer in answers] == [200, 403, 403]
    assert not Profile.objects.exists()


@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_who_has_no_permission_does_not_even_learn_whether_there_is_somebody(
    url: str, client: Client, user: User, method: str
) -> None:
    answers = [getattr(client, method)(url.format(key)) for key in (user.pk, 0, "nobody")]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert {answer.json()["detail"] for answer in answers} == {"You have no permission to do this."}


@pytest.mark.parametrize("key", [0, "nobody", 10**30])
def test_who_has_the_permission_is_told_that_there_is_nobody(url: str, client: Client, clerk: User, key: Any) -> None:
    permit(clerk, "change_profile")

    answers = [client.get(url.format(key)), client.post(url.format(key), **body()), client.delete(url.format(key))]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert {answer.json()["detail"] for answer in answers} == {"This was not found."}


def test_strangers_and_forms_from_elsewhere_are_refused(url: str, clerk: User, user: User) -> None:
    permit(clerk, "change_profile")
    browser = Client(enforce_csrf_checks=True)

    strange = [browser.get(url.format(user.pk)), browser.delete(url.format(user.pk))]
    browser.force_login(clerk)
    foreign = [browser.post(url.format(user.pk), **body()), browser.delete(url.format(user.pk))]

    assert {answer.status_code for answer in strange} <= {401, 403}
    assert [answer.status_code for answer in foreign] == [403, 403]
    assert not Profile.objects.exists()


def refuse_jane(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy that looks at the row, which is not saved yet."""
    return f"Not {holder.user.username}." if holder.user.username == "jane" else None


def test_the_policy_is_asked_about_the_row_of_the_other(
    url: str, client: Client, clerk: User, user: User, settings: Settings
) -> None:
    permit(clerk, "change_profile")
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.refuse_jane"}

    refused, done = client.post(url.format(user.pk), **body()), client.post(url.format(clerk.pk), **body())

    assert (refused.status_code, refused.json()["detail"]) == (403, "Not jane.")
    assert done.status_code == 200


def test_many_pictures_of_others_may_be_set_in_a_row(
    url: str, client: Client, clerk: User, user: User, settings: Settings
) -> None:
    permit(clerk, "change_profile")
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}

    assert [client.post(url.format(user.pk), **body()).status_code for _ in range(3)] == [200, 200, 200]
