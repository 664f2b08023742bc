"""Every event of a picture's life on a real S3 server that fails, does not answer, or answers late."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections, transaction

from django_avatars import naming
from django_avatars.exceptions import StorageUnavailable
from django_avatars.lifecycle import references
from django_avatars.lifecycle.prune import Sweep
from tests.app.models import Team
from tests.storages.services import Requests
from tests.storing import upload

pytest.importorskip("botocore")

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

pytestmark = [pytest.mark.s3, pytest.mark.django_db(transaction=True, databases=["default", "other"])]

FAULTS = {
    "answers 500": 500,
    "refuses connections": EndpointConnectionError,
    "does not answer in time": ReadTimeoutError,
    "does what it is asked and does not say so": ("after", ReadTimeoutError),
}


def photo(seed: int) -> Any:
    """A picture of four sizes."""
    return upload(520, seed=seed)


class Rolled(Exception):
    """Ends a transaction."""


def replace(team: Team) -> None:
    """Another picture."""
    team.logo = photo(1)
    team.save()


def replace_twice(team: Team) -> None:
    """Two in one transaction."""
    with transaction.atomic():
        replace(team)
        team.logo = photo(2)
        team.save()


def replace_and_roll_back(team: Team) -> None:
    """What came is taken back."""
    with pytest.raises(Rolled), transaction.atomic():
        replace(team)
        raise Rolled


def replace_and_roll_back_to_a_savepoint(team: Team) -> None:
    """The same, within a transaction that commits."""
    with transaction.atomic():
        replace_and_roll_back(team)


def replace_stale(team: Team) -> None:
    """Two instances of one row."""
    stale = Team.objects.get(pk=team.pk)
    replace(team)
    replace(stale)


def remove(team: Team) -> None:
    """Without a picture."""
    team.logo.delete()


def delete(team: Team) -> None:
    """The row goes."""
    team.delete()


def delete_by_query(team: Team) -> None:
    """The row goes, without its instance."""
    Team.objects.filter(pk=team.pk).delete()


def create(team: Team) -> None:
    """Another row."""
    Team.objects.create(name="Blues", logo=photo(3))


def create_many(team: Team) -> None:
    """Several rows in one statement."""
    Team.objects.bulk_create([Team(name="Greens", logo=photo(4)), Team(name="Whites", logo=photo(5))])


def update_with_a_name(team: Team) -> None:
    """A name is written as it is."""
    Team.objects.filter(pk=team.pk).update(logo="")


def save_something_else(team: Team) -> None:
    """The picture is not touched."""
    team.name = "Whites"
    team.save()


EVENTS = [
    replace, replace_twice, replace_and_roll_back, replace_and_roll_back_to_a_savepoint, replace_stale, remove, delete,
    delete_by_query, create, create_many, update_with_a_name, save_something_else,
]  # fmt: skip


def keys(bucket: Any) -> set[str]:
    """Every object there is."""
    return {entry.key for entry in bucket.bucket.objects.all()}


def named() -> set[str]:
    """Every file that a row names."""
    # A name that nobody here has made is parsed to None, which must end the test.
    return {file for name in references.names() for file in naming.parse(name).files()}  # type: ignore[union-attr]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
@pytest.mark.parametrize("event", EVENTS)
def test_whatever_happens_rows_name_what_is_there_and_one_sweep_deletes_the_rest(
    event: Callable[[Team], None], fault: Any, bucket: Any, requests: Requests
) -> None:
    for position in (0, 2, 4):
        team = Team.objects.create(name="Reds", logo=photo(0))
        requests.faults = [None] * position + [fault] * 2

        with contextlib.suppress(StorageUnavailable):
            event(team)
        requests.faults = []

        assert named() <= keys(bucket), "a row names a file that is not there"
        with Sweep(grace=-5) as sweep:
            sweep.find()
            assert sweep.delete()[1] == 0
        assert keys(bucket) == named(), "a file is left that no row names"
    assert connections["default"].in_atomic_block is False


@pytest.mark.parametrize("event", EVENTS)
def test_a_slow_bucket_changes_nothing_but_the_time(
    event: Callable[[Team], None], bucket: Any, requests: Requests
) -> None:
    team = Team.objects.create(name="Reds", logo=photo(0))
    requests.delay = 0.05

    event(team)

    assert named() <= keys(bucket)
    if event is not update_with_a_name:  # nobody is told of that: the sweep is
        assert keys(bucket) == named()
