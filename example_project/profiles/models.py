"""What is known of somebody who works behind the scenes, and what they offer."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from django_avatars.fields import AvatarField
from example.roles import GENDERS

PICTURE_POINTS, FIELD_POINTS = 15, 5
"""For the picture, and for each other field that is filled in: 30 together."""

TIER_POINTS = {"back_ground_jobs": 25}
"""For an account with a running subscription, by type."""

MOST_FOR_KINDS, MOST_FOR_ITEMS, KIND_POINTS = 15, 30, 5
"""For kinds of items, and for items, one point each."""

FREE_ITEMS = 3
"""What may be offered without a subscription."""


class BackGroundJobsProfile(models.Model):
    """The profile, with its picture below ``background_profile_pictures/``."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="background")
    country = models.CharField(blank=True, max_length=100)
    date_of_birth = models.DateField(blank=True, null=True)
    gender = models.CharField(blank=True, max_length=10, choices=GENDERS)
    account_type = models.CharField(default="back_ground_jobs", max_length=20)
    subscribed_until = models.DateField(blank=True, null=True)
    profile_picture = AvatarField(upload_to="background_profile_pictures", max_bytes=5 * 1024 * 1024)

    class Meta:
        verbose_name = "background jobs profile"

    def __str__(self) -> str:
        return self.user.get_username()

    def has_subscription(self) -> bool:
        """Whether it runs today."""
        return self.subscribed_until is not None and self.subscribed_until >= today()

    def score(self) -> dict[str, Any]:
        """How good the profile is, and why."""
        kinds = list(self.items.values_list("kind", flat=True))
        filled = {name: bool(getattr(self, name)) for name in ("country", "date_of_birth", "gender")}
        parts = {
            "account_tier": TIER_POINTS.get(self.account_type, 0) if self.has_subscription() else 0,
            "profile_completion": PICTURE_POINTS * bool(self.profile_picture) + FIELD_POINTS * sum(filled.values()),
            "item_diversity": min(KIND_POINTS * len(set(kinds)), MOST_FOR_KINDS),
            "item_quantity": min(len(kinds), MOST_FOR_ITEMS),
        }
        details = {"filled": {"profile_picture": bool(self.profile_picture), **filled}, "kinds": sorted(set(kinds))}
        return {"total": sum(parts.values()), **parts, "details": {**details, "items": len(kinds)}}

    def subscription_status(self) -> dict[str, Any]:
        """What has been paid for."""
        is_active = self.has_subscription()
        return {
            "has_subscription": is_active,
            "can_access_features": is_active,
            "message": "Active subscription" if is_active else "No active subscription",
            "subscription": {"type": self.account_type, "until": self.subscribed_until} if is_active else None,
        }

    def restrictions(self) -> dict[str, Any]:
        """What cannot be done without paying."""
        is_active, count = self.has_subscription(), self.items.count()
        return {
            "max_items": None if is_active else FREE_ITEMS,
            "items": count,
            "can_add_items": is_active or count < FREE_ITEMS,
            "can_upload_picture": True,
        }


class Item(models.Model):
    """Something to hire: a prop, a costume, a place."""

    profile = models.ForeignKey(BackGroundJobsProfile, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


def today() -> dt.date:
    """The day it is here."""
    return timezone.localdate()
