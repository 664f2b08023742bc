"""django-imagekit: one ImageSpecField per size, made at the upload and trusted afterwards (Optimistic)."""

from __future__ import annotations

from typing import Any

from . import Make
from .plain import seed_rows

REQUIREMENTS = ["django-imagekit"]
APPS = ["imagekit"]
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture_64.url }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """Optimistic: no look at the storage when a page is rendered."""
    return {"IMAGEKIT_DEFAULT_CACHEFILE_STRATEGY": "imagekit.cachefiles.strategies.Optimistic"}


def declare(make: Make) -> Any:
    """Transpose() makes it upright; the rest is ResizeToFill."""
    from django.contrib.auth.models import User
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

    class Meta:
        app_label = "benchmarks"

    members = {
        "__module__": __name__,
        "Meta": Meta,
        "user": models.OneToOneField(User, models.CASCADE, related_name="profile"),
        "picture": models.ImageField(upload_to="avatars"),
        **specs,
    }
    profile_model: Any = type("Profile", (models.Model,), members)

    def upload(user: Any, file: Any) -> None:
        profile = profile_model.objects.filter(user=user).first() or profile_model(user=user)
        profile.picture = file
        profile.save()

    return upload


def seed(users: list[Any]) -> None:
    """Rows alone: addresses follow from names."""
    seed_rows(users)
