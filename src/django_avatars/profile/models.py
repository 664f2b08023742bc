"""One picture a user."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from django_avatars.fields import AvatarField


class Profile(models.Model):
    """
    The picture of a user, as ``user.avatar_profile.picture``.

    Not ``user.profile``: that name belongs to the profile the project may have, or get, itself.
    The row is made when the user first uploads something.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="avatar_profile", verbose_name=_("user")
    )
    picture: AvatarField = AvatarField(_("picture"))

    class Meta:
        verbose_name: ClassVar[Any] = _("profile picture")
        verbose_name_plural: ClassVar[Any] = _("profile pictures")

    def __str__(self) -> str:
        return self.user.get_username()
