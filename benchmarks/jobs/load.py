"""
What does a site stand? Uploads and page views from a second process, over loopback, against a plain ImageField.

Throughput and latency with gunicorn and with an ASGI server, there also in coroutines, beside a view that does
nothing; what memory a worker keeps after many uploads; whether two uploads use two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..peers import OURS, Make

CLIENTS = 4
PEOPLE = 50
COROUTINES = "uvicorn, coroutines"
UVICORN = ("uvicorn", "--workers=2", "--port={port}", "--log-level=error", "benchmarks.served:asgi")
SERVERS = {
    "gunicorn": ("gunicorn", "--workers=2", "--bind=127.0.0.1:{port}", "benchmarks.served:wsgi"),
    "uvicorn": UVICORN,
    COROUTINES: UVICORN,
}


def cases(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """By server; then memory and threads, in one process."""
    for server in SERVERS:
        yield {"case": server, "peers": (OURS, "plain"), "seconds": 2}
    yield {"case": "many uploads", "peers": (OURS,), "runs": 1, "uploads": 1000 if options.quick else 10_000}
    yield {"case": "two threads", "peers": (OURS, "nothing but work")}


def run(call: Any, case: dict[str, Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """One round."""
    from .. import inputs

    photo, small = str(inputs.path(inputs.CASES["1 MP JPEG"])), str(inputs.path(inputs.SMALL["jpg"]))
    options = {"photo": photo, "small": small, "seconds": case.get("seconds", 0), "uploads": case.get("uploads", 0)}
    for peer in case["peers"]:
        yield peer, call("load", "load", peer=peer, what=case["case"], **options)


def measure(*, peer: str, what: str, photo: str, small: str, seconds: float, uploads: int) -> dict[str, float]:
    """One of the cases."""
    if what in SERVERS:
        return _served(peer, what, photo, seconds)
    return _soak(photo, small, uploads) if what == "many uploads" else _threads(peer, photo)


# What is served


def urls() -> list[Any]:
    """A page of pictures, and where they are uploaded."""
    from django.urls import path

    return [
        path("page", _page),
        path("upload/<int:pk>", _upload),
        path("empty", _empty),
        path("coroutine/page", _page_in_coroutine),
        path("coroutine/upload/<int:pk>", _upload_in_coroutine),
        path("coroutine/empty", _empty_in_coroutine),
    ]


def _page(request: Any) -> Any:
    return _rendered(list(_people()))


async def _page_in_coroutine(request: Any) -> Any:
    return _rendered([person async for person in _people()])


def _people() -> Any:
    from django.contrib.auth.models import User

    return User.objects.select_related("profile").order_by("pk")[:PEOPLE]


def _rendered(users: list[Any]) -> Any:
    from django.http import HttpResponse
    from django.template import Context

    return HttpResponse(request_template().render(Context({"users": users})))


def _upload(request: Any, pk: int) -> Any:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from .. import served

    try:
        served.peer.upload(User.objects.get(pk=pk), request.FILES["photo"])
    except Exception as exc:
        if not (after := getattr(exc, "retry_after", None)):
            raise
        return HttpResponse(status=503, headers={"Retry-After": str(after)})
    return HttpResponse(status=204)


async def _upload_in_coroutine(request: Any, pk: int) -> Any:
    from asgiref.sync import sync_to_async
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from .. import served

    upload = getattr(served.peer, "upload_in_coroutine", None) or sync_to_async(served.peer.upload)
    await upload(await User.objects.aget(pk=pk), request.FILES["photo"])
    return HttpResponse(status=204)


def _empty(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse(b"")


async def _empty_in_coroutine(request: Any) -> Any:
    return _empty(request)


def request_template() -> Any:
    """The page, compiled once."""
    from .. import served
    from .render import template_of

    if not hasattr(served, "page"):
        served.page = template_of(served.peer.TEMPLATE)
    return served.page


# Who asks


def _served(peer: str, server: str, photo: str, seconds: float) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory(prefix="avatars-benchmark-") as folder,
        running(peer, SERVERS[server], folder) as (port, pid),
    ):
        body, headers = multipart(Path(photo))
        room = "/coroutine" if server == COROUTINES else ""

        def upload(connection: Any, n: int) -> None:
            _ask(connection, "POST", f"{room}/upload/{n % PEOPLE + 1}", 204, body, headers)

        def page(connection: Any, n: int) -> None:
            _ask(connection, "GET", f"{room}/page", 200)

        def empty(connection: Any, n: int) -> None:
            _ask(connection, "GET", f"{room}/empty", 200)

        _hammer(port, [upload], 1)  # everybody's connections, and what is loaded at first use
        _hammer(port, [page], 0.5)
        uploads = _hammer(port, [upload] * CLIENTS, seconds)
        pages = _hammer(port, [page] * CLIENTS, seconds)
        nothing = _hammer(port, [empty] * CLIENTS, seconds)
        mixed = _hammer(port, [upload] * (CLIENTS // 2) + [page], seconds)[-1:]
        memory = sum(status_of(worker, "VmRSS") for worker in children(pid))
    return {
        **_figures("upload", uploads, seconds),
        **_figures("page", pages, seconds),
        "page, in empty views": sum(map(len, nothing)) / sum(map(len, pages)),
        "page p50 ms beside uploads": quantile(mixed, 0.5),
        "page p99 ms beside uploads": quantile(mixed, 0.99),
        "MB of workers": memory / 1e6,
    }


@contextlib.contextmanager
def running(peer: str, server: tuple[str, ...], folder: str) -> Iterator[tuple[int, int]]:
    """The port of a server with a site, and its process, while this block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "BENCHMARK_PEER": peer, "BENCHMARK_FOLDER": folder}
    subprocess.run([sys.executable, "-m", "benchmarks.served"], env=environment, check=True)
    command = [sys.executable, "-m", *(word.format(port=port) for word in server)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int) -> None:
    for _ in range(400):
        with (
            contextlib.suppress(OSError),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection,
        ):
            connection.request("GET", "/page")
            connection.getresponse().read()
            return
        time.sleep(0.1)
    raise TimeoutError("The server did not start.")


def _hammer(port: int, clients: list[Callable[[Any, int], None]], seconds: float) -> list[list[float]]:
    """Let each client ask without a pause; the latencies of each, in seconds."""
    until = time.monotonic() + seconds
    latencies: list[list[float]] = [[] for _ in clients]

    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            ask(number)
        except Exception as exc:
            failures.append(exc)

    def ask(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        count = number * 7
        while time.monotonic() < until:
            start = time.perf_counter()
            clients[number](connection, count)
            latencies[number].append(time.perf_counter() - start)
            count += 1
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return latencies


def _ask(connection: Any, method: str, path: str, expected: int, body: bytes = b"", headers: Any = None) -> None:
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    response.read()
    if response.status != expected:
        raise AssertionError(f"{method} {path}: {response.status}")


def multipart(photo: Path) -> tuple[bytes, dict[str, str]]:
    """Body and headers of an upload."""
    head = f'--benchmark\r\nContent-Disposition: form-data; name="photo"; filename="{photo.name}"\r\n'
    body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + photo.read_bytes() + b"\r\n--benchmark--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=benchmark"}


def _figures(what: str, latencies: list[list[float]], seconds: float) -> dict[str, float]:
    return {
        f"{what}s/s": sum(map(len, latencies)) / seconds,
        f"{what} p50 ms": quantile(latencies, 0.5),
        f"{what} p99 ms": quantile(latencies, 0.99),
    }


def quantile(latencies: list[list[float]], share: float) -> float:
    """Milliseconds that such a share of all requests took at most."""
    values = sorted(value for client in latencies for value in client)
    return values[min(int(len(values) * share), len(values) - 1)] * 1000 if values else 0.0


def children(pid: int) -> list[int]:
    """Processes that a server has started."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []


def status_of(pid: int, key: str) -> int:
    """Bytes of a process: ``VmRSS`` now, ``VmHWM`` at most."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{key}:"))
    return int(line.split()[1]) * 1024


# In one process


WHOLE = 50
"""One in so many of the uploads is the whole photo; the others are small, so that ten thousand take a minute."""


def _soak(photo: str, small: str, uploads: int) -> dict[str, float]:
    """Replace pictures, and see what memory the process keeps: once warm, half way, and at the end."""
    from .. import site
    from ..meters import resident

    module = site.open_site(OURS, Make())
    site.create_tables()
    users = site.people(20)
    sizes = {0: float(resident())}
    for count in range(1, uploads + 1):
        path = Path(photo if count % WHOLE == 1 else small)
        module.upload(users[count % len(users)], site.uploaded_file(path))
        if count in (uploads // 10, uploads // 2, uploads):
            sizes[count] = float(resident())
    _, tenth, half, end = sizes.values()
    return {
        "uploads": float(uploads),
        "MB over start, after a tenth": (tenth - sizes[0]) / 1e6,
        "after half": (half - sizes[0]) / 1e6,
        "after all": (end - sizes[0]) / 1e6,
    }


UPLOADS = 8


def _threads(peer: str, photo: str) -> dict[str, float]:
    """
    Uploads one after the other, and in two threads: how many times faster.

    The same with work that never holds Python's lock tells how much of a second core this machine had to lend.
    """
    from concurrent.futures import ThreadPoolExecutor

    work = _upload_of(photo) if peer == OURS else _hashing
    work(0)
    walls: dict[int, list[float]] = {1: [], 2: []}
    for threads in (1, 2) * 3:  # the best of several: a busy machine lends its second core now and then
        with ThreadPoolExecutor(threads) as pool:
            start = time.perf_counter()
            list(pool.map(work, range(UPLOADS)))
            walls[threads].append(time.perf_counter() - start)
    return {"times faster": min(walls[1]) / min(walls[2]), "cores": float(len(os.sched_getaffinity(0)))}


def _hashing(_: int) -> None:
    import hashlib

    hashlib.sha256(bytes(20_000_000)).digest()


def _upload_of(photo: str) -> Callable[[int], None]:
    """A whole upload, file and row included."""
    from .. import site

    folder = tempfile.mkdtemp(prefix="avatars-benchmark-")
    site.made.append(folder)
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/db.sqlite3", "OPTIONS": site.SHARED}
    module = site.open_site(OURS, Make(), folder=folder, DATABASES={"default": database})
    site.create_tables()
    users = site.people(UPLOADS)

    def upload(number: int) -> None:
        from django.db import connection

        module.upload(users[number], site.uploaded_file(Path(photo)))
        connection.close()

    return upload
