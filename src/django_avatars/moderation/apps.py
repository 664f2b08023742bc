"""The app behind `django_avatars.moderation`."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_delete
from django.utils.translation import gettext_lazy as _

from .. import conf, privacy
from ..lifecycle import rebuild, replace
from ..signals import avatar_page, avatars_pruning


class ModerationConfig(AppConfig):
    """Its label keeps it apart from a ``moderation`` app of the host."""

    name = "django_avatars.moderation"
    label = "avatars_moderation"
    verbose_name: Any = _("Moderation of pictures")
    default_auto_field: str = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Ask about each new picture, and tell people what became of theirs."""
        from ..history import verbs  # they import the models, which are loaded by now
        from . import approval, locks, models, reports, rights, sections

        if approval.ask not in replace.approvals:  # a registry of apps that is made anew calls this again
            replace.approvals.append(approval.ask)
            verbs.approvals.append(approval.ask_again)
            conf.add_policy(locks.ask)
            privacy.apart.append(rights)
            rebuild.renamed.append(reports.on_renamed)
        avatar_page.connect(sections.notice, dispatch_uid=self.name)
        avatars_pruning.connect(reports.on_prune, dispatch_uid=self.name)
        post_delete.connect(reports.on_report_deleted, sender=models.PictureReport, dispatch_uid=self.name)
        for model in apps.get_models():
            locks.watch(model)
            reports.watch(model)
