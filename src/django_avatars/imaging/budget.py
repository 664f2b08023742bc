"""Memory for decoding, which all threads of a process share: handed out in order of arrival."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 5.0
"""Seconds that somebody waits at most."""


class Exhausted(Exception):
    """Others kept the memory for too long. Nothing was decoded."""


class Budget:
    """Bytes that are in use, and who waits for more."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._used = 0
        self._waiting: deque[object] = deque()

    @contextmanager
    def taking(self, wanted: int, *, of: int) -> Iterator[None]:
        """
        Hold `wanted` bytes in this block, `of` so many. What is more than all of them is held alone.

        Waits for those who came before, and raises `Exhausted` after `PATIENCE`.
        """
        self._take(wanted, of)
        try:
            yield
        finally:
            with self._changed:
                self._used -= wanted
                self._changed.notify_all()

    def _take(self, wanted: int, of: int) -> None:
        me = object()
        with self._changed:
            self._waiting.append(me)
            try:
                if not self._changed.wait_for(lambda: self._waiting[0] is me and self._fits(wanted, of), PATIENCE):
                    raise Exhausted
                self._used += wanted
            finally:
                self._waiting.remove(me)
                self._changed.notify_all()  # the next one may fit too

    def _fits(self, wanted: int, of: int) -> bool:
        return not self._used or self._used + wanted <= of


of_process: Budget = Budget()
"""That of this process."""
