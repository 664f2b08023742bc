"""The endpoints, with the words of the document."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI, Schema
from ninja.decorators import decorate_view

from django_avatars import audit, services, throttling
from django_avatars.contrib.ninja import limited
from django_avatars.exceptions import InvalidImage, RateLimited, StorageUnavailable
from django_avatars.uploadhandlers import UNREADABLE

from .auth import JWTBearer, Session
from .models import ProfileImage

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


def refused(exc: Exception | None = None) -> HttpResponse:
    """400, whatever is wrong with what was sent."""
    return problem(400, "Invalid file format")


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
        throttling.charge(request)
        return replace(request)
    except RateLimited as exc:
        return too_many(request, exc)
    except InvalidImage as exc:
        throttling.forgive(request)
        return problem(413, exc.messages[0]) if exc.code == "too_large" else refused()
    except UNREADABLE:
        throttling.forgive(request)
        return refused()
    except StorageUnavailable:
        return problem(500, "Error uploading image", retry_after=services.RETRY_AFTER)


@api.delete(
    "/me/profile-image",
    response={200: Done, 401: Problem, 403: Problem, 404: Problem, 429: Problem, 500: Problem},
    summary="Delete the profile image",
)
def delete(request: HttpRequest) -> Any:
    """404 where there is none."""
    try:
        throttling.charge(request)
        image = ProfileImage.objects.filter(user=request.user).first()
        if image is None or not services.remove_picture(image, field=IMAGE):
            throttling.excuse(request)
            return problem(404, "User has no profile image")
    except RateLimited as exc:
        return too_many(request, exc)
    except (StorageUnavailable, DatabaseError):
        return problem(500, "Error deleting image from Cloudinary", retry_after=services.RETRY_AFTER)
    return {"message": "Profile image deleted successfully"}


def replace(request: HttpRequest) -> Any:
    """Store what was sent as ``file``."""
    file = request.FILES.get("file")
    if file is None:
        throttling.forgive(request)
        return refused()
    services.check(IMAGE, file, whose=request.user)
    image, _ = ProfileImage.objects.get_or_create(user=request.user)
    services.set_picture(image, field=IMAGE, file=file)
    return {"image_url": address(request, image)}


def address(request: HttpRequest, image: ProfileImage | None) -> str | None:
    """Where the image is, for whoever asks from anywhere."""
    return request.build_absolute_uri(image.image.url) if image and image.image else None


def too_many(request: HttpRequest, exc: RateLimited) -> HttpResponse:
    """429."""
    audit.record("limited", request.user, code=exc.code)
    return problem(429, str(exc), retry_after=exc.retry_after)


def problem(status: int, detail: str, *, retry_after: int | None = None) -> HttpResponse:
    """What went wrong, as the document shows it."""
    response = JsonResponse({"detail": detail}, status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
