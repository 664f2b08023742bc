"""How far a long command has come."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from django_avatars.management.progress import Progress
from tests.app.models import Person
from tests.storing import upload


class Terminal(io.StringIO):
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in seconds; set its only element."""
    now = [100.0]
    monkeypatch.setattr("django_avatars.management.progress.time.monotonic", lambda: now[0])
    return now


def test_more_than_was_counted_is_all_of_it(clock: list[float]) -> None:
    terminal = Terminal()
    told = Progress(terminal)

    told("files looked at", 12, 10)

    assert terminal.getvalue() == "\r12 of 10 files looked at (100 %)"


def test_nothing_is_written_to_what_is_no_terminal(clock: list[float]) -> None:
    stream = io.StringIO()
    told = Progress(stream)

    told("files listed", 1000)
    told.done()

    assert stream.getvalue() == ""


def test_a_terminal_shows_counts_on_one_line(clock: list[float]) -> None:
    stream = Terminal()
    told = Progress(stream)

    told("files listed", 1234)
    clock[0] += 0.2
    told("pictures rebuilt", 500, 2000)

    assert stream.getvalue() == "\r1,234 files listed\r500 of 2,000 pictures rebuilt (25 %)"


@pytest.mark.parametrize(("seconds", "left"), [(30, ""), (600, ", 10 min left"), (7260, ", 2 h 1 min left")])
def test_the_time_that_is_left_is_said_where_there_is_more_than_a_minute(
    seconds: int, left: str, clock: list[float]
) -> None:
    stream = Terminal()
    told = Progress(stream)

    told("people looked at", 0, 20)
    clock[0] += seconds
    told("people looked at", 10, 20)

    assert stream.getvalue().endswith(f"\r10 of 20 people looked at (50 %{left})")


def test_a_shorter_line_covers_a_longer_one(clock: list[float]) -> None:
    stream = Terminal()
    told = Progress(stream)

    told("files listed", 1234567)
    clock[0] += 0.2
    told("rows read", 1)

    assert stream.getvalue() == "\r1,234,567 files listed\r1 rows read           "


def test_a_terminal_is_written_at_most_ten_times_a_second(clock: list[float]) -> None:
    stream = Terminal()
    told = Progress(stream)

    for count in range(5):
        told("files", count)
        clock[0] += 0.04

    assert stream.getvalue() == "\r0 files\r3 files"


def test_the_line_is_cleared_at_the_end(clock: list[float]) -> None:
    stream = Terminal()
    told = Progress(stream)

    told("files", 1)
    told.done()

    assert stream.getvalue() == "\r1 files\r       \r"


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_complaint_does_not_run_into_the_line(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avatars.management.progress.time.monotonic", iter(range(100)).__next__)
    for number in range(2):
        person = Person.objects.create(username="jane", picture=upload(seed=number))
        (media / person.picture.stored_name).unlink()
    terminal = Terminal()

    with pytest.raises(CommandError):
        call_command("avatars_rebuild", "--all", stdout=io.StringIO(), stderr=terminal)

    said = terminal.getvalue()
    assert "\r1 of 2 pictures rebuilt (50 %)\r" in said
    assert said.count("FileNotFoundError") == 2
    assert all(part.endswith(("\r", "\n", "")) for part in said.split("app.Person")[:1])
    assert "(50 %)app.Person" not in said
