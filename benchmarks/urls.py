"""Addresses of the site that is measured: `avatars:image`, which initials point to, and those of the load job."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.urls import include, path

urlpatterns = import_module("benchmarks.jobs.load").urls()
if apps.is_installed("django_avatars"):
    urlpatterns.append(path("avatar/", include("django_avatars.urls")))
if apps.is_installed("avatar"):
    urlpatterns.append(path("avatar/", include("avatar.urls")))
