"""The ready profile, for projects that have none."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import targets
from django_avatars.profile.models import Profile
from tests.app.models import User
from tests.storing import upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ready_profile(settings: Settings) -> None:
    """A project that uses it."""
    settings.AVATARS = {"FIELD": "avatars_profile.Profile.picture"}


def test_a_user_gets_a_profile_with_the_first_picture(user: User) -> None:
    client = Client()
    client.force_login(user)

    client.post("/avatars/", {"avatar": upload()})

    assert targets.picture_of(User.objects.get()) == Profile.objects.get().picture
    assert User.objects.get().avatar_profile.picture.sizes == (96, 64)


def test_the_picture_goes_with_the_user(user: User) -> None:
    Profile.objects.create(user=user, picture=upload())

    user.delete()

    assert not Profile.objects.exists()


def test_a_profile_is_called_like_its_user(user: User) -> None:
    assert str(Profile(user=user)) == "jane"


def test_there_is_nothing_left_to_migrate() -> None:
    output = StringIO()

    call_command("makemigrations", "avatars_profile", check=True, dry_run=True, stdout=output)

    assert output.getvalue() == "No changes detected in app 'avatars_profile'\n"


def test_the_admin_lists_profiles_with_their_pictures(
    admin_client: Client, user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Profile.objects.create(user=user, picture=upload())
    Profile.objects.create(user=User.objects.create_user("bo"))
    url = "/admin/avatars_profile/profile/"

    html = admin_client.get(url).content.decode()

    assert html.count('class="avatar"') == 2
    assert user.avatar_profile.picture.url_for(32) in html
    assert "jane" in admin_client.get(url, {"q": "jan"}).content.decode()
