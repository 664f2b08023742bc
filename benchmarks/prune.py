"""
How long a sweep takes, and how much memory: ``python -m benchmarks.prune [FILES] [--inventory]``.

Files are links on the local disk, rows are in SQLite; with ``DJANGO_AVATARS_POSTGRES=host:port`` in PostgreSQL.
A tenth of the pictures is named by no row, and is deleted. With ``--inventory`` there are no files, but a list of them
such as Amazon S3 Inventory, and nothing is deleted.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import django


def main(files: int, has_list: bool) -> None:
    """Measure once, and say so."""
    from tests.safety.nursery import Nursery, on_postgres, on_sqlite

    fill, sweep = ("scale.fill_list", "scale.sweep_list") if has_list else ("scale.fill", "scale.sweep")
    with tempfile.TemporaryDirectory() as folder:
        has_postgres = bool(os.environ.get("DJANGO_AVATARS_POSTGRES"))
        with on_postgres("prune_benchmark") if has_postgres else on_sqlite(Path(folder)) as databases:
            nursery = Nursery(Path(folder), databases)
            start = time.perf_counter()
            nursery.do(fill, pictures=files // 4, unused=files // 40)
            sys.stdout.write(f"{files:,} files made in {time.perf_counter() - start:.0f} s\n")
            told = nursery.do(sweep).returned
            nursery.close()
    deleted = (
        f"{told['deleted']:,} deleted in {told['delete']:.1f} s"
        if "deleted" in told
        else f"{told['unused']:,} pictures unused"
    )
    disk = f", and took {told['disk'] / 1e6:,.0f} MB of disk" if "disk" in told else ""
    sys.stdout.write(
        f"found in {told['find']:.1f} s ({files / told['find']:,.0f} files a second), {deleted}, "
        f"memory grew by {told['megabytes']} MB{disk}\n"
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    main(numbers[0] if numbers else 1_000_000, "--inventory" in sys.argv)
