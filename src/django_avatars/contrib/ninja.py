"""
One's own picture in django-ninja. Needs the extra ``[ninja]``.

::

    api.add_router("/avatar", router, auth=django_auth)

GET shows it, POST sets it (file field ``avatar``), DELETE removes it. There is no PUT: ninja has no files in one.
Who asks is what the project's ``auth`` gave, if that is a user, or ``request.user``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _

from .. import events, owners, rates, services
from ..exceptions import UNAVAILABLE, InvalidImage, RateLimited, StorageUnavailable
from ..forms import crop_name
from ..imaging.recipe import Crop
from ..uploads import limit_upload

try:
    from ninja import Router, Schema
    from ninja.decorators import decorate_view
    from ninja.errors import AuthenticationError
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.contrib.ninja, but the 'django-ninja' package is not installed. "
        "Install it with `pip install django-avatars[ninja]`."
    ) from exc

T = TypeVar("T")

FILE = "avatar"
"""Name of the file in the form."""


class AvatarSchema(Schema):
    """Everything a front end needs to show somebody: see `django_avatars.services.Description`."""

    url: str | None
    sizes: dict[int, str]
    srcset: str
    initials: str
    colour: str
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
    """For programs: that of `InvalidImage`, "required", "bad_request", "rate_limited" or "storage_unavailable"."""


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
            }
        },
    }
}
"""What POST takes, for the OpenAPI document."""

router = Router(tags=["avatar"])
"""GET, POST and DELETE of one's own picture."""


def limited(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """
    Decorate an operation, with ninja's `decorate_view`: uploads stop at the limit of the picture of a user.

    Before anything else, since ninja's own check of the CSRF token reads the upload.
    """

    @wraps(run)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        limit_upload(request, max_bytes=owners.user_field().field.limits()["max_bytes"])
        try:
            if request.user.is_authenticated:
                request.FILES  # noqa: B018 - here, where it can be said what is wrong with it
        except (TooManyFilesSent, MultiPartParserError) as exc:
            return problem(400, str(exc), "bad_request")
        return run(request, *args, **kwargs)

    return wrapped


@router.get("", response=AvatarSchema, url_name="avatar", summary="Show your picture")
def show(request: HttpRequest) -> AvatarSchema:
    """Initials and a colour are there whether or not there is a picture."""
    return AvatarSchema.of(_owner(request), request)


@router.post(
    "",
    response={200: AvatarSchema, 400: Problem, 413: Problem, 429: Problem, 503: Problem},
    summary="Set your picture",
    openapi_extra=BODY,
)
@decorate_view(limited)
def replace(request: HttpRequest) -> AvatarSchema | HttpResponse:
    """Takes the place of the one there was."""
    user = _owner(request)
    return answer(request, lambda: _replace(request, user))


@router.delete("", response={204: None, 429: Problem}, summary="Remove your picture")
def remove(request: HttpRequest) -> HttpResponse:
    """It is no error if there is none."""
    user = _owner(request)
    return answer(request, lambda: _remove(user))


def answer(request: HttpRequest, change: Callable[[], T]) -> T | HttpResponse:
    """
    Do what changes a picture, and answer what went wrong, if it did: 400, 413, 429 or 503.

    Counts it as a change by ``request.user``; see `django_avatars.rates`.
    """
    try:
        rates.charge(request)
        return change()
    except RateLimited as exc:
        events.record("limited", request.user, code=exc.code)
        return problem(429, str(exc), exc.code, retry_after=exc.retry_after)
    except InvalidImage as exc:
        rates.forgive(request)
        return problem(413 if exc.code == "too_large" else 400, exc.messages[0], exc.code)
    except (TooManyFilesSent, MultiPartParserError) as exc:
        rates.forgive(request)
        return problem(400, str(exc), "bad_request")
    except StorageUnavailable as exc:
        return problem(503, str(UNAVAILABLE), exc.code, retry_after=services.RETRY_AFTER)


def problem(status: int, detail: str, code: str, *, retry_after: int | None = None) -> HttpResponse:
    """A `Problem` as a response."""
    response = JsonResponse({"detail": detail, "code": code}, status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _replace(request: HttpRequest, user: Any) -> AvatarSchema | HttpResponse:
    file = request.FILES.get(FILE)
    if file is None:
        rates.forgive(request)
        return problem(400, _("Choose a picture first."), "required")
    file.avatar_crop = Crop.parse(request.POST.get(crop_name(FILE), ""))  # type: ignore[attr-defined]
    services.set_own(user, file)
    return AvatarSchema.of(user, request)


def _remove(user: Any) -> HttpResponse:
    services.remove_own(user)
    return HttpResponse(status=204)


def _owner(request: HttpRequest) -> Any:
    """Who asks. ``auth`` of the project may have given a user, or a token that says nothing of one."""
    given = getattr(request, "auth", None)
    if isinstance(given, get_user_model()):
        request.user = given
    if not request.user.is_authenticated:
        raise AuthenticationError
    return request.user
