"""Decoding takes its memory from a budget of the process."""

from __future__ import annotations

from django_avatars.exceptions import Busy


def test_who_waited_too_long_is_told_to_try_again() -> None:
    busy = Busy()

    assert busy.code == "busy"
    assert busy.retry_after == 5
    assert str(busy) == ("Many pictures are being processed right now. Nothing has changed. Try again in a moment.")
