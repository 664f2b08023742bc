"""
Somebody looks at pictures before everybody does, and takes down those that must not stay.

``django_avatars.history`` and ``django_avatars.moderation`` in ``INSTALLED_APPS``, and ``migrate``;
``AVATARS["APPROVAL"]`` says which pictures wait.
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
    """What is asked for, once there are models: Django imports this package before."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import verbs

    return getattr(verbs, name)
