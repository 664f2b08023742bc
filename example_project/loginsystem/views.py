"""The pages, and the two addresses that change the picture."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model, login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.generic import FormView

from django_avatars.querysets import with_avatars
from django_avatars.views import EditAvatarView, RemoveAvatarView

from .forms import ProfilePictureForm, SignUpForm
from .models import UserDetails

MEMBERS_SHOWN = 60
"""How many people the dashboard lists; the newest come first."""


class SignUp(FormView):
    """A new account, and logged in with it."""

    template_name = "loginsystem/signup.html"
    form_class = SignUpForm

    def form_valid(self, form: SignUpForm) -> HttpResponse:
        """Make the account."""
        login(self.request, form.save())
        return redirect("success")


@login_required
@require_safe
def success(request: HttpRequest) -> HttpResponse:
    """Where logging in and signing up lead to."""
    return render(request, "loginsystem/success.html")


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Who else is here."""
    members = with_avatars(get_user_model().objects.filter(is_active=True).order_by("-date_joined", "-pk"))
    context = {"members": list(members[:MEMBERS_SHOWN]), "count": members.count()}
    return render(request, "loginsystem/dashboard.html", context)


class ProfilePage(EditAvatarView):
    """One's own picture, large, and the forms that change it. GET is /profile/, POST /upload-profile-picture/."""

    template_name = "loginsystem/profile.html"
    form_class = ProfilePictureForm
    edit_url = after_login = "profile"
    remove_url = "remove_profile_picture"
    saved_message = "Profile picture uploaded."

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """And when the picture was changed last."""
        return super().get_context_data(details=UserDetails.objects.filter(user=self.request.user).first(), **context)


class RemovePicture(RemoveAvatarView):
    """Delete the picture; initials take its place. The profile has asked before."""

    http_method_names = ["post"]
    edit_url = after_login = "profile"
    removed_message = "Profile picture removed."
