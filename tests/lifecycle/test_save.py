"""A save of a row with a picture does what Django's does, in Django's order."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models, transaction
from django.db.models.signals import pre_save
from django.test.utils import CaptureQueriesContext
from django.utils.datastructures import MultiValueDict

from django_avatars import naming
from django_avatars.exceptions import StorageUnavailable
from tests.app.models import Badge, Place, Placed, PlacedFile, Post, Restaurant, Team
from tests.storing import BrokenStorage, RecordingStorage, files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def before_save() -> Iterator[Callable[..., None]]:
    """Connects receivers of `pre_save` until the end of the test."""
    connected: list[Any] = []

    def connect(receiver: Any, sender: type[models.Model]) -> None:
        connected.append((receiver, sender))
        pre_save.connect(receiver, sender=sender, weak=False)

    yield connect
    for receiver, sender in connected:
        pre_save.disconnect(receiver, sender=sender)


class OnceOnly(io.RawIOBase):
    """A stream that cannot go back, such as the answer of a web server."""

    def __init__(self, data: bytes) -> None:
        self.rest = io.BytesIO(data)
        self.taken = 0

    def seekable(self) -> bool:
        return False

    def read(self, size: int = -1) -> bytes:
        data = self.rest.read(size)
        self.taken += len(data)
        return data


# What the save prepares


def test_a_folder_may_depend_on_what_the_save_prepares(media: Path, before_save: Any) -> None:
    before_save(lambda instance, **kwargs: setattr(instance, "slug", "jane"), Post)

    post = Post.objects.create(picture=upload())

    assert (post.picture.name or "").startswith(f"avatars/posts/{datetime.now(UTC):%Y}/jane/")
    assert on_disk(media) == files_of(post.picture.name)


def test_such_a_picture_is_replaced_and_removed_like_any_other(media: Path) -> None:
    post = Post.objects.create(slug="a", picture=upload())
    post.slug, post.picture = "b", upload(seed=1)
    post.save()

    assert "/b/" in (post.picture.name or "")
    assert on_disk(media) == files_of(post.picture.name)
    post.picture.delete()
    assert on_disk(media) == set()


def test_such_files_are_written_inside_a_transaction_of_the_project_and_taken_back_with_it(media: Path) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        Post.objects.create(slug="a", picture=upload())
        assert len(on_disk(media)) == 1
        raise ZeroDivisionError

    assert on_disk(media) == set()


def test_a_storage_that_fails_in_the_middle_of_a_save_leaves_the_transaction_of_the_project(
    broken: BrokenStorage,
) -> None:
    post = Post.objects.create(slug="a")
    broken.saves = 0
    post.picture = upload()
    with transaction.atomic():
        with pytest.raises(StorageUnavailable):
            post.save()
        Post.objects.update(slug="still works")

    assert Post.objects.get().slug == "still works"


def test_a_receiver_may_rename_the_upload(media: Path, before_save: Any, place: Place) -> None:
    def rename(instance: Place, **kwargs: Any) -> None:
        instance.photo.name = "people/jane.jpg"

    before_save(rename, Place)
    place.photo = upload(seed=1)
    place.save()

    assert naming.parse(Place.objects.get().photo.name or "")
    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_a_receiver_may_assign_another_picture(media: Path, before_save: Any, heard: list[dict[str, Any]]) -> None:
    place = Place.objects.create(name="Old Bridge", photo=upload())
    heard.clear()
    other = upload(seed=2)

    def swap(instance: Place, **kwargs: Any) -> None:
        instance.photo = other

    before_save(swap, Place)
    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(Place.objects.get().photo.name)
    assert [one["name"] for one in heard] == [place.photo.name]


@pytest.mark.parametrize("within", [True, False])
def test_a_receiver_may_assign_the_first_picture_of_a_save(
    media: Path, before_save: Any, place: Place, within: bool
) -> None:
    before_save(lambda instance, **kwargs: setattr(instance, "photo", upload(seed=1)), Place)

    if within:
        with transaction.atomic():
            place.save()
    else:
        place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_receiver_may_remove_the_picture(media: Path, before_save: Any, place: Place) -> None:
    def clear(instance: Place, **kwargs: Any) -> None:
        instance.photo = ""

    before_save(clear, Place)
    place.photo = upload(seed=1)
    place.save()

    assert not Place.objects.get().photo
    assert on_disk(media) == set()


def test_a_receiver_may_change_the_picture_of_a_child(media: Path, before_save: Any) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))
    before_save(lambda instance, **kwargs: setattr(instance, "menu", upload(seed=2)), Restaurant)

    restaurant.save()

    stored = Restaurant.objects.get()
    assert on_disk(media) == files_of(stored.photo.name, stored.menu.name)


def test_a_receiver_may_save_another_row(media: Path, before_save: Any, place: Place) -> None:
    team = Team.objects.create()

    def also(instance: Place, **kwargs: Any) -> None:
        team.logo = upload(seed=2)
        team.save()

    before_save(also, Place)
    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(Place.objects.get().photo.name, Team.objects.get().logo.name)


# Validation


@pytest.mark.parametrize("name", ["picture", "other"])
def test_a_new_picture_is_found_to_be_unique(media: Path, name: str) -> None:
    Badge.objects.create(picture=upload(), other=upload(seed=1))
    badge = Badge(**{"picture": upload(seed=2), name: upload(seed=3)})
    badge.full_clean()
    badge.save()

    form = forms.modelform_factory(Badge, fields=[name])(
        {},
        MultiValueDict({name: [SimpleUploadedFile("a.jpg", upload(seed=4).read())]}),
        instance=Badge(picture=upload(seed=5)),
    )
    assert form.is_valid(), form.errors
    assert getattr(form.save(), name)


def test_a_picture_that_another_row_has_is_found_not_to_be_unique() -> None:
    first = Badge.objects.create(picture=upload())

    with pytest.raises(ValidationError) as caught:
        Badge(picture=first.picture).full_clean()

    assert caught.value.error_dict["picture"][0].code == "unique"


def test_uniqueness_can_be_asked_before_the_folder_is_known() -> None:
    assert not Post.objects.filter(picture=Post(picture=upload()).picture).exists()


# Rows that are not what the instance thinks


def test_a_new_instance_with_the_key_of_a_row_replaces_its_picture(media: Path, place: Place) -> None:
    Place(pk=place.pk, photo=upload(seed=1)).save()

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


@pytest.mark.parametrize("touched", [True, False])
def test_a_row_that_was_deleted_elsewhere_comes_back_without_a_picture(
    media: Path, place: Place, touched: bool, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = Place.objects.get()
    Place.objects.get().delete()

    loaded.name = "New Bridge"
    if touched:
        loaded.photo = upload(seed=1)
    loaded.save()

    assert Place.objects.get().name == "New Bridge"
    assert bool(Place.objects.get().photo) is touched
    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_a_row_that_was_deleted_past_us_comes_back_with_its_picture(media: Path, place: Place) -> None:
    loaded = Place.objects.get()
    Place.objects.all()._raw_delete("default")

    loaded.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_row_does_not_go_back_to_a_picture_that_is_gone(media: Path, place: Place) -> None:
    first = place.photo.name
    place.photo = upload(seed=1)
    place.save()

    Place(pk=place.pk, name="as it was", photo=first).save()

    stored = Place.objects.get()
    assert (stored.name, stored.photo.name) == ("as it was", place.photo.name)
    assert on_disk(media) == files_of(place.photo.name)


def test_a_row_may_go_back_to_a_picture_that_is_there(media: Path, place: Place) -> None:
    """Such as one whose files were put back from a backup."""
    first = place.photo.name or ""
    kept = {name: (media / name).read_bytes() for name in files_of(first)}
    place.photo = upload(seed=1)
    place.save()
    for name, data in kept.items():
        (media / name).write_bytes(data)

    Place(pk=place.pk, photo=first).save()

    assert Place.objects.get().photo.name == first
    assert on_disk(media) == files_of(first)


def test_a_storage_that_cannot_say_takes_no_picture_away(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = place.photo.name
    place.photo = upload(seed=1)
    place.save()

    def fail(self: Any, name: str) -> bool:
        raise OSError

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.exists", fail)
    with caplog.at_level(logging.WARNING, "django_avatars"):
        Place(pk=place.pk, photo=first).save()

    assert Place.objects.get().photo.name == first
    assert caplog.messages == ["Whether a picture is there could not be asked (OSError)."]


def test_a_foreign_name_is_written_as_it_is(recording: RecordingStorage, place: Place) -> None:
    place.photo = "defaults/bridge.png"
    recording.calls.clear()
    place.save()

    assert Place.objects.get().photo.name == "defaults/bridge.png"
    assert recording.of("exists") == []


# From column to column


def test_a_picture_taken_from_another_model_is_locked_where_it_comes_from(media: Path, place: Place) -> None:
    team = Team.objects.create()
    team.logo = place.photo
    with CaptureQueriesContext(connection) as captured:
        team.save()

    asked = [query["sql"] for query in captured if "app_place" in query["sql"]]
    assert len(asked) == (1 if connection.features.has_select_for_update else 2)
    assert Team.objects.get().logo.name == place.photo.name


def test_a_name_that_a_row_of_another_model_holds_may_be_taken_over(media: Path, place: Place) -> None:
    team = Team.objects.create()
    team.logo = place.photo.name
    team.save()
    place.delete()

    assert Team.objects.get().logo.name == team.logo.name
    assert on_disk(media) == files_of(team.logo.name)


def test_a_row_keeps_what_it_has_where_the_picture_that_it_takes_over_is_gone(
    media: Path, place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    team = Team.objects.create(logo=upload(seed=1))
    kept, stale = team.logo.name, Place.objects.get()
    place.delete()

    team.logo = stale.photo
    with caplog.at_level(logging.WARNING, "django_avatars"):
        team.save()

    assert Team.objects.get().logo.name == team.logo.name == kept
    assert on_disk(media) == files_of(kept)
    assert caplog.messages == ["A picture that was taken over from another row is gone, since that let go."]


# Expressions


def test_the_database_may_take_a_picture_from_another_column(media: Path) -> None:
    team = Team.objects.create(logo=upload(), banner=upload())

    team.logo = models.F("banner")
    team.save()

    assert team.logo.name == team.banner.name == Team.objects.get().logo.name
    assert on_disk(media) == files_of(team.banner.name)


def test_an_expression_that_gives_no_picture_removes_the_one_there_is(media: Path) -> None:
    place = Place.objects.create(photo=upload())

    place.photo = models.Value("")
    place.save()
    place.save()

    assert not place.photo
    assert on_disk(media) == set()


# Files


def test_a_stream_that_cannot_seek_is_read_once(media: Path) -> None:
    stream = OnceOnly(upload().read())

    place = Place.objects.create(photo=File(cast(IO[bytes], stream), "me.jpg"))

    assert on_disk(media) == files_of(place.photo.name)


class ReadOnly:
    """All that a `File` needs to be read."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


def test_what_can_only_be_read_is_read_once(media: Path) -> None:
    place = Place.objects.create(photo=File(cast(IO[bytes], ReadOnly(upload().read())), "me.jpg"))

    assert on_disk(media) == files_of(place.photo.name)


def test_such_a_stream_is_not_read_further_than_is_accepted(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 1000}
    stream = OnceOnly(b"\xff\xd8" + b"0" * 100_000)

    with pytest.raises(ValidationError) as caught:
        Place(photo=File(cast(IO[bytes], stream), "me.jpg")).save()

    assert caught.value.code == "too_large"
    assert stream.taken == 1001


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Path:
    """A second storage, "elsewhere"."""
    folder = tmp_path / "elsewhere"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "elsewhere": backend}
    return folder


def test_a_picture_lives_where_its_row_says(media: Path, elsewhere: Path) -> None:
    placed = Placed.objects.create(home="elsewhere", picture=upload())
    assert on_disk(elsewhere) == files_of(placed.picture.name)

    placed.picture = upload(seed=1)
    placed.save()
    assert on_disk(elsewhere) == files_of(placed.picture.name)
    Placed.objects.get().delete()

    assert on_disk(elsewhere) == on_disk(media) == set()


@pytest.mark.parametrize("save", [Placed.save, lambda placed: Placed.objects.bulk_create([placed])])
def test_a_picture_is_not_taken_over_into_another_storage(
    media: Path, elsewhere: Path, save: Callable[[Placed], object]
) -> None:
    placed = Placed.objects.create(home="elsewhere", picture=upload())

    with pytest.raises(ValueError, match="whose files are in another storage"):
        save(Placed(picture=placed.picture))

    assert Placed.objects.get().picture.name == placed.picture.name
    assert on_disk(media) == set()
    with placed.picture.open() as file:
        again = Placed.objects.create(picture=ContentFile(file.read(), "picture.webp"))
    assert on_disk(media) == files_of(again.picture.name)


def test_a_picture_is_taken_over_where_both_storages_have_one_place(media: Path, elsewhere: Path) -> None:
    for name in ("default", "elsewhere"):
        storages[name].location = str(media)  # type: ignore[attr-defined]
    placed = Placed.objects.create(home="elsewhere", picture=upload())

    again = Placed.objects.create(picture=placed.picture)

    assert again.picture.name == placed.picture.name


def test_the_class_of_a_file_is_that_of_its_field(elsewhere: Path) -> None:
    placed = Placed.objects.create(picture=upload())
    other = copy(placed)
    assert type(other.picture) is PlacedFile
    assert other.picture.storage is storages["default"]

    other.pk, other.picture = None, placed.picture
    assert type(other.picture) is PlacedFile
