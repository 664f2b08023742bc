"""Several processes and one person, on PostgreSQL: one row, one picture, no error, no orphan."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import HAS_POSTGRES
from .nursery import Ended, Nursery, calling

pytestmark = [
    pytest.mark.accidents,
    pytest.mark.postgres,
    pytest.mark.skipif(not HAS_POSTGRES, reason="needs PostgreSQL: processes that write at the same time"),
]


@pytest.fixture
def crowd(nursery: Nursery) -> Nursery:
    """Children, and a person whom they fight about."""
    nursery.do("scenarios.reset")
    return nursery


def race(nursery: Nursery, *calls: dict[str, Any]) -> list[Ended]:
    """Make all calls at the same time, each without an error."""
    ended = nursery.run(*calls)
    assert [one.trace for one in ended if one.raised] == []
    return ended


def assert_clean(nursery: Nursery, *, swept: bool = False) -> dict[str, Any]:
    """Assert that no file is missing and none too many; gives what is shown."""
    left: dict[str, Any] = nursery.do("scenarios.sweep" if swept else "scenarios.look").returned
    assert (left["missing"], left["orphans"]) == ([], [])
    assert not [column for column, colors in left["shown"].items() if "+" in colors or not colors]
    shown: dict[str, Any] = left["shown"]
    return shown


def browsing(people: int, actions: int, *kinds: str) -> list[dict[str, Any]]:
    """The person, in several browsers."""
    return [calling("races.browse", number=number, actions=actions, kinds=kinds) for number in range(people)]


def test_fifty_first_uploads_of_one_person_make_one_row_and_one_picture(crowd: Nursery) -> None:
    ended = race(crowd, *browsing(50, 1, "upload"))

    assert [one.returned for one in ended] == [[302]] * 50  # each process has a cache, and so a limit, of its own
    shown = assert_clean(crowd)
    assert len([column for column in shown if "profile_pic" in column]) == 1


def test_uploads_and_removes_of_one_person_leave_one_picture_or_none(crowd: Nursery) -> None:
    ended = race(crowd, *browsing(8, 8, "upload", "upload", "remove"))

    assert {status for one in ended for status in one.returned} == {302}
    assert len([column for column in assert_clean(crowd) if "profile_pic" in column]) <= 1


def test_uploads_while_the_profile_is_deleted_are_no_error(crowd: Nursery) -> None:
    ended = race(crowd, *browsing(5, 8, "upload", "remove"), calling("races.delete_profiles", number=9, times=30))

    assert {status for one in ended for status in one.returned} == {302}
    assert_clean(crowd)


def test_uploads_while_the_person_is_deleted_leave_nothing(crowd: Nursery) -> None:
    ended = race(crowd, *browsing(5, 8, "upload"), calling("races.delete_person", number=9))

    # Whoever was in the middle of it is told that they may not; whoever came later is asked to log in.
    assert {status for one in ended[:-1] for status in one.returned} <= {302, 403}
    assert not [column for column in assert_clean(crowd) if "profile_pic" in column]


def test_stale_saves_and_rollbacks_keep_one_whole_picture(crowd: Nursery) -> None:
    stale = [calling("races.save_stale", number=number, times=15) for number in range(6)]
    rolled = [calling("races.roll_back", number=number, times=10) for number in range(2)]

    race(crowd, *stale, *rolled)

    assert_clean(crowd)


def test_rows_come_and_go_from_all_sides(crowd: Nursery) -> None:
    race(crowd, *[calling("races.places", number=number, times=25) for number in range(6)])

    assert_clean(crowd)


def test_pictures_are_taken_over_while_others_replace_them(crowd: Nursery) -> None:
    takers = [calling("races.take_over", number=number, times=20) for number in range(4)]

    race(crowd, *takers, *[calling("races.replace_sources", number=number, times=12) for number in range(2)])

    assert_clean(crowd)


def test_parents_and_children_are_saved_at_once(crowd: Nursery) -> None:
    crowd.do("races.make_family")

    race(crowd, *[calling("races.save_family", number=number, times=12) for number in range(6)])

    assert_clean(crowd)


@pytest.mark.parametrize("uploads", [1000])
def test_a_sweep_beside_a_thousand_uploads_deletes_nothing_that_is_named(crowd: Nursery, uploads: int) -> None:
    workers = [calling("races.upload_many", number=number, times=uploads // 4) for number in range(4)]

    ended = race(crowd, *workers, calling("races.prune_until", number=9, rows=uploads, grace=2))

    assert ended[-1].returned > 1
    assert len([column for column in assert_clean(crowd) if "artist" in column]) == uploads
