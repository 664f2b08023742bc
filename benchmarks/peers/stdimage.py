"""django-stdimage: one cropped variation per size. Keeps the upload's format; ignores orientation."""

from __future__ import annotations

from typing import Any

from . import Make
from .plain import seed_rows

REQUIREMENTS = ["django-stdimage"]
APPS = ["stdimage"]
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture.s64.url }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """Nothing."""
    return {}


def declare(make: Make) -> Any:
    """Variations are made when the file is saved."""
    from django.contrib.auth.models import User
    from django.db import models
    from stdimage import StdImageField

    class Profile(models.Model):
        user = models.OneToOneField(User, models.CASCADE, related_name="profile")
        picture = StdImageField(
            upload_to="avatars",
            variations={f"s{size}": {"width": size, "height": size, "crop": True} for size in make.sizes},
        )

        class Meta:
            app_label = "benchmarks"

    def upload(user: Any, file: Any) -> None:
        profile = Profile.objects.filter(user=user).first() or Profile(user=user)
        profile.picture = file
        profile.save()

    return upload


def seed(users: list[Any]) -> None:
    """Rows alone: addresses follow from names."""
    seed_rows(users)
