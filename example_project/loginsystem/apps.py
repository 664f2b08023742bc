"""LoginSystem as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class LoginSystemConfig(AppConfig):
    """The system of the document "Profile Picture Upload"."""

    name = "loginsystem"
    verbose_name = "LoginSystem"
