"""What the plug-in of django-stubs starts this project with."""

from __future__ import annotations

SECRET_KEY = "typed"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django_avatars",
    "django_avatars.history",
    "django_avatars.moderation",
    "host",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
USE_TZ = True
