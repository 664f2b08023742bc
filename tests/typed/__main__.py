"""
Check the types of the package from outside.

``names`` checks how much of its public names pyright knows, in the environment ``types`` of tox; ``host`` checks a
project that uses them, in ``typed-dj52`` and ``typed-dj61``. A line of the project that ends in ``type: ignore`` has to
be an error, and each checker says when it is none.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent

LEAST = 0.98
"""The part of the public names whose types have to be known."""

CHECKS = (
    # Without a cache: two at once would write to the same, and one of them fails now and then.
    "mypy --cache-dir=/dev/null --config-file mypy.ini host",
    "mypy --cache-dir=/dev/null --config-file plugin.ini host",
    "pyright",
    "ty check --output-format concise",
)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a checker that is installed beside this Python, which is the one it looks at."""
    programs = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": os.pathsep.join([programs, os.environ["PATH"]]), "VIRTUAL_ENV": sys.prefix}
    return subprocess.run(command.split(), cwd=folder, env=environment, capture_output=True, text=True, check=False)


def names(folder: Path) -> int:
    """1 if pyright does not know enough types of public names. Names of other packages do not count."""
    found = json.loads(run("pyright --verifytypes django_avatars --ignoreexternal --outputjson", folder).stdout)
    completeness = found["typeCompleteness"]
    score: float = completeness["completenessScore"]
    print(f"{score:.1%} of the public names have types that pyright knows. These have not:")
    for symbol in completeness["symbols"]:
        if symbol["isExported"] and (not symbol["isTypeKnown"] or symbol["isTypeAmbiguous"]):
            print(symbol["name"])
    return int(score < LEAST)


def host(folder: Path) -> int:
    """1 if a checker finds a mistake in the project, or does not find one that is there."""
    shutil.copytree(HERE, folder, dirs_exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda command: run(command, folder), CHECKS))
    for command, checked in zip(CHECKS, done, strict=True):
        print(f"$ {command}\n{checked.stdout}{checked.stderr}")
    return int(any(checked.returncode for checked in done))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        sys.exit({"names": names, "host": host}[sys.argv[1]](Path(name)))
