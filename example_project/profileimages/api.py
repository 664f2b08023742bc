"""The endpoints, with the words of the document."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.decorators import decorate_view

from django_avatars import intake
from django_avatars.contrib.ninja import limited

from .auth import JWTBearer, Session
from .models import ProfileImage

NOT_DELETED = "Error deleting image from Cloudinary"
IMAGE = ProfileImage._meta.get_field("image")

api = NinjaAPI(
    title="Profile images",
    version="1",
    urls_namespace="profileimages",
    auth=[JWTBearer(), Session()],
    docs_url=None,  # its page wants scripts from elsewhere, which our policy does not
)


class Me(Schema):
    """Who is logged in."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    image_url: str | None


class Uploaded(Schema):
    """Where the image is now."""

    image_url: str


class Done(Schema):
    """That it was done."""

    message: str


class Problem(Schema):
    """Why it was not."""

    detail: str


BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


def refused(exc: intake.Problem, *, failed: str = "Error uploading image") -> HttpResponse:
    """What went wrong, in the words of the document."""
    status = 400 if exc.code == "bad_request" else {503: 500}.get(exc.status, exc.status)
    detail = {400: "Invalid file format", 500: failed}.get(status, exc.text)
    return JsonResponse({"detail": detail}, status=status, headers=exc.headers)


@api.get("/me", response={200: Me, 401: Problem}, summary="Who is logged in")
def me(request: HttpRequest) -> dict[str, Any]:
    """With the address of the profile image, null without one."""
    user, image = request.user, ProfileImage.objects.filter(user=request.user).first()
    names = ("id", "username", "email", "first_name", "last_name")
    return {**{name: getattr(user, name) for name in names}, "image_url": address(request, image)}


@api.post(
    "/me/profile-image",
    response={200: Uploaded, 400: Problem, 401: Problem, 403: Problem, 413: Problem, 429: Problem, 500: Problem},
    summary="Upload a profile image",
    openapi_extra=BODY,
)
@decorate_view(partial(limited, field=IMAGE, refuse=refused))
def upload(request: HttpRequest) -> Any:
    """Takes the place of the one there was, which is deleted."""
    try:
        with intake.change(request, IMAGE) as change:
            file = change.file("file")
            if file is None:  # null in JSON
                raise intake.Problem(400, "required", "")
            IMAGE.process(file)  # first: nobody gets a row for a file that is refused
            change.holder, _ = ProfileImage.objects.get_or_create(user=request.user)
            change.set(file)
            return {"image_url": address(request, change.holder)}
    except intake.Problem as exc:
        return refused(exc)


@api.delete(
    "/me/profile-image",
    response={200: Done, 401: Problem, 403: Problem, 404: Problem, 500: Problem},
    summary="Delete the profile image",
)
def delete(request: HttpRequest) -> Any:
    """404 where there is none."""
    image = ProfileImage.objects.filter(user=request.user).first()
    try:
        with intake.change(request, IMAGE, holder=image, throttle=False) as change:
            if image is None or not change.remove():
                raise intake.Problem(404, "", "User has no profile image")
    except intake.Problem as exc:
        return refused(exc, failed=NOT_DELETED)
    except DatabaseError:
        return refused(intake.Problem(500, "", NOT_DELETED), failed=NOT_DELETED)
    return {"message": "Profile image deleted successfully"}


def address(request: HttpRequest, image: ProfileImage | None) -> str | None:
    """Where the image is, for whoever asks from anywhere."""
    return request.build_absolute_uri(image.image.url) if image and image.image else None
