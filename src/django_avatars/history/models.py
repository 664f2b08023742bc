"""One table: a row for each picture that another one took the place of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import storages
from django.db import models
from django.utils import timezone
from django.utils.formats import localize
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..fields import AvatarField
from ..lifecycle import references
from .fields import HolderKey, VersionField, private_storage

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.storage import Storage


def localized(moment: datetime) -> str:
    """A moment as templates show it: in the language and the time zone of who reads it."""
    return localize(timezone.template_localtime(moment))  # type: ignore[attr-defined]  # django-stubs lack it


class PictureVersion(models.Model):
    """
    A picture that a row had, or was to have: which, whose, from when to when, by whom, and why it went.

    One is created for each change of a picture. For the first picture of a row, `picture` is empty: it then records
    only when, and by whom, that first picture was set.
    """

    class State(models.TextChoices):
        """What has become of the picture."""

        PAST = "past", pgettext_lazy("picture", "Replaced")
        WAITING = "waiting", pgettext_lazy("picture", "Waits for approval")
        REJECTED = "rejected", pgettext_lazy("picture", "Rejected")
        TAKEN_DOWN = "taken_down", pgettext_lazy("picture", "Taken down")
        REPORTED = "reported", pgettext_lazy("picture", "Reported")
        ERASING = "erasing", pgettext_lazy("picture", "Being erased")

    content_type: models.ForeignKey[ContentType, ContentType] = models.ForeignKey(
        ContentType, on_delete=models.CASCADE, related_name="+", verbose_name=_("model")
    )
    object_id: models.CharField[str, str] = models.CharField(_("key"), max_length=255)
    holder: HolderKey = HolderKey(for_concrete_model=True)
    field: models.CharField[str, str] = models.CharField(_("field"), max_length=100)
    picture: VersionField = VersionField(_("picture"), storage=private_storage)
    alias: models.CharField[str, str] = models.CharField(
        _("storage"), max_length=100, blank=True, help_text=_("Empty: that of the field.")
    )
    state: models.CharField[str, str] = models.CharField(_("state"), max_length=20, choices=State, default=State.PAST)
    size: models.PositiveBigIntegerField[int, int] = models.PositiveBigIntegerField(_("bytes"), default=0)
    quota: models.CharField[str, str] = models.CharField(max_length=255, blank=True, editable=False)
    next_size: models.PositiveBigIntegerField[int, int] = models.PositiveBigIntegerField(default=0, editable=False)
    since: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(
        _("shown since"), null=True, blank=True
    )
    since_by: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("set by"),
    )
    since_door: models.CharField[str, str] = models.CharField(_("set through"), max_length=20, blank=True)
    until: models.DateTimeField[datetime, datetime] = models.DateTimeField(_("until"), default=timezone.now)
    until_by: models.ForeignKey[Any, Any] = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        db_constraint=False,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("ended by"),
    )
    until_door: models.CharField[str, str] = models.CharField(_("ended through"), max_length=20, blank=True)
    reason: models.TextField[str, str] = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name: ClassVar[Any] = _("earlier picture")
        verbose_name_plural: ClassVar[Any] = _("earlier pictures")
        ordering: ClassVar[tuple[str, ...]] = ("-pk",)
        indexes: ClassVar[tuple[models.Index, ...]] = (
            models.Index(fields=["content_type", "object_id", "field"], name="avatars_history_holder"),
            models.Index(fields=["quota", "state", "size"], name="avatars_history_quota"),
        )

    def __str__(self) -> str:
        return f"{self._kind.model} {self.object_id}, {localized(self.until)}"

    @property
    def is_past(self) -> bool:
        """Whether this is a picture that was replaced or removed, and that can be restored."""
        return self.state == self.State.PAST

    @property
    def was_shown(self) -> bool:
        """Whether this records what the row has shown: not a picture that waits or was rejected, and not a report."""
        return self.state not in (self.State.WAITING, self.State.REJECTED, self.State.REPORTED)

    def find_field(self) -> AvatarField | None:
        """The AvatarField that the picture is, or was, in. None if the project has removed or renamed it."""
        return avatar_field(self._kind.model_class(), self.field)

    def get_field(self) -> AvatarField:
        """The AvatarField that the picture is, or was, in. Raises `DoesNotExist` if the project no longer has it."""
        found = self.find_field()
        if found is None:
            raise self.DoesNotExist(f"There is no AvatarField {self.field!r} of {self.content_type} any more.")
        return found

    @property
    def _kind(self) -> ContentType:
        """The content type, which Django remembers: a list of pictures would ask for that of each."""
        return ContentType.objects.db_manager(self._state.db).get_for_id(self.content_type_id)

    @property
    def storage(self) -> Storage:
        """The storage with the files. If neither `alias` nor the field says which, the storages are searched."""
        if self.alias in storages.backends:
            return storages[self.alias]
        field = None if self.alias else self.find_field()
        return self._found if field is None else field.storage

    @cached_property
    def _found(self) -> Storage:
        places = [field.storage for field in references.fields()]
        return next((place for place in places if place.exists(str(self.picture.name))), private_storage())


def avatar_field(model: type[models.Model] | None, name: str) -> AvatarField | None:
    """The AvatarField of `model` with this name, if there is one."""
    fields: Any = model._meta.concrete_fields if model else ()
    return next((field for field in fields if field.name == name and references.is_avatar(field)), None)
