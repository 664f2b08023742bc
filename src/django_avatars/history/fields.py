"""The field of a version that names its files, which may be in any storage."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.storage import storages
from django.db import models

from ..conf import get_settings
from ..fields import AvatarField
from ..lifecycle.files import AvatarFieldFile

if TYPE_CHECKING:
    from django.core.files.storage import Storage


class VersionFile(AvatarFieldFile):
    """A picture in the storage that its version says: that of the holder's field, or the private one."""

    @property
    def storage(self) -> Storage:
        """The storage with the files."""
        return cast("Storage", self.instance.storage)  # type: ignore[attr-defined]  # the version stands above

    @storage.setter
    def storage(self, value: Any) -> None:
        """Ignore the storage of the field, which Django assigns: the files are not there."""


class VersionField(AvatarField):
    """An `AvatarField` whose files are in the storage that each row says."""

    attr_class: type[VersionFile] = VersionFile
    is_rebuilt = False
    is_placed_by_row = True

    def is_public(self, instance: Any) -> bool:
        """Never: an earlier picture is for its owner, and for whoever may view earlier pictures."""
        return False

    def is_for_staff(self, instance: Any) -> bool:
        """Of those that everybody could see once. What waits or was taken down is for moderators."""
        return bool(instance.is_past)

    def lose(self, rows: models.QuerySet[Any]) -> int:
        """
        As the base, of what was rejected or taken down: its reason stays. Forget all others.

        An earlier picture without a name stands for none, which could then be approved, or shown again.
        """
        states = rows.model.State  # of `PictureVersion`
        told = rows.filter(state__in=[states.REJECTED, states.TAKEN_DOWN])
        return super().lose(told) + rows._raw_delete(rows.db)  # of what is emptied, `rows` knows nothing any more

    def shown_of(self, instance: Any) -> models.Model | None:
        """The row that had the picture, or was to have it."""
        return cast("models.Model | None", instance.holder)


class HolderKey(GenericForeignKey):
    """A `GenericForeignKey` to any row. Also None if the project no longer has the model of that row."""

    def get_content_type(self, *args: Any, **kwargs: Any) -> Any:
        """As the base."""
        found = super().get_content_type(*args, **kwargs)
        return found if found.model_class() else NoModel


class NoModel:
    """Stands for the content type of a model that is gone, and for that model, where Django's own fail."""

    _meta = SimpleNamespace(pk=models.TextField())  # before 6.1, ``prefetch_related`` asks for the kind of the key

    @classmethod
    def model_class(cls) -> type[NoModel]:
        """This class, of which there is no instance."""
        return cls

    @staticmethod
    def get_object_for_this_type(**kwargs: Any) -> models.Model:
        """There is none."""
        raise ObjectDoesNotExist

    @staticmethod
    def get_all_objects_for_this_type(**kwargs: Any) -> models.QuerySet[Any]:
        """There are none; for ``prefetch_related``."""
        return ContentType.objects.none()


def private_storage() -> Storage:
    """The storage for pictures that the public must not see. Without ``PRIVATE_STORAGE``, that of all others."""
    settings = get_settings()
    return storages[settings.private_storage or settings.storage]
