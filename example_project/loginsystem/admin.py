"""Everybody's pictures, for staff: looked at, replaced, restored, and removed by the dozen."""

from __future__ import annotations

from django.contrib import admin

from django_avatars.admin import AvatarAdminMixin
from django_avatars.history.admin import VersionInline
from django_avatars.moderation.admin import TakeDownMixin

from .models import UserDetails


@admin.register(UserDetails)
class UserDetailsAdmin(TakeDownMixin, AvatarAdminMixin, admin.ModelAdmin):
    """Pictures of people."""

    list_display = ("avatar_thumbnail", "user", "created_at", "updated_at")
    list_display_links = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name", "user__email")
    autocomplete_fields = ("user",)
    inlines = (VersionInline,)
