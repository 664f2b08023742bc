"""The pages around the systems: the front page, the gallery of what tags draw, and the playground."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate, get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.http import require_safe
from rest_framework.response import Response

from django_avatars import history, limits
from django_avatars.contrib.rest_framework import AvatarView
from django_avatars.forms import AvatarForm
from django_avatars.querysets import with_avatars
from django_avatars.views import EditAvatarView
from loginsystem.models import UserDetails

from .moderating import REPORTED, STORIES
from .people import NAMES, PASSWORD

GUESTS = ("ada", "background@example.com", "talent@example.com")
"""Who a visitor can log in as with one click."""

THEMES = ("light", "dark")
DIRECTIONS = ("ltr", "rtl")  # the second is that of languages that run from right to left


class OwnAvatarView(AvatarView):
    """One's own picture, for ``<avatar-field>``: with what may be chosen, so that it can tell before."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Show your picture."""
        response = super().get(request, *args, **kwargs)
        response.data["limits"] = limits(UserDetails._meta.get_field("profile_picture"))
        return response


class FrontPage(EditAvatarView):
    """What this is, in ten seconds: for strangers three ways in, for others their own picture, large, to click on."""

    http_method_names = ["get", "head"]
    template_name = "front.html"

    def handle_no_permission(self) -> HttpResponse:
        """Show who is here, and let the visitor be one of them."""
        guests = {user.username: user for user in people().filter(username__in=GUESTS)}
        context = {
            "guests": [(guests[name], told_of(guests[name])) for name in GUESTS if name in guests],
            "password": PASSWORD,
            "others": others(),
        }
        return render(self.request, self.template_name, context)

    def get_form(self, **kwargs: Any) -> AvatarForm:
        """The form, with a picture that one cannot miss."""
        form = super().get_form(**kwargs)
        form.fields["avatar"].widget.preview_size = 256
        return form

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """And the people around, and whether there is something to undo."""
        return super().get_context_data(others=others(), can_undo=history.can_undo(self.request.user), **context)


class Playground(EditAvatarView):
    """A field with everything on, and the settings that it takes."""

    template_name = "playground.html"
    edit_url = "playground"


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Everything that the tags can draw, with the line that draws it; the query has theme, direction and language."""
    theme, direction = request.GET.get("theme"), request.GET.get("dir")
    shown = list(people())
    context = {
        "theme": theme if theme in THEMES else None,
        "direction": direction if direction in DIRECTIONS else DIRECTIONS[translation.get_language_bidi()],
        "themes": THEMES,
        "directions": DIRECTIONS,
        "sizes": (128, 96, 64, 48, 32, 24, 16),
        "shapes": ("round", "soft", "rounded", "square"),
        "first": shown[0] if shown else "Ada Lovelace",
        "second": shown[1] if len(shown) > 1 else "Zoë Ångström",
        "three": [*shown, *NAMES][:3],
        "five": [*shown, *NAMES][-5:],
        "forty": [*shown, *NAMES][:40],
        "lost": UserDetails(
            user=get_user_model()(first_name="Lost", last_name="File"),
            profile_picture=f"profile_pictures/nobody/{'a' * 26}_512-256-128-64.webp",
        ),
        "names": NAMES,
    }
    return render(request, "gallery.html", context)


def moderation(request: HttpRequest) -> HttpResponse:
    """What moderators see to, each with somebody to look at it as: POST makes the visitor that person."""
    if request.method == "POST":
        name = request.POST.get("username", "")
        user = authenticate(request, username=name, password=PASSWORD)
        if user is None:
            return redirect("login")  # somebody has changed the password
        login(request, user)
        return redirect(STORIES[name].then if name in STORIES else "moderation")
    users = {user.get_username(): user for user in people().filter(username__in=[*STORIES, REPORTED, "ada"])}
    context = {
        "stories": [(users[name], story) for name, story in STORIES.items() if name in users],
        "reported": users.get(REPORTED),
    }
    return render(request, "moderation.html", context)


def told_of(guest: Any) -> str:
    """What there is to see as this person."""
    if guest.is_staff:
        return "runs the site"
    return "has a picture" if guest.details.profile_picture else "has none yet"


def people() -> Any:
    """Everybody, with their pictures, the newest first."""
    return with_avatars(get_user_model().objects.filter(is_active=True).order_by("-date_joined", "-pk"))


def others() -> list[Any]:
    """Four faces to have around a large one."""
    return [*people().filter(username__in=("nia", "zoe", "dana", "olga")), *NAMES][:4]
