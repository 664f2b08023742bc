"""
The process that forks: ``python -m tests.safety.children.server``.

Reads a line of JSON for each job: a list of calls to make at the same time, each ``{"call": "module.function",
"with": {…}, "die_at": 0}``; -1 to be told of the steps and live. Answers with one line: for each call the signal
or code that ended it, what it returned or raised, and its steps.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any

from . import steps


def work(call: dict[str, Any], log: int) -> None:
    """Make one call in this process, and say what came of it."""
    module, _, name = call["call"].rpartition(".")
    if call["die_at"]:
        steps.begin(log, die_at=call["die_at"])
    try:
        result = {"returned": getattr(importlib.import_module(f"tests.safety.children.{module}"), name)(**call["with"])}
    except BaseException as exc:
        result = {"raised": type(exc).__name__, "trace": traceback.format_exc()}
    os.write(log, f"result {json.dumps(result)}\n".encode())


def fork(call: dict[str, Any], start: int) -> tuple[int, int]:
    """Start a child that waits for `start` to close. Returns its process id, and where it writes."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.close(reader)
        os.read(start, 1)
        work(call, writer)
        os._exit(0)
    os.close(writer)
    return child, reader


def run(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make all calls at once, each in a child of its own, and wait for them."""
    start, go = os.pipe()
    os.set_inheritable(go, False)
    children = [fork(call, start) for call in calls]
    for _ in children:
        os.write(go, b"!")
    os.close(go)
    os.close(start)
    return [ended(*child) for child in children]


def ended(child: int, reader: int) -> dict[str, Any]:
    """What one child has written until its end."""
    with os.fdopen(reader, "rb") as stream:
        lines = stream.read().decode().splitlines()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    report: dict[str, Any] = {"status": status, "steps": []}
    for line in lines:
        kind, _, text = line.partition(" ")
        if kind == "step":
            report["steps"].append(text)
        else:
            report |= json.loads(text)
    return report


def main() -> None:
    """Load what children need, then serve."""
    import django
    from django.apps import apps

    django.setup()

    from PIL import AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

    from . import costs, histories, races, scale, scenarios  # noqa: F401

    world = "moderated" if apps.is_installed("django_avatars.moderation") else "scenarios"
    importlib.import_module(f"tests.safety.children.{world}").prepare()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
