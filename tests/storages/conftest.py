"""Storages in the place of the default one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import storages

from tests.storages import services

if TYPE_CHECKING:
    from pytest_django import Settings

Use = Callable[..., Any]


@pytest.fixture
def use(settings: Settings) -> Use:
    """Makes a storage that exists already the one with this alias, "default" if nothing is said."""

    def use(storage: Any, alias: str = "default") -> Any:
        settings.STORAGES = {**settings.STORAGES, alias: {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
        used[alias] = storage
        storages._storages.update(used)  # type: ignore[attr-defined]
        return storage

    used: dict[str, Any] = {}
    return use


@pytest.fixture
def bucket(use: Use) -> Any:
    """A new bucket on a real S3 server, as the default storage."""
    return use(services.s3())


@pytest.fixture
def requests(bucket: Any) -> services.Requests:
    """What is sent to that bucket from now on."""
    return services.Requests(bucket)
