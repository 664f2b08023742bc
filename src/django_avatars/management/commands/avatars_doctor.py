"""Try the storage as it really is, and say in plain words what is wrong and what to do."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import ERROR, WARNING, CheckMessage
from django.core.files.storage import storages
from django.core.management.base import BaseCommand

from ...conf import get_settings
from ...lifecycle import listing, references
from ..doctor.findings import problem
from ..doctor.questions import about_rows, about_settings, examine

Report = tuple[str, Iterable[CheckMessage]]


class Command(BaseCommand):
    """See `django_avatars.management.doctor`."""

    help = (
        "Stores one small picture in each storage that pictures are in, looks at it from all sides "
        "and deletes it again. Looks at the settings and at the newest rows as well. "
        "Says what is wrong and what to do about it. The exit status is 1 when something does not work."
    )
    requires_system_checks: tuple[str, ...] = ()  # what they find is said here, beside the rest

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--storage", metavar="ALIAS", help="Examine this alias of STORAGES, not what the fields use."
        )
        parser.add_argument("--json", action="store_true", help="The same for programs, as one JSON document.")

    def handle(self, *, storage: str | None, **options: Any) -> None:
        """Examine, report, and exit by the worst that was found."""
        reports = [(label, found) for label, messages in _reports(storage) if (found := list(messages))]
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(label, found) for label, found in reports], indent=2))
        else:
            for label, found in reports:
                self._say(label, found)
        if any(message.level >= ERROR for _, found in reports for message in found):
            sys.exit(1)

    def _say(self, label: str, found: list[CheckMessage]) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(label))
        styles = {"problem": self.style.ERROR, "advice": self.style.WARNING}
        for message in found:
            level = _level(message)
            self.stdout.write(styles.get(level, str)(f"  {level}: {message.msg}"))
            if message.hint:
                self.stdout.write(f"    {message.hint}")


def _as_json(label: str, found: list[CheckMessage]) -> dict[str, Any]:
    findings = [
        {
            "code": str(message.id).removeprefix("avatars_doctor."),
            "level": _level(message),
            "says": message.msg,
            "way_out": message.hint or "",
        }
        for message in found
    ]
    return {"storage": label, "findings": findings}


def _level(message: CheckMessage) -> str:
    return "problem" if message.level >= ERROR else "advice" if message.level >= WARNING else "fine"


def _reports(alias: str | None) -> Iterator[Report]:
    if alias is None:
        yield "Settings", about_settings()
    try:
        places = listing.places() if alias is None else [(storages[alias], _folder())]
    except Exception as exc:
        yield f"STORAGES[{alias or get_settings().storage!r}]", [problem("made", exc)]
        return
    for storage, folder in places:
        yield f"{type(storage).__name__} ({folder or 'everything in it'})", examine(storage, folder)
    if alias is None:
        for field in references.fields():
            yield str(field), about_rows(field)


def _folder() -> str:
    return next((listing.prefix_of(field) for field in references.fields()), "avatars")
