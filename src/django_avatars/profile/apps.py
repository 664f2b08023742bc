"""The app behind `django_avatars.profile`."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProfileConfig(AppConfig):
    """Its label keeps it apart from a ``profile`` app of the host."""

    name = "django_avatars.profile"
    label = "avatars_profile"
    verbose_name: Any = _("Profile pictures")
    default_auto_field: str = "django.db.models.BigAutoField"
