"""Who may see a file of ``PRIVATE_STORAGE``: it is known by its name alone, and the row that names it is asked."""

from __future__ import annotations

from typing import Any

from . import actors, naming, visibility
from .lifecycle import references
from .storages import sources
from .targets import AvatarTarget, link_of, target_of


def find(name: str) -> AvatarTarget | None:
    """The row with a picture that this file belongs to; None where there is none, and for whole pictures."""
    if "\0" in name:  # PostgreSQL has no text with it
        return None
    asked = naming.parse(name)
    found = [one for one in _named(asked.family) if _is_file(one, name)] if asked else []
    # Rows that once shared a picture: whose file it is comes first.
    return min(found, key=lambda one: not name.startswith(naming.divide(one.stored_name)[0]), default=None)


def _named(family: str) -> list[AvatarTarget]:
    """The rows with a picture in the private storage whose name starts like this, those that show it first."""
    found = [
        AvatarTarget(row, row, field, link_of(field))  # type: ignore[arg-type]  # every column here is of an AvatarField
        for field in references.fields()
        for alias in references.databases(field.model)
        if references.has_table(alias, field.model)  # beforehand: an error would end a transaction, on PostgreSQL
        for row in references.rows(field.model, alias).filter(**{f"{field.attname}__startswith": family})
    ]
    return sorted(found, key=_is_hidden)


def _is_hidden(target: AvatarTarget) -> tuple[bool, bool]:
    """For sorting: what is shown comes first, and then what whoever views earlier pictures may see."""
    field: Any = target.field
    return not field.is_public(target.holder), not field.is_for_staff(target.holder)


def _is_file(target: AvatarTarget, name: str) -> bool:
    parsed = naming.parse(target.stored_name)
    if parsed is None or not sources.is_private(target.storage):
        return False
    if not name.startswith(parsed.base):  # made anew since: pages that were made before still ask for this file
        return naming.is_same(name, target.stored_name) and not naming.is_source(name)
    return name in {*parsed.files()} - {*parsed.sources}


def may_see(target: AvatarTarget) -> bool:
    """
    Whether who looks may see this picture: that of a row as anywhere.

    An earlier one is for its owner, and for whoever has Django's permission to view earlier pictures, but for one that
    waits, was rejected or was taken down.
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
    if visibility.is_own(target_of(row), viewer):
        return True
    return field.is_for_staff(holder) and viewer.has_perm(actors.permission("view", field.model))
