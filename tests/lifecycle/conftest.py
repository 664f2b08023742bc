"""What the life of a picture is watched with: storages that count and fail, and an ear for signals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import storages

from django_avatars.signals import avatar_removed, avatar_saved
from tests.app.models import Place, Team
from tests.storing import BrokenStorage, RecordingStorage, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.fixture
def recording(settings: Settings) -> RecordingStorage:
    """The default storage, writing down what it is asked."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.storing.RecordingStorage"}}
    return storages["default"]  # type: ignore[return-value]


@pytest.fixture
def broken(settings: Settings) -> BrokenStorage:
    """The default storage, which fails when it is told to."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.storing.BrokenStorage"}}
    return storages["default"]  # type: ignore[return-value]


@pytest.fixture
def place(transactional_db: None) -> Place:
    """A row with a picture of one file."""
    return Place.objects.create(name="Old Bridge", photo=upload())


@pytest.fixture
def team(transactional_db: None) -> Team:
    """A row with two pictures: one of two sizes, since the photo is small, one of one size in two formats."""
    return Team.objects.create(name="Reds", logo=upload(), banner=upload(seed=1))


@pytest.fixture
def heard() -> Iterator[list[dict[str, Any]]]:
    """What the signals said, in order; ``signal`` is the one that said it."""
    told: list[dict[str, Any]] = []

    def listen(**kwargs: Any) -> None:
        told.append(kwargs)

    avatar_saved.connect(listen)
    avatar_removed.connect(listen)
    yield told
    avatar_saved.disconnect(listen)
    avatar_removed.disconnect(listen)
