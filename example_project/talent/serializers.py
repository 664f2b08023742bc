"""The JSON of the document."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from rest_framework import serializers

from django_avatars import limits
from django_avatars.contrib.rest_framework import AvatarSerializerField
from example.roles import ERROR_MESSAGES
from example.schema import Birthday

from .models import TalentUserProfile

VIDEO = {"max_video_size": 100 * 1024 * 1024, "allowed_video_types": ["mp4", "mov", "avi"]}
"""What this system accepts of videos: nothing that django-avatars knows."""


class PersonSerializer(serializers.ModelSerializer):
    """The account."""

    class Meta:
        model = get_user_model()
        fields = ("id", "email", "first_name", "last_name")


class TalentProfileSerializer(serializers.ModelSerializer):
    """The profile. Names are those of the account."""

    user = PersonSerializer(read_only=True)
    date_of_birth = Birthday(required=False, allow_null=True)
    profile_picture = AvatarSerializerField(url_only=True, error_messages=ERROR_MESSAGES)
    first_name = serializers.CharField(
        source="user.first_name", max_length=150, required=False, write_only=True, allow_blank=True
    )
    last_name = serializers.CharField(
        source="user.last_name", max_length=150, required=False, write_only=True, allow_blank=True
    )
    profile_complete = serializers.BooleanField(read_only=True)
    profile_score = serializers.IntegerField(read_only=True)

    class Meta:
        model = TalentUserProfile
        fields = (
            "id", "user", "profile_picture", "first_name", "last_name", "aboutyou", "city", "country", "gender",
            "date_of_birth", "phone", "is_verified", "profile_complete", "account_type", "profile_score",
        )  # fmt: skip
        read_only_fields = ("is_verified", "account_type")

    def update(self, instance: TalentUserProfile, validated_data: dict[str, Any]) -> TalentUserProfile:
        """Both rows, or none."""
        names = validated_data.pop("user", {})
        with transaction.atomic():
            if names:
                for name, value in names.items():
                    setattr(instance.user, name, value)
                instance.user.save(update_fields=list(names))
            return super().update(instance, validated_data)


def file_limits() -> dict[str, Any]:
    """What may be uploaded, from the limits that hold, in the words of the document."""
    picture = limits(TalentUserProfile._meta.get_field("profile_picture"))
    usual = {"jpg", *(kind.partition("/")[2] for kind in picture["content_types"])}
    return {
        "max_image_size": picture["max_bytes"],
        "allowed_image_types": [ending for ending in picture["extensions"] if ending in usual],
        **VIDEO,
    }
