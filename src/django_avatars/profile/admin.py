"""Everybody's pictures in the admin, where there is one."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model

from django_avatars.admin import AvatarAdminMixin

from .models import Profile


@admin.register(Profile)
class ProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]  # subscripting needs django-stubs at run time
    """Pictures by user: seen, replaced, removed one by one or many at once."""

    list_display: tuple[str, ...] = ("avatar_thumbnail", "user")
    list_display_links: tuple[str, ...] = ("user",)
    search_fields: ClassVar[tuple[str, ...]] = (f"user__{get_user_model().USERNAME_FIELD}",)
    raw_id_fields: ClassVar[tuple[str, ...]] = ("user",)
