"""What most peers have in common: a profile with one picture, and saving it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def profile(**columns: Any) -> Any:
    """A model ``Profile`` of the benchmark's app, with these columns beside its user."""
    from django.contrib.auth.models import User
    from django.db import models

    class Meta:
        app_label = "benchmarks"

    user = models.OneToOneField(User, models.CASCADE, related_name="profile")
    return type("Profile", (models.Model,), {"__module__": __name__, "Meta": Meta, "user": user, **columns})


def saving(model: Any, then: Callable[[Any], object] = lambda profile: None) -> Callable[[Any, Any], None]:
    """A function that saves an upload in the profile of a user, and does what is left to do afterwards."""

    def upload(user: Any, file: Any) -> None:
        profile = model.objects.filter(user=user).first() or model(user=user)
        profile.picture = file
        profile.save()
        then(profile)

    return upload


def seed_rows(users: list[Any], **columns: Any) -> None:
    """A row for each user, all with names of files that nobody looks at."""
    from django.apps import apps

    model = apps.get_model("benchmarks", "Profile")
    rows = [model(user_id=user.pk, **columns) for user in users]
    for row in rows:
        row.__dict__["picture"] = f"avatars/{row.user_id}/photo.jpg"
    model.objects.bulk_create(rows, batch_size=500)
