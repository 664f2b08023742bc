"""
The API for moderators in Django REST framework. Needs the extra ``[rest]``.

::

    path("api/", include("django_avatars.moderation.rest"))

Each address needs a permission of ``avatars_moderation``. What goes wrong is ``{"detail": "…", "code": "…"}``.
"""

from __future__ import annotations

import importlib.util

from django.urls import URLPattern, path

from ..contrib.rest_framework import PersonAvatarView
from . import rest_views

app_name = "avatars_staff"
urlpatterns: list[URLPattern] = [
    path("people/<str:pk>/avatar/", PersonAvatarView.as_view(), name="avatar"),
    path("people/<str:pk>/take-down/", rest_views.TakeDownView.as_view(), name="take_down"),
    path("people/<str:pk>/lock/", rest_views.LockView.as_view(), name="lock"),
    path("queue/", rest_views.QueueView.as_view(), name="queue"),
    path("queue/<str:pk>/approve/", rest_views.ApproveView.as_view(), name="approve"),
    path("queue/<str:pk>/reject/", rest_views.RejectView.as_view(), name="reject"),
    path("queue/<str:pk>/<str:size>/", rest_views.PictureView.as_view(), name="picture"),
]

if importlib.util.find_spec("drf_spectacular"):
    from . import rest_schema  # noqa: F401 - importing it is what makes it known
