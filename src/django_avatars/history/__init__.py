"""
The pictures that a row had before: kept for a while, shown to their owner, and put back.

``django_avatars.history`` in ``INSTALLED_APPS`` and ``migrate``; ``AVATARS["HISTORY"]`` says how many and how long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .verbs import delete, remember, remove_for_good, restore, undo, versions

__all__ = ["delete", "remember", "remove_for_good", "restore", "undo", "versions"]


def __getattr__(name: str) -> Any:
    """What is asked for, once there are models: Django imports this package before."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import verbs

    return getattr(verbs, name)
