"""
The peers, one module each, in the configuration that their own documentation recommends for speed.

A module has ``REQUIREMENTS`` (what pip installs), ``APPS``, ``settings(make)``, ``declare(make)`` (which makes the
model and returns a function that stores an upload with all its renditions, so that nothing is left for
the first visitor), ``TEMPLATE`` (a page of pictures of 48 pixels, or of 64 where only what was made at the upload can
be shown), and ``seed(users)`` where a page can
be shown from rows alone, because no file is looked at.
"""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Make:
    """What is made of an upload."""

    sizes: tuple[int, ...] = (512, 256, 128, 64)
    """Sides of the squares, in pixels."""
    format: str = "webp"
    """Extension of the renditions: "webp", "jpg", "avif"."""

    def sides(self, available: int) -> list[int]:
        """Of the squares of a photo whose shorter side is `available`: nothing is made larger."""
        return list(dict.fromkeys(min(size, available) for size in self.sizes))

    @property
    def quality(self) -> int:
        """What Pillow and most tutorials use; django_avatars has its own (81 for WebP, at a faster method)."""
        return {"webp": 80, "jpg": 85, "avif": 75}[self.format]

    @property
    def pillow_format(self) -> str:
        """As Pillow calls it."""
        return {"webp": "WEBP", "jpg": "JPEG", "avif": "AVIF"}[self.format]


OURS = "django_avatars"

OPENCV = "django_avatars_opencv"
"""Ours, with OpenCV, which matters for WebP alone."""

PEERS = (
    "django_avatar",
    "easy_thumbnails",
    "sorl_thumbnail",
    "imagekit",
    "pictures",
    "stdimage",
    "versatileimagefield",
)
"""Packages that do what we do, or part of it."""

BASELINES = ("plain",)
"""An ImageField that stores what it is given."""

LIMITS = ("naive", "vips", "bare")
"""Pipelines without Django: a tutorial's, libvips', and decoding and encoding alone."""

IGNORES_ORIENTATION = {"stdimage"}
KEEPS_FORMAT = {"stdimage", "versatileimagefield"}
"""Their renditions have the format of the upload, so a JPEG stays one: other work than making WebP."""
