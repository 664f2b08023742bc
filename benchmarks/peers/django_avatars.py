"""django-avatars: an AvatarField, nothing set but what is asked for. Runs from this checkout."""

from __future__ import annotations

from typing import Any

from . import Make
from .profiles import profile, saving

REQUIREMENTS: list[str] = []
APPS = ["django_avatars"]
TEMPLATE = "{% load avatars %}{% for user in users %}{% avatar user 48 %}{% endfor %}"


def settings(make: Make) -> dict[str, Any]:
    """Quality and method are the defaults."""
    return {"AVATARS": {"SIZES": make.sizes, "OUTPUT_FORMATS": (make.format,)}}


def declare(make: Make) -> Any:
    """One field; saving is all there is to do."""
    from django_avatars.fields import AvatarField

    return saving(profile(picture=AvatarField()))


async def upload_in_coroutine(user: Any, file: Any) -> None:
    """As an asynchronous view does it."""
    from django_avatars import services

    await services.aset_own(user, file)


def seed(users: list[Any]) -> None:
    """Names as they would be stored; a page looks at no file."""
    from django.apps import apps

    from django_avatars import naming

    model = apps.get_model("benchmarks", "Profile")
    sizes = (512, 256, 128, 64)
    names = (str(naming.new_name("avatars/ab12cd", sizes=sizes, formats=("webp",))) for _ in users)
    model.objects.bulk_create([model(user=user, picture=name) for user, name in zip(users, names)], batch_size=500)  # noqa: B905
