"""One query for a list of people with their pictures."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import querysets, rendering, services
from django_avatars.querysets import first_of, load, with_avatars
from tests.app.models import Country, Profile, Team, User
from tests.storing import upload

pytestmark = pytest.mark.django_db

NAME = "avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_512-256-128-64.webp"


@pytest.fixture
def three() -> list[User]:
    """Three people, the last of them without a profile."""
    people = [User.objects.create_user(f"user{number}") for number in range(3)]
    for person in people[:2]:
        Profile.objects.create(user=person, profile_pic=NAME)
    return people


def test_users_come_with_their_pictures_in_one_query(
    three: list[User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        html = "".join(rendering.avatar(user) for user in with_avatars(User.objects.all()))

    assert html.count("<img ") == 2
    assert html.count("<svg ") == 3


def test_profiles_come_with_their_users_in_one_query(
    three: list[User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        profiles = with_avatars(Profile.objects.order_by("user__username"))
        labels = [str(rendering.avatar(profile, label=True)) for profile in profiles]

    assert ['aria-label="user0"' in labels[0], 'aria-label="user1"' in labels[1], len(labels)] == [True, True, 2]


def test_paths_lead_to_the_users(three: list[User], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    kind = ContentType.objects.get_for_model(User)
    for user in three:
        LogEntry.objects.create(user=user, content_type=kind, object_id="1", action_flag=1)

    with django_assert_num_queries(1):
        html = "".join(rendering.avatar(entry.user) for entry in with_avatars(LogEntry.objects.all(), "user"))

    assert html.count("<img ") == 2


def test_what_is_seen_by_itself_comes_back_as_it_is() -> None:
    for queryset in (Team.objects.all(), ContentType.objects.all()):
        assert with_avatars(queryset) is queryset


def test_where_users_have_no_picture_nothing_more_is_loaded(settings: Settings) -> None:
    users = User.objects.all()
    settings.AVATARS = {"FIELD": "app.Nothing.picture"}

    assert with_avatars(users) is users
    assert with_avatars(LogEntry.objects.all(), "user").query.select_related == {"user": {}}


def test_where_the_user_has_the_picture_there_is_nothing_beside_it(settings: Settings) -> None:
    settings.AUTH_USER_MODEL = "app.User"
    settings.AVATARS = {"FIELD": "app.Person.picture"}
    settings.AUTH_USER_MODEL = "app.Person"
    from tests.app.models import Person

    people = Person.objects.all()

    assert with_avatars(people) is people
    assert with_avatars(LogEntry.objects.all(), "user").query.select_related == {"user": {}}


def test_loading_skips_what_is_there_and_what_cannot_be_loaded(
    three: list[User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [*User.objects.all(), User(username="new"), Team(name="Reds"), None, "A name"]

    with django_assert_num_queries(1):
        load(people)
    with django_assert_num_queries(0):
        load(people)


def test_loading_reaches_every_instance_of_one_user(
    three: list[User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first, second = User.objects.get(username="user0"), User.objects.get(username="user0")

    load([first, second])

    with django_assert_num_queries(0):
        assert first.profile.profile_pic.name == second.profile.profile_pic.name == NAME
        assert first.profile.user.username == "user0"


@pytest.mark.django_db(databases=["default", "other"])
def test_profiles_are_loaded_from_the_database_of_their_users() -> None:
    there = User.objects.using("other").create(username="there")
    Profile.objects.using("other").create(user=there, profile_pic=NAME)
    there = User.objects.using("other").get()

    load([there])

    assert there.profile.profile_pic.name == NAME


def test_the_first_of_a_list_and_how_many_there_are(three: list[User]) -> None:
    assert first_of(iter(three), 2) == (three[:2], 3)
    assert first_of(User.objects.order_by("username"), 2) == (three[:2], 3)
    assert first_of(User.objects.order_by("username"), 5) == (three, 3)


def test_people_with_a_picture_are_told_from_those_without(profile: Profile) -> None:
    services.set_picture(profile, file=upload())
    empty = Profile.objects.create(user=User.objects.create_user("empty"))
    nothing = User.objects.create_user("nothing")

    assert list(querysets.with_picture(User.objects.all())) == [profile.user]
    assert set(querysets.without_picture(User.objects.all())) == {empty.user, nothing}
    assert list(querysets.with_picture(Profile.objects.all())) == [profile]
    assert list(querysets.without_picture(Profile.objects.all())) == [empty]


def test_a_picture_that_is_not_the_first_is_named_and_a_default_is_nobodys_own() -> None:
    Country.objects.create(name="Utopia")
    Country.objects.create(name="Nowhere", flag=None)
    team = Team.objects.create(name="Reds", banner="banners/old.png")

    assert list(querysets.with_picture(Country.objects.all())) == []
    assert querysets.without_picture(Country.objects.all()).count() == 2
    assert list(querysets.with_picture(Team.objects.all(), "banner")) == [team]
    assert list(querysets.with_picture(Team.objects.all())) == []


def test_rows_that_have_no_pictures_are_an_error() -> None:
    with pytest.raises(TypeError, match="Permission has no AvatarField"):
        querysets.with_picture(Permission.objects.all())
