"""What does a save cost that does not touch the picture? Calls of functions of the package, and queries."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from ..peers import OURS, Make


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One. Counts do not vary, so one round does."""
    yield {"case": "save without a change", "peers": (OURS,), "runs": 1}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One round."""
    from .. import inputs

    yield OURS, call(OURS, "saves", photo=str(inputs.path(inputs.SMALL["jpg"])))


def measure(*, photo: str) -> dict[str, float]:
    """Of a row that was read from the database and has a picture."""
    from django.apps import apps
    from django.db import connection

    import django_avatars

    from .. import site

    module = site.open_site(OURS, Make())
    site.create_tables()
    (user,) = site.people(1)
    module.upload(user, site.uploaded_file(Path(photo)))
    row = apps.get_model("benchmarks", "Profile").objects.get()
    row.save()  # what is looked up once is looked up here
    folder = str(Path(django_avatars.__file__).parent)
    calls, queries = [], []

    def seen(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event == "call" and not code.co_name.startswith("<") and code.co_filename.startswith(folder):
            calls.append(code.co_name)

    def asked(execute: Any, *args: Any) -> Any:
        queries.append(args[0])
        return execute(*args)

    gc.collect()
    gc.disable()  # what is left of the upload must not be counted
    with connection.execute_wrapper(asked):
        sys.setprofile(seen)
        row.save()
        sys.setprofile(None)
    return {"calls": float(len(calls)), "queries": float(len(queries))}
