"""What `docs/explanation/security.md` promises is tested: each test that it names is there."""

from __future__ import annotations

import ast
import functools
import re

import pytest

from tests.documents import PACKAGES, ROOT, read

PAGE = "docs/explanation/security.md"
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", read(PAGE))))

PACKAGE = PACKAGES / "django_avatars"
BY_PEOPLE = {"contrib/cloudinary.py", "testing.py", "management/doctor/probe.py"}
"""What opens connections to places that the host has set, or when somebody at a terminal says so."""

OURS = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))
CONNECTING = {"socket", "http.client", "urllib.request", "requests", "httpx", "urllib3", "aiohttp", "ftplib", "smtplib"}


@functools.cache
def named_in(path: str) -> set[str]:
    """Names of the tests in a file."""
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_test_that_is_named_is_there(path: str, name: str) -> None:
    assert name in named_in(path)


def test_every_row_of_its_tables_names_a_test() -> None:
    lines = [line for line in read(PAGE).splitlines() if line.startswith("| ") and not line.endswith(" Test |")]

    assert [line for line in lines if "`tests/" not in line] == []
    assert len(lines) > 60


@pytest.mark.parametrize("path", [path for path in OURS if path not in BY_PEOPLE])
def test_nothing_in_the_package_opens_connections(path: str) -> None:
    tree = ast.parse((PACKAGE / path).read_text())
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level}

    assert not imported & CONNECTING
