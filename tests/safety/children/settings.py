"""The settings of tests, with databases that outlive a process, and a storage and a backend that count steps."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

HERE = json.loads(os.environ["DJANGO_AVATARS_CHILD"])

MEDIA_ROOT = HERE["media"]
FILE_UPLOAD_TEMP_DIR = HERE["temporary"]
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "tests.safety.children.storages.SteppingStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATABASES = HERE["databases"]
DATABASE_ROUTERS = ["tests.safety.children.databases.Router"]
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [app for app in INSTALLED_APPS if app != "django.contrib.staticfiles"]
LOGGING = {"version": 1, "loggers": {"django": {"level": "CRITICAL"}, "django_avatars": {"level": "CRITICAL"}}}
