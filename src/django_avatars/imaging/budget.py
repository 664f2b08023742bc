"""A limit on the memory for decoding, which all threads of a process share. Threads are served in order of arrival."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

PATIENCE = 5.0
"""The most seconds that a thread waits for memory."""

MOST_WAITING = 4
"""The most threads that wait at a time: a server has few, and pages need some of them."""


LARGE = 16 * 1024**2
"""From so many bytes on, what a picture held is given back to the system. That takes less than a millisecond."""


class Exhausted(Exception):
    """Other threads held the memory for longer than `PATIENCE`, or too many wait for it. Nothing was decoded."""


class Budget:
    """Counts the bytes that threads hold, and lets others wait until there is room."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._used = 0
        self._waiting: deque[object] = deque()

    @contextmanager
    def taking(self, wanted: int, *, of: int) -> Iterator[None]:
        """
        Hold `wanted` bytes in this block, out of `of` bytes in all. If that is more than all, wait to be the only one.

        Waits for threads that came before. Raises `Exhausted` after `PATIENCE` seconds,
        and at once where `MOST_WAITING` threads wait.
        """
        self._take(wanted, of)
        try:
            yield
        finally:
            if wanted >= LARGE:
                trimmer()(0)
            with self._changed:
                self._used -= wanted
                self._changed.notify_all()

    def _take(self, wanted: int, of: int) -> None:
        me, others = object(), max(of - wanted, 0)  # bytes that other threads may hold meanwhile
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise Exhausted
            self._waiting.append(me)
            try:
                if not self._changed.wait_for(lambda: self._waiting[0] is me and self._used <= others, PATIENCE):
                    raise Exhausted
                self._used += wanted
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()  # the next one may fit too


@cache
def trimmer() -> Callable[[int], object]:
    """
    ``malloc_trim`` of the GNU C library, else a function that does nothing.

    That library keeps what a thread has freed for the next picture of the same thread. So without this call a process
    comes to hold a picture for each of its threads, though only two of them decode at a time.
    """
    try:
        import ctypes  # which some builds of Python lack

        return ctypes.CDLL(None).malloc_trim
    except (ImportError, AttributeError, OSError, TypeError):  # another library, or another system
        return lambda keep: None


of_process: Budget = Budget()
"""The budget of this process."""
