"""SQLite, local files, and django-avatars. What the library needs is marked with its name."""

from __future__ import annotations

import os
from pathlib import Path

from . import storing
from .data import data_folder, secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = data_folder(BASE_DIR / "data")

SECRET_KEY = secret_key(DATA_DIR / "secret_key")
DEBUG = True
ROOT_URLCONF = "example.urls"
WSGI_APPLICATION = "example.wsgi.application"

INSTALLED_APPS = [
    "example",
    "loginsystem",
    "users",
    "profileimages",
    "talent",
    "profiles",
    "django_avatars",
    "django_avatars.moderation",
    "django_avatars.history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
]

# django-avatars: several systems here have pictures; this one is the picture of a person.
AVATARS = {
    "FIELD": "loginsystem.UserDetails.profile_picture",
    # All systems count together, and whoever tries them out changes pictures more often than people do.
    "CAMERA": True,
    "LETTERS": True,
    "GALLERY": [
        {"file": path, "name": path.stem.capitalize(), "credit": "Drawn for this example, free to use"}
        for path in sorted((BASE_DIR / "example" / "ready").glob("*.webp"))
    ],
    # The documents of the systems say that what is replaced or removed is gone. `manage.py demo` keeps some, for undo.
    "HISTORY": {"KEEP": int(os.environ.get("EXAMPLE_KEEP", "0"))},
    "CONNECTED": ["django_avatars.connected.gravatar"],
    "APPROVAL": "example.moderating.waits",
    "PRIVATE_STORAGE": "private",
    "RATE_LIMIT": os.environ.get("EXAMPLE_RATE_LIMIT", "1000/h") or None,  # nothing: no limit, for load and fuzz tests
}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "example.csp.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_avatars.middleware.ActorMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
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

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "success"
LOGOUT_REDIRECT_URL = "landing"

LANGUAGE_CODE = "en"
LANGUAGES = [  # those that the library speaks
    ("en", "English"),
    ("ar", "العربية"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("he", "עברית"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt-br", "Português (Brasil)"),
    ("ru", "Русский"),
    ("zh-hans", "简体中文"),
]
TIME_ZONE = "UTC"
USE_TZ = True

STORAGES = {
    "default": storing.backend(os.environ),
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "private", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
IMAGE_HOSTS = storing.image_hosts(os.environ)
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "staticfiles"
# The package for front ends without Django's templates, as npm installs it.
STATICFILES_DIRS = [("avatar-field", BASE_DIR.parent / "frontend" / "dist")]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "The example of django-avatars",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
}
