"""``path("avatars/", include("django_avatars.moderation.urls"))``: what waits, and reporting."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import views

app_name = "avatars_moderation"
urlpatterns: list[URLPattern] = [
    path("review/<str:key>/<int:size>/", views.picture, name="picture"),
    path("review/withdraw/", views.WithdrawView.as_view(), name="withdraw"),
    path("report/<str:seen>/", views.ReportView.as_view(), name="report"),
]
