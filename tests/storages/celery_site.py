"""A project whose renditions are made by a Celery worker: settings for `test_celery.py`, which runs it as people do."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403 - the same project, elsewhere

FOLDER = os.environ["DJANGO_AVATARS_SITE"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/db", "OPTIONS": {"timeout": 20}}}
MEDIA_ROOT = f"{FOLDER}/media"
AVATARS = {"FIELD": "app.Profile.profile_pic", "TASKS": "default"}
TASKS = {"default": {"BACKEND": "tests.storages.celery_backend.CeleryBackend"}}
