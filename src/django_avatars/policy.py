"""Who may change a picture: ``AVATARS["POLICY"]``, a function of the project, and what optional apps say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from .actors import current_actor
from .conf import get_settings, has_policy, policies
from .exceptions import NotAllowed

if TYPE_CHECKING:
    from django.db import models

Action = Literal["set", "remove"]

NOT_ALLOWED = _("You may not change this picture.")
"""What a visitor reads, and the reason of a policy that gives none."""

_is_decided: ContextVar[bool] = ContextVar("django_avatars.is_decided", default=False)


def ask(holder: models.Model, field: models.Field[object, object], action: Action) -> None:
    """
    Ask the policy whether the actor may do this to the picture of `holder`, which may be a row that is not saved yet.

    Where no actor is known nobody is asked: code is trusted. Raises `NotAllowed`.
    """
    actor = current_actor() if has_policy() and not _is_decided.get() else None
    if actor is None:
        return
    for asked in _asked():
        reason = asked(actor, holder, field, action)
        if reason is not None:
            raise NotAllowed(reason or NOT_ALLOWED)


Refusals = dict[Action, str]
"""Why somebody may not do either; "" where they may."""

ALLOWED: Refusals = {"set": "", "remove": ""}


def refusals(holder: models.Model, field: models.Field[object, object]) -> Refusals:
    """Why the actor may not set or remove the picture of `holder`, for pages, which offer no more than is allowed."""
    return {action: _refusal(holder, field, action) for action in ALLOWED}


def _refusal(holder: models.Model, field: models.Field[object, object], action: Action) -> str:
    try:
        ask(holder, field, action)
    except NotAllowed as exc:
        return exc.messages[0]
    return ""


def _asked() -> Iterator[Callable[..., Any]]:
    yield from policies
    path = get_settings().policy
    if path is not None:
        yield import_string(path)


@contextmanager
def decided() -> Iterator[None]:
    """Within this block nobody is asked: who acts has decided about a picture, and not made one."""
    token = _is_decided.set(True)
    try:
        yield
    finally:
        _is_decided.reset(token)
