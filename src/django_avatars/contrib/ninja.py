"""
One's own picture in django-ninja. Needs the extra ``[ninja]``.

::

    api.add_router("/avatar", router, auth=django_auth)

GET shows it, POST sets it (file field ``avatar`` of a form, or a ``data:`` address in JSON), DELETE removes it.
There is no PUT: ninja has no files in one. Who asks is what the project's ``auth`` gave, if that is a user, or
``request.user``; then a change needs the CSRF token, as in any page. `people` is the same for the pictures of others.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse, JsonResponse

from .. import intake, services, staff, targets
from ..actors import acting_in, person
from ..forms import crop_name
from ..lifecycle.replace import waits
from ..uploads.uploadhandlers import DATA_URL, UNREADABLE, limit_upload

try:
    from ninja import Router, Schema
    from ninja.decorators import decorate_view
    from ninja.errors import AuthenticationError, HttpError
    from ninja.signature.utils import get_typed_signature
    from ninja.utils import check_csrf
except ImportError as exc:
    raise ImproperlyConfigured(
        "Using django_avatars.contrib.ninja, but the 'django-ninja' package is not installed. "
        "Install it with `pip install django-avatars[ninja]`."
    ) from exc

if TYPE_CHECKING:
    from django.db import models

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
    formats: dict[str, dict[int, str]]
    animated: str | None
    alt: str
    initials: str
    color: str
    label: str

    @classmethod
    def of(cls, obj: Any, request: HttpRequest, *, size: int | None = None) -> AvatarSchema:
        """What there is to show of a user, a row with a picture, or a file, with whole addresses."""
        return cls(**services.describe_to(request, obj, size=size))


class Problem(Schema):
    """Why something was not done."""

    detail: str
    """For people."""
    code: str = ""
    """
    For programs: that of `InvalidImage` or of a validator, "not_allowed", "required", "invalid", "bad_request",
    "not_found", "rate_limited", "busy" or "storage_unavailable".
    """


BODY: dict[str, Any] = {
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
                            "format": "data-url",
                            "pattern": DATA_URL,
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

router: Router = Router(tags=["avatar"])
"""GET, POST and DELETE of one's own picture."""

people: Router = Router(tags=["avatar"])
"""
The same for the picture of another user, ``/{pk}/avatar``, for staff.

For whoever has Django's permission to view or to change the row with the picture, such as ``people.change_profile``.
``AVATARS["POLICY"]`` is asked as well, and ``RATE_LIMIT`` does not hold.
"""


def limited(
    run: Callable[..., HttpResponse],
    *,
    field: AvatarField | None = None,
    refuse: Callable[[intake.Problem], HttpResponse] | None = None,
) -> Callable[..., HttpResponse]:
    """
    Decorate an operation, with ninja's `decorate_view`: uploads stop at the limit of `field`.

    Before anything else, since ninja's own check of the CSRF token reads the upload. So read the picture with
    `intake.Change.file`, not with a parameter of ninja's, where a body that cannot be read is an error of the server.

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
            return (refuse or problem)(intake.refuse(request, exc))
        return run(request, *args, **kwargs)

    return wrapped


@router.get("", response={200: AvatarSchema, 401: Problem}, url_name="avatar", summary="Show your picture")
def show(request: HttpRequest) -> AvatarSchema:
    """Initials and a color are there whether or not there is a picture."""
    return AvatarSchema.of(owner(request), request)


@router.post(
    "",
    response={200: AvatarSchema, 202: AvatarSchema, **PROBLEMS},
    summary="Set your picture",
    openapi_extra=BODY,
)
@decorate_view(limited)
def replace(request: HttpRequest) -> AvatarSchema | HttpResponse:
    """Takes the place of the one there was, 202: once it is approved. ``null`` in JSON removes it."""
    return _set(request, owner(request))


def _set(request: HttpRequest, user: Any, **more: Any) -> AvatarSchema | HttpResponse:
    def change(made: intake.Change) -> AvatarSchema | HttpResponse:
        file = made.file()
        if file is None:
            made.remove()
        else:
            made.set(file)
        shown = AvatarSchema.of(user, request)
        is_waiting = file is not None and waits(file)
        return JsonResponse(shown.model_dump(mode="json"), status=202) if is_waiting else shown

    return answer(request, change, **more)


@router.delete("", response={204: None, 401: Problem, 403: Problem}, summary="Remove your picture")
def remove(request: HttpRequest) -> HttpResponse:
    """It is no error if there is none."""
    owner(request)
    return _remove(request)


def _remove(request: HttpRequest, holder: models.Model | None = None) -> HttpResponse:
    def change(made: intake.Change) -> HttpResponse:
        made.remove()
        return HttpResponse(status=204)

    return answer(request, change, holder=holder, throttle=False)


def answering(run: Callable[..., T]) -> Callable[..., T | HttpResponse]:
    """
    Decorate an operation, below that of the router: a `django_avatars.intake.Problem` that it raises is answered, and
    so is what `intake.change` makes one of.

    The user of the request acts meanwhile.
    """

    @wraps(run)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> T | HttpResponse:
        owner(request)
        try:
            with acting_in(request):
                return run(request, *args, **kwargs)
        except Exception as exc:
            found = intake.refuse(request, exc)
            if found is None:
                raise
            return problem(found)

    # Ninja looks for the types of parameters in the module of the function that it gets, which is this one.
    wrapped.__signature__ = get_typed_signature(run)  # type: ignore[attr-defined]
    return wrapped


@people.get(
    "/{pk}/avatar",
    response={200: AvatarSchema, 401: Problem, 403: Problem, 404: Problem},
    url_name="person_avatar",
    summary="Show the picture of a user",
)
@answering
def show_of(request: HttpRequest, pk: str) -> AvatarSchema:
    """403 without the permission, whether or not there is such a user; otherwise 404 where there is none."""
    return AvatarSchema.of(staff.find(request.user, pk, "view"), request)


@people.post(
    "/{pk}/avatar",
    response={200: AvatarSchema, 202: AvatarSchema, **PROBLEMS, 404: Problem},
    summary="Set the picture of a user",
    openapi_extra=BODY,
)
@decorate_view(limited)
@answering
def replace_of(request: HttpRequest, pk: str) -> AvatarSchema | HttpResponse:
    """As for one's own. 403 and 404 as for GET, before the picture is read where a token says who asks."""
    user = staff.find(request.user, pk, "change")
    return _set(request, user, holder=user, throttle=False)


@people.delete(
    "/{pk}/avatar",
    response={204: None, 401: Problem, 403: Problem, 404: Problem},
    summary="Remove the picture of a user",
)
@answering
def remove_of(request: HttpRequest, pk: str) -> HttpResponse:
    """It is no error if there is none. 403 and 404 as for GET."""
    return _remove(request, staff.find(request.user, pk, "change"))


def answer(
    request: HttpRequest,
    change: Callable[[intake.Change], T],
    *,
    field: AvatarField | None = None,
    holder: models.Model | None = None,
    throttle: bool = True,
) -> T | HttpResponse:
    """
    Do what changes a picture, and answer what went wrong, if it did: 400, 403, 413, 429 or 503.

    For an operation of your own, after `owner` has said whose picture it is. The arguments are those of
    `django_avatars.intake.change`, and `change` is called with what that gives.
    """
    try:
        with intake.change(request, field, holder=holder, throttle=throttle) as made:
            return change(made)
    except intake.Problem as exc:
        return problem(exc)


def problem(found: intake.Problem) -> HttpResponse:
    """A `Problem` as a response."""
    body = {"detail": found.text, "code": found.code}
    return JsonResponse(body, status=found.status, headers=found.headers)


def owner(request: HttpRequest) -> Any:
    """
    Who asks: the user that ``auth`` of the project gave, or else the one of the session.

    Raises ninja's `AuthenticationError` (401) where there is none. What a session changes needs the CSRF
    token (403), which ninja asks for only where its own ``auth`` reads a cookie. Call it once `limited` is in
    place: the check reads the upload.
    """
    given = getattr(request, "auth", None)
    if getattr(given, "is_authenticated", False):
        request.user = person(given)  # type: ignore[assignment]  # what a token describes need not be a row
        if request.user is None:
            raise AuthenticationError
        return request.user
    if not request.user.is_authenticated:
        raise AuthenticationError
    if request.method not in SAFE_METHODS and check_csrf(request):
        raise HttpError(403, "CSRF check Failed")
    return request.user
