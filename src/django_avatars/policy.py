"""Who may change a picture: ``AVATARS["POLICY"]``, a function of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from .actors import current_actor
from .conf import get_settings
from .exceptions import NotAllowed

if TYPE_CHECKING:
    from django.db import models

Action = Literal["set", "remove"]


def ask(holder: models.Model, field: models.Field[object, object], action: Action) -> None:
    """
    Ask the policy whether the actor may do this to the picture of `holder`, which may be a row that is not saved yet.

    Where no actor is known nobody is asked: code is trusted. Raises `NotAllowed`.
    """
    path = get_settings().policy
    actor = None if path is None else current_actor()
    if path is None or actor is None:
        return
    reason = import_string(path)(actor, holder, field, action)
    if reason is not None:
        raise NotAllowed(reason or _("You may not change this picture."))
