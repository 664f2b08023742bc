"""django-versatileimagefield: its warmer right after the upload, nothing on demand. Keeps the upload's format."""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving, seed_rows

REQUIREMENTS = ["django-versatileimagefield"]
APPS = ["versatileimagefield"]
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture.crop.64x64 }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """create_images_on_demand off is what its documentation recommends once images are warmed."""
    return {
        "VERSATILEIMAGEFIELD_SETTINGS": {
            "create_images_on_demand": False,
            "jpeg_resize_quality": 85,
            "webp_resize_quality": 80,
        }
    }


def declare(make: Make) -> Any:
    """The warmer makes all sizes."""
    from versatileimagefield.fields import VersatileImageField
    from versatileimagefield.image_warmer import VersatileImageFieldWarmer

    sizes = [(str(size), f"crop__{size}x{size}") for size in make.sizes]

    def warm(saved: Any) -> None:
        _, failed = VersatileImageFieldWarmer(saved, rendition_key_set=sizes, image_attr="picture").warm()
        assert not failed, failed

    return saving(profile(picture=VersatileImageField(upload_to="avatars")), warm)


def seed(users: list[Any]) -> None:
    """Rows alone: addresses follow from names."""
    seed_rows(users)
