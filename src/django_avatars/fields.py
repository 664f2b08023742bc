"""`AvatarField`: a FileField that stores nothing but what our encoder made from decoded pixels."""

from __future__ import annotations

import dataclasses
import io
import posixpath
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, overload

from django.core import checks
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.core.signals import setting_changed
from django.db import models
from django.db.models.fields.files import FieldFile, FileField
from django.dispatch import receiver
from django.utils.module_loading import import_string

from . import files
from .conf import Limits, get_settings
from .exceptions import INVALID_IMAGE, Busy, InvalidImage, UnprocessedFile
from .files import AvatarDescriptor, AvatarFieldFile
from .lifecycle import replace, state
from .naming import per_user

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.expressions import Combinable
    from django.utils.functional import Promise

    from .imaging.spec import Picture, Spec

Read = TypeVar("Read")

_DEFAULTS = {"blank": True, "db_index": True, "max_length": 255}

SOURCE_EDGE = 2048
"""Longer side of a kept source, in pixels: as much as the picker sends."""

_settings_changes = 0
"""How often a setting that storages depend on has changed. A storage from before the last change is not used again."""


class Unchanged:
    """
    An expression for the column itself, which an UPDATE writes where a save does not change the picture.

    If the UPDATE wrote the name, an instance that was loaded before somebody else replaced the picture would bring
    the old one back. This is not an `F()`, since Django 6 reloads or defers a field that was saved as such an
    expression.
    """

    def __init__(self, column: str) -> None:
        self.column = column

    def as_sql(self, compiler: Any, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """The quoted name of the column."""
        return connection.ops.quote_name(self.column), []


class AvatarField(FileField):
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
    descriptor_class: type[AvatarDescriptor] = AvatarDescriptor
    default_error_messages: ClassVar[Any] = {**INVALID_IMAGE}
    holds_avatar = True
    """Marks the field as an AvatarField for modules that cannot import this one, see `references.is_avatar`."""
    is_rebuilt = True
    """Whether `avatars_rebuild` makes the renditions of these pictures anew."""
    is_placed_by_row = False
    """Whether the row says which storage its files are in."""
    _storage_made: tuple[int, Storage] | None
    """The storage that a callable returned, behind the `_settings_changes` of that time."""

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
        self._options: dict[str, Any] = {
            "sizes": _as_tuple(sizes),
            "output_formats": _as_tuple(output_formats),
            "input_formats": _as_tuple(input_formats),
            "max_bytes": max_bytes,
            "min_size": min_size,
        }

    @property
    def storage(self) -> Storage:
        """Where files go, resolved at each use so that it follows the settings."""
        source: Any = self._storage_source
        if source is None or isinstance(source, str):
            return storages[source or get_settings().storage]
        if isinstance(source, Storage) or not callable(source):
            return cast("Storage", source)
        if self._storage_made is None or self._storage_made[0] != _settings_changes:
            self._storage_made = (_settings_changes, source())
        return self._storage_made[1]

    @storage.setter
    def storage(self, source: Any) -> None:
        self._storage_source = source
        self._storage_made = None

    @cached_property
    def known_attname(self) -> str:
        """Name of the attribute in which an instance keeps the `StoredState` of its row."""
        return f"_{self.attname}_known"

    @property
    def spec(self) -> Spec:
        """The requirements for an upload, and the renditions to make of it: the field's options, else the settings."""
        from .imaging.spec import Motion, Spec  # start-up loads nothing of imaging, here and below

        settings = get_settings()
        options = {name: getattr(settings, name) if value is None else value for name, value in self._options.items()}
        options["sizes"] = tuple(sorted(set(options["sizes"]), reverse=True))
        if getattr(self.storage, "resizes_by_url", False):  # it keeps one master: no source, nothing that moves
            options |= {"sizes": options["sizes"][:1], "output_formats": options["output_formats"][:1]}
        else:
            options |= {"source_edge": SOURCE_EDGE} if settings.keep_source else {}
            if settings.motion:
                options["motion"] = Motion(**{name.lower(): value for name, value in settings.motion.items()})
        names = ("quality", "max_pixels", "background", "memory")
        focus = import_string(settings.focus)
        return Spec(focus=focus, **{name: getattr(settings, name) for name in names}, **options)

    def _spec_for(self, file: File[Any]) -> Spec:
        """The `spec` for one upload. With ``AVATARS["TASKS"]``, the request makes only the largest rendition."""
        spec = self.spec
        if getattr(file, "avatar_is_source", False):  # a kept source is WebP, which people may not be allowed to upload
            spec = dataclasses.replace(spec, input_formats=(*spec.input_formats, "WEBP"))
        if get_settings().tasks is not None:
            spec = dataclasses.replace(spec, sizes=spec.sizes[:1], output_formats=spec.output_formats[:1])
        return spec

    def option(self, name: str) -> Any:
        """The value of an option: this field's own, else the setting's."""
        value = self._options[name]
        if value is None:
            return getattr(get_settings(), name)
        return tuple(sorted(set(value), reverse=True)) if name == "sizes" else value

    def limits(self) -> Limits:
        """The limits on uploads, for a front end that shows them before a file is chosen."""
        from .imaging import formats  # as in `spec`

        accepted = formats.available(self.option("input_formats"))
        return {
            "max_bytes": self.option("max_bytes"),
            "formats": list(accepted),
            "extensions": list(formats.extensions(accepted)),
            "content_types": list(formats.content_types(accepted)),
            "min_size": self.option("min_size"),
        }

    def process(self, file: File[Any], *, name: str | None = None) -> Picture:
        """
        Make the renditions of `file`, an upload.

        The file may have the attributes ``avatar_crop`` (the square to crop, a `Crop`), ``avatar_is_source`` (this
        package has made it, so WebP is accepted in any case) and ``avatar_origin`` (the beginning of the token in the
        stored name). The result is kept on the file, and returned again as long as the options, the crop and the name
        are the same; the validators are run again only if another field has returned it last. Raises `InvalidImage`,
        `Busy`, or what a validator of this field raises.
        """
        spec, crop, name = self._spec_for(file), getattr(file, "avatar_crop", None), name or file.name
        kept: tuple[Any, Any, Any] = getattr(file, "_avatar_picture", (None, None, None))
        key, picture, validated_by = kept
        is_made = key == (spec, crop, name)
        if not is_made or validated_by is not self:
            from . import throttling  # start-up loads no more than it must
            from .imaging.uploaded import opened  # as in `_read`

            try:
                if not is_made:
                    picture = self._process(file, spec, name, crop)
                    file.content_type, file.image = opened(picture)  # type: ignore[attr-defined]
                self._validate(file)
            except ValidationError:
                throttling.count_refused()
                raise
            if not is_made:
                throttling.count_picture()
            if origin := getattr(file, "avatar_origin", ""):
                picture = dataclasses.replace(picture, origin=origin)
            file._avatar_picture = (spec, crop, name), picture, self  # type: ignore[attr-defined]
        return cast("Picture", picture)

    def process_stored(self, file: File[Any]) -> Picture:
        """
        Make the renditions of a file that the site has already: a stored picture, or one of ``AVATARS["GALLERY"]``.

        The current options apply, except for those on the format, the length and the shortest side of uploads.
        """
        formats = ("WEBP", "AVIF", "JPEG", "PNG")
        spec = dataclasses.replace(self.spec, input_formats=formats, max_bytes=file.size, min_size=1, source_edge=None)
        spec = dataclasses.replace(spec, motion=None)  # neither a stored rendition nor a ready picture moves
        return self._process(file, spec, None, None)

    def find_center(self, file: File[Any]) -> tuple[float, float]:
        """
        The center of the square that is cropped if the user does not choose one, in fractions of width and height.

        `file` must be a small copy of the picture, with at most as many pixels as a square of `focus.EDGE`, and
        without an EXIF orientation.
        Raises `InvalidImage` and `Busy`.
        """
        from .imaging import focus, pipeline  # as in `_read`

        spec = self.spec
        small = {format: min(most, focus.EDGE**2) for format, most in spec.max_pixels.items()}
        return self._read(file, dataclasses.replace(spec, max_pixels=small), pipeline.find_center)

    def _process(self, file: File[Any], spec: Spec, name: str | None, crop: Any) -> Picture:
        """Make the renditions. Raises `InvalidImage` and `Busy`, and leaves `file` at its start."""
        from .imaging import pipeline  # as in `_read`

        return self._read(file, spec, partial(pipeline.process, name=name, crop=crop))

    def _read(self, file: File[Any], spec: Spec, work: Callable[[Any, Spec], Read]) -> Read:
        """Call `work` with `file`. Raises `InvalidImage` and `Busy`, and leaves `file` at its start."""
        from .forms import formats_text  # as in `formfield`
        from .imaging import formats, pipeline  # the door of imaging: Pillow is loaded with the first upload

        if getattr(file, "closed", False):  # an object with nothing but `read()` has no such attribute
            file.open()
        if not hasattr(file, "seek") or not file.seekable():
            _read_into_memory(file, spec.max_bytes)
        file.seek(0)
        try:
            return work(file, spec)
        except pipeline.Rejected as exc:
            params = exc.params | {"formats": formats_text(formats.available(spec.input_formats))}
            raise InvalidImage(self.error_messages[exc.code], code=exc.code, params=params) from exc
        except pipeline.Exhausted as exc:
            raise Busy from exc
        finally:
            file.seek(0)

    def _validate(self, file: File[Any]) -> None:
        """Run the project's validators on `file`, which has ``content_type`` and ``image`` as for an `ImageField`."""
        try:
            for validator in [*self.default_validators, *self._validators]:  # type: ignore[attr-defined]
                validator(file)
        finally:
            file.seek(0)

    @property
    def validators(self) -> list[Any]:
        """Only `validate_picture`. It processes the upload, which runs the project's own validators."""
        return [self.validate_picture]

    def validate_picture(self, value: Any) -> None:
        """Refuse a file that is not a usable picture. Raises `InvalidImage`."""
        if isinstance(value, AvatarFieldFile):
            if value.is_pending:
                value.process()
        elif isinstance(value, File) and not isinstance(value, FieldFile):
            self.process(value)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        """Ask the policy, and then clean the value as every field does. Raises `NotAllowed`."""
        if model_instance is not None:
            state.PictureState(model_instance, self).ask_policy()
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

    @cached_property
    def has_fixed_folder(self) -> bool:
        """Whether the folder is known before the instance is saved, so that the files can be written first."""
        return self.upload_to is per_user or not callable(self.upload_to)

    def folder(self, instance: models.Model) -> str:
        """The folder that `upload_to` gives for this instance; the file name in its result is not used."""
        return posixpath.dirname(self.generate_filename(instance, f"picture.{self.option('output_formats')[0]}"))

    @cached_property
    def unchanged(self) -> Unchanged:
        """The expression that an UPDATE writes where the row keeps its picture."""
        return Unchanged(cast("str", self.column))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The file whose name is written, or `unchanged` where the row keeps its picture."""
        return replace.value_for(model_instance, self, add)

    def get_prep_value(self, value: Any) -> Any:
        """
        The name as the database takes it.

        For a picture that is not saved yet, this is a name that no row has, so that a check for uniqueness can query
        the database. Raises `UnprocessedFile` for a file that belongs to no instance.
        """
        if isinstance(value, AvatarFieldFile) and value.is_pending:
            return value.stand_in
        is_stored = value._committed if isinstance(value, FieldFile) else not isinstance(value, File)  # type: ignore[attr-defined]
        if not is_stored:
            raise self._unprocessed()
        return super().get_prep_value(value)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """
        The name, for an INSERT or UPDATE. New files with this name are deleted if the transaction rolls back.

        Raises `UnprocessedFile` for a file that was not saved.
        """
        unchanged = self.unchanged
        if isinstance(value, Unchanged):  # django-modeltranslation hands that of one column to another
            return unchanged
        if isinstance(value, AvatarFieldFile) and value.is_pending:
            raise self._unprocessed()
        prepared = super().get_db_prep_save(value, connection)
        if isinstance(prepared, str):
            state.guard(prepared, connection)
        return prepared

    def _unprocessed(self) -> UnprocessedFile:
        return UnprocessedFile(
            f"{self} was given an unprocessed file in a query, which would store a name with no file behind it. "
            "Assign the file to an instance and save() that, or pass the name of a stored picture."
        )

    def contribute_to_class(self, cls: type[models.Model], name: str, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the field to the model, and wrap ``save_base`` and ``from_db`` of the model: `replace.patch_model`."""
        super().contribute_to_class(cls, name, **kwargs)
        if not cls._meta.abstract:
            replace.patch_model(cls)

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


def _read_into_memory(file: File[Any], max_bytes: int) -> None:
    """
    Replace a stream without ``seek()``, such as the response of a web server, by its contents.

    No more than one byte above `max_bytes` is read, which is enough to refuse the file as too large.
    """
    file.file = io.BytesIO(file.read(max_bytes + 1))
    file.__dict__.pop("size", None)


def _as_tuple(given: Any) -> Any:
    # Anything but a list stays as it is, so that a system check reports the mistake instead of the class definition.
    return tuple(given) if isinstance(given, (list, tuple, set, frozenset)) else given


@receiver(setting_changed, dispatch_uid="django_avatars.fields")
def _on_setting_changed(*, setting: str, **kwargs: Any) -> None:
    global _settings_changes
    if setting in ("AVATARS", "STORAGES", "MEDIA_ROOT", "MEDIA_URL"):
        _settings_changes += 1
