"""``path("avatar/", include("django_avatars.contrib.django_avatar.urls"))``: the addresses of django-avatar."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

app_name = "avatar"
urlpatterns: list[URLPattern] = [
    path("add/", views.AddView.as_view(), name="add"),
    path("change/", views.ChangeView.as_view(), name="change"),
    path("delete/", views.DeleteView.as_view(), name="delete"),
    path("render_primary/<str:user>/<int:width>/", views.render_primary, name="render_primary"),
    path("render_primary/<str:user>/<int:width>/<int:height>/", views.render_primary, name="render_primary"),
]
