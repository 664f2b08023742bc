"""easy-thumbnails: a ThumbnailerField with one alias per size, all generated at the upload."""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving

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
    from easy_thumbnails.fields import ThumbnailerField
    from easy_thumbnails.files import generate_all_aliases

    model = profile(picture=ThumbnailerField(upload_to="avatars"))
    return saving(model, lambda saved: generate_all_aliases(saved.picture, include_global=True))
