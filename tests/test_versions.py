"""A release has one version: in the package, in the changelog and as the tag."""

from __future__ import annotations

import pytest

from tests.versions import main, problems, release, unreleased

FIRST = "# Changelog\n\n## [Unreleased]\n\nNew things.\n"
RELEASED = release(FIRST, "0.1.0", "2026-11-29")
SECOND = release(RELEASED.replace("## [Unreleased]\n", "## [Unreleased]\n\nMore.\n"), "0.2.0", "2026-12-24")


def test_this_version_and_this_changelog_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert capsys.readouterr().out == "The version and the changelog agree.\n"


def test_another_tag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("99.0.0") == 1
    assert "The tag 99.0.0 is not the version" in capsys.readouterr().out


def test_a_release_moves_what_is_unreleased_below_its_version() -> None:
    assert (unreleased(FIRST), unreleased(RELEASED), unreleased("")) == ("New things.", "", "")
    assert RELEASED == "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-29\n\nNew things.\n"


@pytest.mark.parametrize(
    ("version", "changelog", "tag"),
    [
        ("0.1.0", FIRST, ""),
        ("0.1.0", RELEASED, ""),
        ("0.1.0", RELEASED, "0.1.0"),
        ("0.2.0", SECOND, "0.2.0"),
        ("0.2.0", SECOND.replace("## [Unreleased]\n", "## [Unreleased]\n\nThings to come.\n"), ""),
    ],
)
def test_what_agrees_has_no_problem(version: str, changelog: str, tag: str) -> None:
    assert problems(version, changelog, tag) == []


@pytest.mark.parametrize(
    ("version", "changelog", "tag", "problem"),
    [
        ("0.2.0", RELEASED, "", "The newest release in the changelog is 0.1.0, not 0.2.0."),
        ("0.1.0", FIRST, "0.1.0", "The newest release in the changelog is none, not 0.1.0."),
        ("0.1.0", RELEASED, "v0.1.0", "The tag v0.1.0 is not the version 0.1.0."),
        ("0.1.0.dev1", FIRST, "", "The version 0.1.0.dev1 is not three numbers."),
        ("0.1.0", f"{RELEASED}\n## 0.0.1\n", "", "This heading of the changelog is no release: ## 0.0.1"),
        ("0.1.0", f"{RELEASED}\n## [0.2.0] - 2026-12-24\n", "", "The newest release comes first in the changelog."),
        ("0.1.0", f"{FIRST}\n## [0.1.0] - 2026-11-29\n", "0.1.0", "The changelog still has changes under Unreleased."),
    ],
)
def test_what_does_not_agree_is_said(version: str, changelog: str, tag: str, problem: str) -> None:
    assert problem in problems(version, changelog, tag)
