"""How the tests themselves tell a slow thing from a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from .timing import within


def busy(*seconds: float) -> Callable[[], str]:
    """Something that takes so many seconds of CPU, each time other ones."""
    left = list(seconds)

    def work() -> str:
        end = time.process_time() + left.pop(0)
        while time.process_time() < end:
            pass
        return "done"

    return work


def test_what_a_stalled_machine_delayed_once_is_done_again() -> None:
    assert within(0.02, busy(0.05, 0)) == "done"


def test_what_is_slow_each_time_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"^It took 0\.0\d, 0\.0\d, 0\.0\d s of CPU, and 0\.001 s is"):
        within(0.001, busy(0.02, 0.02, 0.02))
