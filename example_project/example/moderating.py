"""What moderators see to: pictures that wait, were taken down, are locked, or were reported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile

from django_avatars import moderation, services

from . import paintings

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractUser

REPORTED = "nia"
"""Whose picture somebody has reported."""


def waits(actor: Any, holder: Any, field: Any, file: Any) -> bool:
    """Whether a new picture has to be approved: those of one person, so that all others see theirs at once."""
    return bool(actor.get_username() == "kshitij")


def _set(user: AbstractUser, number: int) -> None:
    painted = paintings.encoded(paintings.landscape(number), "JPEG")
    services.set_own(user, ContentFile(painted, "landscape.jpg"), actor=user)


def _take_down(user: AbstractUser) -> None:
    _set(user, 4)
    moderation.take_down(user, actor=None, reason="It does not show you.")


def _report(user: AbstractUser) -> None:
    reported = get_user_model().objects.get(username=REPORTED)
    moderation.report(reported, actor=user, reason="It shows somebody else.", text="I know that painting.")


@dataclass(frozen=True, kw_only=True)
class Story:
    """What happened to somebody."""

    title: str
    text: str
    happen: Callable[[AbstractUser], object]
    button: str = "See what the page says"
    then: str = "avatars:edit"
    """Name of the page to look at."""


STORIES = {
    "kshitij": Story(
        title="A picture that waits",
        text="It is stored, and only its owner and the moderators see it. Everybody else sees the initials.",
        happen=lambda user: _set(user, 3),
    ),
    "olga": Story(
        title="One that was taken down",
        text="Its public files are gone. The owner reads why, and may choose another one.",
        happen=_take_down,
    ),
    "leila": Story(
        title="One that is locked",
        text="It is shown, and nobody but staff may change it.",
        happen=lambda user: moderation.lock(user, actor=None, reason="Three pictures were taken down."),
    ),
    "jose": Story(
        title="A member who reports",
        text="José has reported the picture of Nia. Everybody who is logged in can do so, too.",
        happen=_report,
        button="Look at it as José",
        then="moderation",
    ),
}
"""What there is to see, by whom it happened to. Whoever reports comes after whom it is about, see `people.PEOPLE`."""
