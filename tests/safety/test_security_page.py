"""What `docs/explanation/security.md` promises is tested: each test that it names is there."""

from __future__ import annotations

import ast
import functools
import re

import pytest

from tests.documents import ROOT, read

PAGE = "docs/explanation/security.md"
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", read(PAGE))))


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
