"""How the tests themselves tell a slow thing from a busy machine."""

from __future__ import annotations

import pytest

from .timing import within


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock of the process says each time it is asked, to be filled."""
    said: list[float] = []
    monkeypatch.setattr("tests.timing.time.process_time", lambda: said.pop(0))
    return said


def test_what_a_stalled_machine_delayed_once_is_done_again(clock: list[float]) -> None:
    clock += [0, 5, 5, 6]
    results = iter(["late", "in time"])

    assert within(1, lambda: next(results)) == "in time"
    assert clock == []


def test_what_is_slow_each_time_fails(clock: list[float]) -> None:
    clock += [0, 2, 2, 4.5, 4.5, 7.5]

    with pytest.raises(pytest.fail.Exception) as caught:
        within(1, lambda: None)

    assert str(caught.value) == "It took 2.00, 2.50, 3.00 s of CPU, and 1 s is the most allowed."
