"""Make renditions anew after SIZES or OUTPUT_FORMATS have changed."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from ...lifecycle import rebuild, references
from ..progress import Progress

if TYPE_CHECKING:
    from ...fields import AvatarField

    Row = tuple[AvatarField, str, Any, str]


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

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        """Rebuild what is outdated, row by row."""
        total = sum(1 for _ in _outdated(every=options["all"]))
        if dry_run:
            self.stdout.write(f"{total} pictures would be rebuilt.")
            return
        self._rebuild(_outdated(every=options["all"]), total, anew=options["all"])

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


def _outdated(*, every: bool) -> Iterator[Row]:
    for field in filter(attrgetter("is_rebuilt"), references.fields()):
        for alias in references.databases(field.model):
            for key, name in rebuild.outdated(field, alias, every=every):
                yield field, alias, key, name
