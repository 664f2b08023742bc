"""
The API for moderators in django-ninja. Needs the extra ``[ninja]``.

::

    api.add_router("/staff", router, auth=django_auth)

Each operation needs a permission of ``avatars_moderation``. What goes wrong is a `Problem`.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from ninja import Router, Schema
from pydantic import WithJsonSchema

from ..contrib.ninja import AvatarSchema, Problem, answering, people
from ..intake import json_object
from ..uploads.uploadhandlers import read_json
from . import api

router: Router = Router(tags=["moderation of pictures"])
"""The queue, its decisions, and locks; the pictures of others are `django_avatars.contrib.ninja.people`."""

router.add_router("/people", people)


class Waiting(Schema):
    """A picture that waits: see `django_avatars.moderation.api.Waiting`."""

    id: str
    user: str | None
    model: str
    key: str
    field: str
    by: str | None
    reason: str
    sizes: dict[int, str]
    shown: AvatarSchema


class Queue(Schema):
    """How many wait, and the oldest of them."""

    waiting: int
    pictures: list[Waiting]


class Lock(Schema):
    """What the person reads, and when it ends."""

    reason: str
    until: datetime.datetime | None


def _problems(*codes: int) -> dict[Any, Any]:
    return dict.fromkeys((401, 403, *codes), Problem)


def _body(**more: Any) -> dict[str, Any]:
    properties = {"reason": {"type": "string", "maxLength": 500}, **more}
    schema = {"type": "object", "required": ["reason"], "properties": properties}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


Number = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 0})]
"""A number in an address. It is read by `api`, which answers as for every number that there is not."""
Key = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^{api.KEY}$"})]
"""Likewise, the ``id`` of a picture."""
After = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^({api.KEY})?$"})]
"""Likewise, and "" for none."""

REASON = _body()
LOCK = _body(until={"type": ["string", "null"], "format": "date-time"})


def _sent(request: HttpRequest) -> dict[str, Any]:
    body: Any = request
    return json_object(read_json(body, max_bytes=0) or b"")


@router.get("/queue", response={200: Queue, **_problems(422)}, url_name="queue", summary="List what waits")
@answering
def queue(request: HttpRequest, response: HttpResponse, after: After = "") -> api.Queue:
    """The oldest first, fifty at a time; `after` is the `id` of the last one that is known."""
    add_never_cache_headers(response)
    space = request.resolver_match.namespace  # type: ignore[union-attr]  # it was resolved

    def address(pk: str, size: int) -> str:
        return reverse(f"{space}:queue_picture", args=[pk, size])

    return api.queue(request.user, after, address, request.build_absolute_uri)


@router.post("/queue/{pk}/approve", response={204: None, **_problems(404, 409)}, summary="Approve a picture")
@answering
def approve(request: HttpRequest, pk: Key) -> HttpResponse:
    """It is shown from now on."""
    api.approve(request.user, pk)
    return HttpResponse(status=204)


@router.post(
    "/queue/{pk}/reject",
    response={204: None, **_problems(400, 404, 409, 422)},
    summary="Reject a picture",
    openapi_extra=REASON,
)
@answering
def reject(request: HttpRequest, pk: Key) -> HttpResponse:
    """Its owner reads the reason."""
    api.reject(request.user, pk, _sent(request))
    return HttpResponse(status=204)


@router.get(
    "/queue/{pk}/{size}", response=_problems(404), url_name="queue_picture", summary="Show a picture that waits"
)
@answering
def picture(request: HttpRequest, pk: Key, size: Number) -> HttpResponse:
    """The file."""
    response = api.picture(request, pk, size)
    add_never_cache_headers(response)
    return response


@router.post(
    "/people/{pk}/take-down",
    response={204: None, **_problems(400, 404, 409, 422)},
    summary="Take down the picture of a user",
    openapi_extra=REASON,
)
@answering
def take_down(request: HttpRequest, pk: str) -> HttpResponse:
    """They read the reason."""
    api.take_down(request.user, pk, _sent(request))
    return HttpResponse(status=204)


@router.put(
    "/people/{pk}/lock",
    response={200: Lock, **_problems(400, 404, 422)},
    summary="Lock the picture of a user",
    openapi_extra=LOCK,
)
@answering
def lock(request: HttpRequest, pk: str) -> api.Lock:
    """Nobody but staff can change it, until a date or for good."""
    return api.lock(request.user, pk, _sent(request))


@router.delete("/people/{pk}/lock", response={204: None, **_problems(404)}, summary="Unlock the picture of a user")
@answering
def unlock(request: HttpRequest, pk: str) -> HttpResponse:
    """It is no error if there is no lock."""
    api.unlock(request.user, pk)
    return HttpResponse(status=204)
