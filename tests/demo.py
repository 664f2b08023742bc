"""The example, running as somebody starts it who tries it out."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.documents import PACKAGES, ROOT
from tests.ports import free_port

MANAGE = ROOT / "example_project" / "manage.py"


@contextlib.contextmanager
def running_demo(folder: Path, **environment: str) -> Iterator[str]:
    """The address of a running example with these variables. In a new folder are its data, and `log`: what it says."""
    folder.mkdir()
    port = free_port()
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    given = {**inherited, "PYTHONPATH": str(PACKAGES), "PYTHONUNBUFFERED": "1", "EXAMPLE_DATA_DIR": str(folder)}
    command = [sys.executable, str(MANAGE), "demo", "--port", str(port)]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, env={**given, **environment}, stdout=log, stderr=log) as process,
    ):
        try:
            wait_for(f"http://127.0.0.1:{port}", process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the example answers, for two minutes at most."""
    end = time.monotonic() + 120
    while True:
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(address, timeout=30):
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)
