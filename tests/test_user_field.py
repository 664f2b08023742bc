"""From a user to the row and the field that hold the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from django_avatars import targets
from django_avatars.fields import AvatarField
from django_avatars.profile.models import Profile as ReadyProfile
from django_avatars.targets import UserField
from tests.app.models import Place, Profile, Team, User

if TYPE_CHECKING:
    from pytest_django.fixtures import DjangoAssertNumQueries, Settings


def field_of(model: type[models.Model], name: str) -> Any:
    """One field."""
    return model._meta.get_field(name)


def test_the_field_that_is_named_is_the_field() -> None:
    found = targets.user_field()

    assert found == UserField(field_of(Profile, "profile_pic"), field_of(Profile, "user"), "profile")
    assert found.accessor == "profile"


def test_every_field_that_a_user_can_reach_is_found() -> None:
    assert {found.field for found in targets.candidates()} >= {
        field_of(Profile, "profile_pic"),
        field_of(ReadyProfile, "picture"),
    }
    assert not {found.field for found in targets.candidates()} & {field_of(Team, "logo"), field_of(Place, "photo")}


def test_several_fields_need_a_choice(settings: Settings) -> None:
    settings.AVATARS = {}
    paths = [f"{found.field.model._meta.label}.{found.field.name}" for found in targets.candidates()]

    with pytest.raises(ImproperlyConfigured) as caught:
        targets.user_field()

    assert str(caught.value) == (
        f"AVATARS['FIELD'] is not set, and there is {', '.join(paths)}. "
        'Set it to "app.Model.field", a field on the user model or on a model with a OneToOneField to it.'
    )
    assert len(paths) >= 2


def test_the_only_field_is_found_by_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    only = UserField(field_of(Profile, "profile_pic"), field_of(Profile, "user"), "profile")
    monkeypatch.setattr(targets, "candidates", lambda: [only])
    settings.AVATARS = {}

    assert targets.user_field() is only


def test_no_field_at_all_is_said(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "candidates", list)
    settings.AVATARS = {}
    with pytest.raises(ImproperlyConfigured, match="there is no AvatarField that a user can reach"):
        targets.user_field()

    settings.AVATARS = {"FIELD": "app.Team.logo"}
    with pytest.raises(ImproperlyConfigured, match="there is none yet"):
        targets.user_field()


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("app.Profile.nothing", "Profile has no field named 'nothing'"),
        ("app.Nothing.field", "App 'app' doesn't have a 'Nothing' model."),
        ("nowhere.Profile.field", "No installed app with label 'nowhere'."),
        ("Profile", "not enough values to unpack"),
        ("a.b.c.d", "too many values to unpack"),
    ],
)
def test_a_path_to_no_field_is_said_with_the_choices(settings: Settings, path: str, reason: str) -> None:
    settings.AVATARS = {"FIELD": path}

    with pytest.raises(ImproperlyConfigured) as caught:
        targets.user_field()

    said = str(caught.value)
    assert said.startswith(f"AVATARS['FIELD'] is {path!r}, which is no field of an installed model: {reason}")
    assert '. Name it as "app.Model.field"; there is ' in said
    assert ".." not in said
    assert "app.Profile.profile_pic" in said


@pytest.mark.parametrize("path", ["app.Profile.bio", "app.Team.logo"])
def test_a_path_to_another_field_is_said_with_the_choices(settings: Settings, path: str) -> None:
    settings.AVATARS = {"FIELD": path}

    with pytest.raises(ImproperlyConfigured) as caught:
        targets.user_field()

    assert str(caught.value).startswith(
        f"AVATARS['FIELD'] is {path!r}, which is not an AvatarField on the user model "
        "or on a model with a OneToOneField to it; there is "
    )


def test_what_is_found_follows_the_settings(settings: Settings) -> None:
    settings.AVATARS = {"FIELD": "avatars_profile.Profile.picture"}
    assert targets.user_field().accessor == "avatar_profile"

    settings.AVATARS = {"FIELD": "app.Profile.profile_pic"}
    assert targets.user_field().accessor == "profile"


def test_a_field_on_the_user_needs_no_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "user_model", lambda: Place)
    found = targets.path_from_user.__wrapped__(field_of(Place, "photo"))  # past its cache
    user: Any = Place()
    photo = user.photo

    assert found == UserField(field_of(Place, "photo"), None, None)
    monkeypatch.setattr(targets, "user_field", lambda: found)
    assert found.accessor is None
    assert targets.holder_of(user) is user
    assert targets.get_or_create_holder(user) is user
    assert targets.picture_of(user) is photo


@isolate_apps("tests.app")
def test_a_relation_without_a_way_back_does_not_reach() -> None:
    class Hidden(models.Model):
        user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
        picture = AvatarField()

        class Meta:
            app_label = "app"

    assert targets.path_from_user(field_of(Hidden, "picture")) is None


def test_the_holder_of_a_user_is_the_profile(
    profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    user = User.objects.get()
    with django_assert_num_queries(1):
        assert targets.holder_of(user) == profile
        assert targets.picture_of(user) == ""
    with django_assert_num_queries(0):
        assert targets.get_or_create_holder(user) == profile


def test_a_user_without_a_profile_has_no_holder(user: User) -> None:
    assert targets.holder_of(user) is None
    assert targets.picture_of(user) is None


def test_a_holder_is_made_when_it_is_needed(user: User) -> None:
    holder = targets.get_or_create_holder(user)

    assert Profile.objects.get() == holder
    assert targets.holder_of(user) == holder
    assert targets.get_or_create_holder(User.objects.get()) == holder


def test_a_holder_that_came_meanwhile_is_taken(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    # Two requests at once: this one has not seen the profile that the other one made.
    other = Profile.objects.create(user=user)
    monkeypatch.setattr(targets, "holder_of", lambda user: None)

    assert targets.get_or_create_holder(user) == other
    assert Profile.objects.count() == 1
