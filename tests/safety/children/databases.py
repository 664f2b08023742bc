"""What both databases of the children have in common: steps around statements and around the end of a transaction."""

from __future__ import annotations

from typing import Any

from .steps import step


class Stepping:
    """For a DatabaseWrapper."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(_statement)  # type: ignore[attr-defined]

    def _commit(self) -> None:
        step("database: before COMMIT")
        super()._commit()  # type: ignore[misc]
        step("database: after COMMIT")

    def _rollback(self) -> None:
        step("database: before ROLLBACK")
        super()._rollback()  # type: ignore[misc]


def _statement(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    kind = "SELECT FOR UPDATE" if sql.endswith("FOR UPDATE") else sql.split(maxsplit=1)[0]
    if kind == "SELECT":
        step("database: before reading")
        return execute(sql, params, many, context)
    step(f"database: before {kind}")
    result = execute(sql, params, many, context)
    step(f"database: after {kind}")
    return result


class Router:
    """The other database has places, and what is recorded of them: each table more is asked at every step."""

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool:
        """Whether a table belongs into a database."""
        return db == "default" or model_name == "place" or app_label in RECORDED


RECORDED = ("avatars_history", "avatars_moderation", "contenttypes")
