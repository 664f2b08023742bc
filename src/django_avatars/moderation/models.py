"""Reports, locks and blocks. The pictures that they are about are rows of `django_avatars.history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from datetime import datetime

if not apps.is_installed("django_avatars.history"):
    raise ImproperlyConfigured(
        "django_avatars.moderation keeps its pictures in the table of django_avatars.history, which is not installed. "
        "Add 'django_avatars.history' to INSTALLED_APPS."
    )

from ..history.fields import HolderKey
from ..history.models import PictureVersion, localized
from . import reasons


class WaitingPicture(PictureVersion):
    """A picture that is shown once somebody has approved it."""

    class Meta:
        proxy = True
        verbose_name: ClassVar[Any] = _("picture to review")
        verbose_name_plural: ClassVar[Any] = _("pictures to review")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        permissions: ClassVar[tuple[tuple[str, Any], ...]] = (
            ("approve_picture", _("Can approve and reject pictures")),
            ("take_down_picture", _("Can take down pictures")),
        )


class ReportedPicture(PictureVersion):
    """A picture that somebody has reported, kept until a moderator has looked at it."""

    class Meta:
        proxy = True
        verbose_name: ClassVar[Any] = _("reported picture")
        verbose_name_plural: ClassVar[Any] = _("reported pictures")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        permissions: ClassVar[tuple[tuple[str, Any], ...]] = (("review_report", _("Can review reports of pictures")),)


class TakenDownPicture(PictureVersion):
    """A picture that was taken down: its owner may ask why, and somebody has to look at it again."""

    class Meta:
        proxy = True
        verbose_name: ClassVar[Any] = PictureVersion.State.TAKEN_DOWN.label
        verbose_name_plural: ClassVar[Any] = PictureVersion.State.TAKEN_DOWN.label
        default_permissions: ClassVar[tuple[str, ...]] = ()


class PictureReport(models.Model):
    """A report by one person about one picture of somebody else."""

    content_type: models.ForeignKey[ContentType, ContentType] = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", verbose_name=_("model")
    )
    object_id: models.CharField[str, str] = models.CharField(_("key"), max_length=255)
    field: models.CharField[str, str] = models.CharField(_("field"), max_length=100)
    name: models.CharField[str, str] = models.CharField(_("picture"), max_length=255)
    reporter: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_constraint=False,
        null=True,
        related_name="+",
    )
    reason: models.CharField[str, str] = models.CharField(_("reason"), max_length=200, blank=True)
    text: models.TextField[str, str] = models.TextField(blank=True)
    since: models.DateTimeField[datetime, datetime] = models.DateTimeField(
        _("since"), default=timezone.now, editable=False
    )

    class Meta:
        verbose_name: ClassVar[Any] = _("report of a picture")
        verbose_name_plural: ClassVar[Any] = _("reports of pictures")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(
                fields=["content_type", "object_id", "field", "name", "reporter"], name="avatars_moderation_report"
            ),
        )

    def __str__(self) -> str:
        return f"{self.content_type.model} {self.object_id}, {localized(self.since)}"

    @property
    def in_words(self) -> str:
        """The reason and the text, in the current language."""
        return " ".join(filter(None, (reasons.in_words(self.reason), self.text)))


class Measure(models.Model):
    """Base of a decision of a moderator, which lasts until it is ended."""

    since: models.DateTimeField[datetime, datetime] = models.DateTimeField(
        _("since"), default=timezone.now, editable=False
    )
    by: models.ForeignKey[Any, Any] = models.ForeignKey(
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
    """A user or a row whose picture only staff may change."""

    content_type: models.ForeignKey[ContentType, ContentType] = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", verbose_name=_("model")
    )
    object_id: models.CharField[str, str] = models.CharField(_("key"), max_length=255)
    holder: HolderKey = HolderKey()
    reason: models.TextField[str, str] = models.TextField(_("reason"), blank=True)
    until: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        _("until"), null=True, blank=True, help_text=_("Empty: for good.")
    )

    class Meta:
        verbose_name: ClassVar[Any] = _("locked picture")
        verbose_name_plural: ClassVar[Any] = _("locked pictures")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        permissions: ClassVar[tuple[tuple[str, Any], ...]] = (("lock_picture", _("Can lock pictures")),)
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.UniqueConstraint(fields=["content_type", "object_id"], name="avatars_moderation_lock"),
        )

    def __str__(self) -> str:
        return f"{self.content_type.model} {self.object_id}"


class PictureBlock(Measure):
    """The fingerprint of a picture. Uploads that look like it wait for a moderator."""

    fingerprint: models.CharField[str, str] = models.CharField(_("fingerprint"), max_length=32, unique=True)

    class Meta:
        verbose_name: ClassVar[Any] = _("blocked picture")
        verbose_name_plural: ClassVar[Any] = _("blocked pictures")
        default_permissions: ClassVar[tuple[str, ...]] = ()
        permissions: ClassVar[tuple[tuple[str, Any], ...]] = (("block_picture", _("Can block pictures")),)

    def __str__(self) -> str:
        return self.fingerprint
