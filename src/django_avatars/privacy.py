"""
Give people a copy of all their pictures (`export`), or delete them for good (`erase`).

Both cover every picture of a user in each AvatarField of the user model, and of models that are one-to-one with it.
They include kept sources, and what `django_avatars.history` has stored, in every state.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZipFile

from django.apps import apps
from django.db import models, router, transaction
from django.utils import timezone

from . import naming, policy, services, targets
from .actors import acting, person
from .lifecycle import references, replace
from .storages import sources

if TYPE_CHECKING:
    import os

    from django.core.files.storage import Storage

    from .fields import AvatarField

TEXT = {"type": ["string", "null"]}
TEXTS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
FACTS: dict[str, Any] = {
    "of": {"type": "string", "description": "Model and key of the row, such as accounts.profile:17."},
    "field": {"type": "string"},
    "state": {"enum": ["shown", "past", "waiting", "rejected", "taken_down", "reported", "erasing"]},
    "name": {"type": "string", "description": "The name in the database."},
    "description": {"type": "string"},
    "files": {**TEXTS, "description": "Names in this archive, the largest first; what was kept whole is the last."},
    "missing": {**TEXTS, "description": "Names in the storage of files that are gone."},
    "since": {**TEXT, "format": "date-time"},
    "set_by": {**TEXT, "description": "Key of a user."},
    "set_through": {**TEXT, "description": "admin, page, site or code."},
    "until": {**TEXT, "format": "date-time"},
    "ended_by": {**TEXT, "description": "Key of a user."},
    "ended_through": TEXT,
    "reason": TEXT,
}
REPORT = {
    "of": {"type": "string", "description": "Model and key of the row whose picture was reported."},
    "field": {"type": "string"},
    "reason": {"type": "string"},
    "text": {"type": "string"},
    "since": {"type": "string", "format": "date-time"},
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "The pictures of a person",
    "type": "object",
    "required": ["user", "exported", "pictures"],
    "properties": {
        "user": {"type": "string", "description": "Model and key, such as auth.user:17."},
        "exported": {"type": "string", "format": "date-time"},
        "pictures": {"type": "array", "items": {"type": "object", "required": list(FACTS), "properties": FACTS}},
        "reports": {
            "description": "With moderation: what this person has said of the pictures of others.",
            "type": "array",
            "items": {"type": "object", "required": list(REPORT), "properties": REPORT},
        },
    },
}
"""What ``avatars.json`` of an export looks like, as JSON Schema."""

histories: list[Any] = []
"""The module `django_avatars.history.rights`, which that app puts here."""

apart: list[Any] = []
"""
Modules of optional apps that know more of a person than pictures. Each has a ``NAME`` for the export, ``export(user)``,
which gives a list for JSON, and ``erase(user)``.
"""


@dataclasses.dataclass(frozen=True)
class Report:
    """What became of the pictures of a user. Each is named as the database named it."""

    deleted: list[str] = dataclasses.field(default_factory=list)
    """Every file of these is gone."""
    failed: list[str] = dataclasses.field(default_factory=list)
    """A storage refused to delete a file of these. They are still named: erase again later."""
    kept: list[str] = dataclasses.field(default_factory=list)
    """These are no longer named by this user, but another row names them, or this app did not make them."""


def held_by(user: Any) -> Iterator[tuple[models.Model, AvatarField]]:
    """Each row of `user` that can hold a picture, read from the database that is written to, and its field."""
    for found in targets.candidates():
        for row in _rows_of(user, found.field.model):
            yield row, found.field


def _rows_of(user: Any, model: type[models.Model]) -> Iterator[models.Model]:
    """The rows of `model` that are the user, or one-to-one with it."""
    people = targets.user_model()
    is_user = issubclass(people, model)
    link = None if is_user else targets.link_to_user(model)
    if is_user or link:
        by, value = (link.name, getattr(user, link.target_field.attname)) if link else ("pk", user.pk)
        rows = references.rows(people if is_user else model, router.db_for_write(model, instance=user))
        yield from rows.filter(**{by: value})


def _person(user: Any) -> models.Model:
    """
    The row of `user`. Anything else is refused, even where it has a key: that is the key of some user, too.

    So is a user without a key, whose pictures would be those of every row that is nobody's.
    """
    found = person(user)
    is_user = isinstance(found, targets.user_model())
    if found is None or not is_user:
        raise TypeError(f"{user!r} is no user with pictures. Give a row of {targets.user_model()._meta.label}.")
    if found.pk is None:
        raise ValueError(
            f"{user!r} has no primary key, so no picture is known to be theirs. Give a user that is saved."
        )
    return found


def _lost_of(user: Any) -> Iterator[tuple[models.Model, Any]]:
    """Each row of `user`, with each removed column of its model that the history has pictures of."""
    history = _history(user)
    for column in history.lost() if history else ():
        yield from ((row, column) for row in _rows_of(user, column.model) if _history(row))


def export(user: Any, file: str | os.PathLike[str] | IO[bytes]) -> int:
    """
    Write every picture of `user` into a ZIP file, and what is known of each into its ``avatars.json``.

    Args:
        user: Whose pictures.
        file: The path of the ZIP file, or a file that is open for writing bytes.

    Returns how many pictures there are. Raises what a storage raises when it does not answer; a file that is gone is
    named under ``missing``. Raises `TypeError` for what is no user, and `ValueError` for one that is not saved.

    """
    user = _person(user)
    with ZipFile(file, "w") as archive:
        pictures = [
            {**facts, **_packed(archive, storage, str(facts["name"]), number)}
            for number, (storage, facts) in enumerate(_pictures(user), 1)
        ]
        said = {
            "$schema": "schema.json",
            "user": targets.key_of(user.__class__, user.pk),
            "exported": timezone.now().isoformat(),
            "pictures": pictures,
            **{known.NAME: known.export(user) for known in apart},
        }
        archive.writestr("avatars.json", json.dumps(said, indent=2, ensure_ascii=False))
        archive.writestr("schema.json", json.dumps(SCHEMA, indent=2))
    return len(pictures)


def _pictures(user: Any) -> Iterator[tuple[Storage, dict[str, Any]]]:
    """The storage of each picture of `user`, and what is known of it: first what a row shows, then its past."""
    for row, field in held_by(user):
        history = _history(row)
        file = getattr(row, field.attname)
        of = _place(row, field)
        if field.is_own(file.stored_name):
            shown = {"state": "shown", "name": file.stored_name, "description": file.alt}
            yield (
                file.storage,
                {**dict.fromkeys(FACTS), **of, **shown, **(history.of_shown(row, field) if history else {})},
            )
        yield from _past(row, field)
    for row, column in _lost_of(user):
        yield from _past(row, column)


def _past(row: models.Model, column: Any) -> Iterator[tuple[Storage, dict[str, Any]]]:
    history = _history(row)
    for storage, facts in history.of_past(row, column) if history else ():
        yield storage, {**dict.fromkeys(FACTS), **_place(row, column), "description": "", **facts}


def _place(row: models.Model, column: Any) -> dict[str, str]:
    return {"of": targets.key_of(row.__class__, row.pk), "field": column.name}


def _packed(archive: ZipFile, storage: Storage, name: str, number: int) -> dict[str, list[str]]:
    """Put the files of one picture into a folder of their own, one after the other."""
    files, missing = [], []
    for inside, outside, read in _files(storage, name):
        try:
            archive.writestr(f"pictures/{number}/{inside}", read())
            files.append(f"pictures/{number}/{inside}")
        except FileNotFoundError:
            missing.append(outside)
    return {"files": files, "missing": missing}


def _files(storage: Storage, name: str) -> Iterator[tuple[str, str, Any]]:
    """For each file of a picture: its name in an export, its name in the storage, and a function that reads it."""
    parsed = naming.parse(name)
    if parsed is None or not parsed.sizes:
        yield name.rpartition("/")[2], name, lambda: _read(storage, name)
        return
    for format in parsed.formats:
        for size in parsed.sizes:
            outside = parsed.file(size, format)
            yield f"{size}.{format}", outside, lambda outside=outside: _read(storage, outside)
    if parsed.has_animation:
        yield "moving.webp", parsed.animation, lambda: _read(storage, parsed.animation)
    if parsed.has_source:
        yield "whole.webp", parsed.source, lambda: sources.read(storage, parsed)


def _read(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())


def erase(user: Any, *, actor: Any = None) -> Report:
    """
    Delete every picture of `user` for good, and what is known of each. The user, and the rows, stay.

    Args:
        user: Whose pictures.
        actor: Who does it, for signals and the log. ``AVATARS["POLICY"]`` is not asked.

    What a storage refuses to delete stays named, in the history as "being erased" or in the column, and is tried again
    when this is called again. Raises `RuntimeError` within a transaction: files that are gone do not come back with a
    rollback. Raises `TypeError` for what is no user, and `ValueError` for one that is not saved.

    """
    user, report = _person(user), Report()
    # The columns of languages first: django-modeltranslation shows one of them in the place of a field that is empty.
    for row, field in sorted(held_by(user), key=lambda held: not hasattr(held[1], "translated_field")):
        _erase(row, field, report, actor)
    for row, column in _lost_of(user):
        _erase_lost(row, column, report)
    gone = {*report.deleted, *report.failed}  # by a later row of the user, which named it too
    report.kept[:] = [name for name in report.kept if name not in gone]
    for known in apart:
        known.erase(user)
    return report


def _erase(row: models.Model, field: AvatarField, report: Report, actor: Any) -> None:
    using, history = str(row._state.db), _history(row)
    with transaction.atomic(using=using, durable=True):
        if not replace.lock(field, row._get_pk_val(field.model._meta), using):
            return  # the row was deleted meanwhile, and its pictures with it
        if history:
            history.mark(row, field, (), using)  # before the history drops the oldest for the one shown now
        pictures = _emptied(row, field, using, actor)
        versions = history.mark(row, field, list(pictures), using) if history else None
        if versions is not None:
            pictures.update(_named(versions))
    failed = _deleted(pictures, versions, report)
    if versions is not None:
        history.forget(versions, failed)
    elif failed:  # the row goes on naming it, or nobody would know what is left to do
        rows = references.rows(field.model, using).filter(pk=row._get_pk_val(field.model._meta))
        rows.filter(**{field.name: ""}).update(**{field.name: failed[0]})


def _erase_lost(row: models.Model, column: Any, report: Report) -> None:
    using, history = str(row._state.db), _history(row)
    with transaction.atomic(using=using, durable=True):
        versions = history.mark(row, column, (), using)
        pictures = _named(versions)
    history.forget(versions, _deleted(pictures, versions, report))


def _named(versions: Any) -> dict[str, Storage]:
    """A dict from the name of each of these earlier pictures to its storage."""
    return {version.picture.name: version.storage for version in versions}


def _emptied(row: models.Model, field: AvatarField, using: str, actor: Any) -> dict[str, Storage]:
    """Take the picture and its description from a row. Returns the storage of that picture by its name, or {}."""
    row = references.rows(row.__class__, using).get(pk=row.pk)
    file = field.descriptor_class(field).__get__(row)  # neither refreshed nor asked by name, see `erase`
    name, storage = file.stored_name, file.storage
    if not field.is_own(name):
        return {}
    columns = services.changing_with(field, row)
    if field.alt_field is not None:
        setattr(row, field.alt_field, "")
        columns.append(field.alt_field)
    setattr(row, field.attname, "")
    with acting(actor), policy.decided():
        row.save(using=using, update_fields=columns)
    return {name: storage}


def _deleted(pictures: dict[str, Storage], versions: Any, report: Report) -> list[str]:
    """
    Delete these pictures, and add them to `report`. Returns the names of those that could not be deleted completely.

    Call this after the commit: a row that takes over a picture meanwhile is then seen, and keeps its files.
    """
    needed = references.referenced(list(pictures), apart_from=versions)
    doomed = {}
    for name, storage in pictures.items():
        parsed = naming.parse(name)
        if parsed is not None and parsed.is_ready:
            continue  # it belongs to the gallery, not to the user
        if parsed is None or name in needed:
            report.kept.append(name)
        else:
            doomed[name] = storage, parsed
    failed = references.erase_pictures(doomed, apart_from=versions, look_for_all=True)
    report.deleted.extend(name for name in doomed if name not in failed)
    report.failed.extend(name for name in doomed if name in failed)
    return [name for name in doomed if name in failed]


def _history(row: models.Model) -> Any:
    """The module `history.rights`; None if the history is not installed, or is not kept for this row."""
    installed = histories if apps.is_installed("django_avatars.history") else []
    return next((history for history in installed if history.knows(row)), None)
