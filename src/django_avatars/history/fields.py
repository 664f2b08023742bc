"""The field that names the files of a version, wherever those are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib.contenttypes.fields import GenericForeignKey
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.storage import storages

from ..conf import get_settings
from ..fields import AvatarField
from ..files import AvatarFieldFile

if TYPE_CHECKING:
    from django.core.files.storage import Storage
    from django.db import models


class VersionFile(AvatarFieldFile):
    """A picture that lies where its version says: with those of the holder, or under the private alias."""

    @property
    def storage(self) -> Storage:
        """The storage with the files."""
        return cast("Storage", self.instance.storage)  # type: ignore[attr-defined]  # the version stands above

    @storage.setter
    def storage(self, value: Any) -> None:
        """Django assigns that of the field, which is not where the files are."""


class VersionField(AvatarField):
    """An `AvatarField` as any other, except that the storage is a matter of the row."""

    attr_class: type[VersionFile] = VersionFile
    is_rebuilt = False
    is_placed_by_row = True

    def is_public(self, instance: Any) -> bool:
        """Never: an earlier picture is for its owner, and for whoever may view earlier pictures."""
        return False

    def shown_of(self, instance: Any) -> models.Model | None:
        """The row that had the picture, or was to have it."""
        return cast("models.Model | None", instance.holder)


class HolderKey(GenericForeignKey):
    """A `GenericForeignKey` to any row. None too where the project has the model of that row no more."""

    def get_content_type(self, *args: Any, **kwargs: Any) -> Any:
        """As the base."""
        found = super().get_content_type(*args, **kwargs)
        return found if found.model_class() else NoModel


class NoModel:
    """Stands for the content type of a model that is gone, where Django's own fails."""

    @staticmethod
    def get_object_for_this_type(**kwargs: Any) -> models.Model:
        """There is none."""
        raise ObjectDoesNotExist


def private_storage() -> Storage:
    """Where pictures are that the public must not reach; without ``PRIVATE_STORAGE`` beside all others."""
    settings = get_settings()
    return storages[settings.private_storage or settings.storage]
