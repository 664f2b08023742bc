"""The profiles as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """The system of the document "User profile image: upload and load logic"."""

    name = "users"
    verbose_name = "Profiles"
