"""One's own profile, and the upload of the admin dashboard."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from django_avatars import services, throttling
from django_avatars.exceptions import UNAVAILABLE, InvalidImage, RateLimited, StorageUnavailable
from django_avatars.uploadhandlers import limited_upload

from .forms import UserProfileUpdateForm
from .models import UserProfile

PICTURE = UserProfile._meta.get_field("profile_pic")


@login_required
@require_safe
def profile_view(request: HttpRequest) -> HttpResponse:
    """What there is of one's own profile."""
    return render(request, "users/profile.html")


@login_required
@limited_upload(PICTURE)
def profile_update_view(request: HttpRequest) -> HttpResponse:
    """The view of the document, with a status for what goes wrong."""
    profile, _ = UserProfile.objects.get_or_create(user=request.user)

    if request.method == "POST":
        form = UserProfileUpdateForm(request.POST, request.FILES, instance=profile)
        try:
            throttling.charge(request)
            if form.is_valid():
                form.save()
                return redirect("users:profile")
            throttling.forgive(request)
            status = 413 if form.has_error("profile_pic", "too_large") else 400
            return render(request, "users/profile_update.html", {"form": form}, status=status)
        except RateLimited as exc:
            return say(request, str(exc), status=429, retry_after=exc.retry_after)
        except StorageUnavailable:
            return say(request, str(UNAVAILABLE), status=503, retry_after=services.RETRY_AFTER)
    return render(request, "users/profile_update.html", {"form": UserProfileUpdateForm(instance=profile)})


def say(request: HttpRequest, text: str, *, status: int, retry_after: int) -> HttpResponse:
    """A page that says to try again."""
    response = render(request, "users/try_again.html", {"text": text}, status=status)
    response.headers["Retry-After"] = str(retry_after)
    return response


@login_required
@require_safe
def dashboard_upload_page(request: HttpRequest) -> HttpResponse:
    """A form for what follows."""
    if not request.user.is_staff:
        raise PermissionDenied
    return render(request, "users/dashboard_upload.html", {"people": get_user_model().objects.order_by("username")})


def for_staff(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse everybody else, in JSON, and before anything of the upload is read."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return problem(401, "Log in first.")
        if not request.user.is_staff:
            return problem(403, "Only staff may do this.")
        return view(request, *args, **kwargs)

    return wrapped


@require_POST
@for_staff
@limited_upload(PICTURE)
def upload_profile_pic_api(request: HttpRequest) -> HttpResponse:
    """Set the picture of ``user_id`` to ``image``. For staff alone: in the document, everybody may."""
    try:
        throttling.charge(request)
        return replace(request)
    except RateLimited as exc:
        return problem(429, str(exc), exc.code, retry_after=exc.retry_after)
    except InvalidImage as exc:
        throttling.forgive(request)
        return problem(413 if exc.code == "too_large" else 400, exc.messages[0], exc.code)
    except StorageUnavailable as exc:
        return problem(503, str(UNAVAILABLE), exc.code, retry_after=services.RETRY_AFTER)


def replace(request: HttpRequest) -> HttpResponse:
    """Replace the picture, and answer its address."""
    user_id, image = request.POST.get("user_id", ""), request.FILES.get("image")
    if image is not None:
        # First: nothing is read behind a picture that is too large, not even whose it was to be.
        services.check(PICTURE, image, whose=request.user)
    user = get_user_model().objects.filter(pk=user_id).first() if user_id.isdecimal() and len(user_id) < 19 else None
    if user is None:
        throttling.excuse(request)
        return problem(404, "There is no such user.")
    if image is None:
        throttling.excuse(request)
        return problem(400, "Choose a picture first.", "required")
    profile, _ = UserProfile.objects.get_or_create(user=user)
    services.set_picture(profile, field=PICTURE, file=image)
    return JsonResponse({"url": request.build_absolute_uri(profile.profile_pic.url)})


def problem(status: int, text: str, code: str = "", *, retry_after: int | None = None) -> HttpResponse:
    """What went wrong, as JSON."""
    response = JsonResponse({"error": text, "code": code} if code else {"error": text}, status=status)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
