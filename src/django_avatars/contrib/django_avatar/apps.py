"""The app behind `django_avatars.contrib.django_avatar`."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

from ...signals import avatar_removed, avatar_saved


class DjangoAvatarConfig(AppConfig):
    """Has no models. Its label keeps it apart from the app ``avatar``, which stays until its pictures are here."""

    name = "django_avatars.contrib.django_avatar"
    label = "avatars_django_avatar"
    verbose_name: Any = _("Avatars")

    def ready(self) -> None:
        """Send the old signals beside ours, and say what is left of django-avatar."""
        from . import signals  # it needs the models, which are loaded by now

        avatar_saved.connect(signals.on_saved, dispatch_uid=self.name)
        avatar_removed.connect(signals.on_removed, dispatch_uid=self.name)
        checks.register(_check)


def _check(**kwargs: Any) -> list[checks.CheckMessage]:
    from .checks import check_settings, check_use  # only `check` and its like need them

    return [*check_settings(), *check_use()]
