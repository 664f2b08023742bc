"""
``kill -9`` at every step between the first byte and the last delete.

Each step is a call that the storage or the database answers, before it and after it, and the middle of each file.
The process that dies is a real one, and so is the database: what is left is looked at by another process.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from .children import MODERATED, NAMES
from .nursery import KILLED, Ended, Nursery

SEED = int(os.environ.get("DJANGO_AVATARS_SEED", 20_261_129))
KILLS = int(os.environ.get("DJANGO_AVATARS_KILLS", 2))
"""Of each thing that is done with history and moderation, at steps that are drawn by lot. 1,000 are all steps."""

IN_PARTS = ("erase", "grow_old")
"""What is done in several transactions, and goes on where it is done again."""

pytestmark = [pytest.mark.accidents, pytest.mark.kills]


@pytest.mark.parametrize("scenario", NAMES)
def test_a_process_can_be_killed_at_any_step(nursery: Nursery, scenario: str) -> None:
    before, complete, after = done_whole(nursery, f"scenarios.{scenario}")
    nursery.do("scenarios.reset")

    for step, name in enumerate(complete.steps, start=1):
        ended = nursery.do(f"scenarios.{scenario}", die_at=step)
        assert (ended.status, ended.steps) == (KILLED, complete.steps[:step])

        left, swept = nursery.do("scenarios.look_sweep_reset").returned

        assert_whole(left, before, after, f"killed at step {step}: {name}")
        assert_whole(swept, before, after, f"swept after step {step}: {name}")
        assert swept["orphans"] == [], name
        assert swept["foreign"] == before["foreign"]


@pytest.mark.parametrize("scenario", MODERATED)
def test_a_process_can_be_killed_with_history_and_moderation(moderated: Nursery, scenario: str) -> None:
    """In no state a picture is without files, of those that are shown, earlier, waiting, reported and taken down."""
    before, complete, after = done_whole(moderated, f"moderated.{scenario}")
    assert after["orphans"] == []
    steps = range(1, len(complete.steps) + 1)

    for step in Random(f"{SEED} {scenario}").sample(steps, min(KILLS, len(steps))):
        moderated.do("scenarios.reset")
        ended = moderated.do(f"moderated.{scenario}", die_at=step)
        assert (ended.status, ended.steps) == (KILLED, complete.steps[:step])

        left = moderated.do("scenarios.look").returned
        swept = moderated.do("scenarios.sweep").returned

        when = f"killed at step {step}: {complete.steps[step - 1]}"
        assert (left["missing"], swept["missing"], swept["orphans"]) == ([], [], []), when
        if scenario not in IN_PARTS:
            assert left["shown"] in (before["shown"], after["shown"]), when
            continue
        moderated.do(f"moderated.{scenario}")
        assert moderated.do("scenarios.look").returned == after, when


def done_whole(nursery: Nursery, deed: str) -> tuple[dict[str, Any], Ended, dict[str, Any]]:
    """What is there before a deed that nobody kills, the deed with its steps, and what is there after it."""
    nursery.do("scenarios.reset")
    before = nursery.do("scenarios.look").returned
    complete = nursery.do(deed, die_at=-1)
    assert not complete.raised, complete.trace
    after = nursery.do("scenarios.look").returned
    assert before["missing"] == before["orphans"] == after["missing"] == []
    assert len(complete.steps) > 3
    return before, complete, after


def assert_whole(left: dict[str, Any], before: dict[str, Any], after: dict[str, Any], when: str) -> None:
    """Every row shows what it showed, or what it was to show, and every file that it names is there."""
    assert left["missing"] == [], when
    assert left["shown"] in (before["shown"], after["shown"]), when
