"""Copying pictures between public and private storage, under new names that nobody has seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from .. import naming
from ..exceptions import StorageUnavailable
from ..history import recording
from ..history.models import PictureVersion
from ..imaging.spec import Picture, Rendition
from ..lifecycle import staging
from ..storages import reading, sources
from .places import private_alias, private_place

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..fields import AvatarField
    from ..lifecycle.staging import StagedFiles


@contextmanager
def copied(version: PictureVersion, field: AvatarField) -> Iterator[str]:
    """
    Copy a picture into the public storage of `field`, and give the name of the copy; "" if it is there already.

    The copy is deleted if the block raises. Raises `PictureVersion.DoesNotExist` and `StorageUnavailable`.
    """
    if not version.alias and recording.has_files(version):
        yield ""
        return
    holder: Any = version.holder
    if holder is None:
        raise PictureVersion.DoesNotExist("The row that this picture is for is gone.")
    try:
        picture = read(version.storage, str(version.picture.name), field)
    except FileNotFoundError as exc:
        version.refresh_from_db()  # raises DoesNotExist where somebody else was faster, and the files went with it
        raise StorageUnavailable from exc
    with staged(field, field.folder(holder), picture, field.storage) as name:
        yield name


@contextmanager
def staged(field: AvatarField, folder: str, picture: Picture, storage: Storage) -> Iterator[str]:
    """The files of `picture`, written under a new name, which are deleted where the block raises."""
    written = staging.write(field, folder, picture, storage=storage)
    with discarded_on_error(written):
        yield str(written.name)


@contextmanager
def discarded_on_error(written: StagedFiles) -> Iterator[None]:
    """Delete these files if the block raises."""
    try:
        yield
    except BaseException:
        written.discard()
        raise


@contextmanager
def put_aside(holder: Any, field: AvatarField, name: str) -> Iterator[PictureVersion]:
    """
    Copy the picture `name`, which `holder` shows or has shown, and give an unsaved version that names the copy.

    The copy is in ``PRIVATE_STORAGE`` if there is one, and else beside the picture.

    The version has no picture if this app did not make the picture, or if its files are gone. The copy is deleted if
    the block raises.
    """
    file = getattr(holder, field.attname)
    place = recording.place_of(holder, field, recording.database_of(holder))
    version = PictureVersion(**place, alias=private_alias())
    try:
        picture = read(file.storage, name, field) if naming.parse(name) else None
    except FileNotFoundError:
        picture = None
    if picture is None:
        yield version
        return
    is_private = bool(version.alias)
    storage, folder = private_place(version.alias) if is_private else (file.storage, field.folder(holder))
    with staged(field, folder, picture, storage) as copy:
        version.picture, version.size = copy, recording.size_of(picture)
        yield version


def read(storage: Storage, name: str, field: AvatarField) -> Picture:
    """
    Read every file of a picture of ours. A source that cannot be found, as the key for its name is lost, is left out.

    Raises `FileNotFoundError` for other files that are gone, and `StorageUnavailable` where the storage fails.
    """
    parsed = naming.parse(name)
    assert parsed is not None  # foreign pictures never wait, and stay where they are
    sizes = parsed.sizes or field.option("sizes")[:1]
    formats = parsed.formats or field.option("output_formats")[:1]
    with reading():
        renditions = [
            Rendition(size, format, _content(storage, parsed.file(size, format)))
            for size in sizes
            for format in formats
        ]
        animation = _content(storage, parsed.animation) if parsed.has_animation else None
        source = None
        if parsed.has_source:
            with suppress(FileNotFoundError):
                source = sources.read(storage, parsed)
    return Picture(tuple(renditions), source, animation, origin=naming.origin_of(parsed.token))


def _content(storage: Storage, name: str) -> bytes:
    with storage.open(name) as file:
        return bytes(file.read())
