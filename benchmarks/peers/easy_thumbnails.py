"""easy-thumbnails: a ThumbnailerField with one alias per size, all generated at the upload."""

from __future__ import annotations

from typing import Any

from . import Make

REQUIREMENTS = ["easy-thumbnails"]
APPS = ["easy_thumbnails"]
TEMPLATE = (
    "{% load thumbnail %}{% for user in users %}"
    '<img src="{{ user.profile.picture|thumbnail_url:\'64\' }}" alt="" width="48">{% endfor %}'
)


def settings(make: Make) -> dict[str, Any]:
    """Aliases, which its documentation prefers to options in templates."""
    aliases = {str(size): {"size": (size, size), "crop": True} for size in make.sizes}
    return {
        "THUMBNAIL_ALIASES": {"": aliases},
        "THUMBNAIL_EXTENSION": make.format,
        "THUMBNAIL_TRANSPARENCY_EXTENSION": make.format,
        "THUMBNAIL_QUALITY": make.quality,
    }


def declare(make: Make) -> Any:
    """The field, and its own function that makes all aliases."""
    from django.contrib.auth.models import User
    from django.db import models
    from easy_thumbnails.fields import ThumbnailerField
    from easy_thumbnails.files import generate_all_aliases

    class Profile(models.Model):
        user = models.OneToOneField(User, models.CASCADE, related_name="profile")
        picture = ThumbnailerField(upload_to="avatars")

        class Meta:
            app_label = "benchmarks"

    def upload(user: Any, file: Any) -> None:
        profile = Profile.objects.filter(user=user).first() or Profile(user=user)
        profile.picture = file
        profile.save()
        generate_all_aliases(profile.picture, include_global=True)

    return upload
