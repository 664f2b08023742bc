"""The pages of the package, the admin, and nothing else."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("avatars/", include("django_avatars.urls")),
    path("admin/", admin.site.urls),
]
