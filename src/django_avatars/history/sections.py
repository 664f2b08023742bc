"""What the edit page shows of earlier pictures."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse

from .. import targets
from . import recording
from .models import PictureVersion


def earlier(*, request: HttpRequest, **kwargs: Any) -> str:
    """Undo and the earlier pictures of the user, "" where there is nothing, or no address for it."""
    holder = targets.holder_of(request.user)
    if holder is None or not is_included():
        return ""
    rows = recording.rows_of(holder, targets.user_field().field, holder._state.db or "default")
    past = [row for row in rows if row.state == PictureVersion.State.PAST]
    if not past:
        return ""
    context = {"versions": [row for row in past if row.picture], "days": recording.limits().days}
    return render_to_string("django_avatars/history/earlier.html", context, request)


def is_included() -> bool:
    """Whether the project has included `django_avatars.history.urls`."""
    try:
        reverse("avatars_history:undo")
    except NoReverseMatch:
        return False
    return True
