"""Profile pictures for Django: a field for any model and any storage, and a tag that always shows something good."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from typing import Any

    from .conf import Limits
    from .fields import AvatarField
    from .files import AvatarDescriptor, AvatarFieldFile

__version__ = "0.1.0"


def limits(field: AvatarField | AvatarDescriptor | AvatarFieldFile) -> Limits:
    """
    What `field` accepts, for a front end to tell its people: byte limit, formats, extensions, content types.

    Takes the field itself, and what a model class or an instance has in its place.
    """
    found: Any = getattr(field, "field", field)
    limits: Limits = found.limits()
    return limits


def acting(user: Any) -> AbstractContextManager[None]:
    """
    Within this block, `user` changes pictures: for commands and tasks, where no request says who it is.

    ::

        with django_avatars.acting(user):
            profile.save()
    """
    from .actors import acting  # importing the package alone loads nothing else, not even Django

    return acting(user)
