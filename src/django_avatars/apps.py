"""Start-up: pictures go with their rows, and mistakes in the settings are found."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db.models.signals import class_prepared
from django.utils.translation import gettext_lazy as _

from .lifecycle.replace import Change, observers, watch_deletes


class AvatarsConfig(AppConfig):
    """`django_avatars` in ``INSTALLED_APPS``. It has no models, so no migrations."""

    name = "django_avatars"
    verbose_name = _("Avatars")

    def ready(self) -> None:
        """Connect to the models that carry an AvatarField, those that exist and those to come."""
        for model in apps.get_models(include_auto_created=True):
            watch_deletes(model)
        class_prepared.connect(_on_class_prepared, dispatch_uid="django_avatars")
        if _log not in observers:  # a registry of apps that is made anew calls this again
            observers.append(_log)
        checks.register(_check_settings)


def _on_class_prepared(sender: Any, **kwargs: Any) -> None:
    watch_deletes(sender)


def _log(change: Change) -> None:
    from .audit import record_change  # start-up loads no more than it must

    record_change(change)


def _check_settings(**kwargs: Any) -> list[checks.CheckMessage]:
    from .checks import check_settings  # only `check` and its like need it

    return check_settings()
