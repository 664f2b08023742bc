"""
How long a sweep takes, and how much memory: ``python -m benchmarks.prune [FILES]``.

Files are links on the local disk, rows are in SQLite; with ``DJANGO_AVATARS_POSTGRES=host:port`` in PostgreSQL.
A tenth of the pictures is named by no row, and is deleted.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import django


def main(files: int) -> None:
    """Measure once, and say so."""
    from tests.safety.nursery import Nursery, on_postgres, on_sqlite

    with tempfile.TemporaryDirectory() as folder:
        has_postgres = bool(os.environ.get("DJANGO_AVATARS_POSTGRES"))
        with on_postgres("prune_benchmark") if has_postgres else on_sqlite(Path(folder)) as databases:
            nursery = Nursery(Path(folder), databases)
            start = time.perf_counter()
            nursery.do("scale.fill", pictures=files // 4, unused=files // 40)
            sys.stdout.write(f"{files:,} files made in {time.perf_counter() - start:.0f} s\n")
            told = nursery.do("scale.sweep").returned
            nursery.close()
    sys.stdout.write(
        f"found in {told['find']:.1f} s ({files / told['find']:,.0f} files a second), "
        f"{told['deleted']:,} deleted in {told['delete']:.1f} s, memory grew by {told['megabytes']} MB\n"
    )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
