"""``path("avatars/", include("django_avatars.history.urls"))``: undo, and the earlier pictures of the visitor."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

app_name = "avatars_history"
urlpatterns: list[URLPattern] = [
    path("undo/", views.UndoView.as_view(), name="undo"),
    path("remove/for-good/", views.RemoveForGoodView.as_view(), name="remove"),
    path("earlier/<int:pk>/restore/", views.RestoreView.as_view(), name="restore"),
    path("earlier/<int:pk>/delete/", views.DeleteView.as_view(), name="delete"),
]
