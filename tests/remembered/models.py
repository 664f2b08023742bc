"""Pictures with a past."""

from __future__ import annotations

import reversion
from django.db import models
from simple_history.models import HistoricalRecords

from django_avatars.fields import AvatarField


class Recorded(models.Model):
    """Each save leaves a row of django-simple-history."""

    bio = models.TextField(blank=True)
    picture = AvatarField(sizes=(64,))
    secret = AvatarField(sizes=(64,))
    history = HistoricalRecords(excluded_fields=["secret"])


class RecordedProxy(Recorded):
    """Another name for the same rows and records."""

    class Meta:
        proxy = True


@reversion.register
class Versioned(models.Model):
    """Each save in a block of ``reversion.create_revision()`` leaves a version."""

    bio = models.TextField(blank=True)
    picture = AvatarField(sizes=(64,))


@reversion.register(format="xml")
class VersionedAsXml(models.Model):
    """The same, in another format."""

    picture = AvatarField(sizes=(64,))
