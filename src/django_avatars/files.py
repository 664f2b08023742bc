"""
The file object that ``profile.picture`` gives, with the URLs of its renditions, and the descriptor that returns it.

Every URL follows from the stored name, see `django_avatars.storages.urls`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from django.core.files.base import File
from django.db import models
from django.db.models.fields.files import FieldFile, FileDescriptor
from django.utils.functional import Promise

from . import naming
from .exceptions import NoPicture
from .lifecycle import references
from .lifecycle.state import PictureFile, PictureState

if TYPE_CHECKING:
    from .lifecycle.staging import StagedFiles

NAMELESS = "picture"
"""The name of an assigned file without a name. It is only used before the save: the stored name is another."""

standalone: Callable[[], Any]
"""
Makes an AvatarField without a model, which follows the settings, for a form field that was given none. `fields`, which
this module cannot import, assigns it.
"""

_ASSIGNABLE = (str, Promise, type(None))
"""What a picture may be set to, beside files and expressions. Anything else would be stored as its `repr`."""


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
        from .storages import urls  # start-up needs no addresses, and loads no more than it must

        return urls.url(self.storage, self._require_stored())

    def url_for(self, size: int, format: str | None = None) -> str:
        """
        Address of the smallest rendition that is at least `size` pixels wide, else of the largest.

        `format` is one of `formats`, such as "jpg" or "JPEG". What the picture is not stored in is answered in its
        first format. Raises `ValueError` for what no picture is ever stored in.
        """
        from .storages import urls  # see `url`

        return urls.url_for(self.storage, self._require_stored(), size, naming.extension(format))

    def srcset(self, size: int, format: str | None = None) -> str:
        """
        Candidates for a picture shown `size` CSS pixels wide, for screens of one, two and three times the
        density. `format` is as in `url_for`.
        """
        from .storages import urls  # see `url`

        return urls.srcset(self.storage, self._require_stored(), size, naming.extension(format))

    @property
    def animated_url(self) -> str | None:
        """Address of the picture as it moves, an animated WebP; None where it does not (``AVATARS["ANIMATION"]``)."""
        from .storages import urls  # see `url`

        return urls.animated(self.storage, self._require_stored())

    @property
    def alt(self) -> str:
        """How its owner describes the picture, "" where nobody does: what the field's `alt_field` holds."""
        if not self.stored_name or self.field.alt_field is None:
            return ""
        return getattr(self.instance, self.field.alt_field) or ""

    def is_source(self, file: File[Any]) -> bool:
        """Whether `file` is, byte by byte, the whole picture that ``KEEP_SOURCE`` keeps of it. Asks the storage."""
        from .storages import sources  # see `url`

        parsed = naming.parse(self.stored_name)
        if parsed is None or not parsed.has_source:
            return False
        try:
            return bool(sources.read(self.storage, parsed) == file.read())
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
        """Whether `value` is the picture that another row, or another column, is known to hold."""
        if not isinstance(value, AvatarFieldFile) or value.is_pending:
            return False
        stored = PictureState(value.instance, value.field).stored
        is_here = value.field is self.field and value.instance.pk == PictureState(instance, self.field).key
        return not is_here and stored is not None and stored.name == value.name

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
