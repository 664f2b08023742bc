"""The API for moderators, by REST framework and by ninja, beside everything else."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from ninja import NinjaAPI
from ninja.security import django_auth

from django_avatars.moderation.ninja import router
from tests.optional import urls

api = NinjaAPI(urls_namespace="staff", title="Staff")
api.add_router("/", router, auth=django_auth)

urlpatterns: list[Any] = [
    *urls.urlpatterns,
    path("rest/", include("django_avatars.moderation.rest")),
    path("ninja/", api.urls),
]
