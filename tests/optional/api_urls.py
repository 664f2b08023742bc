"""Everything that a project can include, with the APIs: one's own picture, that of others, and those for moderators."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from ninja import NinjaAPI
from ninja.security import django_auth

from django_avatars.contrib.ninja import people
from django_avatars.contrib.ninja import router as own
from django_avatars.contrib.rest_framework import AvatarView
from django_avatars.moderation.ninja import router as staff
from tests.optional import urls

api = NinjaAPI(urls_namespace="everything", title="Everything")
api.add_router("/avatar", own, auth=django_auth)
api.add_router("/people", people, auth=django_auth)
api.add_router("/", staff, auth=django_auth)

urlpatterns: list[Any] = [
    *urls.urlpatterns,
    path("rest/avatar/", AvatarView.as_view()),
    path("rest/", include("django_avatars.moderation.rest")),
    path("ninja/", api.urls),
]
