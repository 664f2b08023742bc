"""Who may see a picture: ``AVATARS["VISIBLE"]``, a function of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string

from . import actors
from .conf import get_settings
from .targets import target_of

if TYPE_CHECKING:
    from .targets import AvatarTarget


def is_restricted() -> bool:
    """Whether who looks decides what is shown."""
    return get_settings().visible is not None


def may_see(target: AvatarTarget) -> bool:
    """
    Whether the picture of `target` is shown to the user of the request that is answered, see `actors`.

    People see their own. Of somebody without a row for a picture, whom the function cannot be asked about, others see
    initials: a provider may know a picture of them.
    """
    path = get_settings().visible
    if path is None:
        return True
    if target.holder is None:
        return target.row is None or is_own(target, actors.current_actor())
    row = target.holder if target.field is None else target.field.shown_of(target.holder)
    viewer = actors.current_actor()
    return row is not None and (is_own(target_of(row), viewer) or bool(import_string(path)(viewer, row)))


def is_own(target: AvatarTarget, viewer: Any) -> bool:
    """Whether `target` is the picture of `viewer`, a user or None."""
    person = actors.person(viewer)
    return person is not None and target.identity == (person._meta.concrete_model, person.pk)
