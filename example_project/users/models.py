"""What is known of a person, and the picture."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from django_avatars.fields import AvatarField


class UserProfile(models.Model):
    """As the document has it, with an AvatarField where it has a CloudinaryField."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    profile_pic = AvatarField(
        "image",
        upload_to="profile_pics",
        default="profile_pics/default.png",
        blank=True,
        null=True,
        input_formats=("JPEG", "PNG", "WEBP", "GIF", "AVIF", "HEIC"),  # of phones, as they are: HEIC takes pillow-heif
    )
    phone = models.CharField(max_length=20, blank=True)
    gender = models.CharField(max_length=10, blank=True, choices=[(name, name) for name in ("Male", "Female", "Other")])
    address = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    zipcode = models.CharField(max_length=12, blank=True)

    def __str__(self) -> str:
        return self.user.get_username()

    @property
    def imageURL(self) -> str:
        """The address of the picture, "" where there is none."""
        try:
            return self.profile_pic.url
        except ValueError:
            return ""
