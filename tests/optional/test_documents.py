"""Whatever the documents of the APIs allow is taken, and whatever is answered is what they say: by every check."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

pytest.importorskip("schemathesis", reason="schemathesis is not installed")
pytest.importorskip("drf_spectacular", reason="drf-spectacular is not installed")
pytest.importorskip("ninja", reason="django-ninja is not installed")

from tests.app.models import User

pytestmark = [
    pytest.mark.urls("tests.optional.document_urls"),
    pytest.mark.django_db(transaction=True, databases="__all__"),
]


@pytest.fixture
def moderator(settings: Settings) -> User:
    """Somebody who may do everything."""
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "RATE_LIMIT": None}
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    return User.objects.create_superuser("moderator", password="secret", first_name="Mo")


@pytest.mark.parametrize("document", ["ninja/openapi.json", "rest/schema/?format=json"], ids=["ninja", "rest"])
def test_the_documents_hold(live_server: LiveServer, moderator: User, tmp_path: Path, document: str) -> None:
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{live_server.url}/{document}", "--checks=all"]
    command += ["--max-examples=5", "--generation-deterministic", "--continue-on-failure", "--no-color"]
    command += [f"--auth={moderator.username}:secret"]
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "SCHEMATHESIS_HOOKS": "tests.optional.given_to_schemathesis",
        "PYTHONPATH": os.pathsep.join([str(root), *sys.path]),
    }

    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"(\d+) generated, \1 passed", done.stdout), done.stdout
