"""Write all pictures of a person into a ZIP file, for whoever asks what a site has of them."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ... import privacy
from ..people import add_user, find_user


class Command(BaseCommand):
    """See `django_avatars.privacy.export`."""

    help = "Writes every picture of a user, and what is known of each, into a ZIP file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options."""
        add_user(parser)
        parser.add_argument("file", metavar="FILE", help="The ZIP file. There must be none of this name yet.")

    def handle(self, *, user: str, file: str, by: str | None, **options: Any) -> None:
        """Find the user, and write the file; none stays behind that is not whole."""
        person = find_user(user, by)
        try:
            with open(file, "xb") as archive:
                count = self._write(person, archive)
        except OSError as exc:
            raise CommandError(f"{file} cannot be written: {exc}.") from exc
        self.stdout.write(self.style.SUCCESS(f"{count} pictures written to {file}."))

    def _write(self, person: Any, archive: Any) -> int:
        try:
            return privacy.export(person, archive)
        except BaseException as exc:  # Ctrl+C as well
            os.unlink(archive.name)
            if not isinstance(exc, Exception):
                raise
            raise CommandError(
                f"The pictures could not be read: {type(exc).__name__}: {exc}. Nothing was written."
            ) from exc
