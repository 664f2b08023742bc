"""Start-up: pictures go with their rows, and mistakes in the settings are found."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db.models.signals import class_prepared
from django.utils.translation import gettext_lazy as _

from . import fields
from .conf import get_settings
from .lifecycle import replace


class AvatarsConfig(AppConfig):
    """`django_avatars` in ``INSTALLED_APPS``. It has no models, so no migrations."""

    name = "django_avatars"
    verbose_name: Any = _("Avatars")

    def ready(self) -> None:
        """Connect to the models that carry an AvatarField, those that exist and those to come."""
        for model in apps.get_models(include_auto_created=True):
            replace.connect_delete_signals(model)
        class_prepared.connect(_on_class_prepared, dispatch_uid="django_avatars")
        if _on_change not in replace.observers:  # a registry of apps that is made anew calls this again
            replace.observers.append(_on_change)
        checks.register(_check_settings)
        if _check_field not in fields.field_checks:
            fields.field_checks.append(_check_field)


def _on_class_prepared(sender: Any, **kwargs: Any) -> None:
    replace.connect_delete_signals(sender)


def _on_change(change: replace.Change, alias: str, key: Any) -> None:
    """Write the log, and let a task make the renditions that a request left out."""
    from .audit import record_change  # start-up loads no more than it must

    record_change(change)
    if change.name and get_settings().tasks is not None:
        from .contrib.tasks import enqueue  # loads what is optional: only where the setting asks for it

        enqueue(change.field, alias, key, change.name)


def _check_settings(**kwargs: Any) -> list[checks.CheckMessage]:
    from .checks import check_settings  # only `check` and its like need it

    return check_settings()


def _check_field(field: fields.AvatarField) -> list[checks.CheckMessage]:
    from .checks import check_field  # as `_check_settings`

    return check_field(field)
