"""README.md is true: a fresh project that follows it has pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import pictures
from tests.documents import ROOT, Project, blocks, read

ARRIVES = """
import re, sys
import django
from django.test import Client

django.setup()
from django.contrib.auth.models import User

client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.create_user("jane", first_name="Jane", last_name="Doe"))
before = client.get("/").content.decode()
assert ">JD</text>" in before and "<img" not in before, before
assert "/avatars/" in before, before

with open("photo.jpg", "rb") as photo:
    response = client.post("/avatars/?next=/", {"avatar": photo})
assert (response.status_code, response.headers.get("Location")) == (302, "/"), response.content

after = client.get("/").content.decode()
address = re.search('<img src="(/media/[^"]+)"', after)[1]
picture = client.get(address)
assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/webp")
print("seen", len(b"".join(picture.streaming_content)), "bytes")
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """What `django-admin startproject` makes."""
    project = Project(tmp_path)
    project.type("django-admin startproject project .")
    return project


@pytest.mark.slow
def test_a_fresh_project_that_follows_the_five_minute_start_shows_pictures(project: Project) -> None:
    project.follow("README.md", section="Five minutes to the first picture")
    (project.folder / "photo.jpg").write_bytes(pictures.photo(800, 600))

    seen = project.run("-c", f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'project.settings'\n{ARRIVES}")

    assert re.fullmatch(r"seen [1-9]\d{2,} bytes\n", seen)


def test_the_first_line_says_what_it_is_and_what_it_is_not() -> None:
    first = read("README.md").splitlines()[0]

    assert first.startswith("# django-avatars: profile pictures for Django. Not django-avatar:")


def test_two_commands_of_one_line_try_it() -> None:
    section = read("README.md").split("## Try it\n")[1].split("\n## ")[0]

    assert len(re.findall(r"^\$ .*$", section, re.MULTILINE)) == 2
    assert "example_project/manage.py demo\n" in section
    assert "http://127.0.0.1:8000/" in section


def test_every_link_leads_to_a_file() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", read("README.md"))

    assert len(targets) > 5
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_what_is_supported_is_what_the_package_says() -> None:
    project = read("pyproject.toml")
    pythons = re.findall(r"Python :: (3\.\d+)", project)
    *djangos, newest = re.findall(r"Django :: (\d\.\d)", project)
    pillow = re.search(r'"Pillow>=([\d.]+)"', project)
    assert pillow

    djangos_read = f"{', '.join(djangos)} and {newest}"

    line = f"Python {pythons[0]} to {pythons[-1]}, Django {djangos_read}, Pillow {pillow[1]} and newer.\n"

    assert line in read("README.md")


def test_every_file_that_is_shown_says_where_it_goes() -> None:
    assert [block for block in blocks("README.md") if block.language != "console" and not block.path] == []
