"""Try the storage as it really is, and say in plain words what is wrong and what to do."""

from __future__ import annotations

import dataclasses
import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.files.storage import storages
from django.core.management.base import BaseCommand

from ...conf import get_settings
from ...lifecycle import listing, references
from ..doctor.examine import examine
from ..doctor.findings import ADVICE, PROBLEM, Finding, problem, said

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class Command(BaseCommand):
    """See `django_avatars.management.doctor`."""

    help = (
        "Stores one small picture in each storage that pictures are in, looks at it from all sides "
        "and deletes it again. "
        "Says what is wrong and what to do about it. The exit status is 1 when something does not work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--storage", metavar="ALIAS", help="Examine this alias of STORAGES, not what the fields use."
        )
        parser.add_argument("--json", action="store_true", help="The same for programs, as one JSON document.")

    def handle(self, *, storage: str | None, **options: Any) -> None:
        """Examine, report, and exit by the worst that was found."""
        reports = [(label, list(findings)) for label, findings in _reports(storage)]
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(label, findings) for label, findings in reports], indent=2))
        else:
            for label, findings in reports:
                self._say(label, findings)
        if any(finding.level == PROBLEM for _, findings in reports for finding in findings):
            sys.exit(1)

    def _say(self, label: str, findings: list[Finding]) -> None:
        self.stdout.write(self.style.MIGRATE_HEADING(label))
        styles = {PROBLEM: self.style.ERROR, ADVICE: self.style.WARNING}
        for finding in findings:
            self.stdout.write(styles.get(finding.level, str)(f"  {finding.level}: {finding.says}"))
            if finding.way_out:
                self.stdout.write(f"    {finding.way_out}")


def _as_json(label: str, findings: list[Finding]) -> dict[str, Any]:
    return {"storage": label, "findings": [dataclasses.asdict(finding) for finding in findings]}


def _reports(alias: str | None) -> Iterator[tuple[str, Iterator[Finding]]]:
    try:
        places = listing.places() if alias is None else [(storages[alias], _folder())]
    except Exception as exc:
        yield f"STORAGES[{alias or get_settings().storage!r}]", iter([_cannot_be_made(exc)])
        return
    for storage, folder in places:
        yield f"{_kind(storage)} ({folder or 'everything in it'})", examine(storage, folder)


def _folder() -> str:
    return next((listing.prefix_of(field) for field in references.fields()), "avatars")


def _kind(storage: Storage) -> str:
    return type(storage).__name__


def _cannot_be_made(exc: Exception) -> Finding:
    return problem(
        "made",
        f"The storage cannot be made ({said(exc)}).",
        "Check BACKEND and OPTIONS of this alias in STORAGES, and that the package it needs is installed.",
    )
