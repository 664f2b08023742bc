"""A sweep over more files than anybody wants to hold in memory."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from django_avatars import naming
from django_avatars.lifecycle.prune import Sweep
from tests.app.models import Person

from .meters import peak_from_here
from .scenarios import empty

SIZES = (512, 256, 128, 64)
FOLDERS = 100
HOURS_AGO = time.time() - 7200


def fill(pictures: int, unused: int) -> None:
    """So many pictures of four files, of which some are named by no row; and one file that is not ours."""
    empty()
    names = list(put(pictures))
    Person.objects.bulk_create((Person(picture=name) for name in names[unused:]), batch_size=5000)
    (Path(settings.MEDIA_ROOT) / "avatars" / "0" / "holiday.jpg").write_bytes(b"somebody's")


def put(pictures: int) -> Iterator[str]:
    """Write files, as links to a few real ones: what counts is how many names there are."""
    root = Path(settings.MEDIA_ROOT) / "avatars"
    for folder in range(FOLDERS):
        (root / str(folder)).mkdir(parents=True)
    for number in range(pictures):
        name = naming.new_name(f"avatars/{number % FOLDERS}", sizes=SIZES, formats=("webp",))
        for file in name.files():
            path = os.path.join(settings.MEDIA_ROOT, file)
            if number % 10_000 == 0:
                Path(path).write_bytes(b"picture")
                os.utime(path, (HOURS_AGO, HOURS_AGO))
                model = path
            else:
                os.link(model, path)
        yield str(name)


def sweep() -> dict[str, Any]:
    """Find and delete. Gives what was found, seconds of both, and the megabytes that memory grew by."""
    grown, start = peak_from_here(), time.perf_counter()
    with Sweep() as one:
        found = one.find()
        middle = time.perf_counter()
        deleted, failed = one.delete()
    cost = {"find": middle - start, "delete": time.perf_counter() - middle, "megabytes": grown()}
    return cost | {
        "pictures": found.pictures,
        "used": found.used,
        "unused": found.unused,
        "suspicious": found.doubt is not None,
        "deleted": deleted,
        "failed": failed,
        "foreign": (Path(settings.MEDIA_ROOT) / "avatars" / "0" / "holiday.jpg").exists(),
    }


def plausible() -> bool:
    """Whether a sweep would dare to delete, where all rows are gone, as in an empty database."""
    Person.objects.all()._raw_delete("default")
    with Sweep() as one:
        return one.find().doubt is None
