"""`avatar_changing`: heard inside the transaction, with the power to refuse."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

import django_avatars
from django_avatars.lifecycle import rebuild
from django_avatars.signals import avatar_changing
from tests.app.models import Place, Profile, Team, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class Refused(Exception):
    """What a receiver says."""


@pytest.fixture
def listen() -> Iterator[Callable[[Any], None]]:
    """Connects receivers until the end of the test."""
    connected: list[Any] = []

    def connect(receiver: Any) -> None:
        connected.append(receiver)
        avatar_changing.connect(receiver)

    yield connect
    for receiver in connected:
        avatar_changing.disconnect(receiver)


def refuse(**kwargs: Any) -> None:
    """Refuse every change."""
    raise Refused


def test_a_change_is_told_with_both_names_and_who_did_it(listen: Any, place: Place, user: User) -> None:
    told: list[Any] = []

    def hear(**kwargs: Any) -> None:
        row = Place.objects.values_list("photo", flat=True).get()
        told.append((connection.in_atomic_block, row, kwargs))

    listen(hear)
    old = place.photo.name
    place.photo = upload(seed=1)
    with django_avatars.acting(user):
        place.save()

    said = {"signal": avatar_changing, "sender": Place, "instance": place, "field": Place._meta.get_field("photo")}
    names = {"name": place.photo.name, "old_name": old, "actor": user, "deleted": False}
    assert told == [(True, place.photo.name, said | names)]


def test_a_refusal_rolls_everything_back(listen: Any, place: Place, media: Path, heard: list[dict[str, Any]]) -> None:
    old = place.photo.name
    heard.clear()
    listen(refuse)
    place.photo = upload(seed=1)
    with pytest.raises(Refused):
        place.save()

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)
    assert heard == []


def test_a_removal_can_be_refused(listen: Any, place: Place, media: Path) -> None:
    old = place.photo.name
    listen(refuse)
    with pytest.raises(Refused):
        place.photo.delete()

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_a_new_row_can_be_refused(listen: Any, transactional_db: None, media: Path) -> None:
    listen(refuse)

    with pytest.raises(Refused):
        Place.objects.create(photo=upload())

    assert not Place.objects.exists()
    assert on_disk(media) == set()


def test_only_the_picture_that_changed_is_told(listen: Any, team: Team) -> None:
    told = []

    def hear(**kwargs: Any) -> None:
        told.append((kwargs["field"].name, kwargs["name"]))

    listen(hear)
    team.banner = ""
    team.save()

    assert told == [("banner", "")]


def test_what_changes_no_picture_for_people_is_not_told(listen: Any, place: Place) -> None:
    told: list[Any] = []
    listen(lambda **kwargs: told.append(kwargs))

    place.name = "New Bridge"
    place.save()
    rebuild.rebuild(Place._meta.get_field("photo"), "default", place.pk, place.photo.name or "")
    Place.objects.update(photo="")
    Place.objects.bulk_create([Place(photo=upload())])
    place.save_base(raw=True)

    assert told == []


def test_a_delete_is_told_while_the_row_is_there(listen: Any, place: Place, user: User) -> None:
    told = []

    def hear(*, instance: Place, deleted: bool, name: str, old_name: str, actor: Any, **kwargs: Any) -> None:
        told.append((Place.objects.filter(pk=instance.pk).exists(), deleted, name, old_name, actor))

    listen(hear)
    old = place.photo.name
    with django_avatars.acting(user):
        place.delete()

    assert told == [(True, True, "", old, user)]


def test_a_delete_goes_on_whatever_a_receiver_raises(
    listen: Any, place: Place, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listen(refuse)
    with caplog.at_level(logging.ERROR, "django.dispatch"):
        place.delete()

    assert not Place.objects.exists()
    assert on_disk(media) == set()
    assert "refuse" in caplog.text


def test_a_delete_goes_on_where_a_receiver_broke_the_transaction(listen: Any, profile: Profile, media: Path) -> None:
    profile.profile_pic = upload()
    profile.save()

    def collide(*, instance: Profile, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO app_profile SELECT * FROM app_profile")

    listen(collide)
    with pytest.raises(IntegrityError), transaction.atomic():
        collide(instance=profile)
    profile.delete()

    assert not Profile.objects.exists()
    assert on_disk(media) == set()


def test_the_actor_is_known_after_the_commit(heard: list[dict[str, Any]], place: Place, user: User) -> None:
    heard.clear()
    with transaction.atomic(), django_avatars.acting(user):
        place.photo = upload(seed=1)
        place.save()
        place.photo = ""
        place.save()
        place.photo = upload(seed=2)
        place.save()
        with django_avatars.acting(None):
            place.delete()

    assert [one["actor"] for one in heard] == [user, user, user, None]
