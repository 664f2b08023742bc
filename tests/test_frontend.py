"""The package for front ends without Django's templates says what these say, and its documents are complete."""

from __future__ import annotations

import gzip
import json
import re

import django_avatars
from tests import markup
from tests.documents import DOCS, ROOT

FOLDER = ROOT / "frontend"
SCRIPT = (FOLDER / "element.js").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference" / "front-ends.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """What the reference says below this heading."""
    return REFERENCE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> set[str]:
    """The names in the first column of a table."""
    return {name for row in re.findall(r"^\| (.*?) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)}


def test_the_markup_is_that_of_the_templates() -> None:
    assert markup.FILE.read_text(encoding="utf-8") == markup.text(), "run `tox run -e assets`"


def test_the_package_has_the_version_of_its_server() -> None:
    assert json.loads((FOLDER / "package.json").read_text())["version"] == django_avatars.__version__


def test_one_script_costs_as_little_as_its_document_says() -> None:
    assert len(gzip.compress((FOLDER / "dist" / "avatar-field.js").read_bytes(), 9, mtime=0)) <= 14_000


def test_the_script_makes_no_markup_of_text() -> None:
    built = (FOLDER / "dist" / "avatar-field.js").read_text(encoding="utf-8")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|parseFromString|document\.write|\beval\(", built)


def test_every_attribute_is_in_the_reference_and_no_other() -> None:
    read = re.findall(r"(?:getAttribute|hasAttribute|given|setting)\(\s*\"([\w-]+)\"", SCRIPT)
    lists = re.findall(r"(?:const (?:DATA|FLAGS) = |observedAttributes = )([\[{].*?[\]}]);", SCRIPT, re.DOTALL)
    pairs = re.findall(r"^ *\"?([a-z-]+)\"?[:,]|\"([a-z-]+)\"", "\n".join(lists), re.MULTILINE)
    named = {one or other for one, other in pairs}

    assert first_cells(section("Attributes")) == ({*read, *named} - {"class"}) | {"lang"}


def test_every_event_is_in_the_reference_and_in_the_types() -> None:
    types = (FOLDER / "index.d.ts").read_text(encoding="utf-8")
    sent = {f"avatar-{name}" for name in re.findall(r"#dispatch\(\"(\w+)\"", SCRIPT)} | {"avatar-error"}

    assert first_cells(section("Events")) == sent == set(re.findall(r"\"(avatar-\w+)\": CustomEvent", types))


def test_every_property_is_in_the_reference_and_in_the_types() -> None:
    types = (FOLDER / "index.d.ts").read_text(encoding="utf-8").split("class AvatarFieldElement")[1].split("\n}")[0]
    public = set(re.findall(r"^  get (\w+)\(", SCRIPT, re.MULTILINE)) | {"reload"}

    assert {name.removesuffix("()") for name in first_cells(section("Properties"))} == public
    assert set(re.findall(r"^ +(?:readonly )?(\w+)(?:\(\)|:)", types, re.MULTILINE)) == public


def test_every_part_is_in_the_markup() -> None:
    assert all(f'"{part}' in markup.text() or f" {part}" in markup.text() for part in first_cells(section("Parts")))
