"""Does it stay as fast? An upload, a page of 50 and a sweep on PostgreSQL, with a thousand to a million people."""

from __future__ import annotations

import argparse
import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..peers import OURS, Make

PEOPLE = {"1,000 people": 1000, "100,000 people": 100_000, "1,000,000 people": 1_000_000}
UPLOADS = 8
PAGES = 20
ORPHANS = 100
"""Files that no row names, one in so many."""


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """By number of people."""
    for name, count in list(PEOPLE.items())[: 2 if options.quick else 3]:
        yield {"case": name, "count": count, "peers": (OURS,), "runs": 1, "rounds": options.runs}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """All rounds in one process, on people who are filled in once; nothing where there is no PostgreSQL."""
    from .. import inputs, postgres

    with postgres.running() as address:
        if address:
            photo = inputs.path(inputs.CASES["1 MP JPEG"])
            options = {"count": case["count"], "rounds": case["rounds"], "address": address, "photo": str(photo)}
            for answer in call("growth", "growth", **options) or ():
                yield OURS, answer


def measure(*, count: int, rounds: int, address: str, photo: str) -> list[dict[str, float]]:
    """Fill, then measure."""
    from .. import site

    host, _, port = address.partition(":")
    database = {"ENGINE": "django.db.backends.postgresql", "HOST": host, "PORT": port, "USER": "postgres"}
    storage = {"default": {"BACKEND": "benchmarks.jobs.growth.Listing", "OPTIONS": {"count": count}}}
    name = f"growth_{count}"
    _create(database, name)
    module = site.open_site(OURS, Make(), DATABASES={"default": {**database, "NAME": name}}, STORAGES=storage)
    site.create_tables()
    _fill(count)
    return [{**_uploads(module, photo, count), **_pages(module, count), **_sweep(count)} for _ in range(rounds)]


def name_of(number: int) -> str:
    """The picture of one person: what `_fill` makes in SQL."""
    token = hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()[:26]
    return f"avatars/{token[:2].translate(LETTERS)}/{token.translate(LETTERS)}_512.webp"


LETTERS = str.maketrans("0189", "wxyz")


def storage_class() -> type:
    """A storage that lists one file per person, and some more; real files are written beside them, in memory."""
    from django.core.files.storage import InMemoryStorage

    class Listing(InMemoryStorage):
        """See `storage_class`."""

        def __init__(self, *, count: int) -> None:
            super().__init__()
            self.count = count
            self.passes = 0

        def walk(self, folder: str) -> Iterator[tuple[str, float]]:
            """Names as they were filled in, and orphans. No disk and no network: what is measured is our own work."""
            self.passes += 1
            for number in range(1, self.count + self.count // ORPHANS + 1):
                yield name_of(number), 0.0

    return Listing


def __getattr__(name: str) -> Any:
    """`Listing`, made when Django asks for it: settings come first."""
    if name != "Listing":
        raise AttributeError(name)
    return globals().setdefault("Listing", storage_class())


def _create(database: dict[str, str], name: str) -> None:
    import psycopg

    with psycopg.connect(host=database["HOST"], port=database["PORT"], user="postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")


def _fill(count: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO auth_user
                (username, first_name, last_name, email, password, is_superuser, is_staff, is_active, date_joined)
            SELECT 'user' || n, 'Ada', 'Lovelace', 'user' || n || '@example.com', '', false, false, true, now()
            FROM generate_series(1, %s) n
            """,
            [count],
        )
        cursor.execute(
            """
            INSERT INTO benchmarks_profile (user_id, picture)
            SELECT id, 'avatars/' || left(token, 2) || '/' || token || '_512.webp'
            FROM (SELECT id, left(translate(md5(substr(username, 5)), '0189', 'wxyz'), 26) token FROM auth_user) people
            """
        )
        cursor.execute("ANALYZE")


def _uploads(module: Any, photo: str, count: int) -> dict[str, float]:
    from django.contrib.auth.models import User
    from django.db import connection

    from .. import site
    from ..meters import Meter

    meters = []
    for number in range(UPLOADS):
        user = User.objects.order_by("pk")[number * (count // UPLOADS)]
        file = site.uploaded_file(Path(photo))
        spent: list[float] = []
        with connection.execute_wrapper(_timed(spent)), Meter() as meter:
            module.upload(user, file)
        meters.append((meter, sum(spent), len(spent)))
    return {
        "cpu": min(meter.cpu for meter, _, _ in meters),
        "wall": min(meter.wall for meter, _, _ in meters),
        "upload SQL ms": min(time for _, time, _ in meters) * 1000,
        "upload queries": float(max(queries for _, _, queries in meters)),
    }


def _timed(spent: list[float]) -> Any:
    """What notes the seconds that each statement takes, waiting included."""
    import time

    def timed(execute: Any, *args: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(*args)
        finally:
            spent.append(time.perf_counter() - start)

    return timed


def _pages(module: Any, count: int) -> dict[str, float]:
    from django.contrib.auth.models import User
    from django.template import Context

    from django_avatars.querysets import with_avatars

    from ..meters import Meter
    from .render import template_of

    template = template_of(module.TEMPLATE)
    times = []
    for number in range(PAGES):
        start = number * (count // PAGES)
        with Meter() as meter:
            users = with_avatars(User.objects.filter(pk__gt=start).order_by("pk")[:50])
            template.render(Context({"users": users}))
        times.append(meter)
    return {"page CPU ms": min(one.cpu for one in times) * 1000, "page wall ms": min(one.wall for one in times) * 1000}


def _sweep(count: int) -> dict[str, float]:
    from django.core.files.storage import storages
    from django.db import connection

    from django_avatars.lifecycle.prune import Sweep

    from ..meters import Meter

    selects = itertools.count()

    def counted(execute: Any, *args: Any) -> Any:
        next(selects)
        return execute(*args)

    passes = storages["default"].passes
    with Meter() as meter, connection.execute_wrapper(counted), Sweep(grace=0) as sweep:
        found = sweep.find()
        deleted, _ = sweep.delete()
    assert deleted == found.files >= count // ORPHANS, (deleted, found)
    return {
        "sweep wall s": meter.wall,
        "sweep CPU s": meter.cpu,
        "sweep wall µs a file": meter.wall / count * 1e6,
        "sweep MB": meter.memory / 1e6,
        "sweep queries": float(next(selects)),
        "listings": float(storages["default"].passes - passes),
    }
