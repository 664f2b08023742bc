"""The app behind `django_avatars.contrib.wagtail`."""

from __future__ import annotations

from django.apps import AppConfig


class WagtailConfig(AppConfig):
    """Wagtail finds `wagtail_hooks` in it. Its label keeps it apart from the apps of Wagtail."""

    name = "django_avatars.contrib.wagtail"
    label = "avatars_wagtail"
