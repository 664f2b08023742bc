"""Processes to kill, on whichever database the environment has."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from django_avatars.signals import avatar_removed, avatar_saved
from tests.app.models import Profile, User
from tests.storing import upload

from .nursery import Nursery, on_postgres, on_sqlite

if TYPE_CHECKING:
    from pytest_django import Settings

HAS_POSTGRES = bool(os.environ.get("DJANGO_AVATARS_POSTGRES"))


@contextlib.contextmanager
def opened(folder: Path, name: str, settings: str = "settings") -> Iterator[Nursery]:
    """Children on two real databases: of PostgreSQL where there is one, otherwise in files of SQLite."""
    with contextlib.ExitStack() as stack:
        databases = on_postgres(f"safety_{os.getpid()}_{name}") if HAS_POSTGRES else on_sqlite(folder)
        one = Nursery(folder, stack.enter_context(databases), settings)
        stack.callback(one.close)
        yield one


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """One for most tests."""
    with opened(tmp_path_factory.mktemp("nursery"), "a") as one:
        yield one


@pytest.fixture(scope="session")
def moderated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """One with history and moderation, and a private storage."""
    with opened(tmp_path_factory.mktemp("moderated"), "m", "moderated_settings") as one:
        yield one


@pytest.fixture
def worlds(nursery: Nursery, moderated: Nursery) -> list[Nursery]:
    """Two that know nothing of each other, the second one with history and moderation."""
    return [nursery, moderated]


class Ear:
    """Hears signals, and what is logged."""

    def __init__(self) -> None:
        self.signals: list[Any] = []
        self.log = ""

    def __call__(self, **kwargs: Any) -> None:
        self.signals.append(kwargs)


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Everything that is said while a test runs, at every level."""
    one = Ear()

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            one.log += self.format(record) + "\n"

    listening, root, django = Listening(), logging.getLogger(), logging.getLogger("django.request")
    root.addHandler(listening)
    level = root.level
    root.setLevel(logging.INFO)  # not the attribute: loggers remember what they are too quiet for
    avatar_saved.connect(one)
    avatar_removed.connect(one)
    assert django.propagate
    yield one
    avatar_saved.disconnect(one)
    avatar_removed.disconnect(one)
    root.removeHandler(listening)
    root.setLevel(level)


@pytest.fixture
def temporary(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where everybody puts temporary files; uploads go there at once."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    return folder


@pytest.fixture
def visitor(user: User) -> Client:
    """The browser of `user`, who may do everything."""
    user.is_staff = user.is_superuser = True
    user.save()
    visitor = Client()
    visitor.force_login(user)
    return visitor


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """A profile with a picture, as it is loaded for a request."""
    profile.profile_pic = upload(130)
    profile.save()
    return Profile.objects.get()
