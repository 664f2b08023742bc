"""What `django_avatars.privacy` needs of the history: reading all that it has of a picture, and deleting it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from django.db import models, router

from .. import naming
from .models import PictureVersion
from .recording import AnyColumn, Lost, place_of, rows_of
from .recording import lost as lost

if TYPE_CHECKING:
    import datetime

    from django.core.files.storage import Storage

    from ..fields import AvatarField

ERASING, REPORTED = PictureVersion.State.ERASING, PictureVersion.State.REPORTED


def knows(row: models.Model) -> bool:
    """Whether the history of `row` is kept, which it is in the database of the row."""
    return router.allow_migrate_model(str(row._state.db), PictureVersion)


def of_shown(row: models.Model, field: AvatarField) -> dict[str, str | None]:
    """When, by whom and through what (admin, page, site or code) the picture that `row` shows was set."""
    shown = (version for version in rows_of(row, field, str(row._state.db)) if version.was_shown)
    last = next(shown, None)
    if last is None:
        return {}
    return {"since": _time(last.until), "set_by": _key(last.until_by_id), "set_through": last.until_door}


def of_past(row: models.Model, field: AnyColumn) -> Iterator[tuple[Storage, dict[str, str | None]]]:
    """Every other picture of `row`, the newest first: its storage, and what is known of it."""
    versions = list(rows_of(row, field, str(row._state.db)).exclude(picture=""))
    shown = "" if isinstance(field, Lost) else getattr(row, field.attname).stored_name
    told = {shown, *(one.picture.name for one in versions if one.state != REPORTED)}
    for version in versions:
        if version.state == REPORTED and version.picture.name in told:
            continue
        yield (
            version.storage,
            {
                "state": version.state,
                "name": version.picture.name,
                "since": _time(version.since),
                "set_by": _key(version.since_by_id),
                "set_through": version.since_door,
                "until": _time(version.until),
                "ended_by": _key(version.until_by_id),
                "ended_through": version.until_door,
                "reason": version.reason,
            },
        )


def mark(row: models.Model, field: AnyColumn, names: Collection[str], using: str) -> models.QuerySet[PictureVersion]:
    """Mark every version of the field, and new versions for `names`, as being erased. Returns them."""
    rows = rows_of(row, field, using)
    rows.filter(picture="")._raw_delete(using)
    known = set(rows.values_list("picture", flat=True))
    for name in names:
        if naming.parse(name) and name not in known:  # the history is turned off, or missed a change
            PictureVersion(**place_of(row, field, using), picture=name).save(using=using)
    rows.update(state=ERASING)
    return rows


def forget(rows: models.QuerySet[PictureVersion], failed: Collection[str]) -> None:
    """Delete the rows of what is gone: all but `failed`."""
    rows.filter(state=ERASING).exclude(picture__in=failed)._raw_delete(rows.db)


def _time(time: datetime.datetime | None) -> str | None:
    return time.isoformat() if time else None


def _key(key: Any) -> str | None:
    return None if key is None else str(key)
