"""Make renditions anew after SIZES or OUTPUT_FORMATS have changed."""

from __future__ import annotations

import itertools
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from ...lifecycle import rebuild, references
from ..databases import check_database
from ..progress import Progress

if TYPE_CHECKING:
    from ...lifecycle.column import Column

    Row = tuple[Column, str, Any, str]


class Command(BaseCommand):
    """See `django_avatars.lifecycle.rebuild`."""

    help = (
        "Makes the renditions of stored pictures anew where SIZES or OUTPUT_FORMATS have changed. "
        "May be interrupted and run again at any time; the site stays up. Old files are left to avatars_prune."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--all",
            action="store_true",
            help="Every rendition of every picture, also those that are right: "
            "after a change of QUALITY or BACKGROUND.",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say how many pictures would be rebuilt, and change nothing."
        )

        parser.add_argument("--field", metavar="APP.MODEL.FIELD", help="Only the pictures of this field.")
        parser.add_argument("--database", metavar="ALIAS", help="Only rows in this database.")
        parser.add_argument(
            "--from", metavar="KEY", dest="first", help="Only rows from this primary key on; needs --field."
        )
        parser.add_argument("--limit", type=int, metavar="COUNT", help="No more pictures than this many.")

    def handle(self, *, dry_run: bool, limit: int | None, **options: Any) -> None:
        """Rebuild what is outdated, row by row."""
        if limit is not None and limit < 1:
            raise CommandError(f"--limit is {limit}. Give 1 or more.")
        columns = list(_columns(options["field"], options["database"]))
        first = _first(options["first"], options["field"], columns)

        def work() -> Iterator[Row]:
            return itertools.islice(_outdated(columns, first, every=options["all"]), limit)

        total = sum(1 for _ in work())
        if dry_run:
            self.stdout.write(f"{total} pictures would be rebuilt.")
            return
        self._rebuild(work(), total, anew=options["all"])

    def _rebuild(self, work: Iterator[Row], total: int, *, anew: bool) -> None:
        progress = Progress(self.stderr._out)  # type: ignore[arg-type]  # the stream itself: OutputWrapper adds line breaks
        done = failed = 0
        for field, alias, key, name in work:
            try:
                done += rebuild.rebuild(field, alias, key, name, anew=anew)
            except Exception as exc:
                failed += 1
                progress.done()
                self.stderr.write(f"{field} of {key}: {type(exc).__name__}: {exc}")
            progress("pictures rebuilt", done + failed, total)
        progress.done()
        self.stdout.write(self.style.SUCCESS(f"{done} pictures rebuilt."))
        if failed:
            raise CommandError(
                f"{failed} pictures could not be rebuilt. Mend what is said above and run the command again."
            )


def _columns(label: str | None, database: str | None) -> Iterator[tuple[Column, str]]:
    """Every field, and each database that its rows are in."""
    check_database(database)
    left_out = references.without_table()
    fields = {str(field): field for field in references.fields() if field.is_rebuilt and field.model not in left_out}
    if label is not None and label not in fields:
        raise CommandError(f"--field is {label!r}. There is: {', '.join(fields)}.")
    for field in fields.values() if label is None else [fields[label]]:
        for alias in references.databases(field.model):
            if database in (None, alias):
                yield field, alias


def _first(key: Any, label: str | None, columns: list[tuple[Column, str]]) -> Any:
    """The key that is meant, as the one field in `columns` has it."""
    if key is None:
        return None
    if label is None:
        raise CommandError("--from is a primary key of one model. Say whose with --field.")
    models = [field.model for field, _alias in columns]
    try:
        return references.key_from(models[0], str(key)) if models else None  # no database has rows of it
    except (ValueError, ValidationError) as exc:
        raise CommandError(f"--from is {key!r}, which is no primary key of {models[0]._meta.label}.") from exc


def _outdated(columns: list[tuple[Column, str]], first: Any, *, every: bool) -> Iterator[Row]:
    for field, alias in columns:
        for key, name in rebuild.outdated(field, alias, every=every, first=first):
            yield field, alias, key, name
