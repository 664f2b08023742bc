"""How far a long command has come: one line on a terminal that is written over, nothing elsewhere."""

from __future__ import annotations

import time
from typing import TextIO


class Progress:
    """A counter on a terminal, at most ten times a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shows = stream.isatty()
        self._next = 0.0
        self._width = 0

    def __call__(self, what: str, count: int, total: int | None = None) -> None:
        """Show that `count` (of `total`) `what` are done."""
        if self._shows and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.1
            self._write(f"{count:,} {what}" if total is None else _share(what, count, total))

    def done(self) -> None:
        """Clear the line."""
        if self._width:
            self._write("")
            self._stream.write("\r")

    def _write(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._width)}")
        self._stream.flush()
        self._width = len(text)


def _share(what: str, count: int, total: int) -> str:
    """`total` was counted before, on a site that is up: there may be more by now."""
    return f"{count:,} of {total:,} {what} ({min(100, count * 100 // max(1, total))} %)"
