"""
The settings: one dict, ``AVATARS``, read here and nowhere else.

`get_settings()` is cheap enough for a template tag and follows `override_settings`.
Mistakes are found by `django_avatars.checks`, not here: unknown keys are ignored.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.dispatch import receiver

PALETTE = (
    "#a54769", "#aa4848", "#a74f21", "#975c02", "#846801", "#6d7205", "#487c25", "#04804e",
    "#017e6e", "#017b82", "#027797", "#1970b2", "#4f65b6", "#6f5bb0", "#88529f", "#9a4a86",
)  # fmt: skip
"""Sixteen hues of OKLCH lightness .53; white text on each has a contrast of at least 4.98:1."""

MAX_PIXELS = {
    "JPEG": 64_000_000,
    "JPEG_PROGRESSIVE": 24_000_000,
    "PNG": 24_000_000,
    "WEBP": 12_500_000,
    "GIF": 16_000_000,
    "BMP": 16_000_000,
    "AVIF": 16_000_000,
    "HEIC": 24_000_000,
}
"""Pixels an upload may have, by what decoding one costs: JPEG shrinks while it is read, WebP takes 15 bytes a pixel."""

QUALITY = {"webp": 81, "jpg": 85, "avif": 70}
"""Encoder quality by output format; PNG is lossless."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """``AVATARS``, complete: each attribute is the key of the same name in capitals."""

    field: str | None = None
    """Whose picture a user has, as "app.Model.field". None: the only AvatarField that a user can reach."""
    storage: str = "default"
    """Alias in ``STORAGES`` for fields that name no storage of their own."""
    sizes: tuple[int, ...] = (512, 256, 128, 64)
    """Sides of the stored renditions, in pixels."""
    output_formats: tuple[str, ...] = ("webp",)
    """Extensions of the stored renditions; the first one is what `url` gives."""
    quality: Mapping[str, int] = dataclasses.field(default_factory=lambda: QUALITY)
    """Encoder quality, 1 to 100, by output format. What is not named keeps its default."""
    max_bytes: int = 10 * 1024 * 1024
    """The largest upload, in bytes."""
    max_pixels: Mapping[str, int] = dataclasses.field(default_factory=lambda: MAX_PIXELS)
    """The most pixels an upload may have, by input format. What is not named keeps its default."""
    min_size: int = 1
    """The least width and height of an upload, in pixels."""
    input_formats: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "GIF")
    """What people may upload. BMP, AVIF and HEIC (with the extra) on request; never SVG."""
    background: str | None = "#ffffff"
    """What shows through transparent pixels, as "#rrggbb". None keeps them transparent where the format can."""
    keep_source: bool = False
    """
    Whether to keep the whole picture beside the renditions, capped and without metadata, so that its owner
    can adjust it later.
    """
    client_crop: bool = False
    """
    Whether the picker sends only the square that was chosen, so that the rest of the photo never leaves the
    device.
    """
    camera: bool = False
    """Whether the picker offers to take a photo."""
    providers: tuple[str, ...] = (
        "django_avatars.providers.uploaded",
        "django_avatars.providers.initials",
    )
    """Dotted paths of who is asked for a picture; the first answer wins."""
    name: str | None = None
    """
    Dotted path of a function from user to display name, for initials and labels. None: full name, username,
    e-mail.
    """
    palette: tuple[str, ...] = PALETTE
    """Colors behind initials, as "#rrggbb"; white text on each must reach 4.5:1."""
    font: str | None = None
    """
    Path of a TrueType font for initials that are drawn as PNG or WebP. None: Pillow's own, which has ASCII
    letters only.
    """
    tasks: str | None = None
    """
    Alias in ``TASKS`` of the backend that makes all renditions but the largest, after the commit. None: made
    at once.
    """
    gravatar: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Query arguments for Gravatar and Libravatar addresses, such as {"d": "mp", "r": "g"}."""
    rate_limit: str | None = "10/m"
    """
    How often a user may change a picture, such as "10/m"; or the dotted path of a function, see `throttling`.
    None: as often as it goes.
    """


KEYS = {field.name.upper(): field for field in dataclasses.fields(Settings)}
"""Every key that ``AVATARS`` may have."""


@functools.cache
def get_settings() -> Settings:
    """The settings now in force; cached until ``AVATARS`` changes."""
    given: Mapping[str, Any] = getattr(django_settings, "AVATARS", None) or {}
    values = {key.lower(): value for key, value in given.items() if key in KEYS}
    for key in ("sizes", "output_formats", "input_formats", "providers", "palette"):
        if key in values:
            values[key] = tuple(values[key])
    if "sizes" in values:
        values["sizes"] = tuple(sorted(set(values["sizes"]), reverse=True))
    for key, defaults in (("quality", QUALITY), ("max_pixels", MAX_PIXELS)):
        if key in values:
            values[key] = {**defaults, **values[key]}
    return Settings(**values)


@receiver(setting_changed, dispatch_uid="django_avatars.conf")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "AVATARS":
        get_settings.cache_clear()
