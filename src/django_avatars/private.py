"""Who may see a file of ``PRIVATE_STORAGE``: it is known by its name alone, and the row that names it is asked."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename

from . import actors, naming, visibility
from .lifecycle import references
from .storages import sources
from .targets import AvatarTarget, link_of, target_of


def find(name: str) -> AvatarTarget | None:
    """The row with a picture that this file belongs to; None where there is none, and for whole pictures."""
    base, _ = naming.divide(name)
    return next((found for found in _named(base) if _is_file(found, name)), None) if base else None


def _named(base: str) -> list[AvatarTarget]:
    """The rows with a picture in the private storage whose name starts like this, those that show it first."""
    found = [
        AvatarTarget(row, row, field, link_of(field))  # type: ignore[arg-type]  # every column here is of an AvatarField
        for field in references.fields()
        for alias in references.databases(field.model)
        for row in references.rows(field.model, alias).filter(**{f"{field.attname}__startswith": base})
    ]
    return sorted(found, key=lambda one: not one.field.is_public(one.holder))  # type: ignore[union-attr,arg-type]


def _is_file(target: AvatarTarget, name: str) -> bool:
    parsed = naming.parse(target.stored_name)
    return parsed is not None and name in {*parsed.files()} - {*parsed.sources} and sources.is_private(target.storage)


def may_see(target: AvatarTarget) -> bool:
    """
    Whether who looks may see this picture: that of a row as anywhere.

    An earlier one is for its owner, and for whoever has Django's permission to view earlier pictures.
    """
    field, holder = target.field, target.holder
    assert field is not None  # it was found by its column
    assert holder is not None
    if field.is_public(holder):
        return visibility.may_see(target)
    row = field.shown_of(holder)
    viewer: Any = actors.current_person()
    if viewer is None or row is None:
        return False
    permission = f"{field.model._meta.app_label}.{get_permission_codename('view', field.model._meta)}"
    return visibility.is_own(target_of(row), viewer) or viewer.has_perm(permission)
