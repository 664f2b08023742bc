"""
What ``profile.picture`` gives: a file with its renditions, their addresses, and the descriptor that hands it out.

Every URL follows from the stored name: nothing is opened, checked or listed. Where a storage's `url()`
only puts a base before the name, that base alone is asked for, each time, so that `override_settings`
and tenants stay right. Any other storage is asked for each address, and what is signed is kept for half
of its life. A storage that resizes by URL (see `django_avatars.storages`) is asked for each size.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.db import models
from django.db.models.fields.files import FieldFile, FileDescriptor
from django.utils.functional import Promise

from . import naming
from .conf import get_settings
from .exceptions import NoPicture
from .lifecycle import references, replace

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from .fields import AvatarField
    from .imaging.spec import Picture
    from .lifecycle.staging import Written

NAMELESS = "picture"
"""Name of an assigned file that has none; no client's file name is ever stored."""


_LOCAL = (FileSystemStorage.url, InMemoryStorage.url)

_ASSIGNABLE = (str, File, Promise, type(None))
"""What a picture may be set to, beside database expressions. Anything else would be stored as its `repr`."""

DENSITIES = (1, 2, 3)
"""Device pixels per CSS pixel that a srcset offers."""

Serves = TypeVar("Serves")


def url(storage: Storage, name: str) -> str:
    """Address of the file with exactly this name."""
    base = base_url(storage)
    return _address(storage, name) if base is None or naming.parse(name) is None else base + naming.quoted(name)


def url_for(storage: Storage, name: str, size: int) -> str:
    """Address of the smallest rendition that is at least `size` pixels wide, else of the largest."""
    if _resizes(storage, name):
        return storage.url_for(name, size)  # type: ignore[attr-defined,no-any-return]
    return url(storage, naming.rendition(name, size))


def srcset(storage: Storage, name: str, size: int) -> str:
    """``srcset`` for a picture shown `size` CSS pixels wide: its `candidates`."""
    return ", ".join([f"{address} {density}x" for address, density in candidates(storage, name, size)])


def candidates(storage: Storage, name: str, size: int) -> list[tuple[str, int]]:
    """
    Addresses for a picture shown `size` CSS pixels wide: each rendition once, with the least density it serves.

    Where the storage resizes by URL, nothing larger than the largest size of ``AVATARS`` is asked for.
    """
    if _resizes(storage, name):
        largest = max(size, get_settings().sizes[0])
        wanted = _serving(lambda pixels: min(pixels, largest), size)
        return [(storage.url_for(name, pixels), density) for pixels, density in wanted]  # type: ignore[attr-defined]
    base, (start, ending) = base_url(storage), naming.divide(name)
    if base is None or not start:
        files = _serving(functools.partial(naming.rendition, name), size)
        return [(url(storage, file), density) for file, density in files]
    start = base + naming.quoted(start)  # all files of a picture begin alike, and the rest needs no quoting
    return [(start + end, density) for end, density in _ends(ending, size)]


@functools.lru_cache(maxsize=1024)
def _ends(ending: str, size: int) -> list[tuple[str, int]]:
    return _serving(functools.partial(naming.ending_for, ending), size)


def _serving(serves: Callable[[int], Serves], size: int) -> list[tuple[Serves, int]]:
    """What serves `size` CSS pixels on screens of each of `DENSITIES`, once, with the least of them."""
    found: dict[Serves, int] = {}
    for density in DENSITIES:
        found.setdefault(serves(size * density), density)
    return list(found.items())


def base_url(storage: Storage) -> str | None:
    """What addresses of this storage start with, or None where the storage must be asked for each."""
    if getattr(_class_of(storage), "url", None) in _LOCAL:
        return storage.base_url  # type: ignore[attr-defined,no-any-return]
    if getattr(storage, "resizes_by_url", False):
        return None
    from .storages import adapter_for  # local disks do without: start-up loads no more than it must

    return adapter_for(storage).base_url


def _resizes(storage: Storage, name: str) -> bool:
    return getattr(storage, "resizes_by_url", False) and naming.parse(name) is not None


def _address(storage: Storage, name: str) -> str:
    if getattr(_class_of(storage), "url", None) in _LOCAL:
        return storage.url(name)
    from .storages import addresses

    return addresses.get(storage, name)


def _class_of(storage: Any) -> type:
    kind: type = storage.__class__  # not type(): a lazy object answers with the class that it stands for
    return kind


class AvatarFieldFile(FieldFile):
    """
    The picture of one row: falsy when there is none, otherwise a name, a `url` and renditions.

    A *foreign* name (a default, an old ImageField's file) has no renditions: `sizes` is empty,
    and every size is answered with its `url`.
    """

    field: AvatarField
    instance: models.Model
    name: str | None
    _committed: bool
    _file: Any
    is_handed_over = False
    """Whether this was the picture of another row or field, and has not been saved here yet."""
    is_kept = False
    """Whether that row has let go of it, and the files have stayed for this one."""

    def __init__(self, instance: models.Model, field: AvatarField, name: str | None) -> None:
        super().__init__(instance, field, name)
        self._file = None
        self._written: Written | None = None
        self.is_gone = False
        """Whether the files went with the row: then nothing may name them again."""

    @property
    def is_pending(self) -> bool:
        """Whether the next save has files to write: a new picture, or one that a rollback took back."""
        if self._written is not None and self._written.gone:
            return True
        return not self._committed and self._file is not None

    @property
    def stored_name(self) -> str:
        """The name that is in storage, "" for none. For a picture that is not saved yet, the one it will replace."""
        if not self.is_pending:
            return self.name or ""
        fact = replace.known(self.instance, self.field)
        return fact.name if fact else ""

    @property
    def sizes(self) -> tuple[int, ...]:
        """
        Sides of the renditions that exist, in pixels, descending. Empty where the storage resizes one master
        by URL.
        """
        parsed = naming.parse(self.stored_name)
        return parsed.sizes if parsed else ()

    @property
    def width(self) -> int | None:
        """
        Width of the largest rendition in pixels, None where the name does not say: it is foreign, or a single
        master.
        """
        return next(iter(self.sizes), None)

    height = width

    @property
    def url(self) -> str:
        """Address of the largest rendition. Raises `ValueError` when there is no picture."""
        return url(self.storage, self._require_stored())

    def url_for(self, size: int) -> str:
        """Address of the smallest rendition that is at least `size` pixels wide, else of the largest."""
        return url_for(self.storage, self._require_stored(), size)

    def srcset(self, size: int) -> str:
        """
        Candidates for a picture shown `size` CSS pixels wide, for screens of one, two and three times the
        density.
        """
        return srcset(self.storage, self._require_stored(), size)

    def is_source(self, file: File[Any]) -> bool:
        """Whether `file` is, byte by byte, the whole picture that ``KEEP_SOURCE`` keeps of it. Asks the storage."""
        parsed = naming.parse(self.stored_name)
        if parsed is None or not parsed.has_source:
            return False
        try:
            with self.storage.open(parsed.source) as kept:
                return bool(kept.size == file.size and kept.read() == file.read())
        except FileNotFoundError:  # SECRET_KEY has changed since
            return False
        finally:
            file.seek(0)

    def process(self) -> Picture:
        """Renditions of the pending file, made once. Raises `InvalidImage`."""
        if self._written is not None and self._written.picture is not None:
            return self._written.picture
        picture: Picture = self.field.process(self._file, name=self.name)
        return picture

    def point_at(self, written: Written) -> None:
        """Stand for files that have just been written."""
        self.name = str(written.name)
        self._written = written
        self._committed = True
        self._file = None

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
        self._written = None
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
        self._written = None
        self._committed = True
        self.name = None
        setattr(self.instance, self.field.attname, self)
        if save:
            self.instance.save()

    delete.alters_data = True  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "name": self.stored_name, "_written": self._written}

    def _require_stored(self) -> str:
        name = self.stored_name
        if not name:
            raise NoPicture(f"The {self.field.name!r} attribute has no picture associated with it.")
        return name


class AvatarDescriptor(FileDescriptor):
    """Wraps what is assigned, and keeps track of what the row is known to hold."""

    field: AvatarField

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = instance.__dict__.get(self.field.attname)
        if isinstance(value, AvatarFieldFile):
            if value.instance is not instance:  # a shallow copy of the instance: it must not change the original's file
                value = instance.__dict__[self.field.attname] = self._own(instance, value)
            return value
        if isinstance(value, File):
            value.name = value.name or NAMELESS
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        if isinstance(value, FieldFile):
            is_same_field = value.field is self.field
            if is_same_field and value.instance is not instance:
                replace.adopt(instance, self.field, value.instance)
            if not is_same_field or value.instance is not instance:
                is_of_another = self._is_of_another_row(instance, value)
                value = self._own(instance, value)
                if is_of_another:
                    value.is_handed_over = True
                    references.hand_over(value)
        elif not isinstance(value, _ASSIGNABLE) and not hasattr(value, "resolve_expression"):
            raise TypeError(
                f"{self.field} was given {type(value).__name__!r}, which is neither a file of Django's nor a name. "
                'Wrap bytes in ContentFile(data, name="photo.jpg") and an open file in File(file); '
                'give the name of a stored picture as a text, and "" or None for no picture.'
            )
        super().__set__(instance, value)

    def fetch_many(self, instances: Iterable[models.Model]) -> None:
        """Load a deferred field of many instances at once (Django 6.1): that is loading, not assigning."""
        instances = list(instances)
        missing = [instance for instance in instances if self.field.attname not in instance.__dict__]
        super().fetch_many(instances)
        for instance in missing:
            if self.field.attname in instance.__dict__:  # its row may be gone
                replace.remember(instance, self.field, instance._state.db)

    def _is_of_another_row(self, instance: models.Model, value: FieldFile) -> bool:
        """Whether `value` is the picture that another row, or another column, is known to hold."""
        if not isinstance(value, AvatarFieldFile) or value.is_pending:
            return False
        fact = replace.known(value.instance, value.field)
        is_here = value.field is self.field and value.instance.pk == instance.pk
        return not is_here and fact is not None and fact.name == value.name

    def _own(self, instance: models.Model, value: FieldFile) -> AvatarFieldFile:
        """The same picture for another instance or field: a file object stands for one column of one row."""
        own: AvatarFieldFile = self.field.attr_class(instance, self.field, value.name)
        own._committed = value._committed  # type: ignore[attr-defined]
        own._file = None if own._committed else value._file  # type: ignore[attr-defined]
        own._written = getattr(value, "_written", None)
        return own
