"""Thousands of random deeds with faults and kills: no row names a missing file, and one sweep leaves no orphan."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .conftest import HAS_POSTGRES
from .nursery import KILLED, Nursery, calling

pytestmark = [pytest.mark.accidents, pytest.mark.kills]

SEED = int(os.environ.get("DJANGO_AVATARS_SEED", 20_261_120))
IN_CI = 2_500 if HAS_POSTGRES else 7_500
"""10,000 together, of which each takes twice as long on PostgreSQL."""

DEEDS = int(os.environ.get("DJANGO_AVATARS_DEEDS", IN_CI if os.environ.get("CI") else 1_500))
"""All that matters, where it counts. Enough while working."""

WORLDS = 2
"""Histories at the same time, each in databases of its own: as many as a small machine has cores."""

SWEEP = 500
"""Deeds between two sweeps."""


def play(nursery: Nursery, journal: Path, seed: int, deeds: int) -> Counter[str]:
    """One history, by as many processes as it takes: the next one goes on where one was killed."""
    nursery.do("histories.begin")
    told: dict[str, Any] = {"model": {}, "pictures": 0}
    total: Counter[str] = Counter()
    while total["deeds"] < deeds:
        seed += 1
        ended = nursery.run(
            calling(
                "histories.play",
                seed=seed,
                deeds=min(SWEEP - total["deeds"] % SWEEP, deeds - total["deeds"]),
                model=told["model"],
                pictures=told["pictures"],
                journal=str(journal),
            )
        )[0]
        assert not ended.raised, f"seed {seed}\n{ended.trace}"
        told = ended.returned
        if ended.status == KILLED:
            told = nursery.do("histories.resume", journal=str(journal)).returned
            total["kills"] += 1
        total += Counter(deeds=told["done"], processes=1, **told["tally"])
        if total["deeds"] % SWEEP == 0 or total["deeds"] >= deeds:
            end = nursery.do("histories.end").returned
            assert (end["missing"], end["orphans"]) == ([], []), f"after seed {seed}"
    return total


def test_histories_end_well(worlds: list[Nursery], tmp_path: Path) -> None:
    def one(number: int) -> Counter[str]:
        return play(worlds[number], tmp_path / str(number), SEED + number * 1_000_000, DEEDS // WORLDS)

    with ThreadPoolExecutor(WORLDS) as pool:
        totals = list(pool.map(one, range(WORLDS)))

    total = sum(totals, Counter[str]())
    print(f"DJANGO_AVATARS_SEED={SEED}: {dict(total)}")  # noqa: T201 - pytest shows it where the test fails
    assert total["deeds"] >= DEEDS
    assert min(total["kills"], total["faults"], total["rollbacks"], total["orphans"]) > 0
