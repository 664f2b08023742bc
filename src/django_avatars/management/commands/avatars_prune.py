"""Delete the files of pictures that no row names any more."""

from __future__ import annotations

import contextlib
import datetime
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ...lifecycle.inventories import UnreadableInventory
from ...lifecycle.prune import GRACE, Doubt, Found, Sweep
from ...signals import avatars_pruning
from ..progress import Progress


class Command(BaseCommand):
    """See `django_avatars.lifecycle.prune`."""

    help = "Finds the files of pictures that no row names any more. Deletes them with --delete; otherwise only says so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument(
            "--delete", action="store_true", help="Delete what was found. Without it nothing is changed."
        )
        parser.add_argument(
            "--grace",
            type=float,
            default=GRACE,
            metavar="SECONDS",
            help="Leave files alone that are younger (default: %(default)s). Must exceed your longest transaction.",
        )
        parser.add_argument(
            "--force",
            action="store_true",
            help="Delete even where so much looks unused that this may be the wrong database.",
        )

        parser.add_argument(
            "--inventory",
            action="append",
            default=[],
            metavar="FILE",
            help="Read the storage's own list instead of listing it: an inventory as CSV of Amazon S3, Google Cloud or "
            "Azure, or its manifest, or one name a line. May be given several times.",
        )

    def handle(self, *, delete: bool, grace: float, force: bool, verbosity: int, **options: Any) -> None:
        """Find, report, and delete if asked to."""
        if not grace >= 0:  # nor is it a number
            raise CommandError(f"--grace is {grace:g} seconds. Give 0 or more.")
        avatars_pruning.send(type(self), delete=delete)
        progress = Progress(self.stderr._out)  # type: ignore[arg-type]  # the stream itself: OutputWrapper adds line breaks
        with self._sweep(grace=grace, inventory=options["inventory"], on_progress=progress) as sweep:
            found = sweep.find()
            progress.done()
            for model in sweep.without_table:
                self.stderr.write(f"{model._meta.label} is left out: it has no table. Is it to be migrated?")
            self.stdout.write(_report(found))
            if verbosity > 1:
                for name in sweep.unused():
                    self.stdout.write(f"  {name}")
            if not delete:
                self._say_what_next(found)
                return
            if found.doubt and not force:
                raise CommandError(_refusal(found, found.doubt))
            deleted, failed = sweep.delete()
            progress.done()
        self.stdout.write(self.style.SUCCESS(f"{deleted} files deleted."))
        if failed:
            raise CommandError(f"{failed} files could not be deleted; see the log. Run the command again later.")

    @contextlib.contextmanager
    def _sweep(self, **options: Any) -> Iterator[Sweep]:
        try:
            with Sweep(**options) as sweep:
                yield sweep
        except (UnreadableInventory, OSError) as exc:
            if not options["inventory"]:
                raise
            raise CommandError(f"{exc} Nothing was deleted." if isinstance(exc, ValueError) else str(exc)) from exc

    def _say_what_next(self, found: Found) -> None:
        if found.unused:
            self.stdout.write("Nothing was deleted. Run again with --delete to delete them.")


def _report(found: Found) -> str:
    return (
        f"{found.pictures} pictures: {found.used} in use, {found.young} too young to tell, "
        f"{found.unused} unused ({found.files} files)."
    )


def _refusal(found: Found, doubt: Doubt) -> str:
    if doubt.strays > found.used + found.young:
        reason = (
            f"{found.unused} of {found.pictures} pictures look unused, which is implausible: "
            "is this the database that belongs to this storage?"
        )
    else:
        since = datetime.datetime.fromtimestamp(doubt.since, datetime.UTC)
        reason = (
            f"Since {since:%Y-%m-%d %H:%M} UTC, {doubt.strays} pictures were stored that no row names, and "
            f"{doubt.used} that a row names. So this may be a copy of another site's database, or one that was "
            "restored from a backup."
        )
    return f"{reason} Nothing was deleted. Check STORAGES and DATABASES, or run again with --force if it is meant."
