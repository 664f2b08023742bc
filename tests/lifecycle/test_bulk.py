"""Ways past `save()`: what they may write, and what is refused because nobody would process it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from django_avatars.exceptions import InvalidImage, StorageUnavailable, UnprocessedFile
from django_avatars.lifecycle.prune import Sweep
from tests.app.models import Place, Profile, Restaurant, Scrapbook, User
from tests.storing import BrokenStorage, RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

REFUSAL = (
    "app.Place.photo was given an unprocessed file in a query, which would store a name with no file behind it. "
    "Assign the file to an instance and save() that, or pass the name of a stored picture."
)


def test_bulk_create_processes_every_picture(media: Path) -> None:
    places = Place.objects.bulk_create([Place(photo=upload(seed=seed)) for seed in range(3)])

    names = set(Place.objects.values_list("photo", flat=True))
    assert names == {place.photo.name for place in places}
    assert on_disk(media) == files_of(*names)
    assert len(names) == 3


def test_rows_of_bulk_create_can_be_replaced(media: Path) -> None:
    Place.objects.bulk_create([Place(photo=upload())])
    place = Place.objects.get()

    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(place.photo.name)


def test_bulk_create_that_meets_an_unusable_file_stores_nothing(media: Path) -> None:
    with pytest.raises(InvalidImage), transaction.atomic():
        Place.objects.bulk_create([Place(photo=upload()), Place(photo=ContentFile(b"text", "x.jpg"))])

    assert on_disk(media) == set()
    assert not Place.objects.exists()


def test_bulk_create_whose_storage_fails_stores_nothing(media: Path, broken: BrokenStorage) -> None:
    broken.saves = 1

    with pytest.raises(StorageUnavailable), transaction.atomic():
        Place.objects.bulk_create([Place(photo=upload()), Place(photo=upload(seed=1))])

    assert on_disk(media) == set()
    assert not Place.objects.exists()


def test_bulk_create_that_the_database_refuses_stores_nothing(media: Path, user: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Profile.objects.bulk_create(
            [Profile(user=user, profile_pic=upload()), Profile(user=user, profile_pic=upload())]
        )

    assert on_disk(media) == set()


def test_bulk_create_refused_outside_of_a_transaction_leaves_files_to_the_sweep(media: Path, user: User) -> None:
    # Django 6.1 opens none for a single batch: there is no rollback that could be seen.
    with pytest.raises(IntegrityError):
        Profile.objects.bulk_create(
            [Profile(user=user, profile_pic=upload()), Profile(user=user, profile_pic=upload())]
        )

    with Sweep(grace=-60) as sweep:
        sweep.find()
        sweep.delete()
    assert on_disk(media) == set()
    assert not Profile.objects.exists()


def test_update_with_a_name_writes_it_and_leaves_the_old_file_to_the_sweep(media: Path, place: Place) -> None:
    old = place.photo.name

    Place.objects.update(photo="covers/bridge.jpg")

    assert Place.objects.get().photo.name == "covers/bridge.jpg"
    assert on_disk(media) == files_of(old)


def test_update_with_a_stored_picture_writes_its_name(media: Path, place: Place) -> None:
    other = Place.objects.create()

    Place.objects.filter(pk=other.pk).update(photo=place.photo)

    assert Place.objects.get(pk=other.pk).photo.name == place.photo.name


def test_update_with_a_stored_file_of_another_kind_writes_its_name(media: Path, place: Place) -> None:
    scrapbook = Scrapbook.objects.create(cover=upload())

    Place.objects.update(photo=scrapbook.cover)

    assert Place.objects.get().photo.name == scrapbook.cover.name


@pytest.mark.parametrize("kind", ["file", "pending", "pending of another kind"])
def test_update_with_an_unprocessed_file_is_refused(media: Path, place: Place, kind: str) -> None:
    old = place.photo.name
    given = {
        "file": upload(),
        "pending": Place(photo=upload()).photo,
        "pending of another kind": Scrapbook(cover=upload()).cover,
    }[kind]

    with pytest.raises(UnprocessedFile) as caught:
        Place.objects.update(photo=given)

    assert str(caught.value) == REFUSAL
    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_bulk_update_with_an_unprocessed_file_is_refused(media: Path, place: Place) -> None:
    old = place.photo.name
    place.photo = upload(seed=1)

    with pytest.raises(UnprocessedFile) as caught:
        Place.objects.bulk_update([place], ["photo"])

    assert str(caught.value) == REFUSAL
    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_bulk_update_with_names_writes_them(media: Path, place: Place) -> None:
    other = Place.objects.create()
    other.photo = place.photo.name
    place.photo = "covers/bridge.jpg"

    Place.objects.bulk_update([place, other], ["photo"])

    assert [one.photo.name for one in Place.objects.order_by("pk")] == ["covers/bridge.jpg", other.photo.name]


def test_a_name_written_past_an_instance_is_replaced_for_good(media: Path, place: Place) -> None:
    Place.objects.update(photo="covers/bridge.jpg")

    place.photo = upload(seed=1)
    place.save()

    assert Place.objects.get().photo.name == place.photo.name


def test_pictures_can_be_looked_up_by_file_and_by_name(place: Place) -> None:
    assert Place.objects.filter(photo=place.photo).get() == place
    assert Place.objects.filter(photo=place.photo.name).get() == place
    with pytest.raises(UnprocessedFile):
        Place.objects.filter(photo=upload())


def test_a_raw_save_processes_and_deletes_nothing(recording: RecordingStorage, place: Place) -> None:
    recording.calls.clear()
    place.photo = "covers/bridge.jpg"

    with CaptureQueriesContext(connection) as captured:
        place.save_base(raw=True)

    assert recording.calls == []
    assert len([query for query in captured if query["sql"].startswith("SELECT")]) == 0
    assert Place.objects.get().photo.name == "covers/bridge.jpg"


def test_a_raw_save_of_an_unprocessed_file_is_refused(recording: RecordingStorage, place: Place) -> None:
    recording.calls.clear()
    place.photo = upload(seed=1)

    with pytest.raises(UnprocessedFile):
        place.save_base(raw=True)

    assert recording.calls == []


def test_loaddata_writes_names_as_they_are(media: Path, tmp_path: Path, recording: RecordingStorage) -> None:
    restaurant = Restaurant.objects.create(name="Inn", photo=upload(), menu=upload(seed=1))
    fixture = tmp_path / "places.json"
    fixture.write_text(serializers.serialize("json", [*Place.objects.all(), *Restaurant.objects.all()]))
    Restaurant.objects.update(menu="", name="")
    before = on_disk(media)
    recording.calls.clear()

    call_command("loaddata", str(fixture), verbosity=0)

    stored = Restaurant.objects.get()
    assert (stored.photo.name, stored.menu.name) == (restaurant.photo.name, restaurant.menu.name)
    assert recording.calls == []
    assert on_disk(media) == before


def test_a_serialized_picture_is_its_name(place: Place) -> None:
    (row,) = json.loads(serializers.serialize("json", [place]))

    assert row["fields"]["photo"] == place.photo.name


def test_values_of_a_form_field_that_was_left_alone_change_nothing(recording: RecordingStorage, place: Place) -> None:
    # What a ModelForm does with a file input that nobody used: it assigns the initial value.
    recording.calls.clear()
    field: Any = Place._meta.get_field("photo")
    field.save_form_data(place, place.photo)

    with CaptureQueriesContext(connection) as captured:
        place.save()

    assert len(captured) == 1
    assert recording.calls == []


def test_bulk_create_of_rows_without_pictures_asks_no_storage(
    recording: RecordingStorage, transactional_db: None
) -> None:
    Place.objects.bulk_create([Place(name="one"), Place(name="two", photo="covers/two.jpg")])

    assert recording.calls == []
    assert [place.photo.name for place in Place.objects.order_by("name")] == ["", "covers/two.jpg"]


def test_a_database_in_a_query_is_asked_once_for_many_new_rows(media: Path) -> None:
    with CaptureQueriesContext(connection) as captured:
        Place.objects.bulk_create([Place(photo=upload(seed=seed)) for seed in range(3)])

    assert len([query for query in captured if query["sql"].startswith("INSERT")]) == 1


def test_a_deleted_row_that_is_inserted_again_has_no_picture(media: Path, place: Place) -> None:
    place.delete()
    Place.objects.bulk_create([place])

    assert Place.objects.get().photo == ""


def test_a_row_that_was_deleted_elsewhere_is_inserted_without_its_picture(media: Path, place: Place) -> None:
    stale = Place.objects.get()
    place.delete()

    Place.objects.bulk_create([stale])

    assert Place.objects.get().photo.name == stale.photo.name == ""


def test_a_picture_that_another_row_has_is_inserted_as_long_as_it_is_there(media: Path, place: Place) -> None:
    copy, late = Place(photo=place.photo), Place(photo=place.photo)
    Place.objects.bulk_create([copy])
    Place.objects.get(pk=place.pk).delete()
    assert Place.objects.get().photo.name == copy.photo.name
    assert on_disk(media) == files_of(copy.photo.name)

    Place.objects.all()._raw_delete("default")
    (media / str(copy.photo.name)).unlink()
    Place.objects.bulk_create([late])

    assert Place.objects.get().photo.name == ""


def test_rows_may_be_inserted_while_another_one_is_saved(media: Path, place: Place) -> None:
    def insert(**kwargs: object) -> None:
        post_save.disconnect(insert, sender=Place)
        Place.objects.bulk_create([Place(name="second", photo=upload(seed=2))])

    post_save.connect(insert, sender=Place, weak=False)
    place.photo = upload(seed=1)
    place.save()

    second = Place.objects.get(name="second")
    assert [one.photo.storage.exists(one.photo.name or "") for one in (place, second)] == [True, True]


@pytest.mark.parametrize("has_picture", [False, True])
def test_what_bulk_create_has_inserted_leaves_a_newer_picture_alone(
    has_picture: bool, media: Path, django_assert_num_queries: Any
) -> None:
    (stale,) = Place.objects.bulk_create([Place(name="Rome", photo=upload() if has_picture else "")])
    sharing = Place.objects.create(photo=Place.objects.get().photo)  # keeps the old files
    newest = Place.objects.get(pk=stale.pk)
    newest.photo = upload(seed=1)
    newest.save()

    stale.name = "Roma"
    stale.save()

    assert Place.objects.get(pk=stale.pk).photo.name == newest.photo.name == stale.photo.name
    assert on_disk(media) == files_of(newest.photo.name, sharing.photo.name)
    with django_assert_num_queries(1):  # from then on it is known what the row holds
        stale.save()


@pytest.mark.parametrize(
    "conflicts", [{"ignore_conflicts": True}, {"update_conflicts": True, "update_fields": ["name"]}], ids=str
)
def test_what_bulk_create_has_not_inserted_is_still_to_be_saved(
    conflicts: dict[str, Any], place: Place, media: Path
) -> None:
    other = Place(pk=place.pk, name="Roma", photo=upload(seed=1))
    if "update_fields" in conflicts:
        conflicts = {**conflicts, "unique_fields": ["id"]}
    Place.objects.bulk_create([other], **conflicts)
    assert Place.objects.get().photo.name == place.photo.name

    other.save()

    assert Place.objects.get().photo.name == other.photo.name
    assert on_disk(media) == files_of(other.photo.name)


# Somebody asks for the value of the column without a save, to serialize an instance


def value_alone(place: Place) -> str:
    """As django-modelcluster asks, and so Wagtail."""
    return str(Place._meta.get_field("photo").pre_save(place, add=False))


def test_a_new_picture_whose_value_was_asked_for_is_still_to_be_saved(place: Place, media: Path) -> None:
    place.photo = upload(seed=1)

    value = value_alone(place)
    assert Place.objects.get().photo.name != value

    place.save()
    assert Place.objects.get().photo.name == value
    assert on_disk(media) == files_of(value)


def test_a_removal_before_which_the_value_was_asked_for_is_still_to_be_saved(place: Place, media: Path) -> None:
    place.photo = ""

    assert value_alone(place) == ""

    place.save()
    assert Place.objects.get().photo.name == ""
    assert on_disk(media) == set()


def test_whoever_asks_for_the_value_of_a_stale_instance_changes_nothing(place: Place, media: Path) -> None:
    stale = Place.objects.get()
    place.photo = upload(seed=1)
    place.save()

    assert value_alone(stale) == stale.photo.name != ""

    stale.name = "Roma"
    stale.save()
    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)
