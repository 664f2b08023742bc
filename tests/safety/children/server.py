"""
The process that forks: ``python -m tests.safety.children.server``.

Reads a line of JSON for each job: a list of calls to make at the same time, each ``{"call": "module.function",
"with": {…}, "die_at": 0}``; -1 to be told of the steps and live. Answers with one line: for each call the signal
or code that ended it, what it returned or raised, and its steps.

A job that is one call and no list is made by a child that lives on, with its connections: looking and tidying up is
most of the work, and connecting is most of that.
"""

from __future__ import annotations

import gc
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
    return report(lines, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def report(lines: list[str], status: int) -> dict[str, Any]:
    """What the lines of a child say."""
    told: dict[str, Any] = {"status": status, "steps": []}
    for line in lines:
        kind, _, text = line.partition(" ")
        if kind == "step":
            told["steps"].append(text)
        else:
            told |= json.loads(text)
    return told


class Keeper:
    """The child that lives on, and makes one call after the other."""

    def __init__(self) -> None:
        calls, self._calls = os.pipe()
        self._answers, answers = os.pipe()
        if os.fork() == 0:
            os.close(self._calls)
            os.close(self._answers)
            with os.fdopen(calls) as stream:
                for line in stream:
                    work(json.loads(line), answers)
            os._exit(0)
        os.close(calls)
        os.close(answers)
        self._stream = os.fdopen(self._answers, "rb")

    def do(self, call: dict[str, Any]) -> dict[str, Any]:
        """Make one call, and wait for it."""
        os.write(self._calls, f"{json.dumps(call)}\n".encode())
        return report([self._stream.readline().decode()], 0)


def main() -> None:
    """Load what children need, then serve."""
    import django
    from django.apps import apps

    django.setup()

    from PIL import AvifImagePlugin, GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # noqa: F401

    from . import costs, histories, races, scale, scenarios  # noqa: F401

    world = "moderated" if apps.is_installed("django_avatars.moderation") else "scenarios"
    importlib.import_module(f"tests.safety.children.{world}").prepare()
    gc.collect()
    gc.freeze()  # else each child copies all that is loaded when it first collects garbage
    keeper = Keeper()
    for line in sys.stdin:
        job = json.loads(line)
        answer = run(job) if isinstance(job, list) else [keeper.do(job)]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
