"""Whom an old template, address or receiver means, and the picture of that person."""

from __future__ import annotations

import dataclasses
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DataError

from ... import targets
from ...lifecycle import references
from ...lifecycle.files import AvatarFieldFile
from ...providers.names import display_name
from . import conf


@dataclasses.dataclass(frozen=True)
class Avatar:
    """What receivers and templates get where django-avatar gave them a row."""

    user: Any
    """Who is on the picture."""
    avatar: AvatarFieldFile
    """The file."""
    primary: bool = True
    """There is one picture a user, so it is this one."""

    def __str__(self) -> str:
        return display_name(self.user)

    def avatar_url(self, width: int, height: int | None = None) -> str:
        """The address of the smallest rendition that covers `width` and `height`, else of the largest."""
        return self.avatar.url_for(max(width, height or width))

    def get_absolute_url(self) -> str:
        """The address in the size of ``AVATAR_DEFAULT_SIZE``."""
        return self.avatar_url(conf.default_size())


def avatar_of(user: Any) -> Avatar | None:
    """The picture that `user` has uploaded; None without one, and for whoever is no user."""
    if not isinstance(user, targets.user_model()):
        return None
    picture = targets.picture_of(user)
    return Avatar(user, picture) if picture is not None and picture.field.is_own(picture.stored_name) else None


def find(given: Any) -> Any:
    """The user with this key or username, None where there is none; whatever is neither text nor number comes back."""
    if not isinstance(given, (int, str)):
        return given
    return _by_key(given) or _by_name(str(given))


def _by_key(given: Any) -> Any:
    try:
        key = references.key_from(targets.user_model(), given) if isinstance(given, str) else given
        return _users().filter(pk=key).first()
    except (ValueError, ValidationError, DataError):  # no key of this kind
        return None


def _by_name(name: str) -> Any:
    try:
        return _users().get_by_natural_key(name)
    except (ObjectDoesNotExist, ValueError, DataError):  # PostgreSQL takes no NUL
        return None


def _users() -> Any:
    """The manager that django-avatar asks, which need not be the default one."""
    model = targets.user_model()
    return getattr(model, "objects", model._default_manager)
