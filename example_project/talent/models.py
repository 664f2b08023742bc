"""What is known of a talent."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from django_avatars.fields import AvatarField
from example.roles import GENDERS

FILLED = ("profile_picture", "aboutyou", "city", "country", "gender", "date_of_birth", "phone")
"""What a complete profile has."""

BASE_SCORE, FILLED_SCORE, VERIFIED_SCORE = 15, 70, 15
"""Points for being here, for a complete profile, and for being verified: 100 together."""


class TalentUserProfile(models.Model):
    """The profile, with its picture below ``profile_pictures/``."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="talent")
    profile_picture = AvatarField(
        upload_to="profile_pictures",
        input_formats=("JPEG", "PNG", "GIF", "WEBP"),
        max_bytes=5 * 1024 * 1024,
    )
    aboutyou = models.TextField(blank=True, max_length=2000)
    city = models.CharField(blank=True, max_length=100)
    country = models.CharField(blank=True, max_length=100)
    gender = models.CharField(blank=True, max_length=10, choices=GENDERS)
    date_of_birth = models.DateField(blank=True, null=True)
    phone = models.CharField(blank=True, max_length=20)
    is_verified = models.BooleanField(default=False)
    account_type = models.CharField(default="free", max_length=20)

    def __str__(self) -> str:
        return self.user.get_username()

    @property
    def profile_complete(self) -> bool:
        """Whether everything is filled in."""
        return all(getattr(self, name) for name in FILLED)

    @property
    def profile_score(self) -> int:
        """0 to 100; 85 for a complete profile of somebody who is not verified yet."""
        filled = sum(bool(getattr(self, name)) for name in FILLED)
        return BASE_SCORE + FILLED_SCORE * filled // len(FILLED) + VERIFIED_SCORE * self.is_verified
