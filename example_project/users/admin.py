"""Profiles, for staff."""

from __future__ import annotations

from django.contrib import admin

from django_avatars.admin import AvatarAdminMixin

from .models import UserProfile


@admin.register(UserProfile)
class UserProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):
    """Pictures beside what is known of people."""

    list_display = ("avatar_thumbnail", "user", "city")
    list_display_links = ("user",)
    search_fields = ("user__username",)
