"""
What `AvatarField` is made of, in one module as in Django: the file object, the descriptor, and the field's base.

`AvatarFieldFile` is what ``profile.picture`` gives, with the URLs of its renditions: every URL follows from the stored
name, see `django_avatars.storages.urls`. `AvatarDescriptor` returns it, and turns what is assigned into one.
`ColumnField` says where files go, makes renditions of an upload once, and writes what `replace` decides.
"""

from __future__ import annotations

import dataclasses
import io
import posixpath
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.core.signals import setting_changed
from django.db import models
from django.db.models.fields.files import FieldFile, FileDescriptor, FileField
from django.dispatch import receiver
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from .. import naming
from ..conf import get_settings
from ..exceptions import Busy, InvalidImage, NoPicture, UnprocessedFile, formats_text
from . import references, replace, state
from .state import PictureFile, PictureState, is_same_key

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from ..imaging.spec import Picture, Spec
    from .staging import StagedFiles

Read = TypeVar("Read")

NAMELESS = "picture"
"""The name of an assigned file without a name. It is only used before the save: the stored name is another."""

_ASSIGNABLE = (str, Promise, type(None))
"""What a picture may be set to, beside files and expressions. Anything else would be stored as its `repr`."""

SOURCE_EDGE = 2048
"""Longer side of a kept source, in pixels: as much as the picker sends."""

_settings_changes = 0
"""How often a setting that storages depend on has changed. A storage from before the last change is not used again."""

standalone: Callable[[], Any]
"""
Makes an AvatarField without a model, which follows the settings, for a form field that was given none. `fields`, which
this module cannot import, assigns it.
"""


class AvatarFieldFile(PictureFile, FieldFile):
    """
    The picture of one row, with a name, a `url` and renditions. It is falsy if the row has no picture.

    A *foreign* name, such as a default or a file of an old ImageField, has no renditions: `sizes` is empty,
    and `url_for()` returns its `url` for every size.
    """

    field: Any  # the AvatarField, as lifecycle sees it in `Column`
    taken_from: AvatarFieldFile | None
    staged: StagedFiles | None

    @property
    def stored_name(self) -> str:
        """The name that is in storage, "" for none. For a picture that is not saved yet, the one it will replace."""
        if not self.is_pending:
            return self.name or ""
        stored = PictureState(self.instance, self.field).stored
        return stored.name if stored else ""

    @property
    def stand_in(self) -> str:
        """A name that a pending picture could get, and that no row has, for the queries of validation."""
        picture = self.process()
        try:
            folder = self.field.folder(self.instance)
        except Exception:  # what `upload_to` reads may not be there before the save
            folder = ""
        return str(naming.new_name(folder, sizes=picture.sizes, formats=picture.formats))

    @property
    def sizes(self) -> tuple[int, ...]:
        """
        Sides of the renditions that exist, in pixels, descending. Empty where the storage resizes one master
        by URL.
        """
        parsed = naming.parse(self.stored_name)
        return parsed.sizes if parsed else ()

    @property
    def formats(self) -> tuple[str, ...]:
        """
        Extensions in which each of `sizes` is stored, such as ``("webp", "jpg")``; `url` has the first one. Empty if
        `sizes` is empty.
        """
        return naming.formats(self.stored_name)

    @property
    def width(self) -> int | None:
        """
        Width of the largest rendition, in pixels. None if the name is foreign, or if the storage resizes by URL.

        A picture that is not saved yet is processed to tell it. Raises `InvalidImage` if it cannot be used.
        """
        return next(iter(self.process().sizes if self.is_pending else self.sizes), None)

    height = width

    @property
    def url(self) -> str:
        """Address of the largest rendition. Raises `ValueError` when there is no picture."""
        from ..storages import urls  # start-up needs no addresses, and loads no more than it must

        return urls.url(self.storage, self._require_stored())

    def url_for(self, size: int, format: str | None = None) -> str:
        """
        Address of the smallest rendition that is at least `size` pixels wide, else of the largest.

        `format` is one of `formats`, such as "jpg" or "JPEG". What the picture is not stored in is answered in its
        first format. Raises `ValueError` for what no picture is ever stored in.
        """
        from ..storages import urls  # see `url`

        return urls.url_for(self.storage, self._require_stored(), size, naming.extension(format))

    def srcset(self, size: int, format: str | None = None) -> str:
        """
        Candidates for a picture shown `size` CSS pixels wide, for screens of one, two and three times the
        density. `format` is as in `url_for`.
        """
        from ..storages import urls  # see `url`

        return urls.srcset(self.storage, self._require_stored(), size, naming.extension(format))

    @property
    def animated_url(self) -> str | None:
        """Address of the picture as it moves, an animated WebP; None where it does not (``AVATARS["ANIMATION"]``)."""
        from ..storages import urls  # see `url`

        return urls.animated(self.storage, self._require_stored())

    @property
    def alt(self) -> str:
        """How its owner describes the picture, "" where nobody does: what the field's `alt_field` holds."""
        if not self.stored_name or self.field.alt_field is None:
            return ""
        return getattr(self.instance, self.field.alt_field) or ""

    def is_source(self, file: File[Any]) -> bool:
        """
        Whether `file` is, byte by byte, the whole picture that ``KEEP_SOURCE`` keeps of it. Asks the storage.

        Raises `StorageUnavailable`.
        """
        from ..storages import reading, sources  # see `url`

        parsed = naming.parse(self.stored_name)
        if parsed is None or not parsed.has_source:
            return False
        try:
            with reading():
                kept = sources.read(self.storage, parsed)
            return bool(kept == file.read())
        except FileNotFoundError:  # SECRET_KEY has changed since, without a fallback
            return False
        finally:
            file.seek(0)

    def save(self, name: str, content: File[Any], save: bool = True) -> None:
        """
        Set `content` as the picture; `name` is the client's, of which only the ending is looked at.

        Raises `InvalidImage` at once, with nothing changed. Files are written when the instance is
        saved: by this call, or with ``save=False`` by the next `instance.save()`.
        """
        name = name or content.name or NAMELESS
        self.field.process(content, name=name)
        references.unprotect(self)
        self._file = content
        self.name = name
        self._committed = False
        self.staged = None
        self.is_gone = False
        setattr(self.instance, self.field.attname, self)
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]

    def delete(self, save: bool = True) -> None:
        """Remove the picture. Its files go after the commit of the save, unless another row names them."""
        if not self:
            return
        self.close()
        references.unprotect(self)
        self._file = None
        self.staged = None
        self._committed = True
        self.name = None
        setattr(self.instance, self.field.attname, self)
        if save:
            self.instance.save()

    delete.alters_data = True  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "name": self.stored_name, "staged": self.staged}

    def _require_stored(self) -> str:
        name = self.stored_name
        if not name:
            raise NoPicture(f"The {self.field.name!r} attribute has no picture associated with it.")
        return name


class AvatarDescriptor(FileDescriptor):
    """Turns what is assigned into an `AvatarFieldFile`, and keeps track of what the row is known to hold."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__.get(self.field.attname)
        if isinstance(value, AvatarFieldFile):
            if value.instance is not instance:  # a shallow copy of the instance: it must not change the original's file
                value = instance.__dict__[self.field.attname] = self._own(instance, value)
            return value
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        if isinstance(value, FieldFile):
            is_same_field = value.field is self.field
            if is_same_field and value.instance is not instance:
                PictureState(instance, self.field).copy_stored(PictureState(value.instance, self.field))
            if not is_same_field or value.instance is not instance:
                own = self._own(instance, value)
                if self._is_of_another_row(instance, value):
                    own.taken_from = cast("AvatarFieldFile", value)
                    references.protect(own)
                value = own
        elif isinstance(value, File):
            value = self._pending(instance, value)
        elif not isinstance(value, _ASSIGNABLE) and not hasattr(value, "resolve_expression"):
            raise TypeError(
                f"{self.field} was given {type(value).__name__!r}, which is neither a file of Django's nor a name. "
                'Wrap bytes in ContentFile(data, name="photo.jpg") and an open file in File(file); '
                'give the name of a stored picture as a text, and "" or None for no picture.'
            )
        elif not value and self.field.known_attname in instance.__dict__:
            PictureState(instance, self.field).forget_replica()
        super().__set__(instance, value)

    def fetch_many(self, instances: Iterable[models.Model]) -> None:
        """Load a deferred field of many instances at once (Django 6.1), and remember what their rows hold."""
        instances = list(instances)
        missing = [instance for instance in instances if self.field.attname not in instance.__dict__]
        super().fetch_many(instances)
        for instance in missing:
            if self.field.attname in instance.__dict__:  # its row may be gone
                PictureState(instance, self.field).remember(instance._state.db)

    def _is_of_another_row(self, instance: models.Model, value: FieldFile) -> bool:
        """Whether `value` is the picture of another row, or another column, which may let go of it, or has done so."""
        if not isinstance(value, AvatarFieldFile) or value.is_pending:
            return False
        key = value.instance.pk  # None: of a row that was deleted, or of none
        own = PictureState(instance, self.field).key
        is_here = value.field is self.field and key is not None and is_same_key(type(instance), key, own)
        return not is_here and naming.parse(value.name or "") is not None

    def _pending(self, instance: models.Model, value: File[Any]) -> AvatarFieldFile:
        """The file object of a new picture, which the next save processes and writes."""
        value.name = value.name or NAMELESS
        pending: AvatarFieldFile = self.field.attr_class(instance, self.field, value.name)
        pending._file = value
        pending._committed = False
        return pending

    def _own(self, instance: models.Model, value: FieldFile) -> AvatarFieldFile:
        """The same picture for another instance or field: a file object stands for one column of one row."""
        own: AvatarFieldFile = self.field.attr_class(instance, self.field, value.name)
        own._committed = value._committed  # type: ignore[attr-defined]
        own._file = None if own._committed else value._file  # type: ignore[attr-defined]
        own.staged = getattr(value, "staged", None)
        own.is_gone = getattr(value, "is_gone", False)
        return own


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


class ColumnField(FileField):
    """The base of `AvatarField`: makes the renditions of an upload once, and writes what `replace` decides."""

    descriptor_class: type[AvatarDescriptor] = AvatarDescriptor
    holds_avatar = True
    """Marks the field as an AvatarField for modules that cannot import this one, see `references.is_avatar`."""
    is_rebuilt = True
    """Whether `avatars_rebuild` makes the renditions of these pictures anew."""
    is_placed_by_row = False
    """Whether the row says which storage its files are in."""
    _options: dict[str, Any]
    """The options that the field was given, None for each that follows ``AVATARS``."""
    _storage_made: tuple[int, Storage] | None
    """The storage that a callable returned, behind the `_settings_changes` of that time."""

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

    def lose(self, rows: models.QuerySet[Any]) -> int:
        """Let these rows name no picture, as its file is gone, and return how many did."""
        return rows.update(**{self.name: None if self.null else ""})

    def option(self, name: str) -> Any:
        """The value of an option: this field's own, else the setting's."""
        value = self._options[name]
        if value is None:
            return getattr(get_settings(), name)
        return tuple(sorted(set(value), reverse=True)) if name == "sizes" else value

    @property
    def spec(self) -> Spec:
        """The requirements for an upload, and the renditions to make of it: the field's options, else the settings."""
        from ..imaging.spec import Motion, Spec  # start-up loads nothing of imaging

        settings = get_settings()
        options = {name: self.option(name) for name in self._options}
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
            from ..imaging.uploaded import opened  # as in `spec`
            from ..uploads import throttling  # start-up loads no more than it must

            try:
                if not is_made:
                    picture = self._process(file, spec, name, crop)
                    file.content_type, file.image = opened(picture)  # type: ignore[attr-defined]
                try:
                    for validator in [*self.default_validators, *self._validators]:  # type: ignore[attr-defined]  # Django's
                        validator(file)
                finally:
                    file.seek(0)
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
        from ..imaging import focus, pipeline  # as in `_read`

        spec = self.spec
        small = {format: min(most, focus.EDGE**2) for format, most in spec.max_pixels.items()}
        return self._read(file, dataclasses.replace(spec, max_pixels=small), pipeline.find_center)

    def _process(self, file: File[Any], spec: Spec, name: str | None, crop: Any) -> Picture:
        """Make the renditions. Raises `InvalidImage` and `Busy`, and leaves `file` at its start."""
        from ..imaging import pipeline  # as in `_read`

        return self._read(file, spec, partial(pipeline.process, name=name, crop=crop))

    def _read(self, file: File[Any], spec: Spec, work: Callable[[Any, Spec], Read]) -> Read:
        """Call `work` with `file`. Raises `InvalidImage` and `Busy`, and leaves `file` at its start."""
        from ..imaging import formats, pipeline  # the door of imaging: Pillow is loaded with the first upload

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

    @cached_property
    def has_fixed_folder(self) -> bool:
        """Whether the folder is known before the instance is saved, so that the files can be written first."""
        return self.upload_to is naming.per_user or not callable(self.upload_to)

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


def _read_into_memory(file: File[Any], max_bytes: int) -> None:
    """
    Replace a stream without ``seek()``, such as the response of a web server, by its contents.

    No more than one byte above `max_bytes` is read, which is enough to refuse the file as too large.
    """
    file.file = io.BytesIO(file.read(max_bytes + 1))
    file.__dict__.pop("size", None)


@receiver(setting_changed, dispatch_uid="django_avatars.lifecycle.files")
def _on_setting_changed(*, setting: str, **kwargs: Any) -> None:
    global _settings_changes
    if setting in ("AVATARS", "STORAGES", "MEDIA_ROOT", "MEDIA_URL"):
        _settings_changes += 1
