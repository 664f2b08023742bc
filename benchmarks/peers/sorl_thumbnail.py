"""
sorl-thumbnail: its ImageField, and get_thumbnail for each size right after the upload.

Its key-value store is the database with Django's cache in front, the one that needs no other service.
"""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving

REQUIREMENTS = ["sorl-thumbnail"]
APPS = ["sorl.thumbnail"]
TEMPLATE = (
    "{% load thumbnail %}{% for user in users %}{% thumbnail user.profile.picture '64x64' crop='center' as im %}"
    '<img src="{{ im.url }}" alt="" width="48">{% endthumbnail %}{% endfor %}'
)


def settings(make: Make) -> dict[str, Any]:
    """Pillow engine, the one that needs no program installed."""
    return {"THUMBNAIL_FORMAT": make.pillow_format, "THUMBNAIL_QUALITY": make.quality}


def declare(make: Make) -> Any:
    """The field, and a thumbnail of each size."""
    from sorl.thumbnail import ImageField, get_thumbnail

    def warm(saved: Any) -> None:
        for size in make.sizes:
            get_thumbnail(saved.picture, f"{size}x{size}", crop="center")

    return saving(profile(picture=ImageField(upload_to="avatars")), warm)
