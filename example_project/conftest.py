"""What the tests of every system can use: a media folder of their own, somebody with an account, and pictures."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from tests.flushing import quick_flush as quick_flush

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def media(settings: SettingsWrapper, tmp_path: Path) -> Path:
    """The folder that files are stored in."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    private = {**settings.STORAGES["private"], "OPTIONS": {"location": tmp_path / "private", "base_url": None}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    cache.clear()  # or the changes of one test count in the next
    return tmp_path / "media"


@pytest.fixture
def alice(transactional_db: None) -> User:
    """Somebody without a picture. In real transactions: files go after the commit."""
    return User.objects.create_user("alice", password=PASSWORD)


@pytest.fixture
def client(alice: User) -> Client:
    """The browser of `alice`, logged in."""
    browser = Client()
    browser.force_login(alice)
    return browser


@pytest.fixture
def visitor(transactional_db: None) -> Client:
    """The browser of somebody who is not logged in."""
    return Client()


def image_file(
    format: str = "JPEG", name: str = "photo.jpg", *, color: str = "#3f4fd0", **options: Any
) -> SimpleUploadedFile:
    """A picture of one color, 300 × 200 pixels, as a browser sends it."""
    file = io.BytesIO()
    Image.new("RGB", (300, 200), color).save(file, format, **options)
    return SimpleUploadedFile(name, file.getvalue())


def heavy_file(size: int) -> SimpleUploadedFile:
    """A picture of `size` bytes: from 2.5 MB on Django keeps an upload in a file on disk."""
    return SimpleUploadedFile("photo.jpg", image_file().read().ljust(size, b"\0"))


def stored(media: Path) -> list[str]:
    """Names of all files below the media folder."""
    return sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())


def bearer(browser: Client, username: str, password: str = PASSWORD) -> dict[str, str]:
    """The header with a token, fetched as a front end fetches it."""
    answer = browser.post("/api/token/", {"username": username, "password": password})
    return {"Authorization": f"Bearer {answer.json()['access']}"}


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full."""

    def fail(*args: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", fail)


@pytest.fixture
def undeletable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storage that keeps what it has."""

    def fail(*args: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(FileSystemStorage, "delete", fail)
