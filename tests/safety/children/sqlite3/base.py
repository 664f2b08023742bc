"""Django's sqlite3 backend, with steps."""

from __future__ import annotations

from django.db.backends.sqlite3 import base

from tests.safety.children.databases import Stepping


class DatabaseWrapper(Stepping, base.DatabaseWrapper):
    """Counts its statements."""
