"""The OpenAPI document of the two profile APIs, for drf-spectacular."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
    inline_serializer,
)
from rest_framework import serializers


@extend_schema_field(
    {
        "type": "string",
        "pattern": r"^(\d{4}-\d{2}-\d{2})?$",
        "nullable": True,
        "description": "YYYY-MM-DD, not in the future; null, or empty, for none.",
    }
)
class Birthday(serializers.DateField):
    """A day in the past, as YYYY-MM-DD and in no other way; null, or an empty text, for none."""

    default_error_messages = {"future": "This day is still to come."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """As the base; an empty text takes the day back, in JSON as in a form, which has no null."""
        return super().run_validation(None if data == "" else data)

    def to_internal_value(self, value: Any) -> Any:
        """The day. Python's parser would take 1990-1-1 as well."""
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            self.fail("invalid", format="YYYY-MM-DD")
        day = super().to_internal_value(value)
        if day > timezone.localdate():
            self.fail("future")
        return day


SAID = OpenApiResponse(OpenApiTypes.OBJECT, "Why not, by field, or as a whole in detail.")
REFUSED = {401: SAID, 403: SAID}


def header(name: str) -> OpenApiParameter:
    """The header of the role."""
    return OpenApiParameter(
        name, str, OpenApiParameter.HEADER, required=True, enum=["true"], description="Says who is asking."
    )


def says_no(view: Any) -> Any:
    """A view of Simple JWT, which says nothing of what it refuses."""
    return extend_schema_view(post=extend_schema(responses={200: view().get_serializer_class(), 400: SAID, 401: SAID}))(
        view
    )


def get_profile(role: str, serializer: Any, *parts: str) -> dict[str, Any]:
    """GET: the profile itself, with `parts` beside its fields."""
    fields = {part: serializers.DictField(read_only=True) for part in parts}
    shown = type(f"{serializer.__name__.removesuffix('Serializer')}Shown", (serializer,), fields)
    meta = type("Meta", (serializer.Meta,), {"fields": (*serializer.Meta.fields, *parts)})
    shown.Meta = meta
    return {"parameters": [header(role)], "responses": {200: shown, **REFUSED}}


def show_profile(role: str, serializer: Any, *parts: str) -> dict[str, Any]:
    """GET: the profile as one part of several."""
    fields = {"profile": serializer(), **{part: serializers.DictField() for part in parts}}
    shown = inline_serializer(f"{serializer.__name__.removesuffix('Serializer')}Shown", fields)
    return {"parameters": [header(role)], "responses": {200: shown, **REFUSED}}


def in_json(serializer: Any) -> Any:
    """`serializer` as JSON takes it: the picture is a text there."""
    said = "A data: address in base64; null removes the picture."
    picture = serializers.CharField(allow_null=True, required=False, help_text=said)
    meta = type("Meta", (serializer.Meta,), {})
    name = f"{serializer.__name__.removesuffix('Serializer')}InJSON"
    return type(name, (serializer,), {"profile_picture": picture, "Meta": meta})


def post_profile(role: str, serializer: Any) -> dict[str, Any]:
    """POST: what was sent is changed."""
    name = f"{serializer.__name__.removesuffix('Serializer')}Updated"
    answer = inline_serializer(name, {"message": serializers.CharField(), "profile": serializer()})
    partial = OpenApiParameter("partial", str, description="``true``: only what is sent is changed.")
    return {
        "parameters": [header(role), partial],
        "request": {"multipart/form-data": serializer, "application/json": in_json(serializer)},
        "responses": {200: answer, 400: SAID, **REFUSED, 413: SAID, 415: SAID, 429: SAID, 503: SAID},
    }
