"""Whether the version of the package, the changelog and a tag agree: `python -m tests.versions [TAG]`."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
UNRELEASED = "## [Unreleased]\n"
RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)


def problems(version: str, changelog: str, tag: str = "") -> list[str]:
    """
    Say what does not agree, in full sentences. Between releases, the version is that of the last release.

    A tag has to be the version, and then nothing may be left in the changelog as unreleased.
    """
    headings = re.findall(r"^## (?!\[Unreleased\]$).*$", changelog, re.MULTILINE)
    found = [f"This heading of the changelog is no release: {line}" for line in headings if not RELEASE.match(line)]
    released = RELEASE.findall(changelog)
    if released != sorted(released, key=_number, reverse=True):
        found.append("The newest release comes first in the changelog.")
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        found.append(f"The version {version} is not three numbers.")
    elif (released or tag) and version not in released[:1]:
        found.append(f"The newest release in the changelog is {released[0] if released else 'none'}, not {version}.")
    if tag and tag != version:
        found.append(f"The tag {tag} is not the version {version}.")
    if tag and unreleased(changelog):
        found.append("The changelog still has changes under Unreleased.")
    return found


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def unreleased(changelog: str) -> str:
    """What the changelog says below its heading Unreleased, "" without one."""
    return re.split(r"^## ", changelog.partition(UNRELEASED)[2], maxsplit=1, flags=re.MULTILINE)[0].strip()


def release(changelog: str, version: str, day: str) -> str:
    """Give what is unreleased its version and its day."""
    return changelog.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {day}\n")


def version_in(root: Path) -> str:
    """The version that the sources in `root` say."""
    source = (root / "src" / "django_avatars" / "__init__.py").read_text(encoding="utf-8")
    return str(re.findall(r'^__version__ = "(.*)"$', source, re.MULTILINE)[0])


def main(tag: str = "") -> int:
    """Print what does not agree; returns the exit code."""
    found = problems(version_in(ROOT), (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), tag)
    print("\n".join(found) or f"The version and the changelog agree{' with the tag' * bool(tag)}.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
