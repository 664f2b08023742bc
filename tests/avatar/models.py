"""The one model of django-avatar 9."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Avatar(models.Model):
    """One of several pictures of a user."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    primary = models.BooleanField(default=False)
    avatar = models.FileField(max_length=1024, upload_to="avatars/1", blank=True)
    date_uploaded = models.DateTimeField(default=timezone.now)
