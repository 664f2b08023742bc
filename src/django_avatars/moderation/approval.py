"""Pictures that wait for approval: stored like any other, named by a `PictureVersion`, and not shown to the public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_noop

from .. import audit, policy
from ..actors import current_actor, current_door, person, pk_of
from ..conf import get_settings
from ..history import recording
from ..history.models import PictureVersion
from ..lifecycle import staging
from ..signals import avatar_waiting
from . import blocks, files
from .places import private_alias, private_place

if TYPE_CHECKING:
    from django.db import models

    from ..fields import AvatarField
    from ..imaging.spec import Picture
    from ..lifecycle.staging import StagedFiles

LOOKS_BLOCKED = gettext_noop("It looks like a blocked picture.")
"""The reason that moderators read where a picture waits because it looks like a blocked one."""

WAITING = PictureVersion.State.WAITING


def ask(file: Any) -> Waiting | None:
    """What keeps a pending file until it is approved; None if it need not wait, as where no actor is known."""
    actor = current_actor()
    if actor is None:
        return None
    is_blocked = blocks.is_among(blocks.known(), file.process())
    if not is_blocked and not _must_wait(actor, file):
        return None
    if not recording.is_kept(file.field):
        raise ImproperlyConfigured(
            f"{file.field} was given a picture that has to be approved, and cannot let it wait: its model has a "
            "composite primary key or one of bytes. Let APPROVAL answer False for this model, or give it another key."
        )
    return Waiting(actor, LOOKS_BLOCKED if is_blocked else "")


def _must_wait(actor: Any, file: Any) -> bool:
    approval = get_settings().approval
    if approval is None or approval == "all":
        return approval is not None
    return bool(import_string(approval)(actor, file.instance, file.field, file.upload))


def ask_again(row: models.Model, field: AvatarField, version: PictureVersion, using: str) -> bool:
    """
    Let an earlier picture wait before it is shown again, if it looks like a blocked one. False for any other.

    The copy that waits has an address that nobody knows. Raises what the policy and the storage raise, and
    `PictureVersion.DoesNotExist` where files of the picture are gone.
    """
    actor = current_actor()
    blocked = blocks.known() if actor is not None else []
    if not blocked:
        return False
    try:
        picture = files.read(version.storage, str(version.picture.name), field)
    except FileNotFoundError as exc:
        raise PictureVersion.DoesNotExist("A file of this picture is gone.") from exc
    if not blocks.is_among(blocked, picture):
        return False
    policy.ask(row, field, "set")
    waiting, file = Waiting(actor, LOOKS_BLOCKED), getattr(row, field.attname)
    staged = waiting.write(file, picture)
    with files.discarded_on_error(staged):
        waiting.keep(file, staged, using)
    return True


class Waiting:
    """Keeps a picture until it is approved: one for each row and field, so that a new one replaces it."""

    def __init__(self, actor: Any, reason: str) -> None:
        self.actor: models.Model | None = person(actor)
        self.reason = reason

    def write(self, file: Any, picture: Picture) -> StagedFiles:
        """Write the files to ``PRIVATE_STORAGE``, or without one to the storage of the field."""
        alias = private_alias()
        storage, folder = (file.storage, file.field.folder(file.instance)) if not alias else private_place(alias)
        self.size: int = recording.size_of(picture)
        return staging.write(file.field, folder, picture, storage=storage)

    def keep(self, file: Any, staged: StagedFiles, using: str) -> None:
        """Record the files as a version that waits, and delete the one that has waited before."""
        instance, field = file.instance, file.field
        recording.forget(waiting_of(instance, field, using), using)
        version = PictureVersion(
            **recording.place_of(instance, field, using),
            picture=str(staged.name),
            alias=private_alias(),
            state=WAITING,
            size=self.size,
            reason=self.reason,
            since_by_id=pk_of(self.actor),
            since_door=current_door(),
        )
        version.save(using=using)
        said = {"instance": instance, "field": field, "version": version, "actor": self.actor}

        def say() -> None:
            audit.record("waiting", getattr(instance, field.attname), by=self.actor)
            avatar_waiting.send_robust(type(instance), **said)

        transaction.on_commit(say, using=using, robust=True)


def waiting_of(instance: models.Model, field: AvatarField, using: str) -> models.QuerySet[PictureVersion]:
    """What waits to become this picture of this row."""
    return recording.rows_of(instance, field, using).filter(state=WAITING)
