"""django-pictures: a PictureField with the ratio 1/1, made at once, its grid chosen so that the four sizes come out."""

from __future__ import annotations

import math
from typing import Any

from . import Make
from .profiles import profile, saving, seed_rows

REQUIREMENTS = ["django-pictures"]
APPS = ["pictures"]
TEMPLATE = (
    "{% load pictures %}{% for user in users %}"
    "{% picture user.profile.picture img_width='48' ratio='1/1' img_alt='' container=64 %}{% endfor %}"
)


def settings(make: Make) -> dict[str, Any]:
    """It takes columns and densities, not sizes: one column of 64 px at densities 1, 2, 4 and 8 are our four."""
    smallest = math.gcd(*make.sizes)
    return {
        "PICTURES": {
            "BREAKPOINTS": {"s": smallest},
            "GRID_COLUMNS": 1,
            "CONTAINER_WIDTH": smallest,
            "PIXEL_DENSITIES": [size // smallest for size in sorted(make.sizes)],
            "FILE_TYPES": [make.pillow_format],
            "USE_PLACEHOLDERS": False,
            "PROCESSOR": "benchmarks.peers.pictures.process_now",
        }
    }


def process_now(*args: Any, **kwargs: Any) -> None:
    """Its own processor without a queue: the page that follows the upload shows the picture."""
    from pictures import tasks

    tasks._process_picture(*args, **kwargs)


def declare(make: Make) -> Any:
    """Width and height are columns, so that a page does not open the file: its documentation demands it."""
    from django.db import models
    from pictures.models import PictureField

    picture = PictureField(upload_to="avatars", aspect_ratios=["1/1"], width_field="width", height_field="height")
    sides = {name: models.PositiveIntegerField(editable=False, null=True) for name in ("width", "height")}
    return saving(profile(picture=picture, **sides))


def seed(users: list[Any]) -> None:
    """Rows alone: widths follow from the columns."""
    seed_rows(users, width=4000, height=3000)
