"""The JSON of the document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from django_avatars.contrib.rest_framework import AvatarSerializerField
from example.roles import ERROR_MESSAGES
from example.schema import Birthday

from .models import BackGroundJobsProfile


class BackgroundProfileSerializer(serializers.ModelSerializer):
    """The profile."""

    email = serializers.EmailField(source="user.email", read_only=True)
    username = serializers.CharField(source="user.username", read_only=True)
    date_of_birth = Birthday(required=False, allow_null=True)
    profile_picture = AvatarSerializerField(url_only=True, error_messages=ERROR_MESSAGES)
    profile_score = serializers.SerializerMethodField()

    class Meta:
        model = BackGroundJobsProfile
        fields = (
            "id", "email", "username", "profile_picture", "country", "date_of_birth", "gender", "account_type",
            "profile_score",
        )  # fmt: skip
        read_only_fields = ("account_type",)

    def get_profile_score(self, profile: Any) -> int:
        """The sum alone."""
        return profile.score()["total"]
