"""Copy every picture from one storage to another, under the same names."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import TYPE_CHECKING, Any

from django.core.files.storage import storages
from django.core.management.base import BaseCommand, CommandError

from ...lifecycle.moving import Move
from ..progress import Progress

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class Command(BaseCommand):
    """See `django_avatars.lifecycle.moving`."""

    help = (
        "Copies every picture that a row names from one alias of STORAGES to another, under the same names. "
        "Let a MovingStorage write to both meanwhile, and no picture is missing at any moment. "
        "May be interrupted and run again at any time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        parser.add_argument("--from", required=True, metavar="ALIAS", dest="source", help="Where the pictures are.")
        parser.add_argument("--to", required=True, metavar="ALIAS", dest="target", help="Where they are to be.")
        parser.add_argument(
            "--verify", action="store_true", help="Read every file back and compare, also those that are there."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Say how many files would be copied, and change nothing."
        )

    def handle(self, *, source: str, target: str, verify: bool, dry_run: bool, **options: Any) -> None:
        """Copy, and say what is missing."""
        if source == target:
            raise CommandError(f"--from and --to are both {source!r}. Give two aliases of STORAGES.")
        progress = Progress(self.stderr._out)  # type: ignore[arg-type]  # the stream itself
        with Move(_storage(source), _storage(target), verify=verify, on_progress=progress) as move:
            if not move.fields and not move.moves_sources:
                raise CommandError(
                    f"No AvatarField stores its pictures in {source!r} or {target!r}. Check AVATARS['STORAGE']."
                )
            if dry_run:
                self.stdout.write(f"{sum(map(len, move.find()))} files would be copied.")
                return
            done = move.run()
        progress.done()
        self.stdout.write(self.style.SUCCESS(f"{done.copied} files copied, {done.present} were there already."))
        for name in done.defaults:
            self.stdout.write(f"{name}: a default that is in neither storage, nothing to copy")
        for name in done.differing:
            self.stdout.write(f"{name}: not of our making, and another file in each storage; both are left as they are")
        for name in done.missing:
            self.stderr.write(f"{name}: in neither storage")
        for line in done.failed:
            self.stderr.write(line)
        if done.missing or done.failed:
            raise CommandError(
                f"{len(done.missing)} files are missing and {len(done.failed)} could not be copied. "
                "See above, and run it again."
            )


def _storage(alias: str) -> Storage:
    try:
        return storages[alias]
    except Exception as exc:  # whatever the storage raises when it is made, such as for a missing option
        raise CommandError(f"STORAGES has no usable alias {alias!r} ({exc}).") from exc
