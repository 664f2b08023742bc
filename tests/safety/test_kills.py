"""
``kill -9`` at every step between the first byte and the last delete.

Each step is a call that the storage or the database answers, before it and after it, and the middle of each file.
The process that dies is a real one, and so is the database: what is left is looked at by another process.
"""

from __future__ import annotations

from typing import Any

import pytest

from .children import NAMES
from .nursery import KILLED, Nursery

pytestmark = [pytest.mark.accidents, pytest.mark.kills]


@pytest.mark.parametrize("scenario", NAMES)
def test_a_process_can_be_killed_at_any_step(nursery: Nursery, scenario: str) -> None:
    nursery.do("scenarios.reset")
    before = nursery.do("scenarios.look").returned
    complete = nursery.do(f"scenarios.{scenario}", die_at=-1)
    assert not complete.raised, complete.trace
    after = nursery.do("scenarios.look").returned
    assert before["missing"] == before["orphans"] == after["missing"] == []
    assert len(complete.steps) > 3
    nursery.do("scenarios.reset")

    for step, name in enumerate(complete.steps, start=1):
        ended = nursery.do(f"scenarios.{scenario}", die_at=step)
        assert (ended.status, ended.steps) == (KILLED, complete.steps[:step])

        left, swept = nursery.do("scenarios.look_sweep_reset").returned

        assert_whole(left, before, after, f"killed at step {step}: {name}")
        assert_whole(swept, before, after, f"swept after step {step}: {name}")
        assert swept["orphans"] == [], name
        assert swept["foreign"] == before["foreign"]


def assert_whole(left: dict[str, Any], before: dict[str, Any], after: dict[str, Any], when: str) -> None:
    """Every row shows what it showed, or what it was to show, and every file that it names is there."""
    assert left["missing"] == [], when
    assert left["shown"] in (before["shown"], after["shown"]), when
