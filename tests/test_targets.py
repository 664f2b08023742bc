"""Who is seen on it: users, rows, files, names, nobody; and what that costs."""

from __future__ import annotations

import re
import uuid
import warnings
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import request_started
from django.db import IntegrityError, models
from django.test.utils import isolate_apps
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import rendering, targets
from django_avatars.fields import AvatarField
from django_avatars.providers.names import display_name
from django_avatars.querysets import with_avatars
from django_avatars.targets import AvatarQueryWarning, key_of, target_of
from tests.app.models import Country, Person, Profile, ProxyProfile, Restaurant, Team, User

JANE = uuid.UUID(int=17)
NAME = "avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_512-256-128-64.webp"

pytestmark = pytest.mark.usefixtures("connections_stay")


@pytest.fixture
def jane() -> User:
    """Somebody with a picture, only in memory."""
    jane = User(pk=JANE, username="jane", email="jane@example.com")
    Profile(pk=3, user=jane, profile_pic=NAME)
    return jane


# Who it is


def test_a_user_and_the_profile_are_one_person(jane: User) -> None:
    proxy = ProxyProfile(user=jane, profile_pic=NAME)

    for target in map(target_of, (jane, jane.profile, jane.profile.profile_pic, proxy)):
        assert target.identity == (User, JANE)
        assert target.key == f"app.user:{JANE}"
        assert target.person is jane
        assert target.email == "jane@example.com"
        assert target.stored_name == NAME
        assert target.field is Profile.profile_pic.field
        assert target.storage is Profile._meta.get_field("profile_pic").storage
    assert target_of(jane).row is jane
    assert target_of(jane.profile).row is jane.profile


@isolate_apps("tests.app")
def test_a_row_that_knows_its_user_by_another_column_than_the_key_is_that_user(jane: User) -> None:
    class Card(models.Model):
        user = models.OneToOneField(User, models.CASCADE, to_field="username", related_name="card")
        photo = AvatarField()

        class Meta:
            app_label = "app"

    assert target_of(Card(user=jane)).identity == target_of(jane).identity == (User, JANE)
    assert target_of(Card()).identity == (User, None)


def test_what_is_no_person_stands_for_itself() -> None:
    team = Team(pk=5, name="Reds", banner=NAME)

    assert target_of(team).key == "app.team:5"
    assert target_of(team).person is team
    assert target_of(team).email == ""
    assert target_of(team).stored_name == ""
    assert target_of(team.banner).stored_name == NAME
    assert target_of(Restaurant(pk=6)).key == "app.restaurant:6"
    assert target_of(Country(flag=None)).stored_name == ""


def test_a_name_is_its_own_key_and_nobody_has_none() -> None:
    assert (target_of("Jane").identity, target_of("Jane").key) == ((None, "Jane"), "Jane")
    for nobody in (None, "", 0, SimpleLazyObject(lambda: None), object()):
        assert target_of(nobody).key == ""
        assert target_of(nobody).row is None
    assert key_of(User, 17) == "app.user:17"


def test_a_profile_whose_user_is_not_chosen_yet_is_nobody(settings: Settings) -> None:
    settings.DEBUG = True
    target = target_of(Profile())

    assert target.person is None
    assert target.email == ""
    assert display_name(target.person) == ""


def test_which_model_the_users_are_follows_the_settings(settings: Settings) -> None:
    person = Person(pk=4, picture=NAME)
    assert target_of(person).key == "app.person:4"
    assert targets.path_from_user(Person.picture.field) is None

    settings.AUTH_USER_MODEL = "app.Person"
    settings.AVATARS = {}

    found = targets.user_field()
    assert (found.field, found.link, found.accessor) == (Person.picture.field, None, None)
    assert targets.holder_of(person) is person
    assert targets.picture_of(person) == person.picture
    assert targets.get_or_create_holder(person) is person
    assert target_of(person).stored_name == NAME
    assert targets.path_from_user(Profile.profile_pic.field) is None


@pytest.mark.django_db
def test_a_deferred_picture_is_loaded_with_one_query(
    profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Profile.objects.update(profile_pic=NAME)
    bare = Profile.objects.defer("profile_pic").get()

    with django_assert_num_queries(1):
        assert target_of(bare).stored_name == NAME


# Whose field it is


THREE = "avatars_profile.Profile.picture, app.Profile.profile_pic, app.Staff.portrait"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            None,
            f"AVATARS['FIELD'] is not set, and there is {THREE}. "
            'Set it to "app.Model.field", a field on the user model or on a model with a OneToOneField to it.',
        ),
        (
            "app.Profile.nothing",
            "AVATARS['FIELD'] is 'app.Profile.nothing', which is no field of an installed model: "
            f"Profile has no field named 'nothing'. Name it as \"app.Model.field\"; there is {THREE}.",
        ),
        (
            "nothing",
            "AVATARS['FIELD'] is 'nothing', which is no field of an installed model: "
            f'not enough values to unpack (expected 2, got 1). Name it as "app.Model.field"; there is {THREE}.',
        ),
        (
            "app.Team.logo",
            "AVATARS['FIELD'] is 'app.Team.logo', which is not an AvatarField on the user model "
            f"or on a model with a OneToOneField to it; there is {THREE}.",
        ),
    ],
)
def test_a_setting_that_names_no_picture_of_a_user_says_which_there_are(
    field: str | None, message: str, settings: Settings
) -> None:
    settings.AVATARS = {"FIELD": field}

    with pytest.raises(ImproperlyConfigured, match=f"^{re.escape(message)}$"):
        targets.user_field()


# The row with the picture


def test_a_holder_is_made_where_there_is_none(user: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    assert targets.holder_of(user) is None
    assert targets.picture_of(user) is None

    holder = targets.get_or_create_holder(user)

    assert holder == Profile.objects.get(user=user)
    with django_assert_num_queries(0):
        assert targets.get_or_create_holder(user) is holder
        assert targets.holder_of(user) is holder
        assert targets.picture_of(user) == ""


def test_a_holder_that_another_request_has_just_made_is_taken(user: User) -> None:
    assert targets.holder_of(user) is None
    theirs = Profile.objects.create(user_id=user.pk, bio="theirs")

    holder = targets.get_or_create_holder(user)

    assert holder == theirs
    assert user.profile is holder
    assert targets.picture_of(SimpleLazyObject(lambda: user)) == ""


def test_of_two_requests_at_once_both_get_the_same_holder(user: User) -> None:
    assert targets.holder_of(user) is None
    Profile.objects.create(user_id=user.pk, bio="theirs")

    holder = targets.get_or_create_holder(user)

    assert holder == Profile.objects.get()
    assert user.profile is holder
    assert user.profile.bio == "theirs"


def test_a_holder_that_the_database_refuses_is_an_error(user: User) -> None:
    with pytest.raises(IntegrityError):
        targets.make_holder(user, bio=None)
    assert targets.holder_of(user) is None


# The N+1 that a developer is told of


@pytest.fixture
def people(db: None) -> None:
    """Three people with profiles."""
    for number in range(3):
        Profile.objects.create(user=User.objects.create_user(f"user{number}"))


def noticed(objects: Any, *, requests: int = 1) -> list[str]:
    """What is said while these are shown."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(requests):
            request_started.send(sender=None)
            for one in objects.all() if hasattr(objects, "all") else objects:
                rendering.avatar(one)
    assert {warning.category for warning in caught} <= {AvatarQueryWarning}
    return [str(warning.message) for warning in caught]


def warning_about(path: str) -> str:
    return (
        f"Avatars of this page load {path} one by one. Load them with the list: "
        "with_avatars(queryset) of django_avatars.querysets, or select_related()."
    )


@pytest.mark.usefixtures("people")
def test_a_list_that_takes_a_query_each_is_noticed_once_a_request(settings: Settings) -> None:
    settings.DEBUG = True

    assert noticed(User.objects) == [warning_about("User.profile")]
    assert noticed(User.objects, requests=2) == [warning_about("User.profile")] * 2
    assert noticed(Profile.objects) == [warning_about("Profile.user")]


@pytest.mark.usefixtures("people")
def test_what_is_loaded_already_is_not_noticed(settings: Settings) -> None:
    settings.DEBUG = True
    visitor = SimpleLazyObject(lambda: User.objects.get(username="user0"))

    assert noticed(with_avatars(User.objects)) == []  # type: ignore[arg-type]
    assert noticed(with_avatars(Profile.objects)) == []  # type: ignore[arg-type]
    assert noticed([visitor, User.objects.get(username="user1")]) == []
    assert noticed([User.objects.get(username="user1")] * 3) == []
    assert noticed([Profile(), Profile(), Profile()]) == []


@pytest.mark.usefixtures("people")
def test_outside_debug_nothing_is_said() -> None:
    assert noticed(User.objects) == []


@pytest.mark.parametrize(("text", "email"), [("jane@example.com", "jane@example.com"), ("Jane Doe", ""), ("", "")])
def test_an_address_stands_for_somebody_without_an_account(text: str, email: str) -> None:
    assert target_of(text).email == email
