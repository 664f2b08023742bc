"""
Taking over pictures that something else has stored: an ImageField, or django-avatar.

Each goes through the same pipeline as an upload, since nobody knows what was checked then. The old
files stay where they are, whatever their names: they are not ours to delete. Rows that have a
picture of ours already are left alone, so an import may be interrupted and run again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.files.base import ContentFile
from django.db import models, router, transaction

from .. import naming
from . import rebuild, references

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..fields import AvatarField


class Old(NamedTuple):
    """One picture to take over."""

    instance: models.Model
    """The row that gets it."""
    held: str
    """What the AvatarField of that row holds now: "" or a foreign name."""
    storage: Storage
    """Where the old file is."""
    file: str
    """Its name there."""


def from_field(source: models.FileField, target: AvatarField, alias: str) -> Iterator[Old]:
    """
    Rows whose picture is in `source`, a FileField of the same model, and not yet in `target`.

    Both may be the same: an ImageField that has become an AvatarField holds the old names.
    """
    for instance in _rows(target, alias).exclude(**{source.name: ""}).iterator(rebuild.PIECE):
        held, file = str(getattr(instance, target.attname) or ""), str(getattr(instance, source.attname) or "")
        if file and not naming.parse(held) and file != target.get_default():
            yield Old(instance, held, source.storage, file)


def from_django_avatar(avatars: type[models.Model], target: AvatarField, link: str, alias: str) -> Iterator[Old]:
    """
    The picture that django-avatar shows of each user: the primary one, else the newest.

    `link` is the relation from the model of `target` to the user; rows that are missing are made.
    """
    newest_first = avatars._default_manager.using(alias).order_by("user_id", "-primary", "-date_uploaded", "-pk")
    last = None
    for avatar in newest_first.iterator(rebuild.PIECE):
        if avatar.user_id != last and avatar.avatar:  # type: ignore[attr-defined]
            last = avatar.user_id  # type: ignore[attr-defined]
            holder = _holder(target, link, last, alias)
            held = str(getattr(holder, target.attname) or "")
            if not naming.parse(held):
                yield Old(holder, held, avatar.avatar.storage, avatar.avatar.name)  # type: ignore[attr-defined]


def take(target: AvatarField, old: Old) -> bool:
    """
    Store one old picture as ours. Returns False when the row has got another one meanwhile.

    Raises `InvalidImage` for a file that would not be accepted today, and what a storage raises.
    """
    with old.storage.open(old.file) as opened:
        picture = target.process(ContentFile(opened.read(), old.file))
    alias = old.instance._state.db or router.db_for_write(target.model)
    return rebuild.swap(target, alias, old.instance.pk, old.held, picture, target.folder(old.instance))


def _rows(field: AvatarField, alias: str) -> models.QuerySet[Any]:
    return references.rows(field.model, alias).order_by("pk")


def _holder(target: AvatarField, link: str, user_key: Any, alias: str) -> models.Model:
    with transaction.atomic(using=alias):
        return references.rows(target.model, alias).get_or_create(**{link: user_key})[0]  # type: ignore[no-any-return]
