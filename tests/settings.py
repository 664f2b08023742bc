"""A project with every kind of model that can carry a picture, and two databases."""

from __future__ import annotations

import os
from importlib.util import find_spec

from django_avatars import __name__ as package

SECRET_KEY = "only for tests"
USE_TZ = True
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = "never written: every test has a folder of its own"
AUTH_USER_MODEL = "app.User"
LOGIN_URL = "/login/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    package,
    "django_avatars.profile",
    "tests.app",
    "tests.avatar",
]
WITH_HISTORY = find_spec("reversion") and find_spec("simple_history")
INSTALLED_APPS += ["reversion", "simple_history", "tests.remembered"] if WITH_HISTORY else []

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AVATARS = {"FIELD": "app.Profile.profile_pic"}


def database(name: str) -> dict[str, object]:
    """PostgreSQL where there is one, at ``DJANGO_AVATARS_POSTGRES=host:port``, otherwise SQLite."""
    if address := os.environ.get("DJANGO_AVATARS_POSTGRES"):
        host, _, port = address.partition(":")
        return {"ENGINE": "django.db.backends.postgresql", "NAME": name, "USER": "postgres", "HOST": host, "PORT": port}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


DATABASES = {"default": database("avatars"), "other": database("avatars_other")}

# `tests.app` has no migrations, and an app without them cannot refer to one that has them.
MIGRATION_MODULES = dict.fromkeys(("admin", "auth", "contenttypes", "reversion", "sessions"))
