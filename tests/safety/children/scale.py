"""A sweep over more files than anybody wants to hold in memory."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from django.conf import settings

from django_avatars import naming
from django_avatars.lifecycle.prune import Sweep
from tests.app.models import Person

from .meters import peak_from_here
from .scenarios import empty

SIZES = (512, 256, 128, 64)
FOLDERS = 100
HOURS_AGO = time.time() - 7200
BUCKET = "faces"
LAST_WEEK = "2026-11-22T00:00:00.000Z"


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


def fill_list(pictures: int, unused: int) -> None:
    """As `fill`, with a list such as Amazon S3 Inventory in place of the files."""
    empty()
    with gzip.open(_list(), "wt", compresslevel=1) as lines:
        names = _listed(pictures, lines)
        list(islice(names, unused))
        while batch := [Person(picture=name) for name in islice(names, 5000)]:
            Person.objects.bulk_create(batch)


def _list() -> str:
    return os.path.join(settings.MEDIA_ROOT, "inventory.csv.gz")


def _listed(pictures: int, lines: TextIO) -> Iterator[str]:
    """The names of pictures, each with lines for its files in the list."""
    for number in range(pictures):
        name = naming.new_name(f"avatars/{number % FOLDERS}", sizes=SIZES, formats=("webp",))
        lines.writelines(f'"{BUCKET}","{file}","{LAST_WEEK}"\n' for file in name.files())
        yield str(name)


def sweep_list() -> dict[str, Any]:
    """As `sweep`, of the list; nothing is deleted."""
    storage: Any = Person._meta.get_field("picture").storage
    storage.bucket_name, storage.location = BUCKET, ""  # of the local disk, a bucket: nothing is read from it
    grown, start = peak_from_here(), time.perf_counter()
    with Sweep(inventory=[_list()]) as one:
        found = one.find()
        disk = one._count("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    return {"find": time.perf_counter() - start, "unused": found.unused, "megabytes": grown(), "disk": disk}


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
