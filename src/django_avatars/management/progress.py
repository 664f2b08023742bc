"""How far a long command has come: one line on a terminal that is written over, nothing elsewhere."""

from __future__ import annotations

import time
from typing import TextIO


class Progress:
    """A counter on a terminal, at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.shows: bool = stream.isatty()
        """Whether anybody looks."""
        self._start: float | None = None
        self._next = 0.0
        self._width = 0

    def __call__(self, what: str, count: int, total: int | None = None) -> None:
        """Show that `count` (of `total`) `what` are done."""
        if self.shows and time.monotonic() >= self._next:
            now = time.monotonic()
            self._start, self._next = self._start or now, now + 0.1
            self._write(f"{count:,} {what}" if total is None else _share(what, count, total, now - self._start))

    def done(self) -> None:
        """Clear the line."""
        if self._width:
            self._write("")
            self._stream.write("\r")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._width)}")
        self._stream.flush()
        self._width = len(text)


def _share(what: str, count: int, total: int, seconds: float) -> str:
    """`total` was counted before, on a site that is up: there may be more by now."""
    share = min(100, count * 100 // max(1, total))
    return f"{count:,} of {total:,} {what} ({share} %{_left(seconds / max(1, count) * (total - count))})"


def _left(seconds: float) -> str:
    """The time that is left, where that is worth saying."""
    if seconds < 60:
        return ""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f", {hours} h {minutes} min left" if hours else f", {minutes} min left"
