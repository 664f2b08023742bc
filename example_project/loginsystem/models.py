"""What LoginSystem knows of a person beyond the account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from django_avatars.fields import AvatarField
from django_avatars.naming import fold


def user_profile_picture_path(instance: UserDetails, filename: str) -> str:
    """``profile_pictures/<username>/``, below the media folder."""
    return f"profile_pictures/{fold(instance.user.get_username())}/{filename}"


class UserDetails(models.Model):
    """The picture of a person."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="details")
    profile_picture = AvatarField(
        upload_to=user_profile_picture_path,
        input_formats=("JPEG", "PNG", "GIF", "BMP", "WEBP"),  # the document has the first four, and asks for more
        max_bytes=5 * 1024 * 1024,
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "user details"

    def __str__(self) -> str:
        return self.user.get_full_name() or self.user.get_username()
