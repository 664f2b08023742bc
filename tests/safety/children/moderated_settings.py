"""The settings of children that have history and moderation, with what the public must not see in another storage."""

from __future__ import annotations

from typing import Any

from .settings import *  # noqa: F403
from .settings import HERE, INSTALLED_APPS, MIGRATION_MODULES, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "django_avatars.history", "django_avatars.moderation"]
MIGRATION_MODULES: dict[str, Any] = {**MIGRATION_MODULES, "avatars_history": None, "avatars_moderation": None}
MEDIA_ROOT = f"{HERE['media']}/public"
STORAGES: dict[str, Any] = {
    **STORAGES,
    "private": {
        "BACKEND": "tests.safety.children.storages.SteppingStorage",
        "OPTIONS": {"location": f"{HERE['media']}/private"},
    },
}
AVATARS = {"FIELD": "app.Profile.profile_pic", "APPROVAL": "all", "PRIVATE_STORAGE": "private", "RATE_LIMIT": None}
