"""The how-to of moderation shows how a service is asked first: its task and its service, as they stand there."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.files.base import ContentFile
from PIL import Image
from pytest_django import Settings

from django_avatars import moderation, services, signals
from django_avatars.history.models import PictureVersion
from tests.app.models import Profile, User
from tests.ports import free_port, listens

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "moderation.md"
TASKS = "django.tasks" if find_spec("django.tasks") else "django_tasks"


def block(first_line: str, port: int) -> str:
    """The code that begins with this line, for a service at this port."""
    [code] = re.findall(rf"```text\n({re.escape(first_line)}\n.*?)```", PAGE.read_text(), re.DOTALL)
    return str(code).replace("8800", str(port)).replace("django.tasks", TASKS)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """That of the service, which runs."""
    number = free_port()
    (tmp_path / "service.py").write_text(block('# run it with "python service.py"', number))
    service = subprocess.Popen([sys.executable, str(tmp_path / "service.py")], stderr=subprocess.DEVNULL)
    while not listens(number):
        time.sleep(0.05)
    yield number
    service.kill()
    service.wait()


@pytest.fixture
def scan(port: int, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[Any]:
    """The module of the task."""
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "APPROVAL": "all"}
    module: Any = ModuleType("scan")
    monkeypatch.setitem(sys.modules, "scan", module)
    exec(block("# people/scan.py", port), module.__dict__)  # noqa: S102 - it is what the page says
    yield module
    signals.avatar_waiting.disconnect(module.ask)


def send(user: User, color: str) -> None:
    """A picture of one color, which waits."""
    file = io.BytesIO()
    Image.new("RGB", (96, 96), color).save(file, "PNG")
    services.set_own(user, ContentFile(file.getvalue(), "photo.png"), actor=user)


def test_a_service_lets_pass_what_is_fine_and_rejects_what_is_bad(scan: Any, user: User) -> None:
    send(user, "white")
    shown = Profile.objects.get().profile_pic.name
    send(user, "black")

    assert shown
    assert Profile.objects.get().profile_pic.name == shown
    assert PictureVersion.objects.get(state="rejected").reason == "It is too dark."
    assert not moderation.waiting()


def test_what_was_decided_meanwhile_is_left_alone(scan: Any, user: User) -> None:
    scan.judge.call(0)

    assert not moderation.waiting()
