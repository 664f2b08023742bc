"""The people behind the scenes as a Django app; the document calls it `profiles`."""

from __future__ import annotations

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    """The system of the document "Background Profile Picture Upload API Guide"."""

    name = "profiles"
    verbose_name = "Background jobs"
