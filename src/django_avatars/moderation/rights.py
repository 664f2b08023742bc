"""What `django_avatars.privacy` asks of moderation: what somebody has said of the pictures of others."""

from __future__ import annotations

from typing import Any

from .. import privacy, targets
from ..lifecycle import references
from . import reports
from .models import PictureReport

NAME = "reports"
"""What it is called in an export."""


def export(user: Any) -> list[dict[str, str]]:
    """The reports that `user` has made."""
    return [
        {
            "of": targets.key_of(one.content_type.model_class(), one.object_id),
            "field": one.field,
            "reason": one.reason,
            "text": one.text,
            "since": one.since.isoformat(),
        }
        for using in references.databases(PictureReport)
        for one in PictureReport._default_manager.using(using).filter(reporter_id=user.pk).order_by("pk")
    ]


def erase(user: Any) -> None:
    """Delete the reports that `user` has made, and what was said of the pictures of `user`."""
    for using in references.databases(PictureReport):
        PictureReport._default_manager.using(using).filter(reporter_id=user.pk).delete()
    for row, field in privacy.held_by(user):
        reports.about(row, field).delete()
