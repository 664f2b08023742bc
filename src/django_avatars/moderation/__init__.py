"""
Moderators approve pictures before they are shown, and take down those that must not stay.

Add ``django_avatars.history`` and ``django_avatars.moderation`` to ``INSTALLED_APPS``, and run ``migrate``.
``AVATARS["APPROVAL"]`` says which pictures wait for approval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .verbs import (
        approve,
        block,
        dismiss,
        lock,
        reject,
        report,
        reported,
        take_down,
        unlock,
        waiting,
        withdraw,
    )

__all__ = [
    "approve",
    "block",
    "dismiss",
    "lock",
    "reject",
    "report",
    "reported",
    "take_down",
    "unlock",
    "waiting",
    "withdraw",
]


def __getattr__(name: str) -> Any:
    """Import a function when it is first used: Django imports this package before models can be."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import verbs  # imports the models

    return getattr(verbs, name)
