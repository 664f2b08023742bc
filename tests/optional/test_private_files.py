"""Pictures of a private storage that are not shown any more, or not yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from django_avatars import history, moderation, services
from django_avatars.history.models import PictureVersion
from tests.app.models import Profile, User
from tests.storing import upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where everything goes."""
    folder = tmp_path / "private"
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "STORAGE": "private", "PRIVATE_STORAGE": "private"}
    return folder


def visit(user: User) -> Client:
    """The browser of somebody."""
    client = Client()
    client.force_login(user)
    return client


def test_an_earlier_picture_is_for_its_owner_and_who_may_view_it(profile: Profile, user: User) -> None:
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    version = history.versions(user).get()
    member, clerk = User.objects.create_user("joe"), User.objects.create_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pictureversion"))
    url = version.picture.url

    assert [visit(one).get(url).status_code for one in (user, clerk, member)] == [200, 200, 404]
    assert Client().get(url).status_code == 404
    assert Client().get(profile.profile_pic.url).status_code == 200  # nobody has said who may not
    Profile.objects.all()._raw_delete("default")
    assert visit(user).get(url).status_code == 404


def test_the_web_server_sends_what_waits_to_who_may_see_it(profile: Profile, user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all", "PRIVATE_FILES": "X-Accel-Redirect: /private/"}
    services.set_own(user, upload(), actor=user)
    version = moderation.waiting().get()
    url = reverse("avatars_moderation:picture", args=[version.pk, 64])

    answer, refused = visit(user).get(url), visit(User.objects.create_user("joe")).get(url)

    assert answer["X-Accel-Redirect"].startswith("/private/")
    assert answer["X-Accel-Redirect"].endswith("_64.webp")
    assert "no-store" in answer["Cache-Control"]
    assert (refused.status_code, "X-Accel-Redirect" in refused) == (404, False)
    assert PictureVersion.objects.get().state == "waiting"


def test_who_views_earlier_pictures_is_not_shown_what_waits_or_was_taken_down(profile: Profile, user: User) -> None:
    clerk = User.objects.create_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pictureversion"))
    services.set_picture(profile, file=upload())
    version = moderation.take_down(user, actor=clerk, reason="No")
    assert version is not None

    assert [visit(one).get(version.picture.url).status_code for one in (user, clerk)] == [200, 404]


def test_an_earlier_picture_that_was_reported_is_still_an_earlier_one(profile: Profile, user: User) -> None:
    clerk = User.objects.create_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pictureversion"))
    services.set_picture(profile, file=upload())
    services.set_picture(profile, file=upload(seed=1))
    version = history.versions(user).get()
    moderation.report(user, actor=clerk, name=str(version.picture.name))

    assert [visit(one).get(version.picture.url).status_code for one in (user, clerk)] == [200, 200]
