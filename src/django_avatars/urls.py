"""``path("avatars/", include("django_avatars.urls"))``: the pages and the stable address of every picture."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

app_name = "avatars"
urlpatterns: list[URLPattern] = [
    path("", views.EditAvatarView.as_view(), name="edit"),
    path("remove/", views.RemoveAvatarView.as_view(), name="remove"),
    path("focus/", views.focus, name="focus"),
    path("source/", views.source, name="source"),
    path("file/<path:name>", views.file, name="file"),
    path("gallery/<str:key>/", views.ReadyPictureView.as_view(), name="ready"),
    path("letters/", views.LettersView.as_view(), name="letters"),
    path("connected/<str:key>/", views.ConnectedPictureView.as_view(), name="connected"),
    path("image/<str:public_id>/<int:size>", views.image, name="image"),
]
