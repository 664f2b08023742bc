"""What moderators work with. The pictures themselves are rows of `django_avatars.history`."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if not apps.is_installed("django_avatars.history"):
    raise ImproperlyConfigured(
        "django_avatars.moderation keeps its pictures in the table of django_avatars.history, which is not installed. "
        "Add 'django_avatars.history' to INSTALLED_APPS."
    )

from ..history.models import PictureVersion


class WaitingPicture(PictureVersion):
    """A picture that is shown once somebody has approved it."""

    class Meta:
        proxy = True
        verbose_name = _("picture to review")
        verbose_name_plural = _("pictures to review")
        default_permissions = ()
        permissions = (
            ("approve_picture", _("Can approve and reject pictures")),
            ("take_down_picture", _("Can take down pictures")),
        )


class Measure(models.Model):
    """What a moderator has decided and can end."""

    since = models.DateTimeField(_("since"), default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("set by"),
    )

    class Meta:
        abstract = True


class PictureLock(Measure):
    """Somebody, or something, whose picture nobody but staff may change."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+", verbose_name=_("model"))
    object_id = models.CharField(_("key"), max_length=255)
    holder = GenericForeignKey()
    reason = models.TextField(_("reason"), blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: for good."))

    class Meta:
        verbose_name = _("locked picture")
        verbose_name_plural = _("locked pictures")
        default_permissions = ()
        permissions = (("lock_picture", _("Can lock pictures")),)
        constraints = (models.UniqueConstraint(fields=["content_type", "object_id"], name="avatars_moderation_lock"),)

    def __str__(self) -> str:
        return f"{self.content_type.model} {self.object_id}"


class PictureBlock(Measure):
    """What a picture looks like that is not to come back unseen."""

    fingerprint = models.CharField(_("fingerprint"), max_length=32, unique=True)

    class Meta:
        verbose_name = _("blocked picture")
        verbose_name_plural = _("blocked pictures")
        default_permissions = ()
        permissions = (("block_picture", _("Can block pictures")),)

    def __str__(self) -> str:
        return self.fingerprint
