"""``python -m tests.collections FOLDER [PATTERN…]``: exit code 1 where something differs and nobody knows why."""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator
from pathlib import Path

from .compared import Compared, distance, format_of, table
from .made import make
from .shown import Browser, chromium


def compare(browser: Browser, folder: Path, patterns: list[str]) -> Iterator[Compared]:
    """Every picture of an accepted format below `folder`."""
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and any(fnmatch.fnmatch(name, pattern) for pattern in patterns) and (kind := format_of(path)):
            made, shown = make(path), browser.shows(path.read_bytes())
            far = distance(made.png, shown) if made.png and shown else None
            yield Compared(name, kind, made, shown is not None, far)


def main(folder: str, *patterns: str) -> int:
    """Print what differs, and a table."""
    files, unknown = [], 0
    with chromium() as browser:
        for file in compare(browser, Path(folder), list(patterns) or ["*"]):
            files.append(file)
            for fault in file.faults:
                print(f"{file.name}: FAULT: {fault}", flush=True)
            if file.differs:
                print(f"{file.name}: {file.differs}: {file.reason or 'NOBODY KNOWS WHY'}", flush=True)
            unknown += len(file.faults) + bool(file.differs and not file.reason)
    print(table(files))
    return 1 if unknown else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"{__doc__}")
    sys.exit(main(*sys.argv[1:]))
