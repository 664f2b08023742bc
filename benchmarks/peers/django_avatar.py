"""
django-avatar: its Avatar model; the four sizes made at once (AVATAR_AUTO_GENERATE_SIZES), its cache in memory.

A page shows 64 pixels: it would make 48 on demand, and that is another question.
"""

from __future__ import annotations

from typing import Any

from . import Make

REQUIREMENTS = ["django-avatar"]
APPS = ["avatar"]
TEMPLATE = "{% load avatar_tags %}{% for user in users %}{% avatar user 64 %}{% endfor %}"


def settings(make: Make) -> dict[str, Any]:
    """Providers that need no network, since its default asks DNS for Libravatar."""
    return {
        "AVATAR_AUTO_GENERATE_SIZES": make.sizes,
        "AVATAR_THUMB_FORMAT": make.pillow_format,
        "AVATAR_THUMB_QUALITY": make.quality,
        "AVATAR_PROVIDERS": (
            "avatar.providers.PrimaryAvatarProvider",
            "avatar.providers.InitialsAvatarProvider",
        ),
    }


def declare(make: Make) -> Any:
    """A row of its own model; a signal makes the sizes."""
    from avatar.models import Avatar

    def upload(user: Any, file: Any) -> None:
        Avatar.objects.create(user=user, primary=True, avatar=file)

    return upload
