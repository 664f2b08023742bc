"""The test project with the optional apps."""

from __future__ import annotations

from importlib.util import find_spec

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE, MIGRATION_MODULES

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django_avatars.moderation",
    "django_avatars.history",
    "django_avatars.contrib.django_avatar",
    "django_avatars.contrib.wagtail",
]
MIDDLEWARE = [*MIDDLEWARE, "django_avatars.middleware.ActorMiddleware"]
ROOT_URLCONF = "tests.optional.urls"
MIGRATION_MODULES = {
    **MIGRATION_MODULES,
    "avatars_history": None,
    "avatars_moderation": None,
    "account": None,
    "socialaccount": None,
}

WITH_ALLAUTH = find_spec("allauth") and find_spec("httpx")
ALLAUTH = ["allauth", "allauth.account", "allauth.socialaccount"]
INSTALLED_APPS += [*ALLAUTH, "tests.optional.social", "django_avatars.contrib.allauth"] if WITH_ALLAUTH else []
MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"] if WITH_ALLAUTH else []
ACCOUNT_EMAIL_VERIFICATION = "none"
