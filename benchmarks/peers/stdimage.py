"""django-stdimage: one cropped variation per size. Keeps the upload's format; ignores orientation."""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving, seed_rows

REQUIREMENTS = ["django-stdimage"]
APPS = ["stdimage"]
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture.s64.url }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """Nothing."""
    return {}


def declare(make: Make) -> Any:
    """Variations are made when the file is saved."""
    from stdimage import StdImageField

    sizes = {f"s{size}": {"width": size, "height": size, "crop": True} for size in make.sizes}
    return saving(profile(picture=StdImageField(upload_to="avatars", variations=sizes)))


def seed(users: list[Any]) -> None:
    """Rows alone: addresses follow from names."""
    seed_rows(users)
