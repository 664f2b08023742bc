"""What drf-spectacular has to know of the API for moderators. Loaded only where it is installed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiViewExtension
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.views import APIView

from ..contrib.rest_framework.schema import DESCRIPTION
from . import api
from . import rest_views as rest

PROBLEM: serializers.Serializer[Any] = inline_serializer(
    "AvatarProblem", {"detail": serializers.CharField(), "code": serializers.CharField(required=False)}
)

ID: dict[str, Any] = {"type": "string", "pattern": f"^{api.KEY}$"}
AFTER: dict[str, Any] = {"type": "string", "pattern": f"^({api.KEY})?$"}
WAITING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": ID,
        "user": {"type": "string", "description": "Key of the user, left empty (null) for the picture of a thing."},
        "model": {"type": "string"},
        "key": {"type": "string"},
        "field": {"type": "string"},
        "by": {"type": "string", "description": "Key of the user who set it, or null."},
        "reason": {"type": "string"},
        "sizes": {"type": "object", "additionalProperties": {"type": "string"}},
        "shown": DESCRIPTION,
    },
    "required": ["id", "user", "model", "key", "field", "by", "reason", "sizes", "shown"],
}
QUEUE: dict[str, Any] = {
    "type": "object",
    "properties": {"waiting": {"type": "integer"}, "pictures": {"type": "array", "items": WAITING}},
    "required": ["waiting", "pictures"],
}


class ReasonSerializer(serializers.Serializer[Any]):
    """Why a picture is not shown."""

    reason: serializers.CharField = serializers.CharField(max_length=500)


class LockSerializer(ReasonSerializer):
    """Why, and until when, somebody cannot change a picture."""

    until: serializers.DateTimeField = serializers.DateTimeField(required=False, allow_null=True)


TEXTS = {
    400: "What was sent is no JSON object",
    401: "Not logged in",
    403: "No permission, or the CSRF token is missing",
    404: "It is not there",
    409: "It was changed or decided about meanwhile",
    422: "What was sent is missing or cannot be",
}


def _answers(*codes: int, **more: Any) -> dict[Any, Any]:
    return {**more, **{code: OpenApiResponse(PROBLEM, f"{TEXTS[code]}.") for code in (401, 403, *codes)}}


DONE = OpenApiResponse(None, "Done.")
SAID: dict[str, Any] = {
    "request": ReasonSerializer,
    "responses": {204: DONE, **_answers(400, 404, 409, 422)},
}
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}
KEY = OpenApiParameter("id", ID, OpenApiParameter.PATH)
SIZE = OpenApiParameter("size", NUMBER, OpenApiParameter.PATH)
OPERATIONS: dict[type[APIView], dict[str, Any]] = {
    rest.QueueView: {
        "get": extend_schema(
            parameters=[OpenApiParameter("after", AFTER, description="The id of the last picture that is known.")],
            responses={200: QUEUE, **_answers(422)},
        )
    },
    rest.PictureView: {
        "get": extend_schema(
            operation_id="queue_picture_retrieve",
            parameters=[KEY, SIZE],
            responses={(200, "image/*"): bytes, **_answers(404)},
        )
    },
    rest.ApproveView: {
        "post": extend_schema(parameters=[KEY], request=None, responses={204: DONE, **_answers(404, 409)})
    },
    rest.RejectView: {"post": extend_schema(parameters=[KEY], **SAID)},
    rest.TakeDownView: {"post": extend_schema(**SAID)},
    rest.LockView: {
        "put": extend_schema(request=LockSerializer, responses={200: LockSerializer, **_answers(400, 404, 422)}),
        "delete": extend_schema(request=None, responses={204: DONE, **_answers(404)}),
    },
}


def describe(view: type[APIView], operations: dict[str, Any]) -> None:
    """Make known what `view` answers."""

    class Extension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
        target_class: Any = view

        def view_replacement(self) -> Any:
            return extend_schema_view(**operations)(type("View", (self.target,), {}))


for _view, _operations in OPERATIONS.items():
    describe(_view, _operations)
