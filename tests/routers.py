"""Database routers of more than one module of tests."""

from __future__ import annotations

from typing import Any


class ReadsFromReplica:
    """Reads from "other", writes to "default"; where rows may be is left open, as many projects leave it."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """A replica that may lag behind."""
        return "other"

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """The primary."""
        return "default"


class MigratesNothing:
    """For databases whose tables are somebody else's, as of a model that is not managed."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Never."""
        return False
