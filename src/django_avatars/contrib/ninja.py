"""
One's own picture in django-ninja. Needs the extra ``[ninja]``.

::

    api.add_router("/avatar", router, auth=django_auth)

GET shows it, POST sets it (file field ``avatar`` of a form, or a ``data:`` address in JSON), DELETE removes it.
There is no PUT: ninja has no files in one. Who asks is what the project's ``auth`` gave, if that is a user, or
``request.user``; then a change needs the CSRF token, as in any page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from .. import audit, services, targets, throttling
from ..exceptions import UNAVAILABLE, InvalidImage, RateLimited, StorageUnavailable
from ..forms import crop_name
from ..imaging.spec import Crop
from ..uploadhandlers import UNREADABLE, UnreadFile, from_data_url, limit_upload, read_json, status_of

try:
    from ninja import Router, Schema
    from ninja.decorators import decorate_view
    from ninja.errors import AuthenticationError, HttpError
    from ninja.utils import check_csrf
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.contrib.ninja, but the 'django-ninja' package is not installed. "
        "Install it with `pip install django-avatars[ninja]`."
    ) from exc

if TYPE_CHECKING:
    from django.core.files.base import File

    from ..fields import AvatarField

T = TypeVar("T")

FILE = "avatar"
"""Name of the picture in the body."""

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
"""What a form of another site may do, too."""


class AvatarSchema(Schema):
    """Everything a front end needs to show somebody: see `django_avatars.services.Description`."""

    url: str | None
    sizes: dict[int, str]
    srcset: str
    initials: str
    color: str
    label: str

    @classmethod
    def of(cls, obj: Any, request: HttpRequest, *, size: int | None = None) -> AvatarSchema:
        """What there is to show of a user, a row with a picture, or a file, with whole addresses."""
        return cls(**services.describe(obj, size=size, absolute=request.build_absolute_uri))


class Problem(Schema):
    """Why something was not done."""

    detail: str
    """For people."""
    code: str = ""
    """
    For programs: that of `InvalidImage`, "required", "invalid", "bad_request", "rate_limited" or
    "storage_unavailable".
    """


BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE],
                    "properties": {
                        FILE: {"type": "string", "format": "binary"},
                        crop_name(FILE): {
                            "type": "string",
                            "description": "The square to take, such as v1;r=0;x=.25;y=.25;s=.5",
                        },
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": [FILE],
                    "properties": {
                        FILE: {
                            "type": ["string", "null"],
                            "description": "A data: address in base64; null removes the picture.",
                        }
                    },
                }
            },
        },
    }
}
"""What POST takes, for the OpenAPI document: ``openapi_extra``."""

PROBLEMS: dict[Any, Any] = dict.fromkeys((400, 401, 403, 413, 429, 503), Problem)
"""What an operation that takes a picture may answer besides, for its ``response``."""

router = Router(tags=["avatar"])
"""GET, POST and DELETE of one's own picture."""


class NotSent(Exception):
    """The body has no picture where one is wanted. ``code`` is "required", "invalid" or "bad_request"."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def limited(
    run: Callable[..., HttpResponse],
    *,
    field: AvatarField | None = None,
    refuse: Callable[[Exception], HttpResponse] | None = None,
) -> Callable[..., HttpResponse]:
    """
    Decorate an operation, with ninja's `decorate_view`: uploads stop at the limit of `field`.

    Before anything else, since ninja's own check of the CSRF token reads the upload. So read the picture with
    `sent`, not with a parameter of ninja's: what is wrong with a body would be an error of the server there.

    Args:
        run: The operation.
        field: Whose limit holds. None: the picture of a user.
        refuse: What is answered to a body that cannot be read. None: a `Problem`.

    """

    @wraps(run)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limit_upload(request, max_bytes=(field or targets.user_field().field).limits()["max_bytes"])
        try:
            if request.user.is_authenticated:
                request.FILES  # noqa: B018 - here, where it can be said what is wrong with it
        except UNREADABLE as exc:
            return (refuse or unreadable)(exc)
        return run(request, *args, **kwargs)

    return wrapped


@router.get("", response={200: AvatarSchema, 401: Problem}, url_name="avatar", summary="Show your picture")
def show(request: HttpRequest) -> AvatarSchema:
    """Initials and a color are there whether or not there is a picture."""
    return AvatarSchema.of(owner(request), request)


@router.post(
    "",
    response={200: AvatarSchema, **PROBLEMS},
    summary="Set your picture",
    openapi_extra=BODY,
)
@decorate_view(limited)
def replace(request: HttpRequest) -> AvatarSchema | HttpResponse:
    """Takes the place of the one there was. ``null`` in JSON removes it."""
    user = owner(request)
    return answer(request, lambda: _replace(request, user))


@router.delete("", response={204: None, 401: Problem, 403: Problem, 429: Problem}, summary="Remove your picture")
def remove(request: HttpRequest) -> HttpResponse:
    """It is no error if there is none."""
    user = owner(request)
    return answer(request, lambda: _remove(user))


def answer(request: HttpRequest, change: Callable[[], T]) -> T | HttpResponse:
    """
    Do what changes a picture, and answer what went wrong, if it did: 400, 413, 429 or 503.

    For an operation of your own, after `owner` has said whose picture it is. Counts it as a change by
    ``request.user``; see `django_avatars.throttling`.
    """
    try:
        throttling.charge(request)
        return change()
    except RateLimited as exc:
        audit.record("limited", request.user, code=exc.code)
        return problem(429, str(exc), exc.code, retry_after=exc.retry_after)
    except InvalidImage as exc:
        throttling.forgive(request)
        return problem(413 if exc.code == "too_large" else 400, exc.messages[0], exc.code)
    except NotSent as exc:
        throttling.forgive(request)
        return problem(400, exc.detail, exc.code)
    except UNREADABLE as exc:
        throttling.forgive(request)
        return unreadable(exc)
    except StorageUnavailable as exc:
        return problem(503, str(UNAVAILABLE), exc.code, retry_after=services.RETRY_AFTER)


def problem(status: int, detail: str, code: str, *, retry_after: int | None = None) -> HttpResponse:
    """A `Problem` as a response."""
    response = JsonResponse({"detail": detail, "code": code}, status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def unreadable(exc: Exception) -> HttpResponse:
    """A `Problem` for a body that cannot be read: one of `uploadhandlers.UNREADABLE`."""
    return problem(status_of(exc), str(exc), "bad_request")


def sent(request: HttpRequest, *, field: AvatarField | None = None, name: str = FILE) -> File[Any] | None:
    """
    The picture in the body, with its crop: a file of a form, or a ``data:`` address in JSON, None for its ``null``.

    Raises `NotSent` where there is none, and one of `uploadhandlers.UNREADABLE`. `answer` answers both.
    """
    if request.content_type == "application/json":
        limit = (field or targets.user_field().field).limits()["max_bytes"]
        body = _json(read_json(request, max_bytes=limit))  # type: ignore[arg-type]  # it can be read from
        if body is None:
            return UnreadFile(max_bytes=limit)
        if name not in body:
            raise NotSent("required", _("Choose a picture first."))
        if body[name] is None:
            return None
        file, crop = from_data_url(str(body[name]), max_bytes=limit), body.get(crop_name(name))
        if file is None:
            raise NotSent("invalid", _("Send a file, or a data: address in base64."))
    else:
        file, crop = request.FILES.get(name), request.POST.get(crop_name(name))
        if file is None:
            raise NotSent("required", _("Choose a picture first."))
    file.avatar_crop = Crop.parse(str(crop or ""))  # type: ignore[attr-defined]
    return file


def _json(body: bytes | None) -> dict[str, Any] | None:
    if body is None:
        return None
    try:
        data = json.loads(body)
    except ValueError as exc:
        raise NotSent("bad_request", "This is no JSON.") from exc
    if not isinstance(data, dict):
        raise NotSent("bad_request", "This is no JSON object.")
    return data


def _replace(request: HttpRequest, user: Any) -> AvatarSchema:
    file = sent(request)
    if file is None:
        services.remove_own(user)
    else:
        services.set_own(user, file)
    return AvatarSchema.of(user, request)


def _remove(user: Any) -> HttpResponse:
    services.remove_own(user)
    return HttpResponse(status=204)


def owner(request: HttpRequest) -> Any:
    """
    Who asks: the user that ``auth`` of the project gave, or else the one of the session.

    Raises ninja's `AuthenticationError` (401) where there is none. What a session changes needs the CSRF
    token (403), which ninja asks for only where its own ``auth`` reads a cookie. Call it once `limited` is in
    place: the check reads the upload.
    """
    given = getattr(request, "auth", None)
    if isinstance(given, get_user_model()):
        request.user = given
        return given
    if not request.user.is_authenticated:
        raise AuthenticationError
    if request.method not in SAFE_METHODS and check_csrf(request):
        raise HttpError(403, "CSRF check Failed")
    return request.user
