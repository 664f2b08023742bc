"""Whether a run of tox has tested every supported Django: `python -m tests.djangos FOLDER TESTED…`."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def report(ran: list[str], wanted: list[str]) -> tuple[str, int]:
    """What to say of a run, and its exit code: 1 where a Django of `wanted` is in no environment of `ran`."""
    missing = sorted(set(wanted) - {django_of(name) for name in ran})
    tested = f"Tested: {', '.join(sorted(ran)) or 'nothing'}."
    if not missing:
        return tested, 0
    return (
        f"{tested}\nNot tested: Django {', '.join(missing)}. Either its tests failed, which stands above, "
        "or no Python was found that it runs on: Django 6.0 and 6.1 need Python 3.12 or newer. Install one so that "
        "`python3.12 --version` answers (the shim of a version that pyenv has not selected does not), "
        "and run the tests again.",
        1,
    )


def django_of(environment: str) -> str:
    """The Django of an environment of tox: "6.1" of "py313-dj61-full", "" where it names none."""
    match = re.search(r"-dj(\d)(\d)", environment)
    return ".".join(match.groups()) if match else ""


def main(folder: str, *wanted: str) -> int:
    """Print the report of what has left its name in `folder`; returns the exit code."""
    text, code = report([entry.name for entry in Path(folder).glob("py*")], list(wanted))
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
