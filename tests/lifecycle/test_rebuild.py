"""Other sizes or formats for pictures that are stored already."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError, call_command
from django.db import transaction
from PIL import Image

from django_avatars import naming
from django_avatars.exceptions import StorageUnavailable
from django_avatars.lifecycle import rebuild, references
from django_avatars.lifecycle.prune import Sweep
from tests.app.models import Country, Person, Place, Restaurant, Team
from tests.storing import BrokenStorage, files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def run(*arguments: str) -> tuple[str, str]:
    """What the command says, and what it complains of."""
    output, complaints = io.StringIO(), io.StringIO()
    call_command("avatars_rebuild", *arguments, stdout=output, stderr=complaints)
    return output.getvalue(), complaints.getvalue()


def complaint_of(*arguments: str) -> tuple[str, str]:
    """How the command fails, and what it complains of."""
    complaints = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("avatars_rebuild", *arguments, stdout=io.StringIO(), stderr=complaints)
    return str(caught.value), complaints.getvalue()


@pytest.fixture
def person(transactional_db: None) -> Person:
    """Somebody with renditions of 200, 128 and 64 pixels."""
    return Person.objects.create(username="jane", picture=upload(200))


@pytest.fixture
def smaller(person: Person, settings: Settings) -> Person:
    """The same, after the project has asked for other sizes and formats."""
    settings.AVATARS = {"SIZES": (128, 32), "OUTPUT_FORMATS": ("webp", "jpg")}
    return person


def test_what_fits_is_left_alone(person: Person, team: Team, media: Path) -> None:
    before = on_disk(media)

    assert run() == ("0 pictures rebuilt.\n", "")
    assert on_disk(media) == before


def test_other_sizes_and_formats_are_made_beside_the_old_files(smaller: Person, media: Path) -> None:
    old = smaller.picture.name

    assert run() == ("1 pictures rebuilt.\n", "")

    new = Person.objects.get().picture
    assert new.stored_name.endswith("_128-32_jpg.webp")
    assert new.stored_name.startswith("avatars/jane/")
    assert on_disk(media) == files_of(old, new.name)
    for file in files_of(new.name):
        with Image.open(media / file) as image:
            assert f"_{image.width}" in file
            assert image.format == {"jpg": "JPEG", "webp": "WEBP"}[file.rpartition(".")[2]]


def replace(person: Person) -> None:
    """Give somebody another picture."""
    person.picture = upload(seed=1)
    person.save()


def remove(person: Person) -> None:
    """Take the picture away."""
    person.picture.delete()


@pytest.mark.parametrize("end", [replace, remove, Person.delete])
def test_what_rebuilding_has_left_goes_with_the_picture(
    end: Callable[[Person], object], smaller: Person, media: Path
) -> None:
    other = Person.objects.create(username="joe", picture=upload(200, seed=2))
    for _ in range(2):
        run("--all")
    kept = {file for file in on_disk(media) if file.startswith("avatars/joe/")}
    assert len(on_disk(media)) == len(kept) + 3 + 4 + 4

    end(Person.objects.get(pk=smaller.pk))

    named = Person.objects.filter(pk=smaller.pk).values_list("picture", flat=True)
    assert on_disk(media) == kept | files_of(*named)
    assert files_of(Person.objects.get(pk=other.pk).picture.name) <= kept


@pytest.mark.parametrize("kept", ["the earlier name", "the name of another rebuild"])
def test_what_rebuilding_has_left_stays_while_another_row_shows_the_picture(
    kept: str, smaller: Person, media: Path
) -> None:
    name = smaller.picture.stored_name
    other = Person.objects.create(username="joe", picture=smaller.picture)
    run(*(("--limit", "1") if kept == "the earlier name" else ()))
    there = on_disk(media)

    Person.objects.get(pk=smaller.pk).delete()

    now = Person.objects.get(pk=other.pk).picture.stored_name
    assert (now == name) is (kept == "the earlier name")
    assert files_of(name, now) <= on_disk(media) < there


def test_what_an_unsaved_instance_is_to_name_stays(smaller: Person, media: Path) -> None:
    earlier = Person.objects.get()
    run()
    other = Person(username="joe", picture=earlier.picture)

    Person.objects.get(pk=earlier.pk).delete()
    assert on_disk(media) == files_of(earlier.picture.name)
    other.save()

    assert Person.objects.get().picture.name == earlier.picture.name
    assert on_disk(media) == files_of(earlier.picture.name)


def test_what_rebuilding_has_left_is_deleted_once(
    smaller: Person, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Person.objects.create(username="joe", picture=smaller.picture)
    for _ in range(2):
        run("--all")
    there, deleted = on_disk(media), []
    monkeypatch.setattr(FileSystemStorage, "delete", lambda self, name: deleted.append(name))

    with transaction.atomic():
        for person in Person.objects.all():
            person.delete()

    # Other tests leave files behind that no row came to name, which go with any deletion.
    assert sorted(name for name in deleted if name in there) == sorted(there)


@pytest.mark.parametrize(("error", "said"), [(OSError, 1), (NotImplementedError, 0)])
def test_what_rebuilding_has_left_is_left_to_the_sweep_where_it_cannot_be_found(
    error: type[Exception],
    said: int,
    smaller: Person,
    media: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    old = smaller.picture.name
    run()
    monkeypatch.setattr(FileSystemStorage, "listdir", Mock(side_effect=error))

    Person.objects.get().delete()

    assert on_disk(media) == files_of(old)
    assert caplog.text.count("avatars_prune will delete them") == said


def test_old_files_go_with_the_sweep(smaller: Person, media: Path) -> None:
    run()

    with Sweep(grace=-60) as sweep:
        sweep.find()
        sweep.delete()

    assert on_disk(media) == files_of(Person.objects.get().picture.name)


def test_renditions_that_exist_are_copied_byte_for_byte(smaller: Person, media: Path) -> None:
    old = media / smaller.picture.stored_name.replace("_200-128-64", "_128")

    run()

    assert (media / Person.objects.get().picture.stored_name).read_bytes() == old.read_bytes()


def test_the_largest_is_kept_when_larger_sizes_are_asked_for(person: Person, settings: Settings, media: Path) -> None:
    before = (media / person.picture.stored_name).read_bytes()
    settings.AVATARS = {"SIZES": (1024, 64)}

    run()

    new = Person.objects.get().picture
    assert new.sizes == (200, 64)
    assert (media / new.stored_name).read_bytes() == before


def test_a_dry_run_changes_nothing(smaller: Person, media: Path) -> None:
    before = on_disk(media)

    assert run("--dry-run") == ("1 pictures would be rebuilt.\n", "")
    assert on_disk(media) == before
    assert Person.objects.get().picture.name == smaller.picture.name


def test_every_picture_is_rebuilt_when_asked_for(person: Person, team: Team, media: Path) -> None:
    before = on_disk(media)

    assert run("--all", "--dry-run") == ("3 pictures would be rebuilt.\n", "")
    assert run("--all") == ("3 pictures rebuilt.\n", "")

    assert on_disk(media) == before | files_of(
        Person.objects.get().picture.name, Team.objects.get().logo.name, Team.objects.get().banner.name
    )
    assert len(on_disk(media)) == 2 * len(before)
    assert Person.objects.get().picture.name != person.picture.name


def test_a_second_run_has_nothing_to_do(smaller: Person) -> None:
    run()

    assert run() == ("0 pictures rebuilt.\n", "")


def test_an_interrupted_run_goes_on_where_it_stopped(smaller: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Person.objects.create(username="joe")
    Person.objects.filter(pk=other.pk).update(picture=smaller.picture.name)
    original, calls = rebuild.rebuild, []

    def once(*arguments: Any, **options: Any) -> bool:
        calls.append(arguments)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return original(*arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(rebuild, "rebuild", once)
        run()

    assert run("--dry-run") == ("1 pictures would be rebuilt.\n", "")
    assert run() == ("1 pictures rebuilt.\n", "")


def test_rows_are_read_in_pieces(person: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        Person.objects.create(username=str(number))
    Person.objects.update(picture=person.picture.name)
    settings.AVATARS = {"SIZES": (128,)}
    monkeypatch.setattr(rebuild, "PIECE", 2)

    assert run() == ("5 pictures rebuilt.\n", "")


def test_foreign_names_empty_and_null_columns_are_left_alone(transactional_db: None) -> None:
    Country.objects.create(name="Utopia")
    Country.objects.create(name="Erewhon")
    Country.objects.filter(name="Erewhon").update(flag=None)
    Place.objects.create()

    assert run("--all") == ("0 pictures rebuilt.\n", "")


def test_a_row_that_shows_another_picture_by_now_is_left_alone(smaller: Person, media: Path) -> None:
    field: Any = Person._meta.get_field("picture")
    ((key, name),) = rebuild.outdated(field, "default")
    smaller.picture = upload(90, seed=2)
    smaller.save()
    before = on_disk(media)
    name_now = smaller.picture.name

    with pytest.raises(FileNotFoundError):
        rebuild.rebuild(field, "default", key, name)
    assert Person.objects.get().picture.name == name_now
    assert on_disk(media) == before


def test_a_row_that_changes_while_its_picture_is_made_is_left_alone(smaller: Person, media: Path) -> None:
    field: Any = Person._meta.get_field("picture")
    ((key, name),) = rebuild.outdated(field, "default")
    Person.objects.update(picture="covers/jane.jpg")
    before = on_disk(media)

    assert rebuild.rebuild(field, "default", key, name) is False

    assert Person.objects.get().picture.name == "covers/jane.jpg"
    assert on_disk(media) == before


def test_a_file_that_cannot_be_read_is_reported_and_the_rest_goes_on(smaller: Person, media: Path) -> None:
    person = Person.objects.create(username="joe", picture=upload(200, seed=1))
    Person.objects.filter(pk=person.pk).update(
        picture=smaller.picture.stored_name.replace("avatars/jane", "avatars/lost")
    )

    message, complaints = complaint_of()

    assert message == "1 pictures could not be rebuilt. Mend what is said above and run the command again."
    assert complaints.startswith(f"app.Person.picture of {person.pk}: FileNotFoundError: ")
    assert Person.objects.get(pk=smaller.pk).picture.stored_name.endswith("_128-32_jpg.webp")


def test_a_file_that_is_no_picture_any_more_is_reported(smaller: Person, media: Path) -> None:
    before = on_disk(media)
    (media / smaller.picture.stored_name).write_bytes(b"overwritten")

    message, complaints = complaint_of()

    assert message == "1 pictures could not be rebuilt. Mend what is said above and run the command again."
    assert complaints.startswith(f"app.Person.picture of {smaller.pk}: InvalidImage: ")
    assert on_disk(media) == before


def test_a_storage_that_fails_leaves_the_old_picture(broken: BrokenStorage, smaller: Person, media: Path) -> None:
    before = on_disk(media)
    broken.saves = 1
    field: Any = Person._meta.get_field("picture")

    with pytest.raises(StorageUnavailable):
        rebuild.rebuild(field, "default", smaller.pk, smaller.picture.stored_name)

    assert Person.objects.get().picture.name == smaller.picture.name
    assert on_disk(media) == before


def test_a_database_that_fails_leaves_the_old_picture(
    smaller: Person, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = on_disk(media)
    field: Any = Person._meta.get_field("picture")
    monkeypatch.setattr(references, "rows", lambda model, alias: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        rebuild.rebuild(field, "default", smaller.pk, smaller.picture.stored_name)

    assert on_disk(media) == before


def test_what_was_accepted_once_is_not_judged_again(person: Person, settings: Settings) -> None:
    settings.AVATARS = {"SIZES": (32,), "MAX_BYTES": 10, "MIN_SIZE": 1000, "INPUT_FORMATS": ("BMP",)}

    assert run() == ("1 pictures rebuilt.\n", "")


def test_a_child_and_every_database_are_looked_at(settings: Settings, media: Path, monkeypatch: Any) -> None:
    Restaurant.objects.using("other").create(photo=upload(), menu=upload(200, seed=1))
    for model, name in ((Place, "photo"), (Restaurant, "menu")):
        field: Any = model._meta.get_field(name)
        monkeypatch.setitem(field._options, "sizes", (32,))

    assert run() == ("2 pictures rebuilt.\n", "")

    restaurant = Restaurant.objects.using("other").get()
    assert restaurant.photo.sizes == restaurant.menu.sizes == (32,)


def test_another_quality_is_applied_when_everything_is_rebuilt(person: Person, media: Path, settings: Settings) -> None:
    largest = (media / str(person.picture.name)).read_bytes()
    settings.AVATARS = {"QUALITY": {"webp": 5}}

    run()
    assert Person.objects.get().picture.name == person.picture.name
    run("--all")

    assert len((media / str(Person.objects.get().picture.name)).read_bytes()) < len(largest)


def test_a_rendition_that_was_lost_is_made_again(person: Person, media: Path, settings: Settings) -> None:
    (media / naming.rendition(str(person.picture.name), 64)).unlink()
    settings.AVATARS = {"OUTPUT_FORMATS": ("webp", "jpg")}

    assert run() == ("1 pictures rebuilt.\n", "")

    assert on_disk(media) >= files_of(Person.objects.get().picture.name)


# One part at a time


@pytest.fixture
def many(media: Path, settings: Settings) -> list[Person]:
    """Four rows, of which one is in another database, whose renditions are not what is wanted any more."""
    rows = [Person.objects.create(username=f"jane{number}", picture=upload(200)) for number in range(3)]
    rows.append(Person.objects.using("other").create(username="jill", picture=upload(200)))
    settings.AVATARS = {"SIZES": (32,)}
    return rows


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ([], 4),
        (["--field", "app.Person.picture"], 4),
        (["--field", "app.Team.logo"], 0),
        (["--database", "other"], 1),
        (["--limit", "2"], 2),
        (["--field", "app.Person.picture", "--database", "default", "--from", "2"], 2),
        (["--field", "app.Person.picture", "--database", "default", "--from", "2", "--limit", "1"], 1),
    ],
)
def test_a_part_may_be_rebuilt(arguments: list[str], count: int, many: list[Person]) -> None:
    first = many[0].pk
    arguments = [str(first + 1) if argument == "2" and "--from" in arguments else argument for argument in arguments]

    assert run("--dry-run", *arguments)[0] == f"{count} pictures would be rebuilt.\n"
    assert run(*arguments)[0] == f"{count} pictures rebuilt.\n"
    assert run("--dry-run")[0] == f"{4 - count} pictures would be rebuilt.\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--field", "app.Person.nothing"], r"^--field is 'app.Person.nothing'. There is: .*app.Person.picture"),
        (["--database", "nowhere"], "^--database is 'nowhere'. There is: default, other"),
        (["--limit", "0"], "^--limit is 0. Give 1 or more.$"),
        (["--from", "5"], "^--from is a primary key of one model. Say whose with --field.$"),
    ],
)
def test_a_part_that_does_not_exist_is_named(arguments: list[str], text: str, transactional_db: None) -> None:
    with pytest.raises(CommandError, match=text):
        run(*arguments)
