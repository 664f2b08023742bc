"""Every call that a storage or a database answers is a step; a process can die, or a call can fail, at any of them."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

dies_at = 0
"""The number of the step at which this process is killed; 0 for none."""

count = 0
"""Steps so far."""

fails: Callable[[str], BaseException | None] | None = None
"""Asked at each step, by its name, what is to be raised there."""

_log = -1
_last = ""
_pauses = 0


def begin(log: int, *, die_at: int) -> None:
    """Count from here on, and write each step's name to the file descriptor `log`."""
    global _log, dies_at, count
    _log, dies_at, count = log, die_at, 0


def step(name: str) -> None:
    """
    Say that `name` is about to happen, or has happened; and do not return if this is the one to die at.

    The same again is no new step: between two reads nothing has changed.
    """
    global count, _last
    if _pauses or name == _last:
        return
    _last = name
    if _log >= 0:
        count += 1
        os.write(_log, f"step {name}\n".encode())
        if count == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
    fault = fails(name) if fails else None
    if fault is not None:
        raise fault


@contextlib.contextmanager
def paused() -> Iterator[None]:
    """What is done meanwhile counts for nothing."""
    global _pauses
    _pauses += 1
    yield
    _pauses -= 1
