"""Whether Django ends transactions as it is known here, tried out when a project is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from django_avatars import checks
from django_avatars.lifecycle import selftest, staging


@pytest.mark.parametrize("end", [selftest.rolled_back, selftest.rolled_back_to_a_savepoint])
def test_a_rollback_is_seen(end: Callable[[Any, Any], None]) -> None:
    assert selftest.takes_for_rollback(end)


@pytest.mark.parametrize("end", [selftest.committed, selftest.lost])
def test_a_commit_is_no_rollback_nor_is_one_that_got_lost(end: Callable[[Any, Any], None]) -> None:
    assert not selftest.takes_for_rollback(end)


def test_the_connection_of_the_test_is_not_left_behind() -> None:
    selftest.takes_for_rollback(selftest.committed)

    assert selftest.ALIAS not in connections
    assert selftest.ALIAS not in [connection.alias for connection in connections.all(initialized_only=True)]


@pytest.mark.parametrize("name", ["_ROLLBACK", "_SAVEPOINT_ROLLBACK", "_LEAVING"])
def test_a_django_that_rolls_back_in_another_way_is_warned_about(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, name, (lambda: None).__code__)

    assert [message.id for message in checks.check_rollbacks()] == ["django_avatars.W020"]


def test_a_django_whose_commits_look_like_rollbacks_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_is_left_uncommitted", lambda guard, rollback: True)

    assert [message.id for message in checks.check_rollbacks()] == ["django_avatars.E120"]
