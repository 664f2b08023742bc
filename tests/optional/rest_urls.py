"""The addresses of django-avatar, and those of its API."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("avatar/", include("django_avatars.contrib.django_avatar.urls")),
    path("api/", include("django_avatars.contrib.django_avatar.api_urls")),
]
