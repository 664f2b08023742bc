"""Somebody else's picture, in APIs: whose it is, and who may see or change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DataError
from django.utils.translation import gettext_lazy as _

from . import actors, targets
from .intake import Problem

if TYPE_CHECKING:
    from django.db import models

NO_PERMISSION = _("You have no permission to do this.")
NOT_FOUND = _("This was not found.")


def require(actor: Any, *permissions: str) -> None:
    """Go on for a user who has one of these permissions. Raises `Problem` (403) for everybody else."""
    person = actors.person(actor)
    if person is None or not any(person.has_perm(one) for one in permissions):  # type: ignore[attr-defined]
        raise Problem(403, "not_allowed", NO_PERMISSION)


def not_found() -> Problem:
    """What is raised for what is not there: 404."""
    return Problem(404, "not_found", NOT_FOUND)


def find(actor: Any, key: str, action: Literal["view", "change"]) -> models.Model:
    """
    The user with this key, for `actor`, who may see or change the row with the picture: Django's own permissions.

    Raises `Problem`: 403 without the permission, whether or not there is such a user, else 404 where there is none.
    """
    holder = targets.user_field().field.model
    actions = {action, "change"}  # as in the admin: who may change may look
    require(actor, *(actors.permission(one, holder) for one in sorted(actions)))
    return user(key)


def user(key: str) -> models.Model:
    """The user with this key. Raises `Problem` (404) where there is none."""
    users = targets.user_model()
    found: models.Model | None
    try:
        found = users._base_manager.filter(pk=key).first()
    except (ValueError, ValidationError, DataError):  # no key of this model; PostgreSQL takes no NUL
        found = None
    if found is None:
        raise not_found()
    return found


def log(actor: Any, row: models.Model, text: Any) -> None:
    """Write to the log of the admin, where there is one, that `actor` has done something with a picture of `row`."""
    by = actors.person(actor)
    if by is None or not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import CHANGE, LogEntry  # they cannot be imported without the app

    LogEntry.objects.log_actions(by.pk, [row], CHANGE, str(text), single_object=True)
