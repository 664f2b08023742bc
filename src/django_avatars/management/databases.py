"""Which database somebody means who writes ``--database``."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import connections


def check_database(alias: str | None) -> None:
    """Raises `CommandError` for the alias of a database that there is not. None, for those of the models, is fine."""
    if alias is not None and alias not in connections:
        raise CommandError(f"--database is {alias!r}. There is: {', '.join(connections)}.")
