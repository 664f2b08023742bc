"""What `django_avatars.privacy` needs of moderation: exporting and deleting the reports of a user."""

from __future__ import annotations

from typing import Any

from .. import privacy
from ..history import recording
from ..lifecycle import references
from .models import PictureReport

NAME = "reports"
"""The key of the reports in an export."""


def export(user: Any) -> list[dict[str, str]]:
    """The reports that `user` has made."""
    return [
        {
            "of": f"{one.content_type.app_label}.{one.content_type.model}:{one.object_id}",
            "field": one.field,
            "reason": one.reason,
            "text": one.text,
            "since": one.since.isoformat(),
        }
        for using in references.databases(PictureReport)
        for one in PictureReport._default_manager.using(using).filter(reporter_id=user.pk).order_by("pk")
    ]


def erase(user: Any) -> None:
    """Delete the reports by `user`, and those about pictures of `user`."""
    for using in references.databases(PictureReport):
        PictureReport._default_manager.using(using).filter(reporter_id=user.pk).delete()
    for row, field in privacy.held_by(user):
        using = recording.database_of(row)
        place = recording.place_of(row, field, using)
        del place["field"]  # also what was said of pictures of a column that was renamed meanwhile
        PictureReport._default_manager.using(using).filter(**place).delete()
