"""
Who acts: the user who changes a picture, for `AVATARS["POLICY"]`, signals and the log.

The pages, the APIs and the admin of this package know it from their request. `ActorMiddleware` makes it known in every
view of a project, and `acting` in a command or a task. Threads that a project starts, and the body of a streaming
response, have no actor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth import get_permission_codename, get_user_model
from django.core.exceptions import ValidationError
from django.db import models, router

_actor: ContextVar[Callable[[], Any] | None] = ContextVar("django_avatars.actor", default=None)
"""Gives the user. Asked only when somebody wants to know: reading the user of a request makes pages vary on cookies."""

current_request: ContextVar[Any] = ContextVar("django_avatars.request", default=None)
"""The request that is answered, as far as anybody has said."""


def current_door() -> str:
    """
    What a change of a picture comes through: "admin", "page" (those of this package), "site" for any other view of a
    project, and "code" where no request is known.
    """
    request = current_request.get()
    if request is None:
        return "code"
    spaces = getattr(getattr(request, "resolver_match", None), "app_names", ())
    if "admin" in spaces:
        return "admin"
    return "page" if any(name.startswith("avatars") for name in spaces) else "site"


@contextmanager
def acting(user: Any) -> Iterator[None]:
    """Within this block, `user` changes pictures. None means that nobody is known, also within a request."""
    token = _actor.set(lambda: user)
    try:
        yield
    finally:
        _actor.reset(token)


@contextmanager
def acting_in(request: Any) -> Iterator[None]:
    """Within this block, the user of `request` changes pictures. ``request.user`` is read when somebody asks."""
    token, actor = current_request.set(request), _actor.set(lambda: getattr(request, "user", None))
    try:
        yield
    finally:
        _actor.reset(actor)
        current_request.reset(token)


def current_actor() -> Any:
    """The user who acts, which may be an `AnonymousUser`. None where nobody is known."""
    ask = _actor.get()
    return None if ask is None else ask()


def current_person() -> models.Model | None:
    """The row of the user who acts, as signals and the log have it. None for strangers and where nobody is known."""
    return person(current_actor())


def person(user: Any) -> models.Model | None:
    """
    The row of `user`. None where nobody is known, for a stranger, and for a user who is gone.

    What authentication gives need not be a row: the `TokenUser` of Simple JWT knows only the key of one, which is
    then looked up in the database that is written to. Raises `TypeError` for what is no user, such as a name.
    """
    if user is not None and not hasattr(user, "is_authenticated"):
        raise TypeError(f"{user!r} is no user. Give a user, what authentication gives, or None for nobody.")
    if user is None or not user.is_authenticated:
        return None
    if isinstance(user, models.Model):
        return user
    model = get_user_model()
    try:
        return model._base_manager.using(router.db_for_write(model)).filter(pk=user.pk).first()
    except (TypeError, ValueError, ValidationError):  # a key of another system
        return None


def pk_of(person: models.Model | None) -> Any:
    """The primary key of a `person`, as columns for who did something have it. None for nobody."""
    return None if person is None else person.pk


def permission(action: str, model: type[models.Model] | models.Model) -> str:
    """Name of Django's own permission to "view", "change" or "delete" rows of a model."""
    return f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}"
