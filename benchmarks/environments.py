"""One virtual environment per peer, and measurements in processes of their own."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = Path(__file__).parent / ".environments"
DJANGO = "Django>=5.2"
COMMON = [DJANGO, "Pillow>=12.3", "django-storages[s3]"]
"""For all alike: what differs between two environments is the peer."""

TOOLS = {
    "inputs": ["numpy", "Pillow>=12.3"],
    "quality": ["numpy", *COMMON],
    "plots": ["matplotlib"],
    "load": ["gunicorn", "uvicorn[standard]", *COMMON],
    "growth": ["psycopg[binary]", *COMMON],
}
"""Environments of the benchmark itself."""


class Failed(Exception):
    """A measurement that ended with an error; its last lines are the message."""


@functools.cache
def python(name: str) -> Path:
    """The interpreter of the environment of a peer or a tool, made on first use."""
    requirements = _requirements(name)
    folder = FOLDER / name
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != "\n".join(requirements):
        say(f"Installing {', '.join(requirements)}")
        _make(folder, interpreter, requirements)
        stamp.write_text("\n".join(requirements))
    return interpreter


def _make(folder: Path, interpreter: Path, requirements: list[str]) -> None:
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    uv = shutil.which("uv")
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(interpreter)]
    else:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(interpreter), "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, *requirements], check=True)


def call(environment: str, job: str, **arguments: Any) -> Any:
    """The answer of ``measure(**arguments)`` of a job, in a new process of an environment."""
    process = start(environment, job, **arguments)
    out, errors = process.communicate(timeout=600)
    if process.returncode:
        raise Failed("\n".join(errors.strip().splitlines()[-6:]))
    return json.loads(out.splitlines()[-1])


def start(environment: str, job: str, **arguments: Any) -> subprocess.Popen[str]:
    """As `call`, without waiting for it."""
    command = [str(python(environment)), "-W", "ignore", "-m", "benchmarks.child", job, json.dumps(arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=variables(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def variables() -> dict[str, str]:
    """The environment variables of a measurement: our own package is used from this checkout."""
    paths = os.pathsep.join((str(ROOT), str(ROOT / "src")))
    return {**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "0", "PYTHONDEVMODE": ""}


def versions(name: str) -> dict[str, str]:
    """What is installed in an environment."""
    code = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    told = subprocess.run([str(python(name)), "-c", code], check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(told)
    return found


def installed() -> dict[str, dict[str, str]]:
    """By environment that was made, the versions of what it was made for."""
    names = sorted(stamp.parent.name for stamp in FOLDER.glob("*/requirements.txt"))
    wanted = {name: {re.split(r"[\[>=]", one)[0].lower() for one in _requirements(name)} for name in names}
    return {
        name: {
            package: version for package, version in sorted(versions(name).items()) if package.lower() in wanted[name]
        }
        for name in names
    }


def _requirements(name: str) -> list[str]:
    return TOOLS.get(name) or [*COMMON, *import_module(f"benchmarks.peers.{name}").REQUIREMENTS]


def say(text: str) -> None:
    """Progress, apart from the results."""
    print(text, file=sys.stderr, flush=True)
