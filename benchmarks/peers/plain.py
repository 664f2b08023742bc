"""A plain ImageField: the photo is stored as it came, and every page shows it in full."""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving, seed_rows

REQUIREMENTS: list[str] = []
APPS: list[str] = []
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture.url }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """Nothing."""
    return {}


def declare(make: Make) -> Any:
    """Saving stores the upload."""
    from django.db import models

    return saving(profile(picture=models.ImageField(upload_to="avatars")))


def seed(users: list[Any]) -> None:
    """Rows alone."""
    seed_rows(users)
