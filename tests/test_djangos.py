"""The README's command for the tests says what it could not test, and fails where that is a whole Django."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.djangos import django_of, main, report


def test_a_run_with_every_django_is_fine() -> None:
    text, code = report(["py311-dj52-core", "py312-dj60-full", "py313-dj61-core"], ["5.2", "6.0", "6.1"])

    assert code == 0
    assert text == "Tested: py311-dj52-core, py312-dj60-full, py313-dj61-core."


def test_a_run_without_one_of_them_fails_and_says_what_to_install() -> None:
    text, code = report(["py311-dj52-core"], ["5.2", "6.0", "6.1"])

    assert code == 1
    assert "Not tested: Django 6.0, 6.1" in text
    assert "python3.12 --version" in text


def test_a_run_of_nothing_says_so() -> None:
    assert report([], ["5.2"])[0].startswith("Tested: nothing.")


def test_other_environments_are_of_no_django() -> None:
    assert (django_of("lint"), django_of("py313-dj61-full")) == ("", "6.1")


def test_what_has_run_is_read_from_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "py311-dj52-core").touch()

    assert (main(str(tmp_path), "5.2"), main(str(tmp_path), "5.2", "6.1")) == (0, 1)
    assert capsys.readouterr().out.startswith(
        "Tested: py311-dj52-core.\nTested: py311-dj52-core.\nNot tested: Django 6.1."
    )


def test_the_exit_code_is_that_of_the_report(tmp_path: Path) -> None:
    (tmp_path / "py311-dj52-core").touch()
    command = [sys.executable, "-m", "tests.djangos", str(tmp_path)]

    assert subprocess.run([*command, "5.2"], capture_output=True, check=False).returncode == 0
    assert subprocess.run([*command, "5.2", "6.1"], capture_output=True, check=False).returncode == 1
