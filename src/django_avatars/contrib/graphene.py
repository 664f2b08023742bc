"""
Pictures in a Graphene schema. Needs the extra ``[graphene]``.

::

    class Person(graphene.ObjectType):
        avatar = graphene.Field(Avatar, size=graphene.Int())

        def resolve_avatar(user, info, size=None):
            return Avatar.of(user, info.context, size=size)

Load people by `django_avatars.querysets.with_avatars`, so that a list costs one query.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from .. import services

try:
    from graphene import Int, List, NonNull, ObjectType, String
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.contrib.graphene, but the 'graphene' package is not installed. "
        "Install it with `pip install django-avatars[graphene]`."
    ) from exc


class AvatarRendition(ObjectType):  # type: ignore[misc]  # it comes without types
    """The address of a picture in one size."""

    size: Any = Int(required=True)
    url: Any = String(required=True)


class AvatarFormat(ObjectType):  # type: ignore[misc]  # see above
    """The addresses of a picture in one format, such as "webp"."""

    format: Any = String(required=True)
    renditions: Any = List(NonNull(AvatarRendition), required=True)


class Avatar(ObjectType):  # type: ignore[misc]  # see above
    """Everything a front end needs to show somebody: see `django_avatars.services.Description`."""

    url: Any = String()
    sizes: Any = List(NonNull(AvatarRendition), required=True)
    srcset: Any = String(required=True)
    formats: Any = List(NonNull(AvatarFormat), required=True)
    animated: Any = String()
    alt: Any = String(required=True)
    initials: Any = String(required=True)
    color: Any = String(required=True)
    label: Any = String(required=True)

    @classmethod
    def of(cls, obj: Any, request: HttpRequest, *, size: int | None = None) -> dict[str, Any]:
        """What there is to show of a user, a row with a picture, or a file, with whole addresses."""
        described: dict[str, Any] = {**services.describe_to(request, obj, size=size)}
        formats = [{"format": name, "renditions": _renditions(urls)} for name, urls in described["formats"].items()]
        return described | {"sizes": _renditions(described["sizes"]), "formats": formats}


def _renditions(urls: dict[int, str]) -> list[dict[str, Any]]:
    return [{"size": size, "url": url} for size, url in urls.items()]
