"""Two databases over one storage: a picture is in use when either says so."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from django_avatars import naming
from django_avatars.lifecycle import references, state
from tests.app.models import Artist, Member, Place, Team
from tests.storing import RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def test_a_row_saved_to_another_database_names_the_same_picture(media: Path, place: Place) -> None:
    place.save(using="other")

    assert Place.objects.using("other").get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_row_of_another_database_gets_the_picture_not_what_it_has(media: Path, place: Place) -> None:
    Place.objects.using("other").create(pk=place.pk, photo=upload(seed=1))

    place.save(using="other")

    assert Place.objects.using("other").get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_back_in_the_first_database_a_picture_is_written_again(media: Path, place: Place) -> None:
    old = place.photo.name
    place.photo = upload(seed=1)
    place.save(using="other")

    assert Place.objects.get().photo.name == old
    place.save(using="default")

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_picture_stays_while_another_database_names_it(media: Path, place: Place) -> None:
    name = place.photo.name
    place.save(using="other")

    Place.objects.using("default").get().delete()
    assert on_disk(media) == files_of(name)

    Place.objects.using("other").get().delete()
    assert on_disk(media) == set()


def test_a_rollback_of_the_second_database_leaves_its_old_picture(media: Path, transactional_db: None) -> None:
    place = Place.objects.using("other").create(photo=upload())
    old = place.photo.name

    with pytest.raises(ZeroDivisionError), transaction.atomic(using="other"):
        place.photo = upload(seed=1)
        place.save()
        raise ZeroDivisionError

    assert Place.objects.using("other").get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_a_rollback_of_one_database_is_none_of_the_other(media: Path, transactional_db: None) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="other"):
        place = Place.objects.using("default").create(photo=upload())
        raise ZeroDivisionError

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_row_reloaded_from_another_database_is_not_taken_for_unchanged(media: Path, place: Place) -> None:
    Place.objects.using("other").create(pk=place.pk, photo=upload(seed=1))
    place.refresh_from_db(using="other")

    place.save(using="default")

    assert Place.objects.using("default").get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_an_untouched_row_of_the_second_database_asks_no_storage(recording: RecordingStorage) -> None:
    place = Place.objects.using("other").create(photo=upload())
    recording.calls.clear()

    place.save()

    assert recording.calls == []


def test_removing_from_one_database_keeps_the_other(media: Path, place: Place) -> None:
    name = place.photo.name
    place.save(using="other")

    place.photo = ""
    place.save(using="default")

    assert not Place.objects.using("default").get().photo
    assert Place.objects.using("other").get().photo.name == name
    assert on_disk(media) == files_of(name)


@pytest.mark.django_db(transaction=True, databases=["default"])
def test_a_database_that_a_test_may_not_use_has_no_rows_of_it(media: Path) -> None:
    place = Place.objects.create(photo=upload())

    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(place.photo.name)


def test_a_database_that_has_no_such_table_keeps_no_file_alive(media: Path) -> None:
    """Without a router every alias is allowed every model."""
    artist = Artist.objects.create(portrait=upload())
    references._tables.clear()
    with connections["other"].schema_editor() as editor:
        editor.delete_model(Artist)
    try:
        artist.portrait = upload(seed=1)
        artist.save()
        call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO())
    finally:
        with connections["other"].schema_editor() as editor:
            editor.create_model(Artist)

    assert on_disk(media) == files_of(artist.portrait.name)


@pytest.fixture
def artists_without_table(transactional_db: None) -> Iterator[None]:
    """A model whose table is missing everywhere, as where it is unmanaged or not migrated yet."""
    references._tables.clear()
    for alias in ("default", "other"):
        with connections[alias].schema_editor() as editor:
            editor.delete_model(Artist)
    yield
    for alias in ("default", "other"):
        with connections[alias].schema_editor() as editor:
            editor.create_model(Artist)


def test_a_model_without_a_table_keeps_nobodys_file(artists_without_table: None, media: Path, place: Place) -> None:
    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(place.photo.name)


@pytest.fixture
def artists_in_a_view(artists_without_table: None) -> Iterator[None]:
    """A model whose table is a view, whose rows can be read and not locked."""
    references._refused.clear()
    with connections["default"].cursor() as cursor:
        view = connections["default"].ops.quote_name(Artist._meta.db_table)
        shown = "SELECT CAST(NULL AS uuid) AS id, MAX(photo) AS portrait FROM app_place GROUP BY id"
        cursor.execute(f"CREATE VIEW {view} AS {shown}")
    yield
    with connections["default"].cursor() as cursor:
        cursor.execute(f"DROP VIEW {view}")
    references._tables.clear()
    references._views.clear()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_view_is_read_and_not_locked(is_there: bool, artists_in_a_view: None, media: Path, place: Place) -> None:
    """By a save that is given a name which no other row holds any more."""
    name, copy = str(place.photo.name), Place.objects.get()
    files = {path: path.read_bytes() for path in media.rglob("*.*")}
    place.photo.delete()
    if is_there:  # put back, as of a backup
        for path, data in files.items():
            path.write_bytes(data)
    copy.pk = None
    copy._state.adding = True

    with transaction.atomic():
        place.photo = name
        place.save()
        copy.save()

    assert [str(one.photo.name) for one in Place.objects.all()] == [name if is_there else ""] * 2
    assert on_disk(media) == (files_of(name) if is_there else set())


def test_models_that_have_an_order_of_their_own_are_asked_as_well(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns: Any = [Place._meta.get_field("photo"), Artist._meta.get_field("portrait")]
    monkeypatch.setattr(Place._meta, "ordering", ("-pk",))
    artist = Artist.objects.create(portrait=upload(seed=1))
    held = {str(place.photo.name), str(artist.portrait.name)}

    assert {*references.named_in("default", columns, held)} == held


@pytest.mark.postgres
@pytest.mark.skipif("not os.environ.get('DJANGO_AVATARS_POSTGRES')", reason="needs PostgreSQL: locks of rows")
def test_a_model_ordered_by_another_is_locked_alone(monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    monkeypatch.setattr(Member._meta, "ordering", ("team__name",))
    member = Member.objects.create(team=Team.objects.create(name="Reds"), photo=upload())

    with CaptureQueriesContext(connections["default"]) as captured:
        member.photo = upload(seed=1)
        member.save()
        member.delete()

    locks = [query["sql"] for query in captured if "FOR UPDATE" in query["sql"]]
    assert len(locks) == 2
    assert "JOIN" not in "".join(locks)
    assert on_disk(media) == set()


def test_the_database_that_is_written_to_counts_also_where_migrations_may_not_be_run(
    place: Place, settings: Settings, media: Path
) -> None:
    settings.DATABASE_ROUTERS = ["tests.routers.MigratesNothing"]
    name = place.photo.name
    other = Place.objects.create(photo=place.photo)
    place.photo = upload(seed=1)
    place.save()
    call_command("avatars_prune", delete=True, grace=0, force=True, verbosity=0)

    assert other.photo.name == name
    assert on_disk(media) == files_of(name, place.photo.name)


def test_a_database_that_is_none_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Django's documentation leaves "default" empty, where each app has a database of its own."""
    assert state.primaries("other") == ["other", "default"]
    monkeypatch.setitem(connections["default"].settings_dict, "ENGINE", "django.db.backends.dummy")

    assert state.primaries("other") == ["other"]


def test_a_table_that_is_listed_in_other_letters_is_asked(
    place: Place, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = connections["default"].introspection
    monkeypatch.setattr(listed, "table_names", lambda **kwargs: [])  # as of a table in another schema
    references._tables.clear()

    with transaction.atomic():
        other = Team.objects.create(name="Reds", logo=place.photo)
        place.photo = upload(seed=1)
        place.save()

    assert files_of(other.logo.name, place.photo.name) == on_disk(media)


def test_asking_about_a_model_without_a_table_does_not_end_a_transaction(
    artists_without_table: None, place: Place
) -> None:
    portrait: Any = Artist._meta.get_field("portrait")

    with transaction.atomic():
        assert references.referenced({str(place.photo.name)}) == {place.photo.name}
        assert list(Place.objects.all()) == [place]
        assert list(references.named_in("default", [portrait], ["a name"])) == []


def test_a_picture_is_taken_over_from_a_model_of_another_database(media: Path, place: Place) -> None:
    artist = Artist.objects.using("other").create(portrait=upload(seed=1))
    references._tables.clear()
    with connections["default"].schema_editor() as editor:
        editor.delete_model(Artist)
    try:
        place.photo = artist.portrait
        place.save()
        artist.delete()
    finally:
        with connections["default"].schema_editor() as editor:
            editor.create_model(Artist)

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_the_sweep_leaves_a_model_without_a_table_out_and_names_it(
    artists_without_table: None, media: Path, place: Place
) -> None:
    lost = media / str(naming.new_name("avatars/nobody", sizes=(64,), formats=("webp",)))
    lost.parent.mkdir()
    lost.write_bytes(b"lost")
    errors = io.StringIO()

    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO(), stderr=errors)

    assert errors.getvalue() == "app.Artist is left out: it has no table. Is it to be migrated?\n"
    assert on_disk(media) == files_of(place.photo.name)


def test_a_database_that_refuses_is_no_missing_table(place: Place) -> None:
    def refuse(*args: object) -> object:
        raise OperationalError("too many connections")

    with connections["default"].execute_wrapper(refuse), pytest.raises(OperationalError, match="too many"):
        list(references.names())


@pytest.fixture
def places_without_column(transactional_db: None) -> Iterator[None]:
    """A table that is there, but lacks the column of the picture, as between a release and its migration."""
    rename = f"ALTER TABLE {Place._meta.db_table} RENAME COLUMN {{}} TO {{}}"
    with connections["other"].cursor() as cursor:
        cursor.execute(rename.format("photo", "later"))
    yield
    with connections["other"].cursor() as cursor:
        cursor.execute(rename.format("later", "photo"))


def test_where_a_table_cannot_be_asked_nothing_is_taken_for_unused(
    media: Path, place: Place, places_without_column: None
) -> None:
    with pytest.raises(DatabaseError):
        references.referenced({str(place.photo.name)})

    assert on_disk(media) == files_of(place.photo.name)
