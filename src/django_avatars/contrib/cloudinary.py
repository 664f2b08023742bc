"""
Pictures on Cloudinary: one object each, every size of it by URL. Needs the extra ``[cloudinary]``.

::

    STORAGES = {
        "default": {"BACKEND": "django_avatars.contrib.cloudinary.CloudinaryAvatarStorage"},
        ...
    }

Credentials come from ``CLOUDINARY_URL`` or from ``CLOUDINARY`` in the settings, as the SDK reads them,
or from ``OPTIONS``. What is uploaded is our re-encoded master, signed; the column holds its public id.
"""

from __future__ import annotations

import functools
import posixpath
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.utils.deconstruct import deconstructible

from .. import naming

try:
    import urllib3
    from cloudinary import api, uploader
    from cloudinary.exceptions import Error, NotFound
    from cloudinary.utils import cloudinary_url
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using CloudinaryAvatarStorage, but the 'cloudinary' package is not installed. "
        "Install it with `pip install django-avatars[cloudinary]`."
    ) from exc

if TYPE_CHECKING:
    from ..storages import Listed, Measured

TIMEOUT = 20
"""Seconds to wait for an answer of Cloudinary; the SDK by itself waits for ever."""

CONNECT_TIMEOUT = 3
"""Seconds to wait for a connection at most: the SDK tries four times, and a service that is up answers at once."""

PIECE = 100
"""The most public ids that one request of the Admin API deletes."""

PAGE = 500
"""The most objects that one request of the Admin API lists."""

_EXTENSIONS = ("webp", "avif", "jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "ico", "svg", "heic", "jp2", "auto")

_STORED = re.compile(
    r"(?:(?P<resource_type>image|raw|video)/(?P<type>upload|private|authenticated)/)?"
    rf"(?:v(?P<version>\d+)/)?(?P<public_id>.*?)(?:\.(?P<format>{'|'.join(_EXTENSIONS)}))?"
)
"""What `CloudinaryField` stores: a public id, with more or less around it."""


class Asset(NamedTuple):
    """What a stored name means to Cloudinary."""

    public_id: str
    format: str | None = None
    version: str | None = None
    resource_type: str = "image"
    type: str = "upload"


@deconstructible(path="django_avatars.contrib.cloudinary.CloudinaryAvatarStorage")
class CloudinaryAvatarStorage(Storage):
    """
    Stores one master per picture and delivers every size of it by URL. Making addresses asks for nothing.

    Args:
        gravity: Where to cut, as Cloudinary names it: "face" finds faces. Default: the middle.
        timeout: Seconds to wait for each answer; for a connection a quarter of it, and at most `CONNECT_TIMEOUT`.
        config: What the SDK's own configuration has, for this storage alone: ``cloud_name``, ``api_key``,
            ``api_secret``, ``secure``, ``cname``, ``private_cdn``, ``upload_prefix``, ``sign_url`` and so on.

    """

    resizes_by_url = True

    def __init__(self, *, gravity: str | None = None, timeout: float = TIMEOUT, **config: Any) -> None:
        self.gravity = gravity
        self.timeout = timeout
        # urllib3 tries to connect four times, which together may take as long as one answer.
        self._connecting = min(timeout / 4, CONNECT_TIMEOUT)
        self._timeout = urllib3.Timeout(connect=self._connecting, read=timeout)
        self.config: dict[str, Any] = {"secure": True, **config}
        # Composing an address takes the SDK some 50 µs, of which a page has hundreds. The key has all it depends on.
        self._address = functools.lru_cache(maxsize=8192)(self._composed)

    @property
    def longest_wait(self) -> float:
        """Seconds that an upload takes at most when nobody answers: it is sent once, but connected four times."""
        return max(4 * self._connecting, self._connecting + self.timeout)

    def url(self, name: str | None) -> str:
        """Address of the whole picture; a foreign name gets the address that `CloudinaryField` gave it."""
        return self._address(name or "", None)

    def url_for(self, name: str, size: int) -> str:
        """Address of the picture as a square of `size` pixels, in the format and quality that suit the browser."""
        return self._address(name, size)

    def exists(self, name: str) -> bool:
        """Whether Cloudinary has this picture. One request of the Admin API, of which there are few an hour."""
        try:
            self._details(name)
        except NotFound:
            return False
        return True

    def size(self, name: str) -> int:
        """Bytes of the master."""
        return int(self._details(name)["bytes"])

    def get_modified_time(self, name: str) -> datetime:
        """When the master was uploaded: it is never overwritten."""
        return _moment(self._details(name)["created_at"])

    def delete(self, name: str) -> None:
        """Delete the master and everything derived from it, also on the CDN."""
        asset = asset_of(name)
        uploader.destroy(asset.public_id, invalidate=True, **self._options(asset))

    def delete_many(self, names: Sequence[str]) -> int:
        """As `delete`, a hundred in a request. Returns how many could not be deleted."""
        ids = [asset_of(name).public_id for name in names]
        answers = {}
        for start in range(0, len(ids), PIECE):
            answer = api.delete_resources(ids[start : start + PIECE], invalidate=True, **self._options(Asset("")))
            answers.update(answer["deleted"])
        return sum(answers.get(public_id) not in ("deleted", "not_found") for public_id in ids)

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        """Folders and files directly in `path`. Lists everything below it: prefer `walk`."""
        folders: dict[str, None] = {}
        files = []
        for name, _ in self.walk(path):
            first, inner, _ = posixpath.relpath(name, path or ".").partition("/")
            if inner:
                folders[first] = None
            else:
                files.append(first)
        return list(folders), files

    def walk(self, folder: str) -> Iterator[Listed]:
        """Every picture below `folder` and when it was uploaded, five hundred in a request."""
        return ((_name_of(found), _moment(found["created_at"]).timestamp()) for found in self._resources(folder))

    def sizes(self, folder: str) -> Iterator[Measured]:
        """As `walk`, with the bytes of each master."""
        return ((_name_of(found), int(found["bytes"])) for found in self._resources(folder))

    def _resources(self, folder: str) -> Iterator[dict[str, Any]]:
        options = self._options(Asset("")) | {"prefix": f"{folder}/" if folder else "", "max_results": PAGE}
        cursor = None
        while True:
            page = api.resources(next_cursor=cursor, **options)
            yield from page["resources"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: ours are used once, and asking would be a request."""
        return name

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        address = self._composed(name, None, transformed=False)
        answer = urllib3.request("GET", address, timeout=self._timeout, retries=1)
        if answer.status == 404:
            raise FileNotFoundError(f"Cloudinary has no picture {name!r}.")
        if answer.status != 200:
            raise Error(f"Cloudinary answered {answer.status} when {name!r} was read.")
        return ContentFile(answer.data, name)

    def _save(self, name: str, content: File[Any]) -> str:
        asset = asset_of(name)
        content.seek(0)
        answer = uploader.upload(
            content.read(),
            public_id=asset.public_id,
            overwrite=False,
            filename=posixpath.basename(asset.public_id),
            **self._options(asset),
        )
        return name if answer["public_id"] == asset.public_id else str(answer["public_id"])

    def _details(self, name: str) -> dict[str, Any]:
        asset = asset_of(name)
        return dict(api.resource(asset.public_id, **self._options(asset)))

    def _options(self, asset: Asset) -> dict[str, Any]:
        return {**self.config, "timeout": self._timeout, "resource_type": asset.resource_type, "type": asset.type}

    def _composed(self, name: str, size: int | None, *, transformed: bool = True) -> str:
        asset = asset_of(name)
        options = {**self.config, "resource_type": asset.resource_type, "type": asset.type, "version": asset.version}
        if naming.parse(name) is None:
            options["format"] = asset.format
        elif transformed:
            options |= {"fetch_format": "auto", "quality": "auto"}
        if size is not None:
            options |= {"crop": "fill", "width": size, "height": size, "gravity": self.gravity}
        if asset.type != "upload":
            options["sign_url"] = True
        return str(cloudinary_url(asset.public_id, **options)[0])


def asset_of(name: str) -> Asset:
    """
    What a stored name means: a name of ours is a public id, without the extension of one that came from elsewhere.

    Everything else is what `CloudinaryField` stores: "profile_pics/abc" or "image/upload/v123/profile_pics/abc.jpg".
    """
    match = _STORED.fullmatch(name)
    assert match is not None  # its parts may all be empty
    return Asset(**{part: text for part, text in match.groupdict().items() if text is not None})


def _name_of(found: dict[str, Any]) -> str:
    """A picture that came from elsewhere has an extension in its name, which its public id leaves out."""
    public_id = str(found["public_id"])
    whole = f"{public_id}.{found['format']}"
    return whole if naming.parse(whole) else public_id


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
