"""How long something may take, told apart from how busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

Result = TypeVar("Result")

ATTEMPTS = 3
"""A machine that others use as well stalls now and then, but hardly three times in the same place."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """
    Return what work returns, once it has taken at most so many seconds of this process's CPU.

    It is done again where it took longer, so it has to come out the same each time.
    """
    took = []
    for _ in range(ATTEMPTS):
        start = time.process_time()
        result = work()
        took.append(time.process_time() - start)
        if took[-1] <= seconds:
            return result
    pytest.fail(f"It took {', '.join(f'{each:.2f}' for each in took)} s of CPU, and {seconds} s is the most allowed.")
