"""Both APIs."""

# pyright: reportIncompatibleVariableOverride=false
# The stubs of REST framework give ModelSerializer a Meta of its own.

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from rest_framework import serializers, viewsets

from django_avatars.contrib import ninja
from django_avatars.contrib.rest_framework import AvatarSerializerField, AvatarView, AvatarViewSetMixin
from django_avatars.intake import Change

from .models import Profile

api = NinjaAPI()
api.add_router("/avatar", ninja.router)
api.add_router("/people", ninja.people)


@api.post("/picture", response={200: ninja.AvatarSchema, **ninja.PROBLEMS}, openapi_extra=ninja.BODY)
def picture(request: HttpRequest) -> ninja.AvatarSchema | HttpResponse:
    """An operation of the project's own."""
    user = ninja.owner(request)

    def change(made: Change) -> ninja.AvatarSchema:
        made.set(made.file())
        return ninja.AvatarSchema.of(user, request, size=96)

    return ninja.answer(request, change)


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    """A row with a picture."""

    picture = AvatarSerializerField(size=96)
    banner = AvatarSerializerField(url_only=True, read_only=True)

    class Meta:
        model = Profile
        fields = ("picture", "banner")


class ProfileView(AvatarView):
    """One's own."""

    throttle_classes: Any = ()


class PeopleViewSet(AvatarViewSetMixin, viewsets.GenericViewSet[Profile]):
    """With an action for the picture."""

    serializer_class = ProfileSerializer


urlpatterns = [path("avatar/", AvatarView.as_view()), path("api/", api.urls)]
