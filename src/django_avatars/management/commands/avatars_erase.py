"""Delete all pictures of a person for good, when the person asks the site to do so."""

from __future__ import annotations

import dataclasses
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ... import privacy
from ...targets import key_of
from ..people import add_user, find_user


class Command(BaseCommand):
    """See `django_avatars.privacy.erase`."""

    help = "Deletes every picture of a user for good: also earlier ones, those that wait, and kept sources."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        add_user(parser)
        parser.add_argument(
            "--report",
            metavar="FILE",
            help="Append the report to this file, one line of JSON. Keep it outside the database: a backup that is "
            "put back brings the pictures' names again.",
        )

    def handle(self, *, user: str, by: str | None, report: str | None, **options: Any) -> None:
        """Find the user, erase, and report."""
        person = find_user(user, by)
        _append(report, "")  # before anything is deleted
        done = privacy.erase(person)
        _append(report, _line(person, done))
        for name in done.kept:
            self.stdout.write(f"{name} stays: another row names it, or it is not of our making.")
        self.stdout.write(self.style.SUCCESS(f"{len(done.deleted)} pictures deleted."))
        if done.failed:
            raise CommandError(
                f"{len(done.failed)} pictures could not be deleted; see the log. Run the command again later."
            )


def _line(person: Any, done: privacy.Report) -> str:
    said = {"user": key_of(person.__class__, person.pk), "at": timezone.now().isoformat(), **dataclasses.asdict(done)}
    return json.dumps(said) + "\n"


def _append(report: str | None, text: str) -> None:
    if report is None:
        return
    try:
        with Path(report).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as exc:
        raise CommandError(f"--report {report} cannot be written: {exc}.") from exc
