"""Instances that know less than the database: what they did not change they do not write."""

from __future__ import annotations

import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from tests.app.models import Artist, Place, Restaurant, Team
from tests.storing import RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def test_of_two_stale_instances_that_replace_the_last_wins(media: Path, place: Place) -> None:
    one, other = Place.objects.get(), Place.objects.get()

    for instance, seed in ((one, 1), (other, 2)):
        instance.photo = upload(seed=seed)
        instance.save()

    assert Place.objects.get().photo.name == other.photo.name
    assert on_disk(media) == files_of(other.photo.name)


def test_a_stale_instance_that_saves_another_field_keeps_the_newest_picture(media: Path, place: Place) -> None:
    stale = Place.objects.get()
    place.photo = upload(seed=1)
    place.save()

    stale.name = "New Bridge"
    stale.save()

    stored = Place.objects.get()
    assert (stored.name, stored.photo.name) == ("New Bridge", place.photo.name)
    assert on_disk(media) == files_of(place.photo.name)


def test_a_row_that_gets_a_key_that_can_be_none_is_as_wrong_as_without_a_picture(
    media: Path, transactional_db: Any
) -> None:
    artist = Artist.objects.create(portrait=upload())
    artist.pk = "17"

    with pytest.raises(ValidationError, match=r"17.* is not a valid UUID"):
        artist.save()

    assert on_disk(media) == files_of(Artist.objects.get().portrait.name)


def test_a_stale_child_keeps_the_newest_picture_of_its_parent(media: Path) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))
    place = Place.objects.get()
    place.photo = upload(seed=2)
    place.save()

    restaurant.name = "Inn"
    restaurant.save()

    assert Restaurant.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name, restaurant.menu.name)


def test_an_instance_without_a_picture_keeps_one_that_came_meanwhile(media: Path, transactional_db: Any) -> None:
    stale = Place.objects.create()
    fresh = Place.objects.get()
    fresh.photo = upload()
    fresh.save()

    stale.save()

    assert Place.objects.get().photo.name == fresh.photo.name


def test_replacing_one_of_two_pictures_keeps_the_newest_other(media: Path, team: Team) -> None:
    stale = Team.objects.get()
    team.banner = upload(seed=4)
    team.save()

    stale.logo = upload(seed=5)
    stale.save()

    stored = Team.objects.get()
    assert (stored.logo.name, stored.banner.name) == (stale.logo.name, team.banner.name)
    assert on_disk(media) == files_of(stored.logo.name, stored.banner.name)


def test_a_stale_instance_that_removes_lets_the_newest_picture_go(media: Path, place: Place) -> None:
    stale = Place.objects.get()
    place.photo = upload(seed=1)
    place.save()

    stale.photo = ""
    stale.save()

    assert on_disk(media) == set()


def test_the_key_of_another_row_writes_the_picture_there(media: Path, place: Place) -> None:
    other = Place.objects.create(photo=upload(seed=1))
    name = place.photo.name

    place.pk = other.pk
    place.save()

    assert set(Place.objects.values_list("photo", flat=True)) == {name}
    assert on_disk(media) == files_of(name)


def test_a_reloaded_instance_is_unchanged(recording: RecordingStorage, place: Place) -> None:
    place.photo = "somewhere/else.jpg"
    place.refresh_from_db()
    recording.calls.clear()

    with CaptureQueriesContext(connection) as captured:
        place.save()

    assert len(captured) == 1
    assert recording.calls == []


def test_a_reloaded_instance_knows_what_came_meanwhile(media: Path, place: Place) -> None:
    stale = Place.objects.get()
    place.photo = upload(seed=1)
    place.save()

    stale.refresh_from_db()
    assert stale.photo.name == place.photo.name
    assert stale.photo.instance is stale
    stale.save()

    assert on_disk(media) == files_of(place.photo.name)


def test_reloading_drops_a_file_that_was_not_saved(media: Path, place: Place) -> None:
    name = place.photo.name
    place.photo = upload(seed=1)

    place.refresh_from_db()
    place.save()

    assert place.photo.name == name
    assert on_disk(media) == files_of(name)


def test_a_deferred_picture_is_not_touched_by_a_save(recording: RecordingStorage, place: Place) -> None:
    deferred = Place.objects.only("name").get()
    deferred.name = "New Bridge"

    with CaptureQueriesContext(connection) as captured:
        deferred.save()

    assert len(captured) == 1
    assert "photo" not in captured[0]["sql"]
    assert Place.objects.get().photo.name == place.photo.name


def test_a_deferred_picture_that_was_loaded_is_unchanged(place: Place) -> None:
    deferred = Place.objects.defer("photo").get()
    assert deferred.photo.name == place.photo.name

    with CaptureQueriesContext(connection) as captured:
        deferred.save()

    assert len(captured) == 1
    assert Place.objects.get().photo.name == place.photo.name


def test_a_deferred_picture_can_be_replaced(media: Path, place: Place) -> None:
    deferred = Place.objects.defer("photo").get()

    deferred.photo = upload(seed=1)
    deferred.save()

    assert Place.objects.get().photo.name == deferred.photo.name
    assert on_disk(media) == files_of(deferred.photo.name)


def test_a_loaded_deferred_picture_does_not_bring_back_an_old_one(media: Path, place: Place) -> None:
    stale = Place.objects.defer("photo").get()
    assert stale.photo.name
    place.photo = upload(seed=1)
    place.save()

    stale.save()

    assert Place.objects.get().photo.name == place.photo.name


HAS_PEERS = hasattr(models, "FETCH_PEERS")
"""Whether this Django loads a deferred field of many rows at once: since 6.1."""


def deferred_peers() -> models.QuerySet[Place]:
    """All places without their pictures, which are loaded together where Django can."""
    rows = Place.objects.defer("photo").order_by("pk")
    return rows.fetch_mode(models.FETCH_PEERS) if HAS_PEERS else rows


def test_pictures_that_peers_fetched_are_unchanged(media: Path, place: Place) -> None:
    Place.objects.create(photo=upload(seed=1))
    one, other = deferred_peers()
    with CaptureQueriesContext(connection) as captured:
        assert one.photo.name
        assert other.photo.name
    assert len(captured) == (1 if HAS_PEERS else 2)
    other_now = Place.objects.get(pk=other.pk)
    other_now.photo = upload(seed=2)
    other_now.save()

    with CaptureQueriesContext(connection) as captured:
        other.save()

    assert len(captured) == 1
    assert Place.objects.get(pk=other.pk).photo.name == other_now.photo.name


def test_a_change_that_waits_is_not_forgotten_when_peers_fetch(media: Path, place: Place) -> None:
    Place.objects.create(photo=upload(seed=1))
    one, other = deferred_peers()
    one.photo = ""
    assert other.photo.name

    one.save()

    assert not Place.objects.get(pk=one.pk).photo
    assert on_disk(media) == files_of(other.photo.name)


def test_a_peer_whose_row_is_gone_is_left_out(place: Place) -> None:
    Place.objects.create(photo=upload(seed=1))
    one, other = deferred_peers()
    Place.objects.get(pk=one.pk).delete()

    assert other.photo.name
    with pytest.raises(Place.DoesNotExist):
        assert one.photo


def test_copies_of_an_instance_are_unchanged(recording: RecordingStorage, place: Place) -> None:
    for copied in (deepcopy(place), pickle.loads(pickle.dumps(place))):
        recording.calls.clear()
        assert copied.photo.name == place.photo.name
        assert copied.photo.instance is copied

        with CaptureQueriesContext(connection) as captured:
            copied.save()

        assert len(captured) == 1
        assert recording.calls == []


def test_a_stale_copy_does_not_bring_back_an_old_picture(place: Place) -> None:
    copies = deepcopy(place), pickle.loads(pickle.dumps(place))
    place.photo = upload(seed=1)
    place.save()

    for copied in copies:
        copied.save()

    assert Place.objects.get().photo.name == place.photo.name


def test_a_copied_file_stands_for_the_stored_one(place: Place) -> None:
    for copied in (deepcopy(place.photo), pickle.loads(pickle.dumps(place.photo))):
        assert copied == place.photo
        assert copied.url == place.photo.url
        assert not copied.is_pending


def test_a_copied_file_that_waits_stands_for_the_stored_one(place: Place) -> None:
    name = place.photo.name
    place.photo = upload(seed=1)

    copied = pickle.loads(pickle.dumps(place.photo))

    assert copied.name == name
    assert not copied.is_pending


def test_a_file_that_waits_on_no_row_is_copied_as_empty(transactional_db: None) -> None:
    assert not pickle.loads(pickle.dumps(Place(photo=upload()).photo))


def test_a_copied_instance_can_be_replaced(media: Path, place: Place) -> None:
    copied = pickle.loads(pickle.dumps(place))

    copied.photo = upload(seed=1)
    copied.save()

    assert on_disk(media) == files_of(Place.objects.get().photo.name)
