"""The test project with every API."""

from __future__ import annotations

from tests.browser.served import served
from tests.optional.settings import *  # noqa: F403

DATABASES = {"default": served("clients")}

ROOT_URLCONF = "tests.optional.document_urls"
REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
