"""
Files of ``PRIVATE_STORAGE``, for whoever may see them: what asks has asked before, and this sends them.

``AVATARS["PRIVATE_FILES"]`` says how: by this process, by the web server in front of it, which is told where the file
is, or by the storage itself, at an address that soon ends.
"""

from __future__ import annotations

import inspect
import posixpath
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers

from . import naming
from .conf import ACCEL, get_settings
from .storages import reading, sources

if TYPE_CHECKING:
    from django.core.files.storage import Storage

LIFETIME = 60
"""Seconds for which a signed address of a private file can be opened, where the storage can be told."""

REDIRECT_AGE = 30
"""Seconds for which a redirect to such an address may be kept: the rest is for opening it."""


def send(storage: Any, name: str) -> HttpResponse:
    """
    The file with this name, for nobody but who asked. Raises `Http404` where it is gone, and `StorageUnavailable`.

    Where another sends it, it is that one's to say that it is gone.
    """
    way = get_settings().private_files if sources.is_private(storage) else "read"
    response = _redirected(storage, name) if way == "redirect" else HttpResponse(headers=_headers(way, storage, name))
    if way == "read":
        response.content = _read(storage, name)
    patch_vary_headers(response, ["Cookie", "Authorization"])
    return response


def _headers(way: str, storage: Any, name: str) -> dict[str, str]:
    extension = posixpath.splitext(name)[1].removeprefix(".") or get_settings().output_formats[0]  # a single master
    headers = {"Content-Type": naming.CONTENT_TYPES[extension], "X-Content-Type-Options": "nosniff"}
    if way == "X-Sendfile":
        headers["X-Sendfile"] = storage.path(name)
    elif way.startswith(ACCEL):
        headers["X-Accel-Redirect"] = way.removeprefix(ACCEL) + naming.quoted(name)
    return headers


def _redirected(storage: Any, name: str) -> HttpResponse:
    can_tell = "expire" in inspect.signature(storage.url).parameters
    return HttpResponseRedirect(storage.url(name, expire=LIFETIME) if can_tell else storage.url(name))


def _read(storage: Storage, name: str) -> bytes:
    try:
        with reading(), storage.open(name) as file:
            return bytes(file.read())
    except FileNotFoundError as exc:
        raise Http404 from exc
