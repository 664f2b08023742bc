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
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST, require_safe

from django_avatars import intake
from django_avatars.uploads.uploadhandlers import limited_upload

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
    if request.method != "POST":
        return render(request, "users/profile_update.html", {"form": UserProfileUpdateForm(instance=profile)})
    form = UserProfileUpdateForm(request.POST, request.FILES, instance=profile)
    try:
        with intake.change(request, PICTURE, holder=profile) as change:
            if form.is_valid():
                form.save()
                return redirect("users:profile")
            return render(request, "users/profile_update.html", {"form": form}, status=change.refuse_form(form).status)
    except intake.Problem as exc:
        page = render_to_string("users/try_again.html", {"text": exc.text}, request)
        return HttpResponse(page, status=exc.status, headers=exc.headers)


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
            return problem(intake.Problem(401, "", "Log in first."))
        if not request.user.is_staff:
            return problem(intake.Problem(403, "", "Only staff may do this."))
        return view(request, *args, **kwargs)

    return wrapped


@require_POST
@for_staff
@limited_upload(PICTURE)
def upload_profile_pic_api(request: HttpRequest) -> HttpResponse:
    """Set the picture of ``user_id`` to ``image``. For staff alone: in the document, everybody may."""
    try:
        with intake.change(request, PICTURE) as change:
            return replace(request, change)
    except intake.Problem as exc:
        return problem(exc)


def replace(request: HttpRequest, change: intake.Change) -> HttpResponse:
    """Replace the picture, and answer its address."""
    user_id, image = request.POST.get("user_id", ""), request.FILES.get("image")
    if image is not None:
        PICTURE.process(image)  # first: nothing is read behind a picture that is too large, not even whose it was to be
    user = get_user_model().objects.filter(pk=user_id).first() if user_id.isdecimal() and len(user_id) < 19 else None
    if user is None:
        raise intake.Problem(404, "", "There is no such user.")
    if image is None:
        raise intake.Problem(400, "required", "Choose a picture first.")
    change.holder, _ = UserProfile.objects.get_or_create(user=user)
    change.set(image)
    return JsonResponse({"url": request.build_absolute_uri(change.holder.profile_pic.url)})


def problem(exc: intake.Problem) -> HttpResponse:
    """What went wrong, as JSON."""
    body = {"error": exc.text, "code": exc.code} if exc.code else {"error": exc.text}
    return JsonResponse(body, status=exc.status, headers=exc.headers)
