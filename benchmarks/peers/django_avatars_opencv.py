"""django-avatars with OpenCV, which the extra ``faces`` installs, and which large WebP files are decoded with."""

from __future__ import annotations

from typing import Any

from . import Make, django_avatars
from .django_avatars import APPS as APPS
from .django_avatars import TEMPLATE as TEMPLATE
from .django_avatars import seed as seed
from .django_avatars import settings as settings

REQUIREMENTS = ["opencv-python-headless>=4.10,<5"]


def declare(make: Make) -> Any:
    """OpenCV is loaded once in the life of a process: that is not part of an upload."""
    from django_avatars.imaging import halving

    assert halving.opencv()
    return django_avatars.declare(make)
