"""
Django's own tests of file fields with `AvatarField` in the place of `FileField`: `python -m tests.django_suite`.

They come with the source distribution of the Django that is installed, which pip downloads. What they upload is text
mostly: it counts as a small picture here. `docs/explanation/decisions.md` names each test that fails, and why;
another failure is one of this run, and so is one that is named and does not happen.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import django

ROOT = Path(__file__).parent.parent
TESTS = ("model_fields.test_filefield", "file_storage", "file_uploads", "model_forms")
TRIED = 400
"""Tests at the least that these are."""

SILENCED = ("django_avatars.E106", "django_avatars.E109")
"""Checks of fields that these models have with reason: longer names than their column takes, and unique ones."""


def main() -> int:
    """Run the tests; returns 1 where others fail than are named."""
    with tempfile.TemporaryDirectory() as folder:
        sources = download(Path(folder))
        output = run(sources)
        surprising = failed(output) ^ named(sources)
    ran = int(found[1]) if (found := re.search(r"^Ran (\d+) tests", output, re.MULTILINE)) else 0
    if wrong := ran < TRIED or bool(surprising):
        print(output)
    for test in sorted(surprising):
        print(f"{test}: {'not named' if test in failed(output) else 'named, but passes'} in decisions.md.")
    print(f"Django {django.get_version()}: of {ran} of its tests, {len(failed(output))} fail.")
    return int(wrong)


def failed(output: str) -> set[str]:
    """The names of the tests that failed."""
    return set(re.findall(r"^(?:ERROR|FAIL): (test_\w+)", output, re.MULTILINE))


def named(sources: Path) -> set[str]:
    """The tests of this Django that the explanation gives a reason for."""
    page = (ROOT / "docs/explanation/decisions.md").read_text()
    section = page.partition("## Django's own tests")[2].partition("\n## ")[0]
    folders = {test.partition(".")[0] for test in TESTS}
    code = "".join(path.read_text() for folder in folders for path in (sources / "tests" / folder).glob("test*.py"))
    return {name for name in re.findall(r"`(test_\w+)`", section) if f"def {name}(" in code}


def download(folder: Path) -> Path:
    """The sources of the Django that is installed, below `folder`."""
    wanted = f"django=={django.get_version()}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "django", wanted]
    subprocess.run(command, cwd=folder, check=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as sources:
        sources.extractall(folder, filter="data")
    return Path(str(archive).removesuffix(".tar.gz"))


def run(sources: Path) -> str:
    """What the tests print, which run in a process and a folder of their own."""
    tests = sources / "tests"
    path = os.pathsep.join([str(tests), str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-m", "tests.django_suite", "within"],
        cwd=tests,
        env=os.environ | {"PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ).stdout


def within() -> None:
    """Run the tests in this process, whose folder they are in, with our field in the place of Django's."""
    from django.core.files import File
    from django.core.files.base import ContentFile
    from django.db import models

    from django_avatars.exceptions import InvalidImage
    from django_avatars.fields import AvatarField
    from tests import pictures

    picture = pictures.photo(64, 64)

    process = AvatarField.process

    def process_anything(field: AvatarField, file: File[Any], *, name: str | None = None) -> Any:
        try:
            return process(field, file, name=name)
        except InvalidImage:
            return process(field, ContentFile(picture, "picture.jpg"))

    AvatarField.process = process_anything  # type: ignore[assignment, method-assign]
    models.FileField = AvatarField  # type: ignore[misc]
    source = Path("runtests.py").read_text()
    for start, added in (
        ("ALWAYS_INSTALLED_APPS = [", "django_avatars"),
        *(("settings.SILENCED_SYSTEM_CHECKS = [", check) for check in SILENCED),
    ):
        assert start in source
        source = source.replace(start, f'{start}"{added}",')
    sys.argv = ["runtests.py", "--parallel=1", *TESTS]
    exec(compile(source, "runtests.py", "exec"), {"__name__": "__main__", "__file__": str(Path.cwd() / "runtests.py")})


if __name__ == "__main__":
    if "within" in sys.argv[1:]:
        within()
    else:
        sys.exit(main())
