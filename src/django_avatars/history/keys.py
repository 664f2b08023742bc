"""Versions in every database, and the keys by which addresses and forms name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import router

from ..lifecycle import references
from ..services import database_of
from .models import PictureVersion

if TYPE_CHECKING:
    from django.db import models

DIGITS = 18
"""The most digits of a primary key that is accepted. Real keys have fewer."""


def everywhere() -> list[models.QuerySet[PictureVersion]]:
    """All versions, a queryset for each database that they may be in."""
    return [PictureVersion._default_manager.using(alias) for alias in references.databases(PictureVersion)]


def key_of(version: PictureVersion) -> str:
    """The primary key, such as "17"; with the database where that is another than the usual one: "other:17"."""
    using = database_of(version)
    return str(version.pk) if using == home() else f"{using}:{version.pk}"


def named(key: str) -> models.QuerySet[PictureVersion]:
    """The version with this key, or none."""
    found = parsed(key)
    if found is None:
        return PictureVersion._default_manager.none()
    return PictureVersion._default_manager.using(found[0]).filter(pk=found[1])


def parsed(key: str) -> tuple[str, int] | None:
    """The database and the primary key that `key` says, whether or not there is such a version. None for others."""
    given, _, number = key.rpartition(":")
    alias, is_number = given or home(), number.isascii() and number.isdecimal() and len(number) <= DIGITS
    return (alias, int(number)) if is_number and alias in references.databases(PictureVersion) else None


def home() -> str:
    """The database that needs no name in a key."""
    return router.db_for_write(PictureVersion)
