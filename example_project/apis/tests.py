"""The OpenAPI documents hold, and a front end as the documents describe it runs against a real server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from example import paintings, people
from tests.demo import running_demo

HERE = Path(__file__).resolve().parent
SITE = HERE.parent

OPTIONS = (
    "--phases=examples,coverage,fuzzing",
    "--max-examples=5",
    "--generation-deterministic",
    # Nothing says of a form that it is text, so null arrives as "null", which is no date; and no bytes that are made up
    # are a picture. tests/optional/test_documents.py has every check, for the documents of the library alone.
    "--exclude-checks=positive_data_acceptance",
    "--no-color",
)
"""For Schemathesis; about twenty seconds for each document."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running demo in which nobody is told to wait."""
    environment = {"EXAMPLE_RATE_LIMIT": "", "DJANGO_SETTINGS_MODULE": "quick_settings"}
    with running_demo(tmp_path_factory.mktemp("apis") / "demo", **environment) as address:
        yield address


def token(site: str, username: str) -> str:
    """As a front end gets it."""
    body = json.dumps({"username": username, "password": people.PASSWORD}).encode()
    request = urllib.request.Request(f"{site}/api/token/", body, {"Content-Type": "application/json"})  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)["access"]


# The documents of OpenAPI


def test_the_document_of_rest_framework_is_valid_and_complete(tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "EXAMPLE_DATA_DIR": str(tmp_path)}

    done = subprocess.run(command, cwd=SITE, env=environment, capture_output=True, text=True)  # noqa: S603

    assert (done.returncode, done.stderr) == (0, "")
    assert list(json.loads(done.stdout)["paths"]) == [
        "/api/avatar/",
        "/api/profile/background/",
        "/api/profile/talent/",
        "/api/token/",
        "/api/token/refresh/",
    ]


@pytest.mark.parametrize(
    ("path", "paths"),
    [
        ("/users/openapi.json", ["/users/me", "/users/me/profile-image"]),
        ("/api/ninja/openapi.json", ["/api/ninja/avatar"]),
    ],
)
def test_the_documents_of_ninja_are_complete(visitor: Client, path: str, paths: list[str]) -> None:
    assert list(visitor.get(path).json()["paths"]) == paths


@pytest.mark.parametrize(
    ("path", "username", "headers", "options"),
    [
        ("/users/openapi.json", "talent@example.com", {}, []),
        ("/api/ninja/openapi.json", "talent@example.com", {}, []),
        ("/api/schema/?format=json", "talent@example.com", {"is-talent": "true"}, []),
        (
            "/api/schema/?format=json",
            "background@example.com",
            {"is-background": "true"},
            ["--include-path-regex=^/api/profile/"],  # the others know no difference between them
        ),
    ],
    ids=["users", "ninja", "talent", "background"],
)
def test_whatever_the_documents_allow_is_answered_as_they_say(
    site: str, tmp_path: Path, path: str, username: str, headers: dict[str, str], options: list[str]
) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    headers = {**headers, "Authorization": f"Bearer {token(site, username)}"}
    command = [sys.executable, "-m", "schemathesis.cli", "run", site + path, *OPTIONS, *options]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240)  # noqa: S603

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"(\d+) generated, \1 passed", done.stdout), done.stdout


# A front end


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, Any]]:
    """Status and body of every call that the front end makes, to a demo in which nobody else changes anything."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    folder = tmp_path_factory.mktemp("answers")
    (folder / "photo.jpg").write_bytes(paintings.encoded(paintings.portrait(3, 600), "JPEG"))
    with running_demo(folder / "demo") as address:
        environment = {
            **os.environ,
            "BASE": address,
            "IMAGE": str(folder / "photo.jpg"),
            "PASSWORD": people.PASSWORD,
            "NODE_NO_WARNINGS": "1",
        }
        printed = subprocess.run(  # noqa: S603
            [node, str(HERE / "front_end.mjs")], env=environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout
    told = [json.loads(line) for line in printed.splitlines()]
    return {one["name"]: (one["status"], one["body"]) for one in told}


def test_the_javascript_of_a_front_end_gets_the_answers_of_the_documents(answers: dict[str, tuple[int, Any]]) -> None:
    status, body = answers["talent: with other data"]
    assert (status, body["message"]) == (200, "Profile updated successfully")
    assert (body["profile"]["user"]["first_name"], body["profile"]["aboutyou"]) == ("John", "Updated description")
    assert body["profile"]["profile_picture"].startswith("http://127.0.0.1:")
    assert "/media/profile_pictures/" in body["profile"]["profile_picture"]
    not_a_picture = {
        "profile_picture": ["Upload a valid image. The file you uploaded was either not an image or a corrupted image."]
    }
    assert answers["talent: no picture"] == (400, not_a_picture)
    assert (
        answers["talent: profile"][1]["profile_picture"]
        == answers["talent: the picture alone"][1]["profile"]["profile_picture"]
    )
    assert answers["talent: profile"][1]["file_limits"]["max_image_size"] == 5242880
    assert answers["talent: header forgotten"][0] == 403

    assert answers["me: upload"] == (200, {"image_url": answers["me: who"][1]["image_url"]})
    assert answers["me: no picture"] == (400, {"detail": "Invalid file format"})
    assert answers["me: delete"] == (200, {"message": "Profile image deleted successfully"})
    assert answers["me: delete again"] == (404, {"detail": "User has no profile image"})

    before, after = answers["background: profile"][1], answers["background: with other data"][1]
    assert before["profile"]["profile_picture"].startswith("http://127.0.0.1:")
    assert "/media/background_profile_pictures/" in before["profile"]["profile_picture"]
    assert after["message"] == "Background profile updated successfully"
    assert (after["profile"]["country"], after["profile"]["gender"]) == ("Canada", "Female")
    assert after["profile"]["profile_score"] > before["profile_score"]["total"]
    assert answers["background: the picture alone"][1]["profile"]["country"] == "Canada"
    assert answers["background: signed out"][0] == 401


def test_every_answer_was_seen(answers: dict[str, tuple[int, Any]]) -> None:
    assert len(answers) == 14
    assert {status for status, _ in answers.values()} == {200, 400, 401, 403, 404}


# The page


def test_the_second_front_end_is_static_and_keeps_the_strictest_policy(visitor: Client) -> None:
    page = visitor.get("/frontend/")

    assert page["Content-Security-Policy"].startswith("default-src 'self';")
    assert not re.search(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son[a-z]+=", page.content.decode())
    assert "csrf" not in page.content.decode()
    assert page.content == Client().get("/frontend/").content


def test_the_page_of_the_systems_leads_to_each(visitor: Client) -> None:
    page = visitor.get("/systems/").content.decode()

    for href in (
        "/profile/",
        "/users/profile/",
        "/frontend/#me",
        "/frontend/#talent",
        "/frontend/#background",
        "/users/openapi.json",
        "/api/schema/",
    ):
        assert f'href="{href}"' in page
