"""Every storage that people use passes the tests that storage authors run against their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage, InMemoryStorage, Storage

from django_avatars.testing import StorageConformance
from tests.storages import cloudinary_standin, services


class TestLocalDisk(StorageConformance):
    """Django's own, as behind nginx."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_storage(self) -> Storage:
        return FileSystemStorage(self.folder, "/media/")


class TestMemory(StorageConformance):
    """Django's own, for tests."""

    def make_storage(self) -> Storage:
        return InMemoryStorage(base_url="/media/")


@pytest.mark.s3
class TestS3(StorageConformance):
    """django-storages on Ceph: private, with signed addresses, in a folder."""

    is_served = True

    def make_storage(self) -> Storage:
        storage: Storage = services.s3(location="media")
        return storage


class TestMoving(StorageConformance):
    """Two storages at once, as while pictures move."""

    @pytest.fixture(autouse=True)
    def _storages(self, settings: Any, tmp_path: Path) -> None:
        backend = "django.core.files.storage.FileSystemStorage"
        settings.STORAGES = {
            alias: {"BACKEND": backend, "OPTIONS": {"location": tmp_path / alias, "base_url": f"/{alias}/"}}
            for alias in ("old", "new")
        }

    def make_storage(self) -> Storage:
        from django_avatars.contrib.moving import MovingStorage

        return MovingStorage(old="old", new="new")


@pytest.mark.s3
class TestImgproxy(StorageConformance):
    """Addresses of imgproxy, files on Ceph."""

    def make_storage(self) -> Storage:
        from django.core.files.storage import storages

        from django_avatars.contrib.imgproxy import ImgproxyStorage

        bucket = services.s3()
        self.settings.STORAGES = {"bucket": {"BACKEND": "tests.storages.services.s3"}}
        storages._storages["bucket"] = bucket  # type: ignore[attr-defined]
        return ImgproxyStorage(
            storage="bucket", source=f"s3://{bucket.bucket_name}/", endpoint="https://img.example", key="ab", salt="cd"
        )

    @pytest.fixture(autouse=True)
    def _settings(self, settings: Any) -> None:
        self.settings = settings


@pytest.mark.azure
@pytest.mark.filterwarnings(
    "ignore:datetime.datetime.utcnow:DeprecationWarning",  # django-storages 1.14
    "ignore::pytest.PytestUnraisableExceptionWarning",  # it leaves the temporary file of a missing blob open
)
class TestAzure(StorageConformance):
    """django-storages on Azurite: public, in a folder."""

    is_served = True

    def make_storage(self) -> Storage:
        storage: Storage = services.azure(location="media")
        return storage


@pytest.mark.gcs
class TestGoogle(StorageConformance):
    """django-storages on an emulator, in a folder."""

    @pytest.fixture(autouse=True)
    def _emulator(self) -> Iterator[None]:
        with services.google_emulator():
            yield

    def make_storage(self) -> Storage:
        storage: Storage = services.google(location="media")
        return storage


@pytest.mark.sftp
class TestSFTP(StorageConformance):
    """django-storages on a real sshd."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> Iterator[None]:
        self.folder = tmp_path
        self.made: list[Any] = []
        yield
        for storage in self.made:
            storage.close()

    def make_storage(self) -> Storage:
        storage: Storage = services.sftp(self.folder)
        self.made.append(storage)
        return storage


class TestCloudinary(StorageConformance):
    """Our own storage, on a stand-in that verifies signatures."""

    is_served = True

    @pytest.fixture(autouse=True)
    def _service(self) -> Iterator[None]:
        pytest.importorskip("cloudinary")
        with cloudinary_standin.running() as self.service:
            yield

    def make_storage(self) -> Storage:
        from django_avatars.contrib.cloudinary import CloudinaryAvatarStorage

        return CloudinaryAvatarStorage(**self.service.config)
