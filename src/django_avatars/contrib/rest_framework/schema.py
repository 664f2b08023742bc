"""What drf-spectacular has to know. Loaded only where it is installed."""

from __future__ import annotations

from typing import Any

from drf_spectacular.drainage import isolate_view_method
from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
    OpenApiViewExtension,
)
from drf_spectacular.settings import spectacular_settings
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import serializers

from ...uploads.uploadhandlers import DATA_URL
from .views import AvatarSerializer

HERE = "django_avatars.contrib.rest_framework"


def _nullable() -> dict[str, Any]:
    is_newer = str(spectacular_settings.OAS_VERSION).startswith("3.1")
    return {"type": ["string", "null"]} if is_newer else {"type": "string", "nullable": True}


DESCRIPTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "url": {**_nullable(), "description": "Address of the picture; null where initials are shown."},
        "sizes": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "description": "Addresses by side in pixels.",
        },
        "srcset": {"type": "string", "description": "The same, for an img element."},
        "formats": {
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}},
            "description": "Addresses by extension, and by side in pixels.",
        },
        "animated": {**_nullable(), "description": "Address of the picture as it moves; null where it does not."},
        "alt": {"type": "string", "description": "How its owner describes the picture."},
        "initials": {"type": "string", "description": "One or two letters, to show without a picture."},
        "color": {"type": "string", "pattern": "^#[0-9a-fA-F]{6}$", "description": "What stands behind them."},
        "label": {"type": "string", "description": "What the person is called."},
    },
    "required": ["url", "sizes", "srcset", "formats", "animated", "alt", "initials", "color", "label"],
}
"""`django_avatars.services.Description` as JSON."""

ERRORS: dict[str, Any] = {
    "type": "object",
    "properties": {"avatar": {"type": "array", "items": {"type": "string"}}, "detail": {"type": "string"}},
}

MULTIPART: dict[str, Any] = {
    "type": "object",
    "properties": {
        "avatar": {"type": "string", "format": "binary"},
        "avatar-crop": {"type": "string", "description": "The square to take, such as v1;r=0;x=.25;y=.25;s=.5"},
    },
    "required": ["avatar"],
}

JSON: dict[str, Any] = {
    "type": "object",
    "properties": {
        "avatar": {
            **_nullable(),
            "format": "data-url",
            "pattern": DATA_URL,
            "description": "A data: address in base64; null removes.",
        }
    },
    "required": ["avatar"],
}


class AvatarFieldExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A file in; a description, or an address, out."""

    target_class: str = f"{HERE}.fields.AvatarSerializerField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema of the field."""
        if direction == "request":
            said = "A file; in JSON a data: address in base64, or null, which removes the picture."
            return {"type": "string", "format": "binary", "description": said}
        return {"type": "string", "format": "uri"} if self.target.url_only else DESCRIPTION


class AvatarForm(serializers.Serializer[Any]):
    """What a form sends. A serializer, since only of those drf-spectacular says that the body is required."""


class AvatarJSON(serializers.Serializer[Any]):
    """What is sent as JSON."""


class AvatarFormExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """A file, and perhaps its crop."""

    target_class: str = f"{HERE}.schema.AvatarForm"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema of the body."""
        return MULTIPART


class AvatarJSONExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """An address, or null."""

    target_class: str = f"{HERE}.schema.AvatarJSON"

    def map_serializer(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        """The schema of the body."""
        return JSON


def _said(text: str, *, retry_after: bool = False) -> OpenApiResponse:
    return OpenApiResponse(ERRORS, f"{text}, with Retry-After." if retry_after else f"{text}.")


REFUSED = {
    401: _said("Not logged in"),
    403: _said("Not allowed, or the CSRF token is missing"),
    429: _said("Too many changes", retry_after=True),
}
SHOW = extend_schema(responses={200: AvatarSerializer, 401: REFUSED[401], 403: REFUSED[403]})
SET = extend_schema(
    request={"multipart/form-data": AvatarForm, "application/json": AvatarJSON},
    responses={
        200: AvatarSerializer,
        400: _said("The picture was refused, or there is none"),
        413: _said("The picture is too large"),
        415: _said("Neither a form nor JSON"),
        503: _said("The storage did not answer", retry_after=True),
        **REFUSED,
    },
)
REMOVE = extend_schema(responses={204: OpenApiResponse(None, "There is no picture any more."), **REFUSED})


class AvatarViewExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """What `AvatarView` answers."""

    target_class: str = f"{HERE}.views.AvatarView"
    match_subclasses = True

    def view_replacement(self) -> Any:
        """The view, with its operations described."""
        return extend_schema_view(get=SHOW, put=SET, post=SET, delete=REMOVE)(type("View", (self.target,), {}))


class PersonAvatarViewExtension(AvatarViewExtension):  # type: ignore[no-untyped-call]
    """What `PersonAvatarView` answers: the same, and 404."""

    target_class: str = f"{HERE}.views.PersonAvatarView"
    priority = 1  # before that of its base

    def view_replacement(self) -> Any:
        """The view, with its operations described."""
        view = super().view_replacement()
        texts = {
            "get": "Show the picture of a user.",
            "put": "Set the picture of a user.",
            "post": "Set the picture of a user, as PUT does.",
            "delete": "Remove the picture of a user. It is no error if there is none.",
        }
        missing = {404: _said("There is no such user")}
        return extend_schema_view(
            **{name: extend_schema(description=text, responses=missing) for name, text in texts.items()}
        )(view)


class AvatarViewSetExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """The same for the action of `AvatarViewSetMixin`."""

    target_class: str = f"{HERE}.views.AvatarViewSetMixin"
    match_subclasses = True

    def view_replacement(self) -> Any:
        """The viewset, with its operations described."""
        viewset = type("ViewSet", (self.target,), {})
        for name, describe in (("avatar", SHOW), ("put_avatar", SET), ("post_avatar", SET), ("delete_avatar", REMOVE)):
            describe(isolate_view_method(viewset, name))  # type: ignore[no-untyped-call]
            # (`extend_schema_view` knows no mapped methods)
        return viewset
