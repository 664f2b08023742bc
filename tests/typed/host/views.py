"""Views, pages and functions that a template calls."""

from __future__ import annotations

import io
from typing import Any, assert_type

from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser, User
from django.core.files.base import File
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils.safestring import SafeString

from django_avatars import history, intake, moderation, privacy, rendering, services
from django_avatars.fetch import fetch
from django_avatars.history.models import PictureVersion
from django_avatars.querysets import with_avatars, with_picture, without_picture
from django_avatars.views import EditAvatarView

from .models import Profile

urlpatterns = [path("avatars/", include("django_avatars.urls")), path("edit/", EditAvatarView.as_view())]


def members(request: HttpRequest) -> HttpResponse:
    """A list of people."""
    people = with_avatars(User.objects.filter(is_active=True))
    assert_type(people, QuerySet[User, User])
    assert_type(with_picture(people), QuerySet[User, User])
    assert_type(without_picture(Profile.objects.all(), "banner"), QuerySet[Profile, Profile])
    parts = [rendering.avatar(person, 48, label=True) for person in people]
    assert_type(parts, list[SafeString])
    parts += [rendering.avatar(AnonymousUser()), rendering.avatar(None), rendering.avatar_stack(people, max=3)]
    return HttpResponse("".join(parts) + rendering.avatar_url(request.user, 96))


def upload(request: HttpRequest, profile: Profile) -> HttpResponse:
    """A change in a request."""
    try:
        with intake.change(request, Profile.picture.field, holder=profile) as change:
            file = change.file("picture")
            assert_type(change.set(file), Model)
            if file is None:
                assert_type(change.remove(), bool)
    except intake.Problem as problem:
        return HttpResponse(problem.text, status=problem.status, headers=problem.headers)
    return HttpResponse(status=204)


async def upload_in_a_coroutine(request: HttpRequest, profile: Profile) -> HttpResponse:
    """The same in a thread."""
    return await sync_to_async(upload)(request, profile)


def change(user: User, profile: Profile, picture: File[Any]) -> None:
    """Other people's pictures."""
    assert_type(services.set_own(user, picture), Model)
    assert_type(services.remove_own(user, actor=user), bool)
    services.set_picture(profile, file=picture, actor=None)
    assert_type(services.remove_picture(profile), bool)
    assert_type(services.sync_picture(profile, b"", source="ldap"), bool)
    described = services.describe(user, size=64)
    assert_type(described["url"], str | None)
    assert_type(described["sizes"], dict[int, str])
    services.set_own(user, b"bytes")  # type: ignore
    services.set_picture(profile, picture)  # type: ignore
    described["colour"]  # type: ignore
    services.set_own(user, fetch("https://example.com/me.jpg"))


async def change_in_a_coroutine(user: User, profile: Profile, picture: File[Any]) -> None:
    """The twins."""
    assert_type(await services.aset_own(user, picture), Model)
    assert_type(await services.aremove_own(user), bool)
    await services.aset_picture(profile, file=picture)
    assert_type(await services.aremove_picture(profile), bool)


def remember(profile: Profile, moderator: User) -> None:
    """History, moderation, and the rights of people."""
    for version in history.versions(profile):
        assert_type(version, PictureVersion)
        history.restore(version, actor=moderator)
        moderation.approve(version, moderator)
        moderation.reject(version, moderator, "Not you.")
    history.undo(profile, actor=moderator)
    moderation.lock(profile.user, actor=moderator, reason="Again.", until=None)
    assert_type(privacy.export(profile.user, io.BytesIO()), int)
    assert_type(privacy.erase(profile.user), privacy.Report)
