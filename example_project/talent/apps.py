"""The talents as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class TalentConfig(AppConfig):
    """The system of the document "Talent Profile Picture Upload API Guide"."""

    name = "talent"
    verbose_name = "Talents"
