"""Pages with the picker in every surrounding it has to work in."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from tests.browser import views

urlpatterns = [
    path("avatars/", include("django_avatars.urls")),
    path("admin/", admin.site.urls),
    path("form/", views.profile_form, name="form"),
    path("foreign/", views.ForeignPage.as_view(http_method_names=["get"]), name="foreign"),
    path("foreign/upload/", views.ForeignPage.as_view(http_method_names=["post"]), name="foreign-upload"),
    path("foreign/other/", views.ForeignPage.as_view(http_method_names=["post"]), name="foreign-other"),
    path("teams/", views.team_form, name="teams"),
    path("host/<str:kind>/", views.host, name="host"),
    path("fragment/", views.fragment, name="fragment"),
    path("show/", views.show, name="show"),
    path("libraries/<path:path>", views.library, name="library"),
    path("i18n/", include("django.conf.urls.i18n")),
]
