"""A PostgreSQL that lives as long as it is needed: the one named in DJANGO_AVATARS_POSTGRES, else one of our own."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

SETTINGS = "-c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c shared_buffers=256MB"


@contextlib.contextmanager
def running() -> Iterator[str | None]:
    """``host:port``, with a user ``postgres`` who needs no password; None where none is installed."""
    given = os.environ.get("DJANGO_AVATARS_POSTGRES")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (str(programs[-1]) if programs else None)
    if given or not found:
        yield given
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="avatars-benchmark-"))
    folder.chmod(0o777)
    control, data = str(Path(found).with_name("pg_ctl")), str(folder / "data")
    options = f"-p {port} -k {folder} {SETTINGS}"
    run = functools.partial(subprocess.run, check=True, stdout=subprocess.DEVNULL)
    run([*as_postgres, found, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync"])
    run([*as_postgres, control, "-D", data, "-s", "-w", "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield f"127.0.0.1:{port}"
    finally:
        subprocess.run([*as_postgres, control, "-D", data, "-s", "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)
