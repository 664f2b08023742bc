"""The app behind `django_avatars.history`."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import class_prepared
from django.utils.translation import gettext_lazy as _

from .. import privacy
from ..lifecycle import replace
from ..signals import avatar_changing, avatar_page, avatars_pruning


class HistoryConfig(AppConfig):
    """Its label keeps it apart from a ``history`` app of the host."""

    name = "django_avatars.history"
    label = "avatars_history"
    verbose_name: Any = _("Earlier pictures")
    default_auto_field: str = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what happens to pictures."""
        from . import recording, rights, sections  # they import the models, which are loaded by now

        avatar_changing.connect(recording.on_change, dispatch_uid=self.name)
        avatars_pruning.connect(recording.on_prune, dispatch_uid=self.name)
        replace.histories[:] = [recording.remember]
        privacy.histories[:] = [rights]
        avatar_page.connect(sections.earlier, dispatch_uid=self.name)
        for model in apps.get_models(include_auto_created=True):
            recording.watch(model)
        class_prepared.connect(recording.watch, dispatch_uid=self.name)
