"""The part of the edit page about a picture that is not shown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from .. import targets
from ..history import keys, recording
from ..history.models import PictureVersion
from ..history.sections import has_address
from . import reasons

State = PictureVersion.State


def notice(*, request: HttpRequest, **kwargs: Any) -> str:
    """The picture that waits, or why the last one is not shown; "" if there is nothing to tell. A lock is a refusal."""
    version = _version_of(request.user)
    if version is None:
        return ""
    context = {
        "version": version,
        "key": keys.key_of(version),
        "reason": reasons.in_words(version.reason),
        "is_waiting": version.state == State.WAITING,
        "has_pages": has_address("avatars_moderation:withdraw"),
    }
    return render_to_string("django_avatars/moderation/notice.html", context, request)


def _version_of(user: Any) -> PictureVersion | None:
    holder, field = targets.holder_of(user), targets.user_field().field
    return _told(list(recording.rows_of(holder, field, recording.database_of(holder)))) if holder else None


def _told(rows: list[PictureVersion]) -> PictureVersion | None:
    """The version that waits; else the newest one, if it was rejected or taken down. None otherwise."""
    waits = next((row for row in rows if row.state == State.WAITING), None)
    happened = [row for row in rows if row.state != State.REPORTED]  # its owner is not told
    last = max(happened, key=lambda row: (row.until, row.pk), default=None)
    return waits or (last if last and last.state in (State.REJECTED, State.TAKEN_DOWN) else None)
