"""
A fixture for pytest. Needs pytest-django.

``pytest_plugins = ["django_avatars.contrib.pytest"]`` in the ``conftest.py`` at the root, and tests may ask for
`person_with_picture`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .. import testing

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def person_with_picture(db: None, settings: Settings, tmp_path: Path) -> Any:
    """A user with a picture, which is stored below `tmp_path` if files are stored on this machine."""
    settings.MEDIA_ROOT = str(tmp_path / "pictures")
    return testing.person_with_picture()
