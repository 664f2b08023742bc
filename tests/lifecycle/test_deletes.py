"""Pictures go with their rows, once, whatever the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models.signals import pre_delete
from django.test.utils import CaptureQueriesContext

from tests.app.models import Artist, Bistro, Cafe, Member, Person, Place, Profile, ProxyProfile, Restaurant, Team, User
from tests.storing import RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def test_a_deferred_picture_goes_with_its_row_and_is_not_fetched_for_that(media: Path, place: Place) -> None:
    Place.objects.create(pk=place.pk + 1, photo=upload(seed=1))
    counts = []
    for row in (Place.objects.first(), Place.objects.defer("photo").last()):
        assert row
        with CaptureQueriesContext(connection) as captured:
            row.delete()
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert on_disk(media) == set()


def test_an_instance_takes_its_pictures_with_it(media: Path, team: Team) -> None:
    other = Team.objects.create(logo=upload(seed=7))

    team.delete()

    assert on_disk(media) == files_of(other.logo.name)


def test_a_queryset_takes_all_pictures_with_it(media: Path) -> None:
    for seed in range(3):
        Place.objects.create(photo=upload(seed=seed))
    assert len(on_disk(media)) == 3

    Place.objects.all().delete()

    assert on_disk(media) == set()


def test_a_cascade_takes_pictures_with_it(media: Path, team: Team) -> None:
    Member.objects.create(team=team, photo=upload(seed=2))
    Member.objects.create(team=team)

    team.delete()

    assert on_disk(media) == set()
    assert not Member.objects.exists()


def test_a_user_takes_the_picture_of_the_profile(media: Path, profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()

    get_user_model().objects.get().delete()

    assert on_disk(media) == set()


def test_a_proxy_deletes_files_once(recording: RecordingStorage, profile: Profile, media: Path) -> None:
    profile.profile_pic = upload()
    profile.save()
    files = files_of(profile.profile_pic.name)

    ProxyProfile.objects.get().delete()

    assert sorted(recording.of("delete")) == sorted(files)
    assert on_disk(media) == set()


def test_a_proxy_replaces(media: Path, profile: Profile) -> None:
    proxy = ProxyProfile.objects.get()
    proxy.profile_pic = upload()
    proxy.save()
    proxy.profile_pic = upload(seed=1)
    proxy.save()

    assert on_disk(media) == files_of(Profile.objects.get().profile_pic.name)


def test_a_child_deletes_its_own_picture_and_its_parents_once(recording: RecordingStorage, media: Path) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))
    files = files_of(restaurant.photo.name, restaurant.menu.name)
    assert on_disk(media) == files

    restaurant.delete()

    assert sorted(recording.of("delete")) == sorted(files)
    assert on_disk(media) == set()


def test_a_parent_deletes_the_pictures_of_its_child(recording: RecordingStorage, media: Path) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))
    files = files_of(restaurant.photo.name, restaurant.menu.name)

    Place.objects.get().delete()

    assert sorted(recording.of("delete")) == sorted(files)
    assert on_disk(media) == set()


def test_a_child_without_a_picture_of_its_own_deletes_its_parents(media: Path) -> None:
    cafe = Cafe.objects.create(photo=upload())
    cafe.photo = upload(seed=1)
    cafe.save()
    assert on_disk(media) == files_of(cafe.photo.name)

    cafe.delete()

    assert on_disk(media) == set()


def test_a_grandchild_takes_every_picture_with_it(media: Path) -> None:
    Bistro.objects.create(photo=upload(), menu=upload(seed=1))

    Bistro.objects.get().delete()

    assert on_disk(media) == set()


def test_a_child_that_leaves_its_parent_leaves_its_picture(media: Path) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))

    restaurant.delete(keep_parents=True)

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_a_child_replaces_both_pictures(media: Path) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))

    restaurant.photo, restaurant.menu = upload(seed=2), upload(seed=3)
    restaurant.save()

    stored = Restaurant.objects.get()
    assert (stored.photo.name, stored.menu.name) == (restaurant.photo.name, restaurant.menu.name)
    assert on_disk(media) == files_of(stored.photo.name, stored.menu.name)


def test_a_child_made_of_a_parent_that_exists_replaces_its_picture(media: Path, place: Place) -> None:
    restaurant = Restaurant(place_ptr=place, name="Bridge Inn", photo=upload(seed=1), menu=upload(seed=2))

    restaurant.save()

    assert Place.objects.get().photo.name == restaurant.photo.name
    assert on_disk(media) == files_of(restaurant.photo.name, restaurant.menu.name)


def test_the_parent_of_a_child_replaces_its_picture(media: Path) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))
    place = Place.objects.get()

    place.photo = upload(seed=2)
    place.save()

    assert on_disk(media) == files_of(place.photo.name, restaurant.menu.name)


def test_an_abstract_base_is_as_the_model_itself(media: Path) -> None:
    person = Person.objects.create(username="Zoë", picture=upload())
    assert person.picture.stored_name.startswith("avatars/zoe/")
    person.picture = upload(seed=1)
    person.save()
    assert on_disk(media) == files_of(person.picture.name)

    person.delete()

    assert on_disk(media) == set()


def test_a_deferred_picture_goes_too(media: Path, place: Place) -> None:
    Place.objects.defer("photo").get().delete()

    assert on_disk(media) == set()


def test_what_the_row_names_goes_not_what_the_instance_remembers(media: Path, place: Place) -> None:
    stale = Place.objects.get()
    place.photo = upload(seed=1)
    place.save()

    stale.delete()

    assert on_disk(media) == set()


def test_an_instance_with_a_new_file_deletes_the_stored_one(media: Path, place: Place) -> None:
    place.photo = upload(seed=1)

    place.delete()

    assert on_disk(media) == set()


def test_an_instance_without_a_row_deletes_nothing(media: Path, place: Place) -> None:
    other = Artist(portrait=place.photo.name)

    other.delete()

    assert on_disk(media) == files_of(place.photo.name)


def test_rows_without_pictures_ask_no_storage(recording: RecordingStorage, transactional_db: Any) -> None:
    Place.objects.create(name="nowhere").delete()

    assert recording.calls == []


def test_a_picture_that_a_receiver_saves_on_a_row_that_is_deleted_goes_too(media: Path, place: Place) -> None:
    def give_picture(instance: Place, **kwargs: Any) -> None:
        instance.photo = upload(seed=5)
        instance.save()

    pre_delete.connect(give_picture, sender=Place)  # after ours
    try:
        place.delete()
    finally:
        pre_delete.disconnect(give_picture, sender=Place)

    assert place.photo.name
    assert on_disk(media) == set()
    place.save()  # as a new row, which names no files that are gone
    assert Place.objects.get().photo.name == ""


def test_what_a_receiver_saves_on_other_instances_goes_only_with_the_row(media: Path, place: Place) -> None:
    other = Place.objects.create()

    def give_pictures(instance: Place, **kwargs: Any) -> None:
        for seed, row in enumerate(Place.objects.all(), start=5):
            row.photo = upload(seed=seed)
            row.save()

    pre_delete.connect(give_pictures, sender=Place)
    try:
        place.delete()
    finally:
        pre_delete.disconnect(give_pictures, sender=Place)

    other.refresh_from_db()
    assert on_disk(media) == files_of(other.photo.name) != set()


def test_a_deleted_row_is_gone_for_a_new_one_with_its_key(media: Path, place: Place) -> None:
    key = place.pk
    place.delete()

    again = Place.objects.create(pk=key, photo=upload(seed=1))

    assert on_disk(media) == files_of(again.photo.name)


def test_users_without_a_profile_can_be_deleted(user: User) -> None:
    user.delete()

    assert not User.objects.exists()


def test_a_deleted_instance_that_is_saved_again_names_no_files_that_are_gone(media: Path, place: Place) -> None:
    place.photo = upload()
    place.save()
    name = place.photo.name

    place.delete()
    assert place.photo.name == name
    place.save()

    assert Place.objects.get().photo.name == ""
    assert place.photo.name == ""
    assert on_disk(media) == set()


def test_a_row_deleted_and_made_again_in_one_transaction_keeps_its_picture(media: Path, place: Place) -> None:
    place.photo = upload()
    place.save()

    with transaction.atomic():
        place.delete()
        place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_deleted_instance_can_have_a_new_picture(media: Path, place: Place) -> None:
    place.photo = upload()
    place.save()

    place.delete()
    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_the_file_of_a_deleted_instance_can_save_a_new_picture(media: Path, place: Place) -> None:
    place.photo = upload()
    place.save()

    place.delete()
    place.photo.save("new.jpg", upload(seed=1))

    assert on_disk(media) == files_of(Place.objects.get().photo.name) != set()


def test_another_row_cannot_take_over_the_picture_of_a_deleted_instance(media: Path, place: Place) -> None:
    place.delete()

    other = Place.objects.create(photo=place.photo)

    assert not other.photo
    assert Place.objects.get().photo.name == ""


def test_a_deleted_instance_that_is_saved_again_keeps_what_another_row_names(media: Path, place: Place) -> None:
    name = place.photo.name
    Place.objects.create(photo=name)

    place.delete()
    place.save()

    assert Place.objects.get(pk=place.pk).photo.name == name
    assert on_disk(media) == files_of(name)


def test_a_picture_that_is_assigned_before_the_delete_commits_is_not_gone(media: Path, place: Place) -> None:
    with transaction.atomic():
        place.delete()
        place.photo = upload(seed=1)
    place.save()

    assert place.photo.name
    assert on_disk(media) == files_of(Place.objects.get().photo.name)
