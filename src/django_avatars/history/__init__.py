"""
Earlier pictures of a row: they are kept for a while, shown to their owner, and can be restored.

Add ``django_avatars.history`` to ``INSTALLED_APPS``, and run ``migrate``. ``AVATARS["HISTORY"]`` says how many are
kept, and for how long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .verbs import can_undo, delete, remember, remove_for_good, restore, undo, versions

__all__ = ["can_undo", "delete", "remember", "remove_for_good", "restore", "undo", "versions"]


def __getattr__(name: str) -> Any:
    """Import a function when it is first used: Django imports this package before models can be."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import verbs  # imports the models

    return getattr(verbs, name)
