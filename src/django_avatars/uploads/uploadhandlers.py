"""
Reading an upload no further than it can be used.

Django reads a body of any size to its end before a form sees it. `limit_upload` puts a handler
before Django's own, which stops at the field's limit and at a second file.

A file that was too large arrives as an `UnreadFile`: an AvatarField and its form field refuse it like
any other file they cannot use, with the code ``too_large``, and everything else goes its usual way.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import IO, TYPE_CHECKING, Any, NoReturn, Protocol

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.base import ContentFile, File
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.http import HttpRequest, HttpResponseBase, QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.datastructures import ImmutableList, MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from ..exceptions import StorageUnavailable
from ..imaging.rejected import Rejected, readable_bytes

if TYPE_CHECKING:
    from ..conf import Limits

UNREADABLE = (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, StorageUnavailable)
"""What reading POST or FILES raises: for a body that no browser sends, and where no temporary file can be written."""

DATA_HEAD = 100
"""Characters that may stand before the comma of a ``data:`` address."""

BESIDE = 64 * 1024
"""Bytes of a JSON body that may stand beside a picture."""


MAX_NESTED = 500
"""Lists and objects of a JSON body, and so how deep it is at most; Python's parser goes a thousand deep."""

MAX_VALUES = 10_000
"""Values of a JSON body, counted by what separates them."""


class Limited(Protocol):
    """What tells a limit: an AvatarField."""

    def limits(self) -> Limits:
        """What may be uploaded."""


def limited_upload(
    field: Limited,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """
    Decorate a view that takes an upload for `field`: at its limit, reading stops.

    The view is protected from forgeries as any other. It is the innermost decorator but for those
    that read ``request.POST``: the limit has to be there first, and the check of the token reads it.
    """

    def decorator(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        protected = csrf_protect(view)

        @csrf_exempt
        @wraps(view)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            limit_upload(request, max_bytes=field.limits()["max_bytes"])
            return protected(request, *args, **kwargs)

        return limited

    return decorator


def limit_upload(request: HttpRequest, *, max_bytes: int) -> None:
    """
    Let `request` upload one file of at most `max_bytes` bytes, counted as they arrive.

    For the start of a view, before anything reads ``request.POST``: so the view must be
    `csrf_exempt` and call another one that is `csrf_protect`, as `limited_upload` does. What is larger is an
    `UnreadFile` in ``request.FILES``, and what stands behind it in the body is not read either.
    Reading POST or FILES raises one of `UNREADABLE` for a second file, or too many or too large fields, to which
    Django answers 400; and `StorageUnavailable` where a temporary file cannot be written, as on a full disk.
    """
    if not isinstance(request.upload_handlers, ImmutableList):  # a middleware was faster: the field's limit still holds
        request.upload_handlers.insert(0, OnePicture(request, max_bytes=max_bytes))


def read_json(stream: IO[bytes], *, max_bytes: int) -> bytes | None:
    """
    A JSON body that may hold one file of `max_bytes` bytes in base64; None where it is larger, and then unread.

    Raises `TooManyFieldsSent`, one of `UNREADABLE`, for more values or deeper ones than beside a picture: nested
    lists end the parser's stack, and ten megabytes of them become three hundred.
    """
    most = (max_bytes + 2) // 3 * 4 + BESIDE
    body = stream.read(most)
    if len(body) == most:
        return None
    nested = body.count(b"[") + body.count(b"{")
    if nested > MAX_NESTED or nested + body.count(b",") > MAX_VALUES:
        raise TooManyFieldsSent("The JSON has too many values.")
    return body


DATA_URL: str = "^data:[^,]*;base64,[A-Za-z0-9+/]+={0,2}$"
"""The ``data:`` addresses that are taken, as a pattern for the documents of the APIs."""


def from_data_url(address: str, *, max_bytes: int) -> File[Any] | None:
    """
    The file in a ``data:`` address in base64, None if it is none. What it calls itself is not looked at.

    One of more than `max_bytes` bytes is an `UnreadFile`: it is not decoded.
    """
    head = address[:DATA_HEAD].partition(",")[0]
    if not (head.startswith("data:") and head.endswith(";base64")):
        return None
    encoded = address[len(head) + 1 :]
    if len(encoded) // 4 * 3 - encoded[-2:].count("=") > max_bytes:
        return UnreadFile(max_bytes=max_bytes)
    try:
        return ContentFile(base64.b64decode(encoded, validate=True), "picture")
    except ValueError:  # no base64, or no ASCII
        return None


class UnreadFile(UploadedFile):  # type: ignore[type-arg]  # not a generic at run time
    """
    A file that is larger than allowed. Its bytes are not here: nobody has read them.

    Whoever wants to gets a `Rejected`, which an AvatarField turns into `InvalidImage`.
    """

    def __init__(self, *, max_bytes: int) -> None:
        super().__init__(name="picture", size=max_bytes + 1)
        self.max_bytes = max_bytes

    closed = False

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Going to the start is what everybody does first; the end is not known."""
        if whence != os.SEEK_SET:
            self._refuse()
        return 0

    def read(self, size: int = -1) -> bytes:
        """Nothing to read. Raises `Rejected`."""
        self._refuse()

    def chunks(self, chunk_size: int | None = None) -> Any:
        """Nothing to read. Raises `Rejected`."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        most = readable_bytes(self.max_bytes)
        raise Rejected("too_large", size=_("more than %(max)s") % {"max": most}, max=most)


class OnePicture(FileUploadHandler):
    """The upload handler behind `limit_upload`; it keeps nothing and passes everything on."""

    def __init__(self, request: HttpRequest, *, max_bytes: int) -> None:
        super().__init__(request)
        self.max_bytes = max_bytes
        self.files: int = 0
        self.is_parsing: bool = False
        self.is_too_large: bool = False

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: Mapping[str, Any],
        content_length: int,
        boundary: bytes,  # type: ignore[override]  # Django passes bytes
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]] | None:
        """Parse the body as Django does, which asks this again, and add the file that was too large."""
        if self.is_parsing:
            return None
        self.is_parsing = True
        handlers = self.request.upload_handlers  # type: ignore[union-attr]
        try:
            post, files = MultiPartParser(META, input_data, handlers, encoding).parse()  # type: ignore[arg-type]
        except Exception as exc:
            _interrupt(handlers)
            if type(exc) is LookupError or isinstance(exc, UnicodeError):  # Django takes every codec for a charset
                raise MultiPartParserError(f"The charset {encoding!r} is none of a text.") from exc
            if isinstance(exc, OSError) and not isinstance(exc, UnreadablePostError):  # not of the visitor's connection
                raise StorageUnavailable("The temporary file of an upload could not be written.") from exc
            raise
        if self.is_too_large:
            _interrupt(handlers)
            files.appendlist(self.field_name, UnreadFile(max_bytes=self.max_bytes))
        return post, files

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Refuse the second file."""
        super().new_file(*args, **kwargs)
        self.files += 1
        if self.files > 1:
            raise TooManyFilesSent("One picture at a time.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count what has really arrived; a declared length is not believed."""
        if start + len(raw_data) > self.max_bytes:
            self.is_too_large = True
            raise StopUpload(connection_reset=True)  # "reset": the rest is not read
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """The next handler has the file."""


def _interrupt(handlers: Iterable[FileUploadHandler]) -> None:
    """Or a half-read temporary file stays until the garbage is collected."""
    for handler in handlers:
        handler.upload_interrupted()
