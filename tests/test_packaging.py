"""What the package says about itself, where two files have to agree."""

from __future__ import annotations

import configparser
import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOX = configparser.ConfigParser(interpolation=None)
TOX.read(ROOT / "tox.ini")


@pytest.mark.parametrize("section", [name for name in TOX.sections() if name.startswith("testenv")])
def test_every_tox_environment_says_what_it_is_for(section: str) -> None:
    assert TOX[section]["description"].strip()


def test_the_supported_pythons_are_those_that_tox_tests() -> None:
    claimed = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))

    tested = re.findall(r"^py3(\d+): Tests", TOX["testenv"]["description"], re.MULTILINE)

    assert claimed == [f"3.{minor}" for minor in tested]
    assert PROJECT["requires-python"] == f">={claimed[0]}"


def test_the_supported_djangos_are_those_that_tox_tests() -> None:
    claimed = re.findall(r"Django :: (\d\.\d)", "\n".join(PROJECT["classifiers"]))

    tested = re.findall(r"^dj\d+: Django>=(\d\.\d)", TOX["testenv"]["deps"], re.MULTILINE)

    assert claimed == tested


def test_django_and_pillow_are_all_it_needs() -> None:
    assert [re.split("[<>=]", requirement)[0] for requirement in PROJECT["dependencies"]] == ["Django", "Pillow"]


def test_the_changelog_names_every_extra() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert [extra for extra in PROJECT["optional-dependencies"] if f"`{extra}`" not in changelog] == []


def test_every_link_and_picture_of_the_page_on_pypi_has_a_whole_address() -> None:
    page = str(importlib.metadata.metadata("django-avatars").json["description"])
    page = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)  # examples lead nowhere

    markdown = re.findall(r"\]\(([^)\s]+)", page)
    attributes = re.findall(r'(?:src|srcset|href)="([^"]+)"', page)

    assert len(markdown) > 10
    assert [one for one in markdown + attributes if not one.startswith("https://")] == []


def test_what_is_published_is_what_the_rehearsal_has_tried() -> None:
    build, publish = (ROOT / ".github/workflows/release.yml").read_text().split("  publish:\n")

    assert 'run: tox run -e rehearsal -- "$GITHUB_REF_NAME"\n' in build
    assert "path: .tox/rehearsal/tmp/dist/\n" in build
    assert TOX["testenv:rehearsal"]["commands"].strip().endswith("python -m tests.rehearsal {env_tmp_dir}/dist")
    assert "{[testenv:package]commands}" in TOX["testenv:rehearsal"]["commands"]
    assert "python -m build --installer uv --outdir {env_tmp_dir}/dist ." in TOX["testenv:package"]["commands"]
    assert "run:" not in publish  # nothing is built where the identity is
