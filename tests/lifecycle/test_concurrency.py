"""Many at once, on a database with row locks, and a connection that breaks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Barrier, Event, current_thread, main_thread
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.db.models.signals import pre_delete

from tests.app.models import Place, Profile, Team, User
from tests.storing import files_of, on_disk, upload

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True, databases=["default", "other"]),
    pytest.mark.skipif(
        "connection.vendor != 'postgresql'", reason="needs PostgreSQL: threads share no database in memory"
    ),
]


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` gives for 0, 1, … in as many threads, or what it raises."""
    barrier = Barrier(count)

    def one(number: int) -> Any:
        barrier.wait(30)
        try:
            return work(number)
        except Exception as exc:
            return exc
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_twenty_replaces_of_one_row_leave_one_picture(media: Path, place: Place) -> None:
    def replace(number: int) -> str:
        mine = Place.objects.get()
        mine.photo = upload(seed=number)
        mine.save()
        return str(mine.photo.name)

    names = at_once(20, replace)

    assert len(set(names)) == 20
    assert Place.objects.get().photo.name in names
    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_twenty_first_pictures_of_one_person_leave_one_row_and_one_picture(media: Path, user: User) -> None:
    def first(number: int) -> str:
        profile, _ = Profile.objects.get_or_create(user_id=user.pk)
        profile.profile_pic = upload(seed=number)
        profile.save()
        return str(profile.profile_pic.name)

    names = at_once(20, first)

    assert Profile.objects.get().profile_pic.name in names
    assert on_disk(media) == files_of(Profile.objects.get().profile_pic.name)


def test_deletes_and_replaces_lose_nothing_and_leave_nothing(media: Path) -> None:
    for round_number in range(5):
        place = Place.objects.create(photo=upload(seed=round_number))

        def work(number: int, loaded: list[Place]) -> None:
            mine = loaded[number]
            if number % 2:
                mine.photo = upload(seed=number)
                mine.save()
            else:
                mine.delete()

        outcomes = at_once(4, partial(work, loaded=[Place.objects.get(pk=place.pk) for _ in range(4)]))

        assert outcomes == [None] * 4
        assert on_disk(media) == files_of(*Place.objects.values_list("photo", flat=True))
        Place.objects.all().delete()
    assert on_disk(media) == set()


def test_a_row_that_a_save_brings_back_is_seen_by_whoever_deletes_it_a_second_time(media: Path, place: Place) -> None:
    """The row is gone when they look, and there again when Django deletes it."""
    deletes_next, deleted_twice = Event(), Place.objects.get()

    def delete_again(number: int) -> None:
        deleted_twice.delete()

    def before_the_delete(**kwargs: Any) -> None:
        deletes_next.set()
        wait([brought_back], 0.5)

    def bring_back(number: int) -> None:
        deletes_next.wait(30)
        place.photo = upload(seed=1)
        place.save()

    Place.objects.filter(pk=place.pk).delete()
    pre_delete.connect(before_the_delete, sender=Place)  # after ours
    try:
        with ThreadPoolExecutor(2) as pool:
            brought_back = pool.submit(at_once, 1, bring_back)
            assert pool.submit(at_once, 1, delete_again).result(30) == [None]
            assert brought_back.result(30) == [None]
    finally:
        pre_delete.disconnect(before_the_delete, sender=Place)

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_two_saves_that_bring_back_one_row_wait_for_each_other(media: Path, place: Place) -> None:
    loaded = [Place.objects.get() for _ in range(4)]
    Place.objects.all().delete()

    def bring_back(number: int) -> None:
        loaded[number].photo = upload(seed=number)
        loaded[number].save()

    assert at_once(4, bring_back) == [None] * 4

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_a_transaction_that_misses_many_rows_takes_one_lock_and_one_that_makes_rows_none(media: Path) -> None:
    def locks() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
            return int(cursor.fetchone()[0])

    loaded = [Place.objects.create(photo=upload(seed=number)) for number in range(4)]
    Place.objects.all().delete()

    with transaction.atomic():
        for place in loaded[:2]:
            place.delete()
        for place in loaded[2:]:
            place.photo = upload(seed=5)
            place.save()
        assert locks() == 1
    with transaction.atomic():
        Place(pk=10**6, photo=upload(seed=6)).save()  # looked for, since it has a key
        assert locks() == 0

    assert on_disk(media) == files_of(*Place.objects.values_list("photo", flat=True))
    assert Place.objects.count() == 3


def test_replaces_that_roll_back_beside_those_that_commit_leave_one_picture(media: Path, place: Place) -> None:
    def work(number: int) -> None:
        with transaction.atomic():
            mine = Place.objects.get()
            mine.photo = upload(seed=number)
            mine.save()
            transaction.set_rollback(bool(number % 2))

    assert at_once(10, work) == [None] * 10

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_two_transactions_that_replace_in_opposite_order_end_with_one_that_is_told_to_try_again(media: Path) -> None:
    # A deadlock is the database's to break: whoever changes several rows in a transaction has to do so in one order.
    keys = [Place.objects.create(photo=upload(seed=seed)).pk for seed in (1, 2)]
    both_have_one = Barrier(2)

    def work(number: int) -> None:
        with transaction.atomic():
            for step, key in enumerate(keys if number else keys[::-1]):
                place = Place.objects.get(pk=key)
                place.photo = upload(seed=10 * number + step)
                place.save()
                if not step:
                    both_have_one.wait(30)

    outcomes = at_once(2, work)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "OperationalError"]
    assert on_disk(media) == files_of(*Place.objects.values_list("photo", flat=True))


@pytest.mark.parametrize("given", [lambda file: file, lambda file: file.name], ids=["file", "text"])
def test_two_rows_that_take_over_each_others_picture_at_once_wait_for_each_other_in_one_order(
    media: Path, given: Callable[[Any], Any]
) -> None:
    both_have_one = Barrier(2)

    def swap(number: int) -> None:
        rows = list(Place.objects.order_by("pk"))
        rows[number].photo = given(rows[1 - number].photo)
        both_have_one.wait(30)
        rows[number].save()

    for _ in range(5):
        for seed in (1, 2):
            Place.objects.create(photo=upload(seed=seed))
        assert at_once(2, swap) == [None, None]
        assert on_disk(media) == files_of(*Place.objects.values_list("photo", flat=True))
        Place.objects.all().delete()


@pytest.mark.parametrize("given", [lambda file: file, lambda file: file.name], ids=["file", "text"])
def test_rows_of_two_models_that_take_over_each_others_picture_at_once_wait_in_one_order(
    media: Path, given: Callable[[Any], Any]
) -> None:
    both_have_one = Barrier(2)

    def swap(number: int) -> None:
        place, team = Place.objects.get(), Team.objects.get()
        if number:
            place.photo = given(team.logo)
        else:
            team.logo = given(place.photo)
        both_have_one.wait(30)
        (place if number else team).save()

    for _ in range(5):
        Place.objects.create(photo=upload(seed=1))
        Team.objects.create(logo=upload(seed=2))
        assert at_once(2, swap) == [None, None]
        assert on_disk(media) == files_of(Place.objects.get().photo.name, Team.objects.get().logo.name)
        Place.objects.all().delete()
        Team.objects.all().delete()


def test_a_picture_that_is_passed_on_while_somebody_waits_for_its_row_is_found_in_the_next_one(media: Path) -> None:
    Team.objects.create(logo=upload(seed=1))
    name, loaded = Team.objects.get().logo.name, Event()

    def take(number: int) -> Place:
        place = Place(photo=Team.objects.get().logo)
        loaded.set()
        place.save()
        return place

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Place.objects.create(photo=Team.objects.get().logo)
        team = Team.objects.get()
        team.logo = upload(seed=2)
        team.save()
        taken = pool.submit(at_once, 1, take)
        loaded.wait(30)
        wait([taken], 0.5)
        assert not taken.done()
    assert taken.result(30)[0].photo.name == name

    assert set(Place.objects.values_list("photo", flat=True)) == {name}
    assert on_disk(media) == files_of(name, Team.objects.get().logo.name)


def test_a_name_given_as_text_is_not_taken_from_a_row_that_lets_go_of_it_meanwhile(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are still there when the save looks, which the one who replaces the picture has yet to delete."""
    Place.objects.create(photo=upload(seed=1))
    Team.objects.create(logo=upload(seed=2))
    name, kept, loaded = Place.objects.get().photo.name, Team.objects.get().logo.name, Event()

    def take(number: int) -> None:
        team = Team.objects.get()
        team.logo = name
        loaded.set()
        team.save()

    delete = FileSystemStorage.delete

    def delete_later(self: FileSystemStorage, file: str) -> None:
        wait([taken], 30 if current_thread() is main_thread() else 0)
        delete(self, file)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            place = Place.objects.get()
            place.photo = upload(seed=3)
            place.save()
            taken = pool.submit(at_once, 1, take)
            loaded.wait(30)
            wait([taken], 0.5)
            assert not taken.done()
            monkeypatch.setattr(FileSystemStorage, "delete", delete_later)
        assert taken.result(30) == [None]

    assert Team.objects.get().logo.name == kept
    assert on_disk(media) == files_of(kept, Place.objects.get().photo.name)


@pytest.mark.parametrize("taker", ["a row", "a row, by the name before a rebuild", "a new row"])
def test_a_name_given_as_text_is_not_taken_from_files_that_are_about_to_be_deleted(
    taker: str, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No row names the picture any more when the save looks, and its files are still there."""
    place = Place.objects.create(photo=upload(seed=1))
    Team.objects.create(logo=upload(seed=2))
    name = place.photo.name
    if "rebuild" in taker:
        call_command("avatars_rebuild", "--all", "--field", "app.Place.photo", verbosity=0)
        place.refresh_from_db()
    kept = Team.objects.get().logo.name
    outcomes: list[Any] = []

    def take(number: int) -> None:
        team = Team(name="Blues") if taker == "a new row" else Team.objects.get()
        team.logo = name
        team.save()

    delete = FileSystemStorage.delete

    def delete_later(self: FileSystemStorage, file: str) -> None:
        if not outcomes:
            outcomes.append(None)
            outcomes.extend(at_once(1, take))
        delete(self, file)

    monkeypatch.setattr(FileSystemStorage, "delete", delete_later)
    place.photo = upload(seed=3)
    place.save()

    assert outcomes == [None, None]
    assert Team.objects.get(name="").logo.name == kept
    assert not Team.objects.filter(name="Blues").exclude(logo="")
    assert on_disk(media) == files_of(kept, place.photo.name)

    # What a transaction was to let go of can be named again once that is rolled back.
    name = place.photo.name
    with transaction.atomic():
        place.photo = upload(seed=4)
        place.save()
        transaction.set_rollback(True)
    row = Place.objects.filter(pk=place.pk)
    row._raw_delete(row.db)
    take(0)
    named = Team.objects.exclude(logo="").values_list("logo", flat=True)
    assert name in named
    assert on_disk(media) == files_of(*named)


def test_the_name_before_a_rebuild_is_kept_for_a_row_that_gives_it_as_text(media: Path) -> None:
    """Also where the row that has the picture is deleted before the other one is committed."""
    row, other = Place.objects.create(photo=upload(seed=1)), Place.objects.create(photo=upload(seed=2))
    name = row.photo.name
    call_command("avatars_rebuild", "--all", verbosity=0)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            other.refresh_from_db()
            other.photo = name
            other.save()
            deleted = pool.submit(at_once, 1, lambda number: Place.objects.get(pk=row.pk).delete())
            wait([deleted], 0.5)
            assert not deleted.done()
        deleted.result(30)

    assert Place.objects.get().photo.name == name
    assert files_of(name) <= on_disk(media)


def test_others_may_read_a_row_while_its_picture_is_written(place: Place) -> None:
    seen: list[str] = []

    def look(number: int) -> None:
        seen.append(str(Place.objects.get().photo.name))

    old = place.photo.name
    with transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        assert at_once(1, look) == [None]

    assert seen == [old]
    assert connection.in_atomic_block is False


def test_a_connection_closed_in_a_transaction_deletes_nothing_that_a_row_names(media: Path, place: Place) -> None:
    old = place.photo.name
    with pytest.raises(Exception, match=r"closed|connection"), transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        connection.close()
        Place.objects.count()
    connection.close()

    assert Place.objects.get().photo.name == old
    assert files_of(old) <= on_disk(media)
