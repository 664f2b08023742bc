"""Clients in TypeScript and in Python, generated from the documents of our APIs, upload a picture and remove it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests import pictures
from tests.app.models import User

pytestmark = pytest.mark.django_db(transaction=True)

HERE = Path(__file__).parent
DOCUMENTS = {"ninja": "/ninja/openapi.json", "rest": "/rest/schema/?format=json"}

both = pytest.mark.parametrize("api", DOCUMENTS)


def run(*command: str | Path, folder: Path, **environment: str) -> str:
    """What a program prints."""
    given = {**os.environ, **environment}
    done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def site(live_server: LiveServer, tmp_path: Path, api: str) -> dict[str, str]:
    """Where a client finds everything."""
    User.objects.create_user("jane", password="secret", first_name="Jane")
    (tmp_path / "photo.jpg").write_bytes(pictures.photo(800, 600))
    with urllib.request.urlopen(live_server.url + DOCUMENTS[api]) as answer:
        (tmp_path / "openapi.json").write_bytes(answer.read())
    token = base64.b64encode(b"jane:secret").decode()
    return {"BASE": live_server.url, "AUTHORIZATION": f"Basic {token}", "PHOTO": str(tmp_path / "photo.jpg")}


def assert_everything_was_done(told: dict[str, Any]) -> None:
    """The picture was there in all sizes, another one after it, and then none."""
    assert told["sizes"] == [[64, 128, 256, 512]] * 3 + [[]]
    first, second, shown, gone = told["urls"]
    assert first != second == shown
    assert gone is None
    assert told["problem"]
    assert told["removed"] == 204


@both
def test_a_client_in_typescript_sends_a_picture(site: dict[str, str], tmp_path: Path, api: str) -> None:
    modules = Path(os.environ["AVATARS_NODE_MODULES"])
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / f"{api}.ts").write_bytes((HERE / f"{api}.ts").read_bytes())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_bytes((HERE / "tsconfig.json").read_bytes())

    run(modules / ".bin/openapi-typescript", "openapi.json", "--output", "schema.d.ts", folder=tmp_path)
    run(modules / ".bin/tsc", folder=tmp_path)
    told = json.loads(run("node", f"{api}.js", folder=tmp_path, **site))

    assert_everything_was_done(told)


def import_what_is_named(folder: Path) -> None:
    """Mend what the generator forgets where a body may be a form or JSON: its issue 1451."""
    for module in folder.rglob("*.py"):
        module.write_text(module.read_text().replace("import UNSET, Response\n", "import UNSET, Response, Unset\n"))


@both
def test_a_client_in_python_sends_a_picture(site: dict[str, str], tmp_path: Path, api: str) -> None:
    run(
        *(sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json"),
        *("--output-path", "client", "--meta", "none"),
        folder=tmp_path,
    )
    import_what_is_named(tmp_path / "client/api")
    (tmp_path / "use.py").write_bytes((HERE / f"{api}_client.py").read_bytes())

    told = json.loads(run(sys.executable, "use.py", folder=tmp_path, **site))

    assert_everything_was_done(told)
