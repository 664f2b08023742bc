"""
`AvatarField`: a FileField that stores nothing but what our encoder made from decoded pixels.

This half is what a project sees of it; the half that saves pictures is `ColumnField`, its base in `lifecycle`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, overload

from django.core import checks
from django.core.files.base import File
from django.core.files.storage import Storage
from django.db import models
from django.db.models.fields.files import FieldFile, FileField

from .conf import Limits
from .exceptions import INVALID_IMAGE
from .lifecycle import files
from .lifecycle.files import AvatarDescriptor, AvatarFieldFile, ColumnField
from .lifecycle.state import PictureState
from .naming import per_user

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable
    from django.utils.functional import Promise

_DEFAULTS = {"blank": True, "db_index": True, "max_length": 255}


class AvatarField(ColumnField):
    """
    A model field that stores a picture as square renditions. A model may have several, in any storage.

    An option that is not given follows ``AVATARS`` whenever it is used. Of the arguments below, migrations contain
    only `upload_to` and `error_messages`.

    Args:
        upload_to: As for a `FileField`, but only the folder of the result is used. Default: `naming.per_user`.
        storage: An alias of ``STORAGES``, a storage, or a callable that returns one.
        sizes: Sides of the stored renditions, in pixels.
        output_formats: Extensions of the stored renditions ("webp", "avif", "jpg", "png"). `url` gives the first one.
        input_formats: Formats that may be uploaded ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF", "HEIC").
        max_bytes: The largest upload, in bytes.
        min_size: The least width and height of an upload, in pixels.
        alt_field: Name of the field of the same model in which the owner describes the picture, for people who do
            not see it.
        error_messages: Texts by error code, which replace those of `exceptions.INVALID_IMAGE`.

    """

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: Any) -> AvatarDescriptor: ...
        @overload
        def __get__(self, instance: models.Model, owner: Any) -> AvatarFieldFile: ...
        @overload
        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __get__(self, instance: Any, owner: Any) -> Any:
            """For type checkers; at run time the descriptor answers."""

        def __set__(self, instance: Any, value: str | File[Any] | Promise | Combinable | None) -> None:
            """For type checkers: assigning anything but a file or a name is an error."""

    attr_class: type[AvatarFieldFile] = AvatarFieldFile
    default_error_messages: ClassVar[Any] = {**INVALID_IMAGE}

    def __init__(
        self,
        verbose_name: Any = None,
        name: str | None = None,
        upload_to: Any = per_user,
        storage: str | Storage | Callable[[], Storage] | None = None,
        *,
        sizes: Sequence[int] | None = None,
        output_formats: Sequence[str] | None = None,
        input_formats: Sequence[str] | None = None,
        max_bytes: int | None = None,
        min_size: int | None = None,
        alt_field: str | None = None,
        **kwargs: Any,
    ) -> None:
        for refused in ("width_field", "height_field"):
            if refused in kwargs:
                raise TypeError(
                    f"AvatarField takes no {refused!r}: the stored name says the size already. "
                    f"Leave it out, and read {refused.removesuffix('_field')} from the file."
                )
        # FileField gets a placeholder. It would make the real storage when the class is defined, and that one
        # would ignore later changes of the settings.
        super().__init__(verbose_name, name, upload_to, Storage(), **{**_DEFAULTS, **kwargs})
        self.storage = storage
        self.alt_field = alt_field
        self._options = {
            "sizes": _as_tuple(sizes),
            "output_formats": _as_tuple(output_formats),
            "input_formats": _as_tuple(input_formats),
            "max_bytes": max_bytes,
            "min_size": min_size,
        }

    def limits(self) -> Limits:
        """The limits on uploads, for a front end that shows them before a file is chosen."""
        from .imaging import formats  # start-up loads nothing of imaging

        accepted = formats.available(self.option("input_formats"))
        return {
            "max_bytes": self.option("max_bytes"),
            "formats": list(accepted),
            "extensions": list(formats.extensions(accepted)),
            "content_types": list(formats.content_types(accepted)),
            "min_size": self.option("min_size"),
        }

    @property
    def validators(self) -> list[Any]:
        """Only `validate_picture`, which processes an upload, and runs the project's own validators on that alone."""
        return [self.validate_picture]

    def validate_picture(self, value: Any) -> None:
        """Refuse a file that is not a usable picture. Raises `InvalidImage`."""
        if isinstance(value, AvatarFieldFile):
            if value.is_pending:
                value.process()
        elif isinstance(value, File) and not isinstance(value, FieldFile):
            self.process(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """
        Ask the policy, and then clean the value as every field does. Raises `NotAllowed`.

        Django cleans no blank value, so whether a picture may be removed is asked by the form field and the save.
        """
        if model_instance is not None:
            PictureState(model_instance, self).ask_policy()
        return super().clean(value, model_instance)

    def is_own(self, name: str | None) -> bool:
        """Whether `name` is the row's own picture: neither empty nor the default of the field."""
        return bool(name) and name != str(self.get_default() or "")

    def is_public(self, instance: models.Model) -> bool:
        """Whether everybody who may see the row may see this picture. False for the earlier pictures of a history."""
        return True

    def is_for_staff(self, instance: models.Model) -> bool:
        """Whether Django's view permission for the model is enough to see a picture that is not public."""
        return True

    def shown_of(self, instance: models.Model) -> models.Model | None:
        """The row that ``AVATARS["VISIBLE"]`` is asked about. None if it was deleted: a history outlives its rows."""
        return instance

    def deconstruct(self) -> Any:
        """Leave out of migrations what does not concern the database: storage, sizes, formats and limits."""
        # This skips FileField, which would make the storage in order to compare it.
        name, path, args, kwargs = super(FileField, self).deconstruct()
        if self.upload_to is not per_user:
            kwargs["upload_to"] = self.upload_to
        for option, default in _DEFAULTS.items():
            kwargs.pop(option, None)
            if getattr(self, option) != default:
                kwargs[option] = getattr(self, option)
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """An `AvatarFormField`, with our widget even where Django's admin passes its own."""
        from .forms import AvatarFormField, avatar_widget  # start-up needs no forms

        kwargs["widget"] = avatar_widget(kwargs.get("widget"))
        return super().formfield(**{"form_class": AvatarFormField, "picture_field": self, **kwargs, "max_length": None})

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        """Check the options of a `FileField`, and those that only this field has."""
        return [*super().check(**kwargs), *(message for check in field_checks for message in check(self))]


files.standalone = AvatarField  # for a form field that belongs to no model: forms stand below this module

field_checks: list[Callable[[AvatarField], list[checks.CheckMessage]]] = []
"""Functions that check the options of one field, for `AvatarField.check`. `django_avatars.apps` adds them."""


def _as_tuple(given: Any) -> Any:
    # Anything but a list stays as it is, so that a system check reports the mistake instead of the class definition.
    return tuple(given) if isinstance(given, (list, tuple, set, frozenset)) else given
