"""A plain ImageField: the photo is stored as it came, and every page shows it in full."""

from __future__ import annotations

from typing import Any

from . import Make

REQUIREMENTS: list[str] = []
APPS: list[str] = []
TEMPLATE = '{% for user in users %}<img src="{{ user.profile.picture.url }}" alt="" width="48">{% endfor %}'


def settings(make: Make) -> dict[str, Any]:
    """Nothing."""
    return {}


def declare(make: Make) -> Any:
    """Saving stores the upload."""
    from django.contrib.auth.models import User
    from django.db import models

    class Profile(models.Model):
        user = models.OneToOneField(User, models.CASCADE, related_name="profile")
        picture = models.ImageField(upload_to="avatars")

        class Meta:
            app_label = "benchmarks"

    def upload(user: Any, file: Any) -> None:
        profile = Profile.objects.filter(user=user).first() or Profile(user=user)
        profile.picture = file
        profile.save()

    return upload


def seed(users: list[Any]) -> None:
    """Rows alone."""
    seed_rows(users)


def seed_rows(users: list[Any], **columns: Any) -> None:
    """A row for each user, all with names of files that nobody looks at."""
    from django.apps import apps

    model = apps.get_model("benchmarks", "Profile")
    rows = [model(user_id=user.pk, **columns) for user in users]
    for row in rows:
        row.__dict__["picture"] = f"avatars/{row.user_id}/photo.jpg"
    model.objects.bulk_create(rows, batch_size=500)
