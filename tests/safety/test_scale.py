"""A sweep over tens of thousands of files, in constant memory. `benchmarks/prune.py` does the same with a million."""

from __future__ import annotations

import pytest

from .nursery import Nursery

pytestmark = pytest.mark.accidents


def test_a_sweep_takes_no_more_memory_for_more_files(nursery: Nursery) -> None:
    grown = []
    for pictures in (1_000, 12_500):
        nursery.do("scale.fill", pictures=pictures, unused=pictures // 10)

        told = nursery.do("scale.sweep").returned

        assert (told["pictures"], told["used"], told["unused"]) == (pictures, pictures * 9 // 10, pictures // 10)
        assert (told["deleted"], told["failed"], told["suspicious"]) == (pictures // 10 * 4, 0, False)
        assert told["foreign"]
        grown.append(told["megabytes"])
    assert grown[1] <= grown[0] + 16  # the caches of SQLite, and names that were parsed last
    assert told["find"] + told["delete"] <= 50_000 / 100_000 * 60


def test_a_sweep_beside_an_empty_database_dares_nothing(nursery: Nursery) -> None:
    nursery.do("scale.fill", pictures=100, unused=0)

    assert nursery.do("scale.plausible").returned is False
