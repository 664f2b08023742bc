"""
What `avatars:image` answers: a redirect to a stored picture, or a picture that is made here once and then kept.

What is made is kept in the default cache, by what it shows: a stranger who asks again makes nothing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from . import naming, providers
from .conf import get_settings
from .providers.drawing import STYLE_HASH
from .storages import urls
from .targets import AvatarTarget

logger: logging.Logger = logging.getLogger("django_avatars")

CONTENT_TYPES = {"svg": "image/svg+xml", "png": "image/png", "webp": "image/webp"}
"""What ``?format=`` may be."""

SHAPES = ("square", "round")
"""What ``?shape=`` may be."""

STORED: dict[str, tuple[str, ...]] = {"png": ("png", "jpg"), "webp": ("webp",)}
"""Stored formats that serve who asks for one of these."""

KEPT = 7 * 86_400
"""Seconds for which a picture that was made is kept."""


def answer(
    request: HttpRequest, target: AvatarTarget, size: int, *, format: str, shape: str, version: int | None
) -> HttpResponse:
    """The picture of `target`; initials by the algorithm `version`, where the address names one."""
    found = providers.answer(target, size)
    if shape == "round" and format == "svg":
        format = "png"
    if isinstance(found, providers.Photo):
        return _photo(request, target, found, size, format, shape)
    if isinstance(found, providers.Initials) and version is not None:
        found = providers.initials_by(target, version)
    return _drawing(request, found, size, format, shape)


def _photo(
    request: HttpRequest, target: AvatarTarget, photo: providers.Photo, size: int, format: str, shape: str
) -> HttpResponse:
    name = target.stored_name
    formats = naming.formats(name) if providers.is_upload(photo, target, size) else ()
    if not formats or format == "svg":  # elsewhere, of another making, or whatever there is
        return HttpResponseRedirect(photo.url)
    serves = next((one for one in STORED[format] if one in formats), None)
    if serves and shape == "square":
        return HttpResponseRedirect(urls.url_for(target.storage, name, size, serves))

    def converted() -> bytes:
        with target.storage.open(naming.rendition(name, size)) as file:
            return _converted(file, size, format, shape)

    try:
        return _made(request, converted, format, name, size, shape)
    except Exception as exc:  # whatever a storage raises; the browser may fare better
        logger.warning("A stored picture could not be converted (%s)", type(exc).__name__)
        return HttpResponseRedirect(photo.url)


def _drawing(request: HttpRequest, drawing: providers.Drawing, size: int, format: str, shape: str) -> HttpResponse:
    document = drawing.document(size)

    def drawn() -> bytes:
        return document.encode() if format == "svg" else drawing.raster(size, format)

    def rounded() -> bytes:
        return _converted(BytesIO(drawn()), size, format, shape)

    make = rounded if shape == "round" else drawn
    return _made(request, make, format, document, size, shape, get_settings().fonts)


def _converted(file: IO[bytes], size: int, format: str, shape: str) -> bytes:
    from .providers import raster  # Pillow is loaded when a picture is made: most are kept, or are elsewhere

    return raster.converted(file, size, format=format, is_round=shape == "round")


def _made(request: HttpRequest, make: Callable[[], bytes], format: str, *facts: Any) -> HttpResponse:
    """What `make` makes, once for equal `facts`, with headers under which it can do nothing."""
    digest = hashlib.blake2s(repr((format, facts)).encode(), digest_size=10).hexdigest()
    etag = quote_etag(digest)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        content = make() if format == "svg" else _kept(f"django_avatars.image.{digest}", make)
        response = HttpResponse(content, content_type=CONTENT_TYPES[format])
    response.headers["ETag"] = etag
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src '{STYLE_HASH}'; sandbox"
    return response


def _kept(key: str, make: Callable[[], bytes]) -> bytes:
    found: bytes | None = _cached(lambda: cache.get(key))
    if found is None:
        made = found = make()
        _cached(lambda: cache.set(key, made, KEPT))
    return found


def _cached(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as exc:  # whatever a cache raises
        logger.warning("The cache failed (%s), so a picture is made anew", type(exc).__name__)
        return None
