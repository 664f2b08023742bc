"""What a project would write for REST framework."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework import serializers, viewsets
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.routers import DefaultRouter

from django_avatars.contrib.rest_framework import (
    AvatarSerializerField,
    AvatarUploadMixin,
    AvatarView,
    AvatarViewSetMixin,
    PersonAvatarView,
)
from tests.app.models import Profile, Team, User


class PersonSerializer(serializers.ModelSerializer[User]):
    """A user with a picture, to be nested."""

    avatar = AvatarSerializerField(source="*", read_only=True, size=64, url_only=True)

    class Meta:
        model = User
        fields = ("username", "avatar")


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    """A picture beside other fields."""

    profile_pic = AvatarSerializerField()
    user = PersonSerializer(read_only=True)

    class Meta:
        model = Profile
        fields = ("profile_pic", "bio", "user")


class PlainSerializer(serializers.ModelSerializer[Profile]):
    """What REST framework makes of the field by itself."""

    class Meta:
        model = Profile
        fields = ("profile_pic", "bio")


class TeamSerializer(serializers.ModelSerializer[Team]):
    """A picture with limits of its own."""

    banner = AvatarSerializerField(size=32)

    class Meta:
        model = Team
        fields = ("name", "banner")


class ProfileViewSet(AvatarUploadMixin, viewsets.ModelViewSet[Profile]):
    """Other people's rows: the permissions are the project's."""

    queryset = Profile.objects.order_by("pk")
    serializer_class = ProfileSerializer
    parser_classes = [MultiPartParser, JSONParser]  # noqa: RUF012


class PersonViewSet(AvatarViewSetMixin, viewsets.ReadOnlyModelViewSet[User]):
    """Has ``avatar/`` for one's own picture."""

    queryset = User.objects.order_by("pk")
    serializer_class = PersonSerializer


router = DefaultRouter()
router.register("profiles", ProfileViewSet)
router.register("people", PersonViewSet)

urlpatterns: list[Any] = [
    path("api/avatar/", AvatarView.as_view()),
    path("api/users/<str:pk>/avatar/", PersonAvatarView.as_view()),
    path("api/", include(router.urls)),
]
