"""The database of a live server."""

from __future__ import annotations

import os
import tempfile

from tests.settings import database


def served(name: str) -> dict[str, object]:
    """For a live server: a file of SQLite, to which each thread has a connection of its own, as on a real site."""
    if os.environ.get("DJANGO_AVATARS_POSTGRES"):
        return database(name)
    file = f"{tempfile.gettempdir()}/{name}_{os.getpid()}.sqlite3"
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": file,  # a server that sees ":memory:" shares its connection, even before the database is there
        "OPTIONS": {
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",  # waits for the other writer; one that has read before could not
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF",
        },
        "TEST": {"NAME": file},
    }
