"""The sweep: what no row names goes, and nothing else."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_avatars import naming
from django_avatars.lifecycle import listing, prune, references
from django_avatars.lifecycle.prune import Doubt, Found, Sweep
from tests.app.models import Country, Member, Person, Place, Team
from tests.storing import BrokenStorage, files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

EVERYTHING = -60
"""A grace that makes files of this very moment old."""


def orphan(
    media: Path, folder: str = "avatars/nobody", *, sizes: tuple[int, ...] = (64,), age: float = 7200
) -> set[str]:
    """Files of a picture that no row names; `age` in seconds."""
    name = naming.new_name(folder, sizes=sizes, formats=("webp",))
    for file in name.files():
        path = media / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"picture")
        os.utime(path, (time.time() - age,) * 2)
    return set(name.files())


def run(*arguments: str, **options: Any) -> str:
    """What the command says."""
    output = io.StringIO()
    call_command("avatars_prune", *arguments, stdout=output, stderr=io.StringIO(), **options)
    return output.getvalue()


@pytest.fixture
def sweep() -> Iterator[Sweep]:
    """One that finds what is there at this moment."""
    with Sweep(grace=EVERYTHING) as one:
        yield one


def test_nothing_is_deleted_unless_asked_for(media: Path, place: Place) -> None:
    lost = orphan(media, sizes=(128, 64))

    said = run()

    assert said == (
        "2 pictures: 1 in use, 0 too young to tell, 1 unused (2 files).\n"
        "Nothing was deleted. Run again with --delete to delete them.\n"
    )
    assert on_disk(media) == files_of(place.photo.name) | lost


def test_what_no_row_names_is_deleted(media: Path, place: Place) -> None:
    orphan(media, sizes=(128, 64))

    said = run("--delete")

    assert said == "2 pictures: 1 in use, 0 too young to tell, 1 unused (2 files).\n2 files deleted.\n"
    assert on_disk(media) == files_of(place.photo.name)


def test_nothing_unused_needs_no_advice(media: Path, place: Place) -> None:
    assert run() == "1 pictures: 1 in use, 0 too young to tell, 0 unused (0 files).\n"


def test_an_empty_storage_is_no_error(transactional_db: None) -> None:
    assert run("--delete") == "0 pictures: 0 in use, 0 too young to tell, 0 unused (0 files).\n0 files deleted.\n"


def test_young_files_are_left_alone(media: Path, place: Place) -> None:
    young, old = orphan(media, age=3500), orphan(media, age=3700)

    said = run("--delete")

    assert "1 too young to tell, 1 unused (1 files)." in said
    assert on_disk(media) == files_of(place.photo.name) | young
    assert not old & on_disk(media)


def test_a_picture_is_as_young_as_its_youngest_file(media: Path, place: Place) -> None:
    files = orphan(media, sizes=(128, 64))
    os.utime(media / min(files))

    run("--delete")

    assert files <= on_disk(media)


def test_the_grace_can_be_given(media: Path, place: Place) -> None:
    orphan(media, age=20)

    run("--delete", "--grace", "10")

    assert on_disk(media) == files_of(place.photo.name)


@pytest.mark.parametrize("grace", ["-5", "nan"])
def test_a_grace_below_zero_is_refused(grace: str) -> None:
    with pytest.raises(CommandError) as caught:
        run(f"--grace={grace}")

    assert str(caught.value) == f"--grace is {grace} seconds. Give 0 or more."


@pytest.mark.parametrize("name", ["avatars/default.png", "avatars/x/photo_64.webp", "elsewhere/readme.txt", "top.webp"])
def test_foreign_files_are_never_touched(media: Path, place: Place, name: str) -> None:
    path = media / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"theirs")
    os.utime(path, (0, 0))

    run("--delete", "--force")

    assert name in on_disk(media)


def test_our_names_outside_of_our_folders_are_never_touched(media: Path, place: Place) -> None:
    kept = orphan(media, "backups")

    run("--delete", "--force")

    assert kept <= on_disk(media)


def test_every_field_and_every_folder_is_looked_at(media: Path, team: Team) -> None:
    member = Member.objects.create(team=team, photo=upload(seed=3))
    orphan(media, "banners/2019")
    orphan(media, "avatars/a/b/c")

    run("--delete")

    assert on_disk(media) == files_of(team.logo.name, team.banner.name, member.photo.name)


def test_rows_of_every_database_count(media: Path, transactional_db: None) -> None:
    place = Place.objects.using("other").create(photo=upload())

    run("--delete", "--force", "--grace=0")

    assert on_disk(media) == files_of(place.photo.name)


def test_rows_that_a_manager_hides_count(media: Path, place: Place) -> None:
    # Not pytest's monkeypatch, which would leave the bound methods behind, and with them one database for all.
    hiding = [
        patch.object(manager, "get_queryset", Place.objects.none)
        for manager in (Place._default_manager, Place._base_manager)
    ]
    with hiding[0], hiding[1]:
        run("--delete", "--force", "--grace=0")

    assert on_disk(media) == files_of(place.photo.name)


def test_null_and_foreign_names_are_no_pictures(media: Path, transactional_db: None) -> None:
    Country.objects.create(name="Utopia")
    Country.objects.update(flag=None)
    Country.objects.create(name="Erewhon")

    assert run() == "0 pictures: 0 in use, 0 too young to tell, 0 unused (0 files).\n"


def test_one_rendition_that_is_missing_leaves_the_others_in_use(media: Path, team: Team) -> None:
    (media / team.banner.stored_name).unlink()

    run("--delete", "--force", "--grace=0")

    assert on_disk(media) == files_of(team.logo.name, team.banner.name) - {team.banner.name}


def test_what_cannot_be_deleted_is_reported_and_tried_again(broken: BrokenStorage, media: Path, place: Place) -> None:
    lost = orphan(media, sizes=(128, 64))
    broken.deletes = False

    with pytest.raises(CommandError) as caught:
        run("--delete")

    assert str(caught.value) == "2 files could not be deleted; see the log. Run the command again later."
    assert lost <= on_disk(media)
    broken.deletes = True
    assert "2 files deleted." in run("--delete")


def test_an_implausible_share_is_refused(media: Path, place: Place) -> None:
    for _ in range(20):
        orphan(media)

    with pytest.raises(CommandError) as caught:
        run("--delete")

    assert str(caught.value) == (
        "20 of 21 pictures look unused, which is implausible: is this the database that belongs "
        "to this storage? Nothing was deleted. Check STORAGES and DATABASES, or run again with --force if it is meant."
    )
    assert len(on_disk(media)) == 21
    assert "20 files deleted." in run("--delete", "--force")
    assert on_disk(media) == files_of(place.photo.name)


@pytest.mark.parametrize(
    ("strays", "used", "young", "expected"),
    [
        (4, 0, 0, False), (5, 0, 0, True), (5, 0, 50, True), (19, 1, 0, False), (20, 1, 0, True),
        (20, 20, 0, False), (21, 20, 0, True), (21, 20, 1, False), (22, 20, 1, True), (500, 1000, 0, False),
    ],
)  # fmt: skip
def test_what_is_implausible(strays: int, used: int, young: int, expected: bool) -> None:
    assert prune.is_implausible(strays=strays, used=used, young=young) is expected


def test_a_doubt_names_the_worst_moment() -> None:
    history = [(9.0, 0), *[(8.0, 1)] * 30, *[(7.0, 0)] * 10, *[(6.0, 1)] * 11, *[(5.0, 0)] * 500]

    assert prune.doubt(history, young=0) == Doubt(strays=41, used=11, since=6.0)
    assert prune.doubt(history, young=30) is None


# Another site's database, or yesterday's


def since_then(media: Path, count: int, *, age: float = 4000) -> set[str]:
    """Pictures of people that this database does not know of, written after everything that it names."""
    return {name for number in range(count) for name in orphan(media, f"avatars/stranger{number}", age=age)}


@pytest.fixture
def yesterday(media: Path, transactional_db: None) -> list[Place]:
    """Twenty-five rows whose pictures were stored a day ago."""
    rows = [Place.objects.create(photo=upload()) for _ in range(25)]
    for row in rows:
        os.utime(media / str(row.photo.name), (time.time() - 86400,) * 2)
    return rows


def test_a_copy_of_the_database_beside_production_is_refused(yesterday: list[Place], media: Path) -> None:
    # The share alone looks plausible: more pictures are named than not.
    people = since_then(media, 10)

    with pytest.raises(CommandError) as caught:
        run("--delete")

    assert re.fullmatch(
        r"Since \d{4}-\d\d-\d\d \d\d:\d\d UTC, 10 pictures were stored that no row names, and 0 that a row names. "
        "So this may be a copy of another site's database, or one that was restored from a backup. Nothing was "
        "deleted. Check STORAGES and DATABASES, or run again with --force if it is meant.",
        str(caught.value),
    )
    assert people <= on_disk(media)
    assert "10 files deleted." in run("--delete", "--force")


def test_a_restored_backup_is_refused_also_when_the_site_is_up_again(yesterday: list[Place], media: Path) -> None:
    people = since_then(media, 22)
    for row in yesterday[:3]:
        row.photo = upload(seed=1)
        row.save()

    with pytest.raises(CommandError, match="22 pictures were stored that no row names, and 3 that a row names"):
        run("--delete", "--grace=10")

    assert people <= on_disk(media)


def test_what_a_crash_leaves_on_a_quiet_site_is_deleted(yesterday: list[Place], media: Path) -> None:
    since_then(media, 4)

    assert "4 files deleted." in run("--delete")


def test_the_first_picture_of_a_new_site_that_was_never_saved_is_deleted(media: Path, transactional_db: None) -> None:
    orphan(media)

    assert "1 files deleted." in run("--delete")


def test_old_strays_beside_many_later_pictures_are_deleted(places: list[Place], media: Path) -> None:
    since_then(media, 24, age=90000)

    assert "24 files deleted." in run("--delete")


# What everyday work leaves is no reason to stop


def leave(media: Path, rows: Iterable[Any], times: int, *, age: float = 7200) -> None:
    """Older pictures beside that of each row, as rebuilding leaves them."""
    for row in rows:
        folder = str(Path(row.photo.name).parent)
        for number in range(times):
            orphan(media, folder, age=age + number)


@pytest.fixture
def places(media: Path, transactional_db: None) -> list[Place]:
    """Twenty-five rows with a picture."""
    return [Place.objects.create(photo=upload()) for _ in range(25)]


def test_what_two_rebuilds_leave_is_deleted(places: list[Place], media: Path) -> None:
    for _ in range(2):
        call_command("avatars_rebuild", "--all", verbosity=0, stdout=io.StringIO())

    said = run("--delete", "--grace=0")

    assert said.startswith("75 pictures: 25 in use, 0 too young to tell, 50 unused (50 files).")
    assert on_disk(media) == files_of(*Place.objects.values_list("photo", flat=True))


def test_what_two_rebuilds_leave_is_deleted_where_all_share_a_folder(
    places: list[Place], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Place._meta.get_field("photo"), "upload_to", "avatars/all")
    places[0].delete()
    for number, place in enumerate(places[1:]):
        place.photo = upload(seed=number)
        place.save()
    for _ in range(2):
        call_command("avatars_rebuild", "--all", verbosity=0, stdout=io.StringIO())

    said = run("--delete", "--grace=0")

    assert said.startswith("72 pictures: 24 in use, 0 too young to tell, 48 unused (48 files).")
    assert on_disk(media) == files_of(*Place.objects.values_list("photo", flat=True))


def test_what_rebuilding_leaves_is_deleted_however_much_it_is(places: list[Place], media: Path) -> None:
    leave(media, places, times=5)

    assert "125 files deleted." in run("--delete", "--grace=10")


def test_pictures_of_owners_that_no_row_knows_are_refused_all_the_same(places: list[Place], media: Path) -> None:
    # Staging on production's bucket, rebuilt twice.
    leave(media, places, times=2)
    for number in range(26):
        orphan(media, f"avatars/production{number}")

    with pytest.raises(CommandError, match="76 of 101 pictures look unused"):
        run("--delete", "--grace=10")


def test_later_pictures_of_known_owners_are_refused(places: list[Place], media: Path) -> None:
    # A database that was restored from a backup: what people chose since then is no leftover.
    leave(media, places, times=2)
    for place in places:
        os.utime(media / str(place.photo.name), (0, 0))

    with pytest.raises(CommandError, match="50 of 75 pictures look unused"):
        run("--delete")


def test_in_a_folder_that_many_share_every_picture_counts(
    places: list[Place], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(media, places, times=2)
    monkeypatch.setattr(Place._meta.get_field("photo"), "upload_to", "avatars")

    with pytest.raises(CommandError, match="50 of 75 pictures look unused"):
        run("--delete", "--grace=10")


def test_a_picture_beside_the_folders_of_owners_has_no_owner(places: list[Place], media: Path) -> None:
    for place in places:
        name = f"avatars/{Path(str(place.photo.name)).name}"
        (media / str(place.photo.name)).rename(media / name)
        Place.objects.filter(pk=place.pk).update(photo=name)
    for _ in range(26):
        orphan(media, "avatars")

    with pytest.raises(CommandError, match="26 of 51 pictures look unused"):
        run("--delete", "--grace=10")


def test_an_empty_database_on_a_full_bucket_is_refused(media: Path, transactional_db: None) -> None:
    for _ in range(5):
        orphan(media)

    with pytest.raises(CommandError, match="5 of 5 pictures look unused"):
        run("--delete")

    assert len(on_disk(media)) == 5


def test_names_are_shown_when_asked_for(media: Path, place: Place) -> None:
    lost = orphan(media, sizes=(128, 64))

    said = run(verbosity=2)

    assert {line.strip() for line in said.splitlines() if line.startswith("  ")} == lost


def test_names_with_line_breaks_are_names(media: Path, place: Place) -> None:
    lost = orphan(media, "avatars/\nx", sizes=(128, 64))

    with Sweep() as sweep:
        sweep.find()
        assert set(sweep.unused()) == lost
        assert sweep.delete() == (2, 0)
    assert on_disk(media) == files_of(place.photo.name)


def test_what_a_row_names_again_meanwhile_is_kept(media: Path, place: Place, sweep: Sweep) -> None:
    other = Place.objects.create(photo=upload(seed=1))
    name = other.photo.name
    Place.objects.filter(pk=other.pk).update(photo="")
    assert sweep.find().unused == 1
    Place.objects.filter(pk=other.pk).update(photo=name)

    assert sweep.delete() == (0, 0)

    assert on_disk(media) == files_of(place.photo.name, name)


def test_a_source_in_the_private_storage_is_kept_with_what_a_row_names_again(
    media: Path, tmp_path: Path, settings: Settings, transactional_db: None
) -> None:
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True, "PRIVATE_STORAGE": "private"}
    place = Place.objects.create(photo=upload())
    Place.objects.update(photo="")
    with Sweep(grace=EVERYTHING) as sweep:
        assert sweep.find().unused == 2  # in two storages
        Place.objects.update(photo=place.photo.name)

        assert sweep.delete() == (0, 0)

    assert len(on_disk(tmp_path / "private")) == 1
    Place.objects.update(photo="")
    with Sweep(grace=EVERYTHING) as sweep:
        sweep.find()
        sweep.delete()
    assert on_disk(tmp_path / "private") == on_disk(media) == set()


def test_files_of_a_storage_inside_another_one_are_not_taken_for_strays_of_that(
    media: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    monkeypatch.setattr(Member._meta.get_field("photo"), "upload_to", lambda instance, filename: "")  # all is walked
    monkeypatch.setattr(Place._meta.get_field("photo"), "_storage_source", FileSystemStorage(media / "inside"))
    place = Place.objects.create(photo=upload())
    lost = orphan(media)
    inside = {f"inside/{name}" for name in files_of(place.photo.name)}
    assert on_disk(media) == inside | {*lost}

    with Sweep(grace=EVERYTHING) as sweep:
        assert sweep.find().unused == 1
        sweep.delete()

    assert on_disk(media) == inside


@pytest.mark.parametrize(
    ("outer", "place", "inner", "folders"),
    [
        ("media", "", "media/private/avatars", {"private/avatars"}), ("media", "", "media", set()),
        ("media", "", "media2", set()), ("media/private", "", "media", set()), ("", "", "media", {"media"}),
        ("link/media", "", "media/teams", {"teams"}), ("media", "", "link/media/teams", {"teams"}),
        ("media", "avatars", "linked/teams", {"avatars/teams"}), ("media", "avatars", "linked", {"avatars"}),
        ("media", "avatars", "media/other", {"other"}), ("media", "avatars", "linked2", set()),
    ],
)  # fmt: skip
def test_folders_within_another_are_told(outer: str, place: str, inner: str, folders: set[str], tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "media").mkdir()
    (tmp_path / "linked").mkdir()
    (tmp_path / "media/avatars").symlink_to(tmp_path / "linked")

    found = listing.folders_within((FileSystemStorage(tmp_path / outer), place), FileSystemStorage(tmp_path / inner))

    assert found == folders


def test_everything_is_within_the_root_of_a_disk() -> None:
    assert listing.folders_within((FileSystemStorage("/"), ""), FileSystemStorage("/srv/media")) == {"srv/media"}


def test_a_storage_inside_another_one_keeps_its_pictures_when_its_folder_is_reached_by_a_link(
    media: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    (media.parent / "current").symlink_to(media)
    monkeypatch.setattr(Member._meta.get_field("photo"), "upload_to", lambda instance, filename: "")  # all is walked
    linked = FileSystemStorage(media.parent / "current" / "inside")
    monkeypatch.setattr(Place._meta.get_field("photo"), "_storage_source", linked)
    place = Place.objects.create(photo=upload())
    lost = orphan(media)

    with Sweep(grace=EVERYTHING) as sweep:
        assert sweep.find().unused == 1
        sweep.delete()

    assert {*lost} & on_disk(media) == set()
    assert on_disk(media) == {f"inside/{name}" for name in files_of(place.photo.name)}


def test_what_is_written_while_the_sweep_runs_is_kept(media: Path, place: Place, sweep: Sweep) -> None:
    # A replace that commits between the listing and the reading of rows.
    original = Sweep._named

    def late(self: Sweep) -> Iterator[tuple[str]]:
        place.photo = upload(seed=1)
        place.save()
        return original(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sweep, "_named", late)
        sweep.find()
    sweep.delete()

    assert files_of(Place.objects.get().photo.name) <= on_disk(media)


def test_an_upload_in_an_open_transaction_is_protected_by_the_grace(media: Path, place: Place) -> None:
    with transaction.atomic():
        other = Place.objects.create(photo=upload(seed=1))
        Place.objects.filter(pk=other.pk).update(photo="")  # as another connection sees it
        run("--delete", "--force")
        Place.objects.filter(pk=other.pk).update(photo=other.photo.name)

    assert on_disk(media) == files_of(place.photo.name, other.photo.name)


def test_rows_are_asked_once_a_batch(media: Path, place: Place, monkeypatch: pytest.MonkeyPatch, sweep: Sweep) -> None:
    for _ in range(5):
        orphan(media)
    monkeypatch.setattr(prune, "BATCH", 2)
    sweep.find()
    asked: list[int] = []
    named = references.named_by_rows

    def ask(names: list[str]) -> set[str]:
        asked.append(len(names))
        return named(names)

    monkeypatch.setattr(references, "named_by_rows", ask)

    assert sweep.delete() == (5, 0)

    assert asked == [2, 2, 1]


def test_progress_is_told_every_thousand(media: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    told: list[tuple[str, int]] = []

    def many(storage: Any, folder: str) -> Iterable[tuple[str, float]]:
        yield from ((f"{folder}/{naming.new_token()}", 0.0) for _ in range(1500 if folder == "avatars" else 0))

    monkeypatch.setattr(listing, "walk", many)
    with Sweep(on_progress=lambda what, count: told.append((what, count))) as sweep:
        found = sweep.find()

    assert told == [("files listed", 1000)]
    assert (found.pictures, found.unused) == (1500, 1500)


# Where there are pictures


def test_a_folder_inside_another_is_walked_once(transactional_db: None) -> None:
    assert sorted(folder for _, folder in listing.places()) == ["avatars", "banners"]


def test_a_field_without_a_fixed_folder_makes_the_whole_storage_walked(
    monkeypatch: pytest.MonkeyPatch, media: Path
) -> None:
    monkeypatch.setattr(Member._meta.get_field("photo"), "upload_to", lambda instance, filename: filename)
    lost = orphan(media, "") | orphan(media, "anywhere")

    assert [folder for _, folder in listing.places()] == [""]
    with Sweep() as sweep:
        sweep.find()
        assert set(sweep.unused()) == lost


@pytest.mark.parametrize(
    ("upload_to", "prefix"),
    [
        ("pics", "pics"),
        ("pics/", "pics"),
        ("pics/%Y/%m", "pics"),
        ("pics/of-%Y", "pics"),
        ("pics-%Y", ""),
        ("%Y", ""),
        ("", ""),
        (".", ""),
        ("./pics//small/", "pics/small"),
        (Path("pics/small"), "pics/small"),
        (naming.per_user, "avatars"),
        (naming.by_username, "avatars"),
        (lambda instance, filename: filename, ""),
    ],
)
def test_the_folder_that_is_the_same_for_everybody(
    monkeypatch: pytest.MonkeyPatch, upload_to: Any, prefix: str
) -> None:
    field: Any = Place._meta.get_field("photo")
    monkeypatch.setattr(field, "upload_to", upload_to)

    assert listing.prefix_of(field) == prefix


def test_a_folder_whose_name_begins_like_another_is_not_inside_it(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(Member._meta.get_field("photo"), "upload_to", "avatars2/")
    monkeypatch.setattr(Person._meta.get_field("picture"), "upload_to", "avatars/inside")

    assert sorted(folder for _, folder in listing.places()) == ["avatars", "avatars2", "banners"]


def test_storages_of_the_same_folder_are_walked_once(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(Member._meta.get_field("photo"), "_storage_source", FileSystemStorage(media))
    monkeypatch.setattr(Person._meta.get_field("picture"), "_storage_source", FileSystemStorage(media / "other"))

    found = {(storage.location, folder) for storage, folder in listing.places()}  # type: ignore[attr-defined]

    assert found == {(str(media), "avatars"), (str(media), "banners"), (str(media / "other"), "avatars")}
    assert len(listing.places()) == 3


def test_a_picture_left_in_two_storages_goes_from_both(
    monkeypatch: pytest.MonkeyPatch, media: Path, settings: Settings, place: Place
) -> None:
    # A storage that was copied under the same names, as when moving to another.
    lost = orphan(media)
    elsewhere = InMemoryStorage()
    monkeypatch.setattr(Member._meta.get_field("photo"), "_storage_source", elsewhere)
    for name in lost:
        elsewhere.save(name, ContentFile(b"copy"))

    with Sweep(grace=EVERYTHING) as sweep:
        assert sweep.find() == Found(pictures=3, used=1, young=0, unused=2, files=2)
        assert sweep.delete() == (2, 0)

    assert on_disk(media) == files_of(place.photo.name)
    assert not elsewhere.exists(*lost)


def test_a_storage_in_memory_is_swept(settings: Settings, transactional_db: None) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    storage: Any = storages["default"]
    place = Place.objects.create(photo=upload())
    lost = naming.new_name("avatars/deep/er", sizes=(64,), formats=("webp",))
    storage.save(str(lost), ContentFile(b"lost"))

    with Sweep(grace=EVERYTHING) as sweep:
        assert sweep.find() == Found(pictures=2, used=1, young=0, unused=1, files=1)
        assert sweep.delete() == (1, 0)

    assert storage.exists(place.photo.name)
    assert not storage.exists(str(lost))


def test_a_storage_that_cannot_say_when_stops_the_sweep(
    settings: Settings, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    Place.objects.create(photo=upload())

    def unknown(name: str) -> None:
        raise NotImplementedError("no modification times here")

    monkeypatch.setattr(storages["default"], "get_modified_time", unknown)
    with pytest.raises(NotImplementedError), Sweep() as sweep:
        sweep.find()


def test_a_file_that_goes_while_the_folder_is_read_is_no_error(
    settings: Settings, media: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    orphan(media)
    entries = list(os.scandir(media / "avatars/nobody"))
    monkeypatch.setattr(os, "scandir", lambda path: _Entries(entries if str(path).endswith("nobody") else []))
    (media / entries[0]).unlink()

    assert list(listing.walk(FileSystemStorage(media), "avatars/nobody")) == []


class _Entries(list[Any]):
    """What `os.scandir` gives, a moment later."""

    def __enter__(self) -> _Entries:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass


def test_a_file_that_goes_between_listing_and_its_date_is_no_error(
    settings: Settings, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    Place.objects.create(photo=upload())

    def gone(name: str) -> None:
        raise FileNotFoundError(name)

    monkeypatch.setattr(storages["default"], "get_modified_time", gone)
    with Sweep() as sweep:
        assert sweep.find().pictures == 0


def test_a_file_where_a_folder_should_be_is_empty(media: Path) -> None:
    (media / "avatars").write_bytes(b"")

    assert list(listing.walk(FileSystemStorage(media), "avatars")) == []


def test_links_to_folders_are_not_followed(media: Path, tmp_path: Path, place: Place) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    kept = orphan(outside, "avatars")
    (media / "avatars/link").symlink_to(outside / "avatars")

    run("--delete", "--force", "--grace=0")

    assert on_disk(outside) == kept


def test_letting_go_of_nothing_asks_nothing(transactional_db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        references.delete_unreferenced([])
        references.delete_unreferenced([(storages["default"], "defaults/flag.png")])

    assert len(captured) == 0


def test_proxies_have_no_fields_of_their_own() -> None:
    from tests.app.models import Profile, ProxyProfile

    assert references.own_fields(ProxyProfile) == []
    assert references.own_fields(Profile) == [Profile._meta.get_field("profile_pic")]
    assert len(list(references.fields())) == len({id(field) for field in references.fields()})


def test_files_that_a_storage_refuses_to_delete_are_counted_as_that(media: Path, broken: BrokenStorage) -> None:
    lost = orphan(media)
    broken.deletes = False

    with Sweep(grace=EVERYTHING) as sweep:
        sweep.find()
        assert sweep.delete() == (0, len(lost))
