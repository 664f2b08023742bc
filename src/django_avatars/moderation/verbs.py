"""Functions that approve, reject, report and take down pictures. They check no permissions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from .. import audit, policy, services
from ..actors import acting, current_door, person, pk_of
from ..fields import AvatarField
from ..history import recording
from ..history import verbs as history
from ..history.models import PictureVersion
from ..lifecycle import replace
from ..signals import avatar_approved, avatar_rejected
from . import files, reports
from .approval import WAITING, waiting_of
from .blocks import block
from .cases import Cases, in_state
from .locks import lock, unlock
from .reports import report

__all__ = [
    "approve",
    "block",
    "dismiss",
    "lock",
    "reject",
    "report",
    "reported",
    "take_down",
    "unlock",
    "waiting",
    "withdraw",
]

REPORTED = PictureVersion.State.REPORTED


def waiting(holder: Any = None, field: AvatarField | str | None = None) -> Cases:
    """
    The pictures that wait for approval, the oldest first: those of every database, or what is to become `holder`'s.

    Args:
        holder: The row with the picture, or the user whose picture it is. None: everybody.
        field: The AvatarField or its name; None: the first of the row, and for users that of ``AVATARS["FIELD"]``.

    """
    return in_state(WAITING, holder, field)


def reported(holder: Any = None, field: AvatarField | str | None = None) -> Cases:
    """The pictures that somebody has reported and nobody has judged yet, the oldest case first; as `waiting`."""
    return in_state(REPORTED, holder, field)


def approve(version: PictureVersion, actor: Any) -> models.Model:
    """
    Show a picture that waits, and give the row that shows it. Nothing is encoded again.

    Raises `PictureVersion.DoesNotExist` when it does not wait any more: another one took its place, somebody else has
    decided, or its row is gone; and `StorageUnavailable`. ``AVATARS["POLICY"]`` was asked before it waited, and is not
    asked again.
    """
    field, using = recording.known(version).get_field(), recording.database_of(version)
    with files.copied(version, field) as copy, _deciding(version, using) as (holder, again):
        with acting(actor), policy.decided():
            services.assign(holder, field, copy or str(again.picture.name))
        recording.note_size(holder, field, again.size, using)
        recording.forget([again], using)
        _say(avatar_approved, holder, again, actor)
    return holder


def reject(version: PictureVersion, actor: Any, reason: str) -> None:
    """
    Do not show a picture that waits. Its owner reads `reason`, and the row keeps what it shows.

    Raises `PictureVersion.DoesNotExist` as `approve` does.
    """
    using = recording.database_of(recording.known(version))
    by: Any = person(actor)
    with _deciding(version, using) as (holder, again):
        again.state, again.reason, again.until = PictureVersion.State.REJECTED, reason, timezone.now()
        again.until_by_id, again.until_door = pk_of(by), current_door()
        again.save(using=using, update_fields=["state", "reason", "until", "until_by", "until_door"])
        transaction.on_commit(
            lambda: audit.record("rejected", getattr(holder, again.field), by=by), using=using, robust=True
        )
        _say(avatar_rejected, holder, again, actor, reason=reason)


def dismiss(version: PictureVersion, actor: Any) -> None:
    """
    Close the case of a reported picture, which may stay. Those who have reported it cannot do so again for a while.

    Raises `PictureVersion.DoesNotExist` where it was closed already.
    """
    using = recording.database_of(recording.known(version))
    with acting(actor), _deciding(version, using, REPORTED) as (_, again):
        recording.forget([again], using)


def take_down(
    holder: Any, *, actor: Any, reason: str, field: AvatarField | str | None = None, name: str | None = None
) -> PictureVersion | None:
    """
    Remove the picture of a row, or of a user, who reads `reason`; None where there is none.

    Its files go, since everybody who saw it has their address. A copy for moderators and its owner is kept for as long
    as other earlier pictures, and given. Raises `PictureVersion.DoesNotExist` where the picture has changed meanwhile,
    `StorageUnavailable`, and `ImproperlyConfigured` for a model with a composite primary key.
    With the stored `name` of an earlier or reported picture, that one is taken down, and what is shown now stays.
    """
    row, field = history.located(holder, field)
    judged = (history.shown(row, field) if row else "") if name is None else name
    if row is None or not judged:
        return None
    recording.need_text_key(field.model)
    if name is not None:
        judged = reports.current_name(row, field, name) or name
    using = recording.database_of(row)
    by: Any = person(actor)
    with files.put_aside(row, field, judged) as version, transaction.atomic(using=using):
        recording.lock(field, row._get_pk_val(field.model._meta), using)
        row.refresh_from_db(using=using, fields=[field.attname])
        known = recording.rows_of(row, field, using).filter(picture=judged)
        if getattr(row, field.attname).stored_name == judged:
            with acting(actor), policy.decided():
                services.assign(row, field, "")
        elif name is None or not known.exists():
            raise PictureVersion.DoesNotExist("The picture was changed meanwhile.")
        reports.about(row, field, judged)._raw_delete(using)
        _take_over(version, known.exclude(state=REPORTED).first())
        version.state, version.reason = PictureVersion.State.TAKEN_DOWN, reason
        version.until_by_id, version.until_door = pk_of(by), current_door()
        version.save(using=using)
        recording.forget(known, using)
        return version


def _take_over(version: PictureVersion, known: PictureVersion | None) -> None:
    """Copy to `version` when, by whom and through what the picture was set, as the history knows it."""
    if known is not None:
        version.since, version.since_by_id, version.since_door = known.since, known.since_by_id, known.since_door


def withdraw(holder: Any, field: AvatarField | str | None = None) -> bool:
    """Delete what waits to become the picture of a row, or of a user. False where nothing does."""
    row, field = history.located(holder, field)
    if row is None:
        return False
    using = recording.database_of(row)
    with transaction.atomic(using=using):
        replace.lock(field, row._get_pk_val(field.model._meta), using)
        doomed = list(waiting_of(row, field, using))
        recording.forget(doomed, using)
    return bool(doomed)


@contextmanager
def _deciding(
    version: PictureVersion, using: str, state: str = WAITING
) -> Iterator[tuple[models.Model, PictureVersion]]:
    """Lock the row in a transaction, read the version again in this state, and give the row and that version."""
    field = version.get_field()
    with transaction.atomic(using=using):
        recording.lock(field, version.object_id, using)
        again = PictureVersion._default_manager.using(using).get(pk=version.pk, state=state)
        yield field.model._base_manager.using(using).get(pk=version.object_id), again


def _say(signal: Any, holder: models.Model, version: PictureVersion, actor: Any, **more: Any) -> None:
    said = {"instance": holder, "field": version.get_field(), "version": version, "actor": person(actor), **more}
    transaction.on_commit(
        lambda: signal.send_robust(type(holder), **said), using=recording.database_of(version), robust=True
    )
