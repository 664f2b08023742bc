"""
Does a site drown? Fifty people upload a PNG of 24 megapixels at once, and somebody looks at a plain page meanwhile.

Two processes of eight threads answer. What each process takes at most and keeps afterwards, how long the page
takes, and what the uploads are answered: 204, or 503 with Retry-After.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..peers import OURS
from . import load

UPLOADS = 50
SERVER = (
    *("gunicorn", "--workers=2", "--worker-class=gthread", "--threads=8"),
    *("--bind=127.0.0.1:{port}", "benchmarks.served:wsgi"),
)


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """One. Memory is a peak and pages are many, so one round does."""
    yield {"case": "fifty uploads", "peers": (OURS,), "runs": 1}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """The one server."""
    from .. import inputs

    photo = inputs.path(inputs.CROWD)
    for peer in case["peers"]:
        yield peer, call("load", "crowd", photo=str(photo))


def measure(*, photo: str) -> dict[str, float]:
    """All uploads once, at the same time; pages for as long as they last."""
    with (
        tempfile.TemporaryDirectory(prefix="avatars-benchmark-") as folder,
        load.running(OURS, SERVER, folder) as (port, pid),
    ):
        body, headers = load.multipart(Path(photo))
        for _ in range(4):  # both processes have loaded what they need, and show it
            _ask(port, "GET", "/page")
        answers: list[tuple[int, str | None]] = []
        pages: list[float] = []
        done = threading.Event()
        start = time.perf_counter()

        def upload(number: int) -> None:
            answers.append(_ask(port, "POST", f"/upload/{number + 1}", body, headers))

        def look() -> None:
            while not done.is_set():
                asked = time.perf_counter()
                _ask(port, "GET", "/page")
                pages.append(time.perf_counter() - asked)

        visitor = threading.Thread(target=look)
        people = [threading.Thread(target=upload, args=(number,)) for number in range(UPLOADS)]
        for thread in (visitor, *people):
            thread.start()
        for thread in people:
            thread.join()
        seconds = time.perf_counter() - start
        done.set()
        visitor.join()
        workers = load.children(pid)
        peaks = [load.status_of(worker, "VmHWM") for worker in workers]
        kept = [load.status_of(worker, "VmRSS") for worker in workers]
    stored = answers.count((204, None))
    busy = sum(status == 503 and after is not None for status, after in answers)
    return {
        "MB of a process, peak": max(peaks) / 1e6,
        "MB afterwards": max(kept) / 1e6,
        "page p50 ms": load.quantile([pages], 0.5),
        "page p99 ms": load.quantile([pages], 0.99),
        "pages": float(len(pages)),
        "stored": float(stored),
        "told to wait": float(busy),
        "other answers": float(UPLOADS - stored - busy),
        "seconds": seconds,
    }


def _ask(port: int, method: str, path: str, body: bytes = b"", headers: Any = None) -> tuple[int, str | None]:
    """A request by a connection of its own; the status, and when to try again."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        response.read()
        return response.status, response.headers["Retry-After"]
