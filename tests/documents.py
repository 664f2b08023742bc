"""Reading README.md and docs/: their blocks of code, and fresh projects that are made the way they say."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from django.core.management import call_command

import django_avatars

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGES = Path(django_avatars.__file__).parent.parent
"""Where the package under test is imported from: a wheel's site-packages, or src."""

FENCE = re.compile(r"^(?P<fence>```+)(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"(?:# |\{# |/\* )(?P<path>[\w/.-]+\.(?:py|html|css))(?: #\}| \*/)?\n")
"""The first line of a block that is a file: a comment with its path."""

NOT_RUN = (
    "mkdir",
    "cd ",
    "python -m venv",
    ". .venv/",
    "python -m pip ",
    "python manage.py createsuperuser",
    "python manage.py runserver",
)
"""Commands that are only said: the environment is there already, nobody can be asked, and nothing is served."""

STARTS = re.compile(r"django-admin startproject \w+ \.$|python manage\.py startapp \w+$")
"""Commands that need no settings."""

MANAGE = """
import importlib, json, os, sys
from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "project.settings"
for arguments in json.loads(sys.argv[1]):
    execute_from_command_line(arguments)
    importlib.invalidate_caches()
"""
"""Several commands in one process: starting Django takes longer than most of them."""


@dataclasses.dataclass(frozen=True)
class Block:
    """One fenced block of code."""

    page: str
    """Path of the document in the repository."""
    line: int
    """Line of the document that the text starts on."""
    section: str
    """The heading of the second level above it."""
    language: str
    """What stands behind the fence."""
    text: str

    @property
    def path(self) -> str:
        """Path of the file that the block is, "" where it is none."""
        match = PATH.match(self.text)
        return match["path"] if match else ""

    @property
    def commands(self) -> list[str]:
        """What is typed, in a block of a console."""
        return re.findall(r"^\$ (.*)$", self.text, re.MULTILINE)


def read(page: str) -> str:
    """The text of one document."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Every block of code in a document, from top to bottom."""
    text = read(page)
    return tuple(_block(page, text[: match.start("text")], match) for match in FENCE.finditer(text))


def commands_of(page: str, section: str) -> list[str]:
    """What one section of a document says to type."""
    return [command for block in blocks(page) if block.section == section for command in block.commands]


def code_of(page: str, section: str) -> list[str]:
    """The Python that one section of a document shows."""
    return [block.text for block in blocks(page) if block.section == section and block.language == "python"]


def prose(page: str) -> Iterator[tuple[int, str]]:
    """The lines of a document that are sentences: numbered, without code, tables and headings."""
    blanked = FENCE.sub(lambda match: "\n" * match[0].count("\n"), read(page))
    for number, line in enumerate(blanked.splitlines(), 1):
        if line and not line.lstrip().startswith(("#", "|", ":::", "!")):
            yield number, line


class Project:
    """A project that is made by following a document to the letter."""

    def __init__(self, folder: Path, *, is_strict: bool = True) -> None:
        self.folder = folder
        self.is_strict = is_strict
        """Whether nothing may fail, and no check may warn."""
        self.said = ""
        """What was printed so far."""

    def follow(self, page: str, *, section: str | None = None) -> None:
        """Write every file and run every command of a document, or of one section of it, in order."""
        for block in blocks(page):
            if section is not None and block.section != section:
                continue
            if block.path:
                self.write(block)
            self.type(*block.commands)

    def write(self, block: Block) -> None:
        """A file as it is shown; what is shown of settings goes to the end of those there are."""
        file = self.folder / block.path
        file.parent.mkdir(parents=True, exist_ok=True)
        before = file.read_text(encoding="utf-8") if file.name == "settings.py" else ""
        file.write_text(before + block.text, encoding="utf-8")

    def lay_out(self, shown: Iterable[Block]) -> None:
        """The files of many pages as one project: what several pages show of a file goes into it one after another."""
        for block in shown:
            if block.path and not block.path.endswith("settings.py"):
                file = self.folder / block.path
                app = self.folder / Path(block.path).parts[0]
                file.parent.mkdir(parents=True, exist_ok=True)
                (app / "__init__.py").touch()
                with file.open("a", encoding="utf-8") as end:
                    end.write(block.text)

    def type(self, *commands: str) -> None:
        """Run commands in the project's folder; what installs or serves is not run."""
        managed = []
        for command in commands:
            program, *arguments = shlex.split(command)
            if STARTS.match(command):
                self.start(*arguments[-2 if program == "django-admin" else -1 :])
            elif not command.startswith(NOT_RUN):
                assert command.startswith("python manage.py "), command
                managed.append(arguments)
        if managed:
            self.run("-c", MANAGE, json.dumps(managed))

    def start(self, name: str, folder: str = "") -> None:
        """What `startproject` and `startapp` do, without a process of its own."""
        target = self.folder / (folder or name)
        target.mkdir(exist_ok=True)
        call_command("startproject" if folder else "startapp", name, str(target))

    def in_shell(self, code: str) -> str:
        """What Django's shell prints that runs `code`."""
        return self.run("manage.py", "shell", "--no-imports", "--command", code)

    def run(self, *arguments: str, text: str | None = None) -> str:
        """Run Python in the project's folder with the package under test, and give what it printed."""
        # A file that is written twice within a second may keep its size, and then its bytecode would be taken for new.
        # That of the packages has to stay: without it, compiling them takes longer than most commands.
        for bytecode in list(self.folder.rglob("__pycache__")):
            shutil.rmtree(bytecode)
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=_environment(),
            input=text,
            text=True,
            capture_output=True,
        )
        said = f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
        self.said += said
        if self.is_strict:
            assert done.returncode == 0, said
            assert "System check identified some issues" not in said
        return done.stdout


def _block(page: str, above: str, match: re.Match[str]) -> Block:
    sections = re.findall("^## (.*)$", above, re.MULTILINE)
    return Block(page, above.count("\n") + 1, sections[-1] if sections else "", match["language"], match["text"])


def _environment() -> dict[str, str]:
    ours = {"PYTHONPATH": str(PACKAGES), "PYTHONIOENCODING": "utf-8"}
    return {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"} | ours
