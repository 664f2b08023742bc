"""The test project with pages to choose pictures on, each under the strictest policy there is."""

from __future__ import annotations

from pathlib import Path

from tests.browser.served import served
from tests.settings import *  # noqa: F403
from tests.settings import AVATARS, INSTALLED_APPS, MIDDLEWARE, MIGRATION_MODULES, TEMPLATES

INSTALLED_APPS = [*INSTALLED_APPS, "django_avatars.history", "django_avatars.moderation"]
MIGRATION_MODULES = {**MIGRATION_MODULES, "avatars_history": None, "avatars_moderation": None}

DATABASES = {"default": served("browser")}  # a test may ask one; a server has it for each of its threads
ROOT_URLCONF = "tests.browser.urls"
MIDDLEWARE = ["tests.browser.views.strict_policy", *MIDDLEWARE, "tests.browser.views.language_of_the_query"]
TEMPLATES = [{**TEMPLATES[0], "DIRS": [Path(__file__).parent / "templates"]}]
STATICFILES_DIRS = [Path(__file__).parent / "static"]
X_FRAME_OPTIONS = "DENY"
LOGIN_URL = "/admin/login/"
AVATARS = {**AVATARS, "MIN_SIZE": 48, "CAMERA": True, "RATE_LIMIT": None}  # type: ignore[dict-item]
