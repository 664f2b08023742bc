"""Every API, and the two documents that describe them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView
from ninja import NinjaAPI
from ninja.security import HttpBasicAuth

from django_avatars.contrib.ninja import router
from django_avatars.contrib.rest_framework import AvatarView
from django_avatars.moderation.ninja import router as staff
from tests.optional import urls


class Basic(HttpBasicAuth):
    """What REST framework has without being told."""

    def authenticate(self, request: HttpRequest, username: str, password: str) -> Any:
        """Who it is."""
        return authenticate(request, username=username, password=password)


api = NinjaAPI(urls_namespace="documents", title="Pictures", auth=Basic())
api.add_router("/avatar", router)
api.add_router("/", staff)

described: list[Any] = [
    path("rest/avatar/", AvatarView.as_view()),
    path("rest/", include("django_avatars.moderation.rest")),
]
"""What the document of drf-spectacular is about."""

document = SpectacularAPIView.as_view(authentication_classes=(), permission_classes=(), urlconf=described)
urlpatterns: list[Any] = [*urls.urlpatterns, *described, path("ninja/", api.urls), path("rest/schema/", document)]
