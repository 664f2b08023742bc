"""The settings of children that have history and moderation, with what the public must not see in another storage."""

from __future__ import annotations

from .settings import *  # noqa: F403
from .settings import HERE, INSTALLED_APPS, MIGRATION_MODULES, STORAGES

INSTALLED_APPS = [*INSTALLED_APPS, "django_avatars.history", "django_avatars.moderation"]
MIGRATION_MODULES = {**MIGRATION_MODULES, "avatars_history": None, "avatars_moderation": None}
MEDIA_ROOT = f"{HERE['media']}/public"
STORAGES = {
    **STORAGES,
    "private": {
        "BACKEND": "tests.safety.children.storages.SteppingStorage",
        "OPTIONS": {"location": f"{HERE['media']}/private"},
    },
}
AVATARS = {"FIELD": "app.Profile.profile_pic", "APPROVAL": "all", "PRIVATE_STORAGE": "private"}
