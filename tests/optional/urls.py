"""Everything that a project can include."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from django_avatars.admin import AvatarAdminMixin
from django_avatars.history.admin import VersionInline
from django_avatars.moderation.admin import TakeDownMixin
from tests.app.models import Profile
from tests.optional.settings import WITH_ALLAUTH


@admin.register(Profile)
class ProfileAdmin(TakeDownMixin, AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]  # as the page does
    """Profiles, with their earlier pictures."""

    inlines = (VersionInline,)


urlpatterns = [
    path("avatars/", include("django_avatars.urls")),
    path("avatars/", include("django_avatars.history.urls")),
    path("avatar/", include("django_avatars.contrib.django_avatar.urls")),
    path("avatars/", include("django_avatars.moderation.urls")),
    path("admin/", admin.site.urls),
    *([path("accounts/", include("allauth.urls"))] if WITH_ALLAUTH else []),
]
