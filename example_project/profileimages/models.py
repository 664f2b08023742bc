"""The image of a person."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from django_avatars.fields import AvatarField


class ProfileImage(models.Model):
    """In the folder ``profile_images``; the name is new and random for every upload."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile_image")
    image = AvatarField(upload_to="profile_images")

    def __str__(self) -> str:
        return self.user.get_username()
