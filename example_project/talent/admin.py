"""Talents, for staff."""

from __future__ import annotations

from django.contrib import admin

from django_avatars.admin import AvatarAdminMixin

from .models import TalentUserProfile


@admin.register(TalentUserProfile)
class TalentUserProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):
    """Who is verified, and with which face."""

    list_display = ("avatar_thumbnail", "user", "is_verified")
    list_display_links = ("user",)
