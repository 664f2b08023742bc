"""The profile image as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class ProfileImagesConfig(AppConfig):
    """The system of the document "Profile Image Endpoints"."""

    name = "profileimages"
    verbose_name = "Profile images"
