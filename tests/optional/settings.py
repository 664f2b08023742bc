"""The test project with the optional apps."""

from __future__ import annotations

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE, MIGRATION_MODULES

INSTALLED_APPS = [*INSTALLED_APPS, "django_avatars.history"]
MIDDLEWARE = [*MIDDLEWARE, "django_avatars.middleware.ActorMiddleware"]
ROOT_URLCONF = "tests.optional.urls"
MIGRATION_MODULES = {**MIGRATION_MODULES, "avatars_history": None}
