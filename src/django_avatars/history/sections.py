"""The part of the edit page with earlier pictures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from .. import targets
from ..policy import Refusals
from . import recording
from .models import PictureVersion


def earlier(*, request: HttpRequest, next: str, refusals: Refusals, **kwargs: Any) -> str:
    """
    A button for undo, and the earlier pictures of the user; "" without any change to undo, or without the URLs.

    What the user may not do now is not offered. Deleting an earlier picture always is.
    """
    holder = targets.holder_of(request.user)
    if holder is None or not has_address("avatars_history:undo"):
        return ""
    rows = recording.rows_of(holder, targets.user_field().field, recording.database_of(holder))
    past = [row for row in rows if row.state == PictureVersion.State.PAST]
    if not past:
        return ""
    context = {
        "versions": [row for row in past if row.picture],
        "days": recording.limits().days,
        "next": next,
        "may_undo": not refusals["set" if past[0].picture else "remove"],
        "may_restore": not refusals["set"],
    }
    return render_to_string("django_avatars/history/earlier.html", context, request)


def has_address(name: str) -> bool:
    """Whether the project has included the URLs with this name, which takes no arguments."""
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True
