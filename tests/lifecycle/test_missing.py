"""Rows whose files are gone are listed, and emptied when asked to."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.management import CommandError, call_command

from django_avatars import naming
from django_avatars.lifecycle import listing, missing
from django_avatars.lifecycle.missing import MissingFiles
from tests.app.models import Country, Member, Place, Team
from tests.storing import RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def run(*arguments: str) -> list[str]:
    """What the command says."""
    output = io.StringIO()
    call_command("avatars_missing", *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue().splitlines()


def lose(media: Path, *rows: Place) -> None:
    """Delete the file that each row names."""
    for row in rows:
        (media / str(row.photo.name)).unlink()


@pytest.fixture
def places(media: Path) -> list[Place]:
    """Three rows with a picture."""
    return [Place.objects.create(photo=upload(seed=number)) for number in range(3)]


def test_rows_whose_files_are_there_are_fine(places: list[Place]) -> None:
    assert run("--empty") == ["3 pictures are named: 0 of them have no file."]


def test_no_rows_are_fine(transactional_db: None) -> None:
    assert run() == ["0 pictures are named: 0 of them have no file."]


def test_rows_whose_files_are_gone_are_listed_and_nothing_is_changed(places: list[Place], media: Path) -> None:
    lose(media, places[1])

    assert run() == [
        f"app.Place.photo of {places[1].pk} in default: {places[1].photo.name}",
        "3 pictures are named: 1 of them have no file.",
        "Nothing was changed. Put the files back, or run again with --empty.",
    ]
    assert Place.objects.exclude(photo="").count() == 3


def test_files_whose_names_are_not_utf8_are_nobodys(places: list[Place], media: Path) -> None:
    folder = (media / str(places[0].photo.name)).parent
    stray, within = folder / "\udcff.jpg", folder / "\udcfe" / "picture.jpg"
    within.parent.mkdir()
    for path in (stray, within):
        path.write_bytes(b"?")

    assert run() == ["3 pictures are named: 0 of them have no file."]

    call_command("avatars_prune", "--delete", stdout=io.StringIO(), stderr=io.StringIO())
    assert stray.exists()
    assert within.exists()


def test_they_are_emptied_when_asked_for(places: list[Place], media: Path) -> None:
    lose(media, places[1])

    assert run("--empty")[-1] == "1 rows emptied."

    assert [bool(place.photo) for place in Place.objects.order_by("pk")] == [True, False, True]
    assert on_disk(media) == files_of(places[0].photo.name, places[2].photo.name)


def test_rows_of_every_database_and_field_count(media: Path, team: Team) -> None:
    member = Member.objects.create(team=team, photo=upload(seed=3))
    place = Place.objects.using("other").create(photo=upload(seed=4))
    for file in (team.banner, member.photo, place.photo):
        (media / str(file.name)).unlink()

    assert set(run()[:3]) == {
        f"app.Team.banner of {team.pk} in default: {team.banner.name}",
        f"app.Member.photo of {member.pk} in default: {member.photo.name}",
        f"app.Place.photo of {place.pk} in other: {place.photo.name}",
    }


def test_a_column_that_may_be_null_becomes_null(media: Path, transactional_db: None) -> None:
    country = Country.objects.create(name="Utopia", flag=upload())
    (media / str(country.flag.name)).unlink()

    run("--empty")

    assert list(Country.objects.values_list("flag", flat=True)) == [None]


def test_names_of_another_making_are_left_alone(transactional_db: None) -> None:
    Place.objects.create(photo="old/me.jpg")

    assert run("--empty") == ["0 pictures are named: 0 of them have no file."]


def test_a_storage_that_has_lost_nearly_everything_is_taken_for_the_wrong_one(media: Path) -> None:
    rows = [Place.objects.create(photo=upload(seed=number)) for number in range(5)]
    lose(media, *rows)

    with pytest.raises(CommandError) as caught:
        run("--empty")

    assert str(caught.value) == (
        "5 of 5 pictures have no file, which is implausible: is this the storage that belongs to this database? "
        "Nothing was changed. Check STORAGES, or run again with --force if it is meant."
    )
    assert Place.objects.exclude(photo="").count() == 5
    assert run("--empty", "--force")[-1] == "5 rows emptied."


def test_a_picture_that_is_replaced_meanwhile_is_not_missing(
    places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = listing.walk

    def late(storage: Any, folder: str) -> Iterable[Any]:
        if folder == "avatars":
            places[0].photo = upload(seed=9)
            places[0].save()
        return walk(storage, folder)

    monkeypatch.setattr(listing, "walk", late)
    with MissingFiles() as files:
        assert files.find() == (3, 1)
        assert list(files.rows()) == []
        assert files.empty() == 0


def test_a_file_that_is_put_back_meanwhile_is_not_missing(places: list[Place], media: Path) -> None:
    data = (media / str(places[0].photo.name)).read_bytes()
    lose(media, places[0])

    with MissingFiles() as files:
        assert files.find() == (3, 1)
        (media / str(places[0].photo.name)).write_bytes(data)
        assert files.empty() == 0

    assert Place.objects.exclude(photo="").count() == 3


def test_the_storage_is_listed_and_not_asked_for_each_row(recording: RecordingStorage) -> None:
    for number in range(3):
        Place.objects.create(photo=upload(seed=number))
    recording.calls.clear()

    with MissingFiles() as files:
        assert files.find() == (3, 0)

    assert [call for call in recording.calls if call[0] == "exists"] == []


def test_a_name_outside_of_todays_folder_is_asked_for(media: Path, transactional_db: None) -> None:
    names = [naming.new_name("before", sizes=(64,), formats=("webp",)) for _ in range(2)]
    for name in names:
        Place.objects.create(photo=str(name))
    (media / "before").mkdir()
    (media / str(names[0])).write_bytes(b"picture")

    with MissingFiles() as files:
        assert files.find() == (2, 1)
        assert [row.name for row in files.rows()] == [str(names[1])]


def test_where_two_storages_have_the_name_the_one_that_is_read_counts(
    places: list[Place], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = InMemoryStorage()
    monkeypatch.setattr(Member._meta.get_field("photo"), "_storage_source", elsewhere)
    elsewhere.save(str(places[0].photo.name), ContentFile(b"copy"))
    lose(media, places[0])

    with MissingFiles() as files:
        assert files.find() == (3, 1)


def test_progress_is_told_every_thousand(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    told: list[tuple[str, int]] = []
    names = [f"avatars/{naming.new_token()}_64.webp" for _ in range(1500)]
    Place.objects.bulk_create(Place(photo=name) for name in names)
    monkeypatch.setattr(listing, "walk", lambda storage, folder: ((name, 0.0) for name in names))
    monkeypatch.setattr(missing, "BATCH", 1000)

    with MissingFiles(on_progress=lambda what, count: told.append((what, count))) as files:
        assert files.find() == (1500, 0)

    assert told[:2] == [("rows read", 1000), ("files listed", 1000)]
