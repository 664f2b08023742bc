"""
Pictures in a Strawberry schema. Needs the extra ``[strawberry]``.

::

    @strawberry.type
    class Person:
        user: strawberry.Private[User]

        @strawberry.field
        def avatar(self, info: strawberry.Info, size: int | None = None) -> Avatar:
            return Avatar.of(self.user, info.context["request"], size=size)

Load people by `django_avatars.querysets.with_avatars`, so that a list costs one query.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from .. import services

try:
    import strawberry
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.contrib.strawberry, but the 'strawberry-graphql' package is not installed. "
        "Install it with `pip install django-avatars[strawberry]`."
    ) from exc


@strawberry.type(name="AvatarRendition")
class Rendition:
    """The address of a picture in one size."""

    size: int
    url: str


@strawberry.type(name="AvatarFormat")
class Format:
    """The addresses of a picture in one format, such as "webp"."""

    format: str
    renditions: list[Rendition]


@strawberry.type
class Avatar:
    """Everything a front end needs to show somebody: see `django_avatars.services.Description`."""

    url: str | None
    sizes: list[Rendition]
    srcset: str
    formats: list[Format]
    animated: str | None
    alt: str
    initials: str
    color: str
    label: str

    @classmethod
    def of(cls, obj: Any, request: HttpRequest, *, size: int | None = None) -> Avatar:
        """What there is to show of a user, a row with a picture, or a file, with whole addresses."""
        described: dict[str, Any] = {**services.describe_to(request, obj, size=size)}
        formats = [Format(format=name, renditions=_renditions(urls)) for name, urls in described["formats"].items()]
        return cls(**described | {"sizes": _renditions(described["sizes"]), "formats": formats})


def _renditions(urls: dict[int, str]) -> list[Rendition]:
    return [Rendition(size=size, url=url) for size, url in urls.items()]
