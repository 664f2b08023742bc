"""What the project listens to, and what it decides."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.dispatch import receiver

from django_avatars.fields import AvatarField
from django_avatars.policy import Action
from django_avatars.signals import avatar_changing, avatar_removed, avatar_saved


@receiver(avatar_saved)
def on_saved(sender: type[Model], instance: Model, field: AvatarField, name: str, **kwargs: Any) -> None:
    """After the commit."""


@receiver([avatar_removed, avatar_changing])
def on_either(sender: type[Model], **kwargs: Any) -> None:
    """After it, and before."""


def policy(actor: User, holder: Model, field: AvatarField, action: Action) -> str | None:
    """Who may: ``AVATARS["POLICY"]``."""
    return None if action == "remove" or actor.is_staff else "Ask somebody."
