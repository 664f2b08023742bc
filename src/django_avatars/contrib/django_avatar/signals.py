"""
`avatar_updated` and `avatar_deleted`, sent beside `django_avatars.signals` where the picture of a user changes.

They are the signals of django-avatar itself where that is installed, so receivers that import them from there go on.
Arguments: ``sender`` and ``avatar`` (see `people.Avatar`), and ``user``. Both are sent after the commit, from every
door.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.dispatch import Signal

from ... import targets
from .people import Avatar


def old_signals() -> tuple[Signal, Signal]:
    """Those of django-avatar, or two of our own where it is gone, or where an app of the project is called so."""
    try:
        theirs = import_module("avatar.signals")
        return theirs.avatar_updated, theirs.avatar_deleted
    except (ImportError, AttributeError):
        return Signal(), Signal()


avatar_updated: Signal
avatar_deleted: Signal
avatar_updated, avatar_deleted = old_signals()


def on_saved(*, instance: Any, field: Any, name: str, **kwargs: Any) -> None:
    """Tell old receivers of a new picture."""
    _send(avatar_updated, instance, field, name)


def on_removed(*, instance: Any, field: Any, name: str, **kwargs: Any) -> None:
    """Tell old receivers of a picture that went."""
    _send(avatar_deleted, instance, field, name)


def _send(signal: Signal, instance: Any, field: Any, name: str) -> None:
    user = _user_of(instance, field)
    if user is not None:
        avatar = Avatar(user, field.attr_class(instance, field, name))
        signal.send_robust(sender=_sender(), user=user, avatar=avatar)


def _sender() -> type:
    """The model of django-avatar while that is there, for receivers that listen to it alone."""
    model: type = getattr(sys.modules.get("avatar.models"), "Avatar", Avatar)
    return model


def _user_of(instance: Any, field: Any) -> Any:
    """Whose picture changed: None where it is that of a team, or the user went with it."""
    try:
        found = targets.user_field()
        if field is not found.field:
            return None
        return getattr(instance, found.link.name) if found.link else instance
    except (ImproperlyConfigured, ObjectDoesNotExist):
        return None
