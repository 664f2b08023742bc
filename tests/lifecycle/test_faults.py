"""A storage that fails: while it writes nothing has changed, while it deletes nobody notices."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured, SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError, connections, models

from django_avatars.exceptions import StorageRenames, StorageUnavailable
from django_avatars.lifecycle import references
from django_avatars.naming import parse
from tests.app.models import Place, Team
from tests.storing import BrokenStorage, files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class RenamingStorage(FileSystemStorage):
    """Finds a better name for the small ones."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name.replace("_64.", "_64_renamed.")


class DyingStorage(FileSystemStorage):
    """Is interrupted, as by Ctrl-C."""

    def _save(self, name: str, content: Any) -> str:
        super()._save(name, content)  # type: ignore[misc]
        raise KeyboardInterrupt


@pytest.fixture
def storage_of(settings: Settings) -> Any:
    """Make a class of this module the default storage."""

    def use(name: str) -> Any:
        settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.{name}"}}
        return storages["default"]

    return use


@pytest.mark.parametrize("saves", range(6))
def test_a_storage_that_breaks_at_any_file_changes_nothing(
    broken: BrokenStorage, team: Team, media: Path, heard: list[Any], saves: int
) -> None:
    logo, banner, before = team.logo.name, team.banner.name, on_disk(media)
    broken.saves = saves
    team.name, team.logo, team.banner = "Blues", upload(seed=2), upload(300, seed=3)

    with pytest.raises(StorageUnavailable) as caught:
        team.save()

    field = "logo" if saves < 2 else "banner"
    assert str(caught.value) == (
        f"The storage of app.Team.{field} failed while a picture was written (OSError: No space left on device). "
        "Nothing was changed. Try again, or run avatars_doctor to find out what is wrong."
    )
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.code == "storage_unavailable"
    stored = Team.objects.get()
    assert (stored.name, stored.logo.name, stored.banner.name) == ("Reds", logo, banner)
    assert on_disk(media) == before
    assert heard == []


def test_a_save_that_a_storage_broke_can_be_tried_again(broken: BrokenStorage, team: Team, media: Path) -> None:
    broken.saves = 3
    team.logo, team.banner = upload(seed=2), upload(300, seed=3)
    with pytest.raises(StorageUnavailable):
        team.save()

    broken.saves = 99
    team.save()

    stored = Team.objects.get()
    assert on_disk(media) == files_of(stored.logo.name, stored.banner.name)


def test_a_storage_that_breaks_and_refuses_to_delete_leaves_the_row(
    broken: BrokenStorage, team: Team, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    logo, before = team.logo.name, on_disk(media)
    broken.saves, broken.deletes = 1, False
    team.logo = upload(seed=2)

    with pytest.raises(StorageUnavailable), caplog.at_level(logging.WARNING):
        team.save()

    assert Team.objects.get().logo.name == logo
    assert before < on_disk(media)
    assert caplog.messages == ["A file could not be deleted (OSError); avatars_prune will try again"] * 2


def test_a_storage_that_refuses_to_delete_is_no_error(
    broken: BrokenStorage, place: Place, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = place.photo.name
    broken.deletes = False
    place.photo = upload(seed=1)

    place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(old, place.photo.name)
    assert caplog.messages == ["A file could not be deleted (OSError); avatars_prune will try again"]


def test_a_storage_that_refuses_to_delete_lets_rows_go(broken: BrokenStorage, place: Place, media: Path) -> None:
    broken.deletes = False

    place.delete()

    assert not Place.objects.exists()
    assert len(on_disk(media)) == 1


def test_a_storage_that_renames_is_told_apart_and_nothing_is_left(
    storage_of: Any, transactional_db: None, media: Path
) -> None:
    storage_of("RenamingStorage")
    team = Team(logo=upload())

    with pytest.raises(StorageRenames) as caught:
        team.save()

    asked, got = str(caught.value).split("'")[1:4:2]
    assert parse(asked.replace("_64.", "_96-64."))
    assert str(caught.value) == (
        f"RenamingStorage stored {asked!r} as {got!r}. Names of pictures are never used twice and say which "
        "renditions exist, so a storage must keep them: turn off what renames files "
        "(for django-storages, file_overwrite=True; no get_available_name() or get_valid_name() of your own)."
    )
    assert isinstance(caught.value, StorageUnavailable)
    assert isinstance(caught.value, ImproperlyConfigured)
    assert on_disk(media) == set()
    assert not Team.objects.exists()


def test_an_interruption_takes_back_what_was_written(storage_of: Any, transactional_db: None, media: Path) -> None:
    storage_of("DyingStorage")

    with pytest.raises(KeyboardInterrupt):
        Place.objects.create(photo=upload())

    assert on_disk(media) == set()
    assert not Place.objects.exists()


def test_a_folder_too_long_for_the_column_is_said_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, place: Place, media: Path
) -> None:
    old = place.photo.name
    monkeypatch.setattr(Place._meta.get_field("photo"), "upload_to", "x" * 230)
    place.photo = upload(seed=1)

    with pytest.raises(ValueError, match="265 characters") as caught:
        place.save()

    assert str(caught.value).endswith(
        ": 265 characters, the column holds 255. Let upload_to give a shorter folder, or raise max_length."
    )
    assert str(caught.value).startswith("app.Place.photo cannot store 'xxx")
    assert on_disk(media) == files_of(old)
    assert Place.objects.get().photo.name == old


@pytest.mark.parametrize("answer", ["../x.jpg", "a/../../x.jpg", "/etc/x.jpg"])
def test_a_folder_outside_of_the_storage_is_refused(
    monkeypatch: pytest.MonkeyPatch, place: Place, media: Path, answer: str
) -> None:
    old = place.photo.name
    monkeypatch.setattr(Place._meta.get_field("photo"), "upload_to", lambda instance, filename: answer)
    place.photo = upload(seed=1)

    with pytest.raises(SuspiciousFileOperation):
        place.save()

    assert on_disk(media) == files_of(old)
    assert set(media.parent.iterdir()) == {media}


def test_references_that_cannot_be_counted_let_nothing_go(
    monkeypatch: pytest.MonkeyPatch, place: Place, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def down(model: type[models.Model]) -> Any:
        raise DatabaseError("the other one is down")

    old = place.photo.name
    place.photo = upload(seed=1)
    monkeypatch.setattr(references, "databases", down)

    place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(old, place.photo.name)
    assert caplog.messages == [
        "References could not be counted (DatabaseError); avatars_prune will delete what is unused"
    ]


def test_the_second_database_out_of_reach_lets_nothing_go(
    place: Place, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    old = place.photo.name
    other = connections["other"]
    place.photo = upload(seed=1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(other, "connection", None)
        patch.setattr(other, "get_new_connection", lambda params: 1 / 0)
        place.save()

    assert on_disk(media) == files_of(old, place.photo.name)
    assert caplog.messages == [
        "References could not be counted (ZeroDivisionError); avatars_prune will delete what is unused"
    ]
