"""django-imagekit: one ImageSpecField per size, made at the upload and trusted afterwards (Optimistic)."""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving, seed_rows

REQUIREMENTS = ["django-imagekit"]
APPS = ["imagekit"]
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture_64.url }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """Optimistic: no look at the storage when a page is rendered."""
    return {"IMAGEKIT_DEFAULT_CACHEFILE_STRATEGY": "imagekit.cachefiles.strategies.Optimistic"}


def declare(make: Make) -> Any:
    """Transpose() makes it upright; the rest is ResizeToFill."""
    from django.db import models
    from imagekit.models import ImageSpecField
    from imagekit.processors import ResizeToFill, Transpose

    specs = {
        f"picture_{size}": ImageSpecField(
            source="picture",
            processors=[Transpose(), ResizeToFill(size, size)],
            format=make.pillow_format,
            options={"quality": make.quality},
        )
        for size in make.sizes
    }
    return saving(profile(picture=models.ImageField(upload_to="avatars"), **specs))


def seed(users: list[Any]) -> None:
    """Rows alone: addresses follow from names."""
    seed_rows(users)
