"""List the rows that name a picture whose file is gone, and empty them if asked to."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...lifecycle.missing import MissingFiles
from ...lifecycle.prune import is_implausible
from ...signals import avatars_pruning
from ..progress import Progress


class Command(BaseCommand):
    """See `django_avatars.lifecycle.missing`."""

    help = (
        "Lists the rows that name a picture whose file is gone. Empties them with --empty; otherwise changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--empty", action="store_true", help="Let these rows name no picture any more.")
        parser.add_argument(
            "--force",
            action="store_true",
            help="Empty them even where so many files are gone that this may be the wrong storage.",
        )

    def handle(self, *, empty: bool, force: bool, **options: Any) -> None:
        """List, and empty if asked to."""
        avatars_pruning.send(type(self), delete=False)
        progress = Progress(self.stderr._out)  # type: ignore[arg-type]  # the stream itself: OutputWrapper adds line breaks
        with MissingFiles(on_progress=progress) as files:
            named, missing = files.find()
            progress.done()
            for row in files.rows():
                self.stdout.write(f"{row.field} of {row.key} in {row.database}: {row.name}")
            self.stdout.write(f"{named} pictures are named: {missing} of them have no file.")
            if not missing:
                return
            if not empty:
                self.stdout.write("Nothing was changed. Put the files back, or run again with --empty.")
                return
            if is_implausible(strays=missing, used=named - missing, young=0) and not force:
                raise CommandError(
                    f"{missing} of {named} pictures have no file, which is implausible: is this the storage that "
                    "belongs to this database? Nothing was changed. Check STORAGES, or run again with --force if it is "
                    "meant."
                )
            self.stdout.write(self.style.SUCCESS(f"{files.empty()} rows emptied."))
