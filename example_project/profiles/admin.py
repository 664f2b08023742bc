"""People behind the scenes, for staff."""

from __future__ import annotations

from django.contrib import admin

from django_avatars.admin import AvatarAdminMixin

from .models import BackGroundJobsProfile, Item


class ItemInline(admin.TabularInline):
    """What they offer."""

    model = Item
    extra = 0


@admin.register(BackGroundJobsProfile)
class BackGroundJobsProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):
    """Faces, subscriptions and items."""

    list_display = ("avatar_thumbnail", "user", "subscribed_until")
    list_display_links = ("user",)
    inlines = (ItemInline,)
