"""The test project with the optional apps."""

from __future__ import annotations

from importlib.util import find_spec

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, MIDDLEWARE, MIGRATION_MODULES

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "django_avatars.history",
    "django_avatars.moderation",
    "django_avatars.contrib.django_avatar",
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

if find_spec("allauth"):
    INSTALLED_APPS += [
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "tests.optional.social",
        "django_avatars.contrib.allauth",
    ]
    MIDDLEWARE += ["allauth.account.middleware.AccountMiddleware"]
    AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
    ACCOUNT_EMAIL_VERIFICATION = "none"
