"""Processes for tests: started in milliseconds, with Django and Pillow loaded, on databases that outlive them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings

KILLED = -9

KEPT = {f"scenarios.{name}" for name in ("look", "look_sweep_reset", "reset", "sweep")}
"""What is done by the child that lives on: it is another process than those that are killed, and that is enough."""


class Ended(NamedTuple):
    """What became of one call."""

    status: int
    """0, or minus the number of the signal that ended the process."""
    steps: list[str]
    """What the storage and the databases did until then."""
    returned: Any
    """What the function returned."""
    raised: str
    """Name of the exception that it raised, "" for none."""
    trace: str
    """Where it was raised."""


class Nursery:
    """The process that forks children, see `tests.safety.children.server`."""

    def __init__(self, folder: Path, databases: dict[str, Any], settings: str = "settings") -> None:
        self.media = folder / "media"
        self.temporary = folder / "temporary"
        for path in (self.media, self.temporary):
            path.mkdir()
        here = {"media": str(self.media), "temporary": str(self.temporary), "databases": databases}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.safety.children.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={
                **os.environ,
                "DJANGO_AVATARS_CHILD": json.dumps(here),
                "DJANGO_SETTINGS_MODULE": f"tests.safety.children.{settings}",
                "TMPDIR": str(self.temporary),
            },
        )

    def run(self, *calls: dict[str, Any]) -> list[Ended]:
        """Make these calls at the same time, each in a child of its own."""
        return self._ask(calls)

    def _ask(self, job: object) -> list[Ended]:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        answers = json.loads(self._server.stdout.readline())
        return [
            Ended(one["status"], one["steps"], one.get("returned"), one.get("raised", ""), one.get("trace", ""))
            for one in answers
        ]

    def do(self, call: str, *, die_at: int = 0, **arguments: Any) -> Ended:
        """Make one call in a child; a child that is to die at a step may not live to return."""
        one = calling(call, die_at=die_at, **arguments)
        ended = self._ask(one if call in KEPT else [one])[0]
        assert die_at or not ended.raised, ended.trace
        return ended

    def close(self) -> None:
        """End the server."""
        self._server.communicate()


def calling(call: str, *, die_at: int = 0, **arguments: Any) -> dict[str, Any]:
    """One call, for `Nursery.run`."""
    return {"call": call, "with": arguments, "die_at": die_at}


@contextlib.contextmanager
def on_sqlite(folder: Path) -> Iterator[dict[str, Any]]:
    """Two databases in files."""
    yield {
        alias: {
            "ENGINE": "tests.safety.children.sqlite3",
            "NAME": str(folder / f"{alias}.sqlite3"),
            # A killed process loses nothing that it gave to the system: no need to wait for the disk.
            "OPTIONS": {"timeout": 60, "init_command": "PRAGMA synchronous = OFF"},
        }
        for alias in ("default", "other")
    }


@contextlib.contextmanager
def on_postgres(name: str) -> Iterator[dict[str, Any]]:
    """Two databases of a PostgreSQL server, which are dropped in the end."""
    import psycopg

    given: dict[str, Any] = settings.DATABASES["default"]
    names = {alias: f"{name}_{alias}" for alias in ("default", "other")}
    server = psycopg.connect(host=given["HOST"], port=given["PORT"], user=given["USER"], autocommit=True)
    for database in names.values():
        server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {database}")
    try:
        yield {
            alias: {
                "ENGINE": "tests.safety.children.postgresql",
                "NAME": database,
                "HOST": given["HOST"],
                "PORT": given["PORT"],
                "USER": given["USER"],
            }
            for alias, database in names.items()
        }
    finally:
        for database in names.values():
            server.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        server.close()
