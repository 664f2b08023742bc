"""Pictures that go from one row to another: swapped, moved, copied, in one transaction or in several."""

from __future__ import annotations

import logging
from contextlib import nullcontext
from copy import copy
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from tests.app.models import Artist, Member, Place, Team
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def two(media: Path) -> tuple[Place, Place]:
    """Two rows with a picture each."""
    return Place.objects.create(photo=upload(seed=1)), Place.objects.create(photo=upload(seed=2))


def names() -> dict[int, str]:
    """What each row names."""
    return dict(Place.objects.values_list("pk", "photo"))


@pytest.mark.parametrize("given", ["the instance", "its name as text"])
def test_a_picture_goes_to_another_database_in_the_transaction_that_deletes_its_row(given: str, media: Path) -> None:
    artist, other = Artist.objects.create(portrait=upload()), Artist.objects.using("other").create()
    name, key = artist.portrait.name, artist.pk

    with transaction.atomic():
        artist.delete()
        if given == "the instance":
            artist.pk = other.pk = key
            artist.save(using="other")
        else:
            other.portrait = name
            other.save(using="other")

    assert Artist.objects.using("other").get(pk=other.pk).portrait.name == name
    assert on_disk(media) == files_of(name)


def test_a_picture_is_handed_on_after_the_commit_and_before_its_files_go(place: Place, team: Team, media: Path) -> None:
    name = str(place.photo.name)

    def hand_on() -> None:
        team.logo = name
        team.save()

    with transaction.atomic():
        transaction.on_commit(hand_on)
        place.delete()

    assert Team.objects.get().logo.name == name
    assert files_of(name) <= on_disk(media)


@pytest.mark.parametrize("together", [True, False])
def test_two_rows_swap_their_pictures(two: tuple[Place, Place], media: Path, together: bool) -> None:
    a, b = two
    before = names()

    a.photo, b.photo = b.photo, a.photo
    with transaction.atomic() if together else nullcontext():
        a.save()
        b.save()

    assert names() == {a.pk: before[b.pk], b.pk: before[a.pk]}
    assert on_disk(media) == files_of(*before.values())


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("giver_first", [True, False])
def test_a_picture_moves_to_another_row(
    two: tuple[Place, Place], media: Path, together: bool, giver_first: bool
) -> None:
    a, b = two
    before = names()

    b.photo = a.photo
    a.photo = ""
    with transaction.atomic() if together else nullcontext():
        for place in (a, b) if giver_first else (b, a):
            place.save()

    assert names() == {a.pk: "", b.pk: before[a.pk]}
    assert on_disk(media) == files_of(before[a.pk])


def test_a_picture_moves_to_another_field_of_the_row(media: Path) -> None:
    team = Team.objects.create(logo=upload(seed=1))
    name = team.logo.name

    team.banner = team.logo
    team.logo = ""
    team.save(update_fields=["logo"])
    team.save(update_fields=["banner"])

    assert Team.objects.values_list("logo", "banner").get() == ("", name)
    assert on_disk(media) == files_of(name)


def test_what_was_handed_over_and_is_not_saved_any_more_goes_with_its_row(
    two: tuple[Place, Place], media: Path
) -> None:
    a, b = two
    b.photo = a.photo
    b.refresh_from_db()

    a.delete()

    assert on_disk(media) == files_of(b.photo.name)


@pytest.mark.parametrize("deed", ["save", "delete"])
def test_a_picture_that_was_handed_over_and_then_let_go_of_is_not_kept(
    two: tuple[Place, Place], media: Path, deed: str
) -> None:
    a, b = two
    b.photo = a.photo

    if deed == "save":
        b.photo.save("photo.jpg", upload(seed=3))
    else:
        b.photo.delete()
    a.photo = upload(seed=4)
    a.save()

    assert on_disk(media) == files_of(*names().values())
    assert len(on_disk(media)) > 0
    assert b.photo.takers is None


def test_a_picture_that_two_wait_for_is_kept_until_both_are_saved(two: tuple[Place, Place], media: Path) -> None:
    a, b = two
    name, c = a.photo.name, Place()
    b.photo = a.photo
    c.photo = a.photo
    b.save()

    for place in (a, b):
        place.photo = ""
        place.save()
    assert on_disk(media) == files_of(name)
    c.save()

    assert names() == {a.pk: "", b.pk: "", c.pk: name}
    assert on_disk(media) == files_of(name)


def test_what_has_arrived_goes_when_it_is_replaced(two: tuple[Place, Place], media: Path) -> None:
    a, b = two
    b.photo = a.photo
    taken = b.photo
    b.save()
    with CaptureQueriesContext(connection) as captured:
        b.save()
    a.delete()
    assert len(captured) == 1
    assert on_disk(media) == files_of(taken.name)

    b.photo = upload(seed=3)
    b.save()

    assert on_disk(media) == files_of(b.photo.name)


def test_a_rollback_leaves_the_picture_waiting(two: tuple[Place, Place], media: Path) -> None:
    a, b = two
    name = a.photo.name
    b.photo = a.photo
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        b.save()
        raise ZeroDivisionError

    a.photo = ""
    a.save()
    b.save()

    assert names() == {a.pk: "", b.pk: name}
    assert on_disk(media) == files_of(name)


@pytest.mark.parametrize("how", ["copied", "assigned"])
def test_a_picture_that_was_let_go_of_meanwhile_is_not_named_again(
    two: tuple[Place, Place], media: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    stale = Place.objects.get(pk=two[0].pk)
    two[0].photo = upload(seed=3)
    two[0].save()
    kept = names()

    if how == "copied":
        stale.pk = None
        made = stale
    else:
        made = Place(photo=stale.photo)
    with caplog.at_level(logging.WARNING, "django_avatars"), transaction.atomic():
        transaction.on_commit(lambda: None)  # somebody else's, and our own, which is about another picture
        Place.objects.create(photo=upload(seed=4)).delete()
        made.save()

    assert names() == {**kept, made.pk: ""}
    assert not made.photo
    assert on_disk(media) == files_of(*kept.values())
    assert caplog.messages == ["A picture that was taken over from another row is gone, since that let go."]


def test_what_this_transaction_lets_go_of_can_be_kept_in_another_row(two: tuple[Place, Place], media: Path) -> None:
    old = copy(two[0])
    before = names()

    with transaction.atomic():
        two[0].photo = upload(seed=3)
        two[0].save()
        old.pk = None
        old.save()

    assert names() == {**before, two[0].pk: two[0].photo.name, old.pk: before[two[0].pk]}
    assert on_disk(media) == files_of(*names().values())


def test_a_row_that_is_deleted_and_made_anew_keeps_its_picture(two: tuple[Place, Place], media: Path) -> None:
    anew = Place.objects.get(pk=two[0].pk)
    with transaction.atomic():
        two[0].delete()
        anew.pk = None
        anew.save()

    assert on_disk(media) == files_of(*names().values())
    assert names()[anew.pk] == anew.photo.name != ""


def test_a_picture_that_a_row_of_another_model_holds_can_be_copied(media: Path) -> None:
    team = Team.objects.create()
    first = Member.objects.create(team=team, photo=upload(seed=1))
    Place.objects.create(photo=first.photo)
    stale = Member.objects.get()
    first.photo = ""
    first.save()

    stale.pk = None
    stale.save()

    assert stale.photo
    assert files_of(stale.photo.name) == on_disk(media)


def test_a_name_that_no_row_holds_is_written_as_it_is(two: tuple[Place, Place]) -> None:
    place = Place(photo=two[0].photo.name)
    two[0].delete()

    place.save()

    assert place.photo


def test_copying_costs_one_query_more(two: tuple[Place, Place]) -> None:
    Place.objects.create(photo=two[0].photo)  # which tables there are is asked once
    place = Place.objects.get(pk=two[0].pk)
    place.pk, place._state.adding = None, True

    with CaptureQueriesContext(connection) as captured:
        place.save()

    verbs = [query["sql"].split()[0] for query in captured]
    asked = 1 if connection.features.has_select_for_update else 2  # where the write lock comes first
    assert len([verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE")]) == asked + 1


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL: threads share no database in memory")
@pytest.mark.parametrize("copied", [True, False])
def test_a_transaction_that_has_copied_a_row_keeps_the_picture_however_long_it_takes(
    two: tuple[Place, Place], media: Path, copied: bool
) -> None:
    name, replaced = two[0].photo.name, Event()

    def replace() -> None:
        mine = Place.objects.get(pk=two[0].pk)
        mine.photo = upload(seed=3)
        mine.save()
        connections.close_all()
        replaced.set()

    other = Thread(target=replace)
    with transaction.atomic():
        mine = Place.objects.get(pk=two[0].pk)
        if copied:
            mine.pk = None
        else:
            mine = Place(photo=mine.photo)
        mine.save()
        other.start()
        assert not replaced.wait(0.5)
    other.join(30)

    assert replaced.is_set()
    assert Place.objects.get(pk=mine.pk).photo.name == name
    assert on_disk(media) == files_of(*names().values())


@pytest.mark.postgres
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL: threads share no database in memory")
def test_a_copy_that_waited_for_a_replace_names_nothing_that_is_gone(two: tuple[Place, Place], media: Path) -> None:
    stale, started = Place.objects.get(pk=two[0].pk), Event()

    def copy_it() -> None:
        stale.pk = None
        started.set()
        with transaction.atomic():
            stale.save()
        connections.close_all()

    other = Thread(target=copy_it)
    with transaction.atomic():
        two[0].photo = upload(seed=3)
        two[0].save()
        other.start()
        started.wait(30)
        other.join(0.5)
        assert other.is_alive()
    other.join(30)

    assert Place.objects.get(pk=stale.pk).photo.name in ("", None)
    assert on_disk(media) == files_of(*filter(None, names().values()))


def gone(seed: int, how: str) -> Any:
    """An instance without a row, whose picture is gone since."""
    place = Place.objects.create(photo=upload(seed=seed))
    stale = Place.objects.get(pk=place.pk)
    if how == "shared, and replaced elsewhere since":
        other = Place.objects.create(photo=place.photo)
        place.delete()
        other.photo = upload(seed=seed + 1)
        other.save()
        return place
    place.delete()
    if how == "without its key":
        stale.pk = None
    return stale


HOW = ["shared, and replaced elsewhere since", "deleted elsewhere", "without its key"]


@pytest.mark.parametrize("how", HOW)
def test_what_an_instance_without_a_row_shows_is_not_named_by_another_row(how: str, media: Path) -> None:
    Team.objects.create(name="Reds", logo=gone(1, how).photo)
    Place.objects.create(photo=gone(3, how).photo)
    Place.objects.bulk_create([Place(photo=gone(5, how).photo)])

    named = {
        name for rows in (Team.objects.values_list("logo"), Place.objects.values_list("photo")) for (name,) in rows
    }
    assert files_of(*named) == on_disk(media)


def test_an_instance_that_is_inserted_again_names_no_earlier_picture_that_is_gone(media: Path, place: Place) -> None:
    earlier = place.photo.name
    place.photo = upload(seed=1)
    place.save()
    place.delete()

    place.photo = earlier
    place.save()

    assert Place.objects.get().photo.name == ""
