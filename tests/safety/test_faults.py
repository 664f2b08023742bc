"""Whatever call fails, of the storage or of the database: rows stay whole, and one sweep finds the rest."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from .children import NAMES
from .commit_proxy import CommitProxy
from .conftest import HAS_POSTGRES
from .nursery import Nursery
from .test_kills import assert_whole

pytestmark = pytest.mark.accidents


def before_and_after(nursery: Nursery, scenario: str) -> tuple[dict[str, Any], dict[str, Any], int]:
    """What is shown without the scenario and with all of it, and how many steps it takes."""
    nursery.do("scenarios.reset")
    before = nursery.do("scenarios.look").returned
    complete = nursery.do(f"scenarios.{scenario}", die_at=-1)
    after = nursery.do("scenarios.look").returned
    nursery.do("scenarios.reset")
    return before, after, len(complete.steps)


@pytest.mark.parametrize("scenario", NAMES)
def test_any_call_can_fail(nursery: Nursery, scenario: str) -> None:
    before, after, count = before_and_after(nursery, scenario)
    for at in range(1, count + 1):
        when = nursery.do("scenarios.fail", scenario=scenario, at=at).returned

        left, swept = nursery.do("scenarios.look_sweep_reset").returned

        assert_whole(left, before, after, f"{at}: {when}")
        assert_whole(swept, before, after, f"swept after {at}: {when}")
        assert swept["orphans"] == [], when
        if when.endswith(" delete → "):
            assert left["shown"] == after["shown"], when  # R4: a refused delete is nobody's error


@pytest.mark.postgres
@pytest.mark.skipif(not HAS_POSTGRES, reason="needs PostgreSQL: a connection that can be cut")
@pytest.mark.parametrize("scenario", ["create", "replace", "replace_within", "remove", "delete_cascade", "make_anew"])
@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_connection_can_be_lost_at_commit(nursery: Nursery, scenario: str, cut: Any) -> None:
    before, after, _ = before_and_after(nursery, scenario)
    given: dict[str, Any] = settings.DATABASES["default"]
    with CommitProxy(given["HOST"], int(given["PORT"]), cut) as proxy:
        raised = nursery.do("scenarios.through_proxy", scenario=scenario, port=proxy.port).returned

    left, swept = nursery.do("scenarios.look_sweep_reset").returned

    assert (raised, proxy.cuts) == ("OperationalError", 1)
    expected = before if cut == "before" else after
    assert left["missing"] == swept["missing"] == []
    assert left["shown"] == swept["shown"] == expected["shown"]
    assert swept["orphans"] == []


def test_a_commit_that_was_interrupted_is_not_undone_by_a_later_rollback(nursery: Nursery) -> None:
    _, after, _ = before_and_after(nursery, "replace")

    nursery.do("scenarios.interrupt_commit")

    left, swept = nursery.do("scenarios.look_sweep_reset").returned
    assert left["missing"] == swept["missing"] == swept["orphans"] == []
    assert left["shown"] == after["shown"]
