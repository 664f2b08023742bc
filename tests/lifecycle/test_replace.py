"""A new picture for an old one: what is stored, what is let go, and what it costs."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from PIL import Image

from django_avatars.exceptions import InvalidImage
from django_avatars.lifecycle import references
from tests import pictures
from tests.app.models import Artist, Country, Place, Profile, Team, User
from tests.storing import RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def queries(captured: CaptureQueriesContext) -> list[str]:
    """The statements that are about rows."""
    verbs = ("SELECT", "INSERT", "UPDATE", "DELETE")
    return [query["sql"] for query in captured if query["sql"].lstrip("(").startswith(verbs)]


def test_creating_a_row_writes_exactly_one_file_a_size(media: Path, jpeg: bytes) -> None:
    team = Team.objects.create(logo=ContentFile(jpeg, "holiday.jpg"))

    assert team.logo.sizes == (512, 256, 128, 64)
    assert on_disk(media) == files_of(team.logo.name)
    assert len(on_disk(media)) == 4
    assert Team.objects.get().logo.name == team.logo.name


def test_replacing_deletes_exactly_the_old_files(media: Path, team: Team) -> None:
    old_logo, banner = team.logo.name, team.banner.name
    (media / "avatars/foreign.webp").write_bytes(b"not ours")

    team.logo = upload(seed=2)
    team.save()

    assert team.logo.name != old_logo
    assert Team.objects.get().logo.name == team.logo.name
    assert on_disk(media) == files_of(team.logo.name, banner) | {"avatars/foreign.webp"}


def test_what_was_uploaded_is_what_is_stored(place: Place) -> None:
    place.photo = ContentFile(pictures.saved(pictures.quadrants(80, 80)), "colors.png")
    place.save()

    with Place.objects.get().photo.open() as file, Image.open(file) as image:
        assert (image.format, image.size) == ("WEBP", (64, 64))
        red, _, blue = image.convert("RGB").getpixel((60, 8))  # type: ignore[misc]
        assert red < 90
        assert blue < 110


def test_storage_is_only_asked_to_write_and_to_delete(recording: RecordingStorage, place: Place) -> None:
    old = place.photo.name
    recording.calls.clear()

    place.photo = upload(seed=2)
    place.save()

    assert recording.calls == [("save", place.photo.name), ("delete", old)]


def test_a_storage_that_is_looked_at_would_tell(recording: RecordingStorage, place: Place) -> None:
    recording.calls.clear()

    place.photo.open().close()
    recording.listdir("avatars")

    assert recording.calls == [("open", place.photo.name), ("listdir", "avatars")]


def test_two_pictures_of_a_row_are_replaced_together(recording: RecordingStorage, team: Team, media: Path) -> None:
    old = files_of(team.logo.name, team.banner.name)
    recording.calls.clear()

    team.logo, team.banner = upload(seed=2), upload(seed=3)
    team.save()

    new = files_of(team.logo.name, team.banner.name)
    assert sorted(recording.of("save")) == sorted(new)
    assert sorted(recording.of("delete")) == sorted(old)
    assert recording.of("open") == recording.of("listdir") == []
    assert on_disk(media) == new


def test_an_untouched_save_is_one_query_and_no_storage_call(recording: RecordingStorage, team: Team) -> None:
    team = Team.objects.get()
    recording.calls.clear()

    team.name = "Blues"
    with CaptureQueriesContext(connection) as captured:
        team.save()

    assert [query["sql"].split()[0] for query in captured] == ["UPDATE"]
    assert recording.calls == []
    assert Team.objects.get().name == "Blues"


def test_a_row_just_created_is_saved_again_in_one_query(team: Team) -> None:
    with CaptureQueriesContext(connection) as captured:
        team.save()

    assert [query["sql"].split()[0] for query in captured] == ["UPDATE"]


def test_a_row_without_a_picture_is_created_and_saved_in_one_query_each(transactional_db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        team = Team.objects.create(name="Reds")
        team.save()

    assert [query["sql"].split()[0] for query in captured] == ["INSERT", "UPDATE"]


def test_a_replace_is_a_lock_a_save_and_a_count_of_references(place: Place) -> None:
    place.photo = upload(seed=1)

    with CaptureQueriesContext(connection) as captured:
        place.save()

    is_locking = connection.features.has_select_for_update
    selects = [sql for sql in queries(captured) if sql.lstrip("(").startswith("SELECT")]
    updates = [sql for sql in queries(captured) if sql.startswith("UPDATE")]
    assert selects[0].endswith("FOR UPDATE") is is_locking
    assert len(updates) == (1 if is_locking else 2)
    columns = sum(1 for field in references.fields() if "default" in references.databases(field.model))
    counts = [sql for sql in selects if " IN (" in sql]
    assert [sql.count(" IN (") for sql in counts] == [columns]  # one statement: one moment


def test_the_old_name_is_read_under_a_lock_before_the_row_is_written(place: Place) -> None:
    place.photo = upload(seed=1)

    with CaptureQueriesContext(connection) as captured:
        place.save()

    statements = [query["sql"].split()[0] for query in captured]
    first = "SELECT" if connection.features.has_select_for_update else "UPDATE"
    assert statements[:2] == ["BEGIN", first]


def test_the_same_bytes_again_are_a_new_picture(media: Path, place: Place) -> None:
    old = place.photo.name

    place.photo = upload()
    place.save()

    assert place.photo.name != old
    assert on_disk(media) == files_of(place.photo.name)


def test_the_same_file_object_again_is_a_new_picture(media: Path, place: Place) -> None:
    file = upload(seed=1)
    place.photo = file
    place.save()
    first = place.photo.name

    place.photo = file
    place.save()

    assert place.photo.name != first
    assert on_disk(media) == files_of(place.photo.name)


def test_two_rows_of_the_same_file_object_share_nothing(media: Path) -> None:
    file = upload()

    one, other = Place.objects.create(photo=file), Place.objects.create(photo=file)

    assert one.photo.name != other.photo.name
    assert on_disk(media) == files_of(one.photo.name, other.photo.name)


@pytest.mark.parametrize("empty", ["", None])
def test_assigning_nothing_removes_the_picture(media: Path, place: Place, empty: str | None) -> None:
    place.photo = empty
    place.save()

    assert not place.photo
    assert Place.objects.values_list("photo", flat=True).get() == ""
    assert on_disk(media) == set()


def test_delete_of_the_file_removes_the_picture(media: Path, place: Place) -> None:
    place.photo.delete()

    assert not Place.objects.get().photo
    assert on_disk(media) == set()


def test_delete_of_the_file_can_wait_for_a_save(media: Path, place: Place) -> None:
    name = place.photo.name

    place.photo.delete(save=False)

    assert not place.photo
    assert on_disk(media) == files_of(name)
    place.save()
    assert on_disk(media) == set()


def test_delete_of_no_file_does_nothing(transactional_db: None) -> None:
    place = Place.objects.create()

    with CaptureQueriesContext(connection) as captured:
        place.photo.delete()

    assert len(captured) == 0


def test_delete_of_an_opened_file_closes_it(place: Place) -> None:
    file = place.photo.open().file

    place.photo.delete()

    assert file.closed


def test_save_of_the_file_replaces_at_once(media: Path, place: Place) -> None:
    place.photo.save("me.png", upload(seed=1))

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_save_of_the_file_can_wait_for_a_save(media: Path, place: Place) -> None:
    old = place.photo.name

    place.photo.save("me.jpg", upload(seed=1), save=False)

    assert place.photo.is_pending
    assert on_disk(media) == files_of(old)
    place.save()
    assert on_disk(media) == files_of(place.photo.name)
    assert place.photo.name != old


def test_nothing_is_stored_for_what_was_never_saved(media: Path) -> None:
    place = Place(photo=upload())

    assert place.photo.is_pending
    assert on_disk(media) == set()


@pytest.mark.parametrize("assigned", [ContentFile(b"not a picture", "x.jpg"), ContentFile(b"", "x.jpg")])
def test_a_refused_file_changes_nothing(
    recording: RecordingStorage, place: Place, media: Path, assigned: ContentFile[bytes]
) -> None:
    name, before = place.photo.stored_name, (media / place.photo.stored_name).read_bytes()
    recording.calls.clear()
    place.name, place.photo = "New Bridge", assigned

    with pytest.raises(InvalidImage), CaptureQueriesContext(connection) as captured:
        place.save()

    assert len(captured) == 0
    assert recording.calls == []
    assert Place.objects.get().photo.name == name
    assert Place.objects.get().name == "Old Bridge"
    assert (media / name).read_bytes() == before


def test_the_second_of_two_files_is_refused_before_the_first_is_written(
    recording: RecordingStorage, team: Team
) -> None:
    recording.calls.clear()
    team.logo, team.banner = upload(seed=4), ContentFile(b"GIF89a", "x.gif")

    with pytest.raises(InvalidImage):
        team.save()

    assert recording.calls == []


def test_files_are_written_before_the_transaction_opens(place: Place, recording: RecordingStorage) -> None:
    during: list[bool] = []
    ours = connections["default"]  # a storage may be called from another thread, which has connections of its own
    recording.on_save = lambda: during.append(ours.in_atomic_block)

    place.photo = upload(seed=1)
    place.save()

    assert during == [False]


def test_old_files_go_after_the_commit(place: Place, recording: RecordingStorage) -> None:
    during: list[bool] = []
    ours = connections["default"]
    recording.on_delete = lambda: during.append(ours.in_atomic_block)

    place.photo = upload(seed=1)
    place.save()

    assert during == [False]


def test_update_fields_of_others_stores_nothing_of_a_new_file(media: Path, place: Place) -> None:
    old = place.photo.name
    place.name, place.photo = "New Bridge", upload(seed=1)

    place.save(update_fields=["name"])

    assert on_disk(media) == files_of(old)
    assert Place.objects.get().photo.name == old
    assert Place.objects.get().name == "New Bridge"
    assert place.photo.is_pending
    place.save()
    assert on_disk(media) == files_of(place.photo.name)


def test_update_fields_of_the_picture_replaces_it(media: Path, place: Place) -> None:
    place.photo = upload(seed=1)

    place.save(update_fields=["photo"])

    assert on_disk(media) == files_of(place.photo.name)
    assert Place.objects.get().photo.name == place.photo.name


def test_a_name_is_taken_as_it_is(media: Path, place: Place) -> None:
    place.photo = "covers/bridge.jpg"

    place.save()

    assert Place.objects.get().photo.name == "covers/bridge.jpg"
    assert on_disk(media) == set()


def test_a_foreign_file_stays_when_it_is_replaced(media: Path) -> None:
    (media / "covers").mkdir()
    (media / "covers/bridge.jpg").write_bytes(b"jpeg")
    place = Place.objects.create(photo="covers/bridge.jpg")

    place.photo = upload()
    place.save()

    assert on_disk(media) == files_of(place.photo.name) | {"covers/bridge.jpg"}


def test_a_default_is_shown_and_never_deleted(media: Path) -> None:
    (media / "defaults").mkdir()
    (media / "defaults/flag.png").write_bytes(b"png")
    country = Country.objects.create(name="Utopia")
    assert country.flag.name == "defaults/flag.png"

    country.flag = upload()
    country.save()
    country.flag = None
    country.save()
    country.delete()

    assert on_disk(media) == {"defaults/flag.png"}


def test_null_in_the_column_is_an_empty_picture(transactional_db: None, media: Path) -> None:
    Country.objects.bulk_create([Country(name="Erewhon")])
    Country.objects.update(flag=None)
    country = Country.objects.get()

    assert not country.flag
    country.flag = upload()
    country.save()
    assert on_disk(media) == files_of(country.flag.name)


def test_a_key_that_is_known_before_the_row_makes_the_folder(media: Path) -> None:
    artist = Artist.objects.create(portrait=upload())
    first = artist.portrait.name

    artist.portrait = upload(seed=1)
    artist.save()

    assert str(first).rpartition("/")[0] == artist.portrait.stored_name.rpartition("/")[0]
    assert on_disk(media) == files_of(artist.portrait.name)


def test_a_row_that_exists_is_replaced_by_an_instance_made_by_hand(media: Path, place: Place) -> None:
    by_hand = Place(pk=place.pk, name="By hand", photo=upload(seed=1))

    by_hand.save()

    assert Place.objects.get().photo.name == by_hand.photo.name
    assert on_disk(media) == files_of(by_hand.photo.name)


def test_force_insert_asks_for_no_old_row(transactional_db: None) -> None:
    artist = Artist(portrait=upload())

    with CaptureQueriesContext(connection) as captured:
        artist.save(force_insert=True)

    assert [sql.split()[0] for sql in queries(captured)] == ["INSERT"]


def test_get_or_create_stores_a_picture_once(media: Path, user: User) -> None:
    profile, is_new = Profile.objects.get_or_create(user=user, defaults={"profile_pic": upload()})
    again, is_new_again = Profile.objects.get_or_create(user=user, defaults={"profile_pic": upload(seed=1)})

    assert (is_new, is_new_again) == (True, False)
    assert again.profile_pic.name == profile.profile_pic.name
    assert on_disk(media) == files_of(profile.profile_pic.name)


def test_update_or_create_replaces(media: Path, user: User) -> None:
    Profile.objects.update_or_create(user=user, defaults={"profile_pic": upload()})
    profile, is_new = Profile.objects.update_or_create(user=user, defaults={"profile_pic": upload(seed=1)})

    assert not is_new
    assert Profile.objects.get().profile_pic.name == profile.profile_pic.name
    assert on_disk(media) == files_of(profile.profile_pic.name)


def test_replacing_twice_in_a_row_leaves_the_last(media: Path, place: Place) -> None:
    for seed in (1, 2, 3):
        place.photo = upload(seed=seed)
        place.save()

    assert on_disk(media) == files_of(place.photo.name)
    assert Place.objects.get().photo.name == place.photo.name
