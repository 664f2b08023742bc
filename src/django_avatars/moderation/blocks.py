"""Blocked pictures: an upload that looks like one waits for a moderator, whatever ``APPROVAL`` says."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from django.db import router
from PIL import Image

from ..actors import person
from ..conf import get_settings
from ..history import recording
from . import files, fingerprints
from .models import PictureBlock

if TYPE_CHECKING:
    from ..history.models import PictureVersion
    from ..imaging.spec import Picture


def block(version: PictureVersion, *, actor: Any) -> PictureBlock | None:
    """
    Let what looks like this picture wait for a moderator from now on.

    None for a picture without anything to recognize, such as a single color. Raises `FileNotFoundError` for one whose
    files are gone, and `StorageUnavailable`.
    """
    picture = files.read(recording.known(version).storage, str(version.picture.name), version.get_field())
    found = fingerprints.fingerprint(_smallest(picture))
    if found is None:
        return None
    values: dict[str, Any] = {"by": person(actor)}
    return PictureBlock._default_manager.get_or_create(fingerprint=f"{found:032x}", defaults=values)[0]


def known() -> list[int]:
    """The fingerprints of all blocked pictures."""
    rows = PictureBlock._default_manager.using(router.db_for_write(PictureBlock))  # a replica may lag
    return [int(text, 16) for text in rows.values_list("fingerprint", flat=True)]


def is_among(blocked: list[int], picture: Picture) -> bool:
    """Whether this looks like one of the pictures with these fingerprints, as it is or in a mirror."""
    if not blocked:
        return False
    image, distance = _smallest(picture), get_settings().block_distance
    looks = [fingerprints.fingerprint(one) for one in (image, fingerprints.mirrored(image))]
    return any(look is not None and fingerprints.is_near(look, other, distance) for look in looks for other in blocked)


def _smallest(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(min(picture.renditions, key=lambda one: one.size).data))
