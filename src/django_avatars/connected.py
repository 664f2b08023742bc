"""
Pictures that people have at other services, to choose on the edit page: ``AVATARS["CONNECTED"]``.

The page names the services and says what happens. Only whoever then chooses one has the picture fetched, once, through
the guarded door of `django_avatars.fetch`; the browser never asks another service.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from . import naming
from .conf import get_settings
from .exceptions import FetchRefused
from .fetch import INTERNET, Network, fetch
from .providers.gravatar import gravatar_url
from .targets import target_of

NETWORK: Network = dataclasses.replace(INTERNET, seconds=5)
"""Whoever chose a picture waits for it at most 5 seconds, after the name of the service is resolved."""

SIZE = 512
"""Side in pixels of the picture that a service is asked for, if it has several sizes."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ConnectedPicture:
    """A picture that a user may have at another service. To make one asks nobody."""

    key: str
    """What tells it apart from the others of this user, in an address: letters, digits, "-" and "_"."""
    name: str
    """What people call the service."""
    url: str
    """The https address that the picture is fetched from, once the user has chosen it."""
    source: str
    """The account at the service, as in `services.sync_picture`, such as "github:17"."""
    told: Any = ""
    """What the service learns from the request, in the language of the user; "" if that is nothing new."""


def pictures(user: Any) -> list[ConnectedPicture]:
    """The pictures that `user` may choose, as the functions of ``AVATARS["CONNECTED"]`` give them."""
    return [picture for path in get_settings().connected for picture in import_string(path)(user)]


def find(user: Any, key: str) -> ConnectedPicture | None:
    """The picture of `user` with this key, None if there is none."""
    return next((picture for picture in pictures(user) if picture.key == key), None)


def read(picture: ConnectedPicture) -> ContentFile[bytes]:
    """
    Fetch the file of `picture`; what is in it has not been checked.

    Raises `FetchRefused`, or a `ValidationError` with the code "fetch_failed" that names the service.
    """
    try:
        file = fetch(picture.url, _network=NETWORK)
    except FetchRefused as exc:
        if exc.code != "fetch_failed":
            raise
        text = _("%(service)s gave no picture. Try again in a moment, or choose another picture.")
        raise ValidationError(text, code=exc.code, params={"service": picture.name}) from exc
    file.avatar_origin = naming.origins_of(picture.source, file.read())[0]  # type: ignore[attr-defined]
    file.seek(0)
    return file


def gravatar(user: Any) -> list[ConnectedPicture]:
    """The picture that Gravatar may have for the e-mail address of `user`; nothing without an address."""
    url = gravatar_url(target_of(user).email, SIZE, {**get_settings().gravatar, "d": "404"})
    if url is None:
        return []
    told = _("Gravatar is told a hash of your e-mail address.")
    return [ConnectedPicture(key="gravatar", name="Gravatar", url=url, source=f"gravatar:{user.pk}", told=told)]
