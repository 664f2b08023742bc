"""
Where Django's admin looks, and hosts import from: ``from django_avatars.admin import AvatarAdminMixin``.

Django imports this module of every app at start-up, whether or not the host uses the mixin. So the
mixin, and all it needs, is loaded when it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .admin_mixin import AvatarAdminMixin, HasPictureFilter
    from .admin_rights import PrivacyAdminMixin

__all__ = ["AvatarAdminMixin", "HasPictureFilter", "PrivacyAdminMixin"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import admin_mixin, admin_rights  # Django imports this module at start-up, with or without a mixin in use

    return getattr(admin_rights if name == "PrivacyAdminMixin" else admin_mixin, name)
