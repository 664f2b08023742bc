"""Pages with the picker in every surrounding it has to work in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.static import serve
from PIL import Image

from django_avatars.admin import AvatarAdminMixin
from django_avatars.views import EditAvatarView
from tests.app.models import Member, Profile, Team

POLICY = "default-src 'self'; require-trusted-types-for 'script'"
"""What every page is sent with. Django's admin makes markup of text, by jQuery, so it goes without the second part."""

GetResponse = Callable[[HttpRequest], HttpResponse]

LIBRARIES = Path(os.environ.get("AVATARS_NODE_MODULES", "node_modules"))
"""Where npm has put axe-core, htmx.org, @hotwired/turbo and bootstrap."""


def strict_policy(get_response: GetResponse) -> GetResponse:
    """Middleware that sends `POLICY`."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_admin = request.path.startswith("/admin/")
        response.headers.setdefault("Content-Security-Policy", POLICY.split(";")[0] if is_admin else POLICY)
        return response

    return middleware


def language_of_the_query(get_response: GetResponse) -> GetResponse:
    """Middleware for ``?lang=ar``, or a cookie of that name."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with translation.override(request.GET.get("lang") or request.COOKIES.get("lang", "en")):
            return get_response(request)

    return middleware


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that has more than a picture."""

    class Meta:
        model = Profile
        fields = ("profile_pic", "bio")


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form with two pictures."""

    class Meta:
        model = Team
        fields = ("name", "logo", "banner")


@login_required
def profile_form(request: HttpRequest) -> HttpResponse:
    """One's own profile; ``?required``, ``?disabled`` and ``?as=p`` make it another form."""
    profile, _ = Profile.objects.get_or_create(user=request.user)  # type: ignore[misc]  # signed in
    form = ProfileForm(request.POST or None, request.FILES or None, instance=profile)
    form.fields["profile_pic"].required = "required" in request.GET
    form.fields["profile_pic"].widget.is_required = "required" in request.GET
    form.fields["profile_pic"].disabled = "disabled" in request.GET
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect(request.get_full_path())
    status = 422 if form.errors else 200
    return render(request, "browser/form.html", {"form": form, "as_p": request.GET.get("as") == "p"}, status=status)


class ForeignPage(EditAvatarView):
    """A page that is sent elsewhere than where it is: itself it takes no upload."""

    template_name = "browser/foreign.html"
    edit_url = "foreign"


def team_form(request: HttpRequest) -> HttpResponse:
    """A form with two pictures."""
    team = Team.objects.first()
    form = TeamForm(request.POST or None, request.FILES or None, instance=team)
    if request.method == "POST" and form.is_valid():
        form.save()
        return redirect("teams")
    return render(request, "browser/form.html", {"form": form})


@login_required
def host(request: HttpRequest, kind: str) -> HttpResponse:
    """The picker in the hands of somebody else's script."""
    form = ProfileForm(instance=Profile.objects.get_or_create(user=request.user)[0])  # type: ignore[misc]  # signed in
    response = render(request, f"browser/{kind}.html", {"form": form})
    if kind == "turbo":  # it brings a style sheet, which has to be let in by its nonce
        response.headers["Content-Security-Policy"] = f"{POLICY}; style-src 'self' 'nonce-turbo'"
    return response


@login_required
def fragment(request: HttpRequest) -> HttpResponse:
    """The form alone, refused with status 422 for want of a bio, as htmx swaps it in."""
    form = ProfileForm(request.POST or None, request.FILES or None, instance=Profile.objects.get(user=request.user))  # type: ignore[misc]  # signed in
    form.fields["bio"].required = True
    return render(request, "browser/fragment.html", {"form": form}, status=200 if form.is_valid() else 422)


def show(request: HttpRequest) -> HttpResponse:
    """Pictures of people, and no script. With `alone`, each of them once."""
    people = list(get_user_model().objects.order_by("username"))
    context = {"people": people, "size": request.GET.get("size", 64), "alone": "alone" in request.GET}
    response = render(request, "browser/show.html", context)
    if "scriptless" in request.GET:  # as if scripts were off, in browsers whose driver cannot turn them off
        response.headers["Content-Security-Policy"] = f"{POLICY}; sandbox allow-same-origin"
    return response


def library(request: HttpRequest, path: str) -> Any:
    """A file that npm has fetched."""
    return serve(request, path, document_root=str(LIBRARIES))


class MemberInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows that can be added by a script."""

    model = Member
    extra = 0


@admin.register(Team)
class TeamAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A team and its members."""

    inlines = (MemberInline,)


@admin.register(Profile)
class ProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    """A profile with its picture."""


def reddest(image: Image.Image) -> tuple[float, float]:
    """Where the picture is red, for ``AVATARS["FOCUS"]``."""
    left, top, right, bottom = image.getchannel("R").point([0] * 200 + [255] * 56).getbbox() or (0, 0, *image.size)
    return (left + right) / 2 / image.width, (top + bottom) / 2 / image.height
