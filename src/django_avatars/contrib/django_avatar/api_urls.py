"""
``path("api/", include("django_avatars.contrib.django_avatar.api_urls"))``: the REST addresses of django-avatar.

Needs the extra ``[rest]``. ``avatar/`` is `AvatarView`, ``avatar/render_primary/`` answers as before, and the
address of one of several pictures is gone: 410, with the address of the picture.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from ... import rendering
from ..rest_framework import AvatarView
from . import conf


class PrimaryView(AvatarView):
    """``{"image_url": …}`` of one's own picture, at least as large as ``?width=`` and ``?height=`` say."""

    http_method_names: list[str] = ["get", "head", "options"]  # noqa: RUF012 - Django's way

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The address."""
        asked = [request.query_params.get(name) or conf.default_size() for name in ("width", "height")]
        try:
            size = max(map(rendering.pixels, asked))
        except ValueError as exc:
            raise ValidationError(str(exc)) from exc
        return Response({"image_url": request.build_absolute_uri(rendering.avatar_url(request.user, size))})


@csrf_exempt
def gone(request: HttpRequest, pk: str) -> JsonResponse:
    """There are no numbers any more: a user has one picture."""
    address = request.build_absolute_uri("../")
    return JsonResponse({"detail": f"A user has one picture now, at {address}.", "url": address}, status=410)


urlpatterns: list[URLPattern] = [
    path("avatar/", AvatarView.as_view(), name="avatar-list"),
    path("avatar/render_primary/", PrimaryView.as_view(), name="avatar-render-primary"),
    path("avatar/<str:pk>/", gone, name="avatar-detail"),
]
