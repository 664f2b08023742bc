"""Blocked pictures: an upload that looks like one waits for a moderator, whatever ``APPROVAL`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import router

from ..actors import person
from ..conf import get_settings
from ..history import recording
from . import files
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
    found, _ = _fingerprints(picture)
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
    distance = get_settings().block_distance
    looks = [look for look in _fingerprints(picture) if look is not None]
    return any((look ^ other).bit_count() <= distance for look in looks for other in blocked)


def _fingerprints(picture: Picture) -> tuple[int | None, int | None]:
    from . import fingerprints  # Pillow is loaded with the first picture: start-up loads this module

    return fingerprints.both(min(picture.renditions, key=lambda one: one.size).data)
