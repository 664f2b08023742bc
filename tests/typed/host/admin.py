"""The admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin

from django_avatars.admin import AvatarAdminMixin, HasPictureFilter
from django_avatars.history.admin import VersionInline

from .models import Profile

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Profile]
else:
    Base = admin.ModelAdmin


@admin.register(Profile)
class ProfileAdmin(AvatarAdminMixin, Base):
    """People by picture."""

    avatar_field = "picture"
    list_display = ("avatar_thumbnail", "user")
    list_filter = (HasPictureFilter,)
    inlines = (VersionInline,)
