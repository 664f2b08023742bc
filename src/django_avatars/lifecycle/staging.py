"""
Writing a picture's files, and taking them back when the transaction that named them rolls back.

Django has no rollback hook. But a callable given to `on_commit` is dropped when its transaction
or savepoint rolls back: a `RollbackGuard` is such a callable, and its finaliser is the hook. It is *also*
dropped when another callback raises after the COMMIT, on `close()`, and at exit. So it acts on
positive proof alone: it is being dropped by `rollback()` or `savepoint_rollback()` of the very
connection it was registered on, on the way out of the transaction it was registered in, and no
COMMIT of that has been tried. Whatever else happens is left to `avatars_prune`.
"""

from __future__ import annotations

import inspect
import os
import posixpath
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.db import DatabaseError, IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from .. import naming
from ..exceptions import StorageRenames, StorageUnavailable
from ..imaging.spec import Rendition
from ..storages import adapter_for, sources
from .references import delete_files, erase_picture
from .state import undecided

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..imaging.spec import Picture
    from .column import Column

_ROLLBACK = inspect.unwrap(BaseDatabaseWrapper.rollback).__code__
_SAVEPOINT_ROLLBACK = inspect.unwrap(BaseDatabaseWrapper.savepoint_rollback).__code__
_LEAVING = transaction.Atomic.__exit__.__code__


class RenditionFile(ContentFile):  # type: ignore[type-arg]  # not a generic at run time
    """One encoded rendition on its way to storage."""

    def __init__(self, data: bytes, name: str, format: str) -> None:
        super().__init__(data, name)
        self.content_type: str = naming.CONTENT_TYPES[format]
        """For storages that set a Content-Type: `mimetypes` may not know WebP, and a single master has no extension."""


class StagedFiles:
    """
    Files that were written to the storage, and that no committed row names yet.

    It keeps the encoded renditions until the commit, so that a save that is tried again after a
    rollback (a serialization failure, a deadlock) can write them once more.
    """

    def __init__(self, storage: Storage, name: naming.StoredName, text: str, picture: Picture) -> None:
        self.storage = storage
        self.name = name
        self.text = text
        """`name` as the row will hold it."""
        self.picture: Picture | None = picture
        self.gone: bool = False
        """Whether the files were deleted after a rollback, so that a save has to write them again."""
        self.connections: list[BaseDatabaseWrapper] = []
        """The connections with an open transaction that names these files, one for each such statement."""
        undecided[self.text] = self

    def __deepcopy__(self, memo: object) -> StagedFiles:
        return self

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        return type(None), ()  # a pickle cannot follow the transaction

    def guard(self, connection: BaseDatabaseWrapper) -> None:
        """
        Say that the current transaction of `connection` names these files.

        Where a project ends transactions itself (``set_autocommit(False)``) and none of Django's is open, there is
        no callback to wait for: should it roll back, the files are left to `avatars_prune`.
        """
        if not connection.in_atomic_block and not connection.get_autocommit():
            return
        self.connections.append(connection)
        # Nothing else may hold the guard, not even a traceback: its being dropped is the signal.
        transaction.on_commit(RollbackGuard(self, connection), using=connection.alias)

    def commit(self) -> None:
        """Keep the files for good: a row names them."""
        self.picture = None
        self.connections.clear()
        undecided.pop(self.text, None)

    def roll_back(self, connection: BaseDatabaseWrapper) -> None:
        """A transaction of `connection` that named these files has rolled back."""
        self.connections.remove(connection)
        self.discard()

    def discard(self) -> None:
        """Delete the files, unless a commit named them or another transaction still may."""
        if self.connections or self.picture is None or self.gone:
            return
        self.gone = True
        erase_picture(self.storage, self.name)


class RollbackGuard:
    """Held by nothing but the connection's list of callbacks: called at commit, dropped at rollback."""

    __slots__ = ("connection", "pid", "staged", "transaction")

    def __init__(self, staged: StagedFiles, connection: BaseDatabaseWrapper) -> None:
        self.staged: StagedFiles = staged
        self.connection: BaseDatabaseWrapper = connection
        self.transaction: transaction.Atomic | None = next(iter(connection.atomic_blocks), None)
        self.pid: int = os.getpid()

    def __call__(self) -> None:
        self.staged.commit()

    def __del__(self) -> None:
        if self.staged.picture is not None and self.pid == os.getpid() and _is_rolled_back(self):
            self.staged.roll_back(self.connection)


def _is_rolled_back(guard: RollbackGuard) -> bool:
    # One frame up is the finaliser, two is whoever dropped the guard. Nothing further up counts:
    # a guard dropped by chance while some rollback runs is no proof that its own transaction rolled back.
    dropper = sys._getframe(1).f_back
    if dropper is None or dropper.f_locals.get("self") is not guard.connection:
        return False
    return dropper.f_code is _SAVEPOINT_ROLLBACK or (
        dropper.f_code is _ROLLBACK and _is_left_uncommitted(guard, dropper)
    )


def _is_left_uncommitted(guard: RollbackGuard, rollback: FrameType) -> bool:
    """
    Whether this rollback is the first thing that ends the guard's transaction.

    After a COMMIT that failed, Django rolls back too, and that may work although the server has
    committed, where the answer got lost between it and a pooler. After one that was interrupted
    (Ctrl-C, a time limit) the guard even waits for the rollback of some later transaction.
    """
    leaving = rollback.f_back
    while leaving is not None and leaving.f_code is not _LEAVING:
        leaving = leaving.f_back
    if leaving is None or leaving.f_locals["self"] is not guard.transaction:
        return False
    failed = sys.exception() if leaving.f_locals["exc_value"] is None else None
    return not isinstance(failed, DatabaseError) or isinstance(failed, IntegrityError)


def write(field: Column, folder: str, picture: Picture, *, storage: Storage | None = None) -> StagedFiles:
    """
    Write every rendition of `picture` into `folder` of `storage`, under a name that was never used before.

    Without a `storage` it is that of the field.

    Raises `StorageUnavailable` when the storage fails, after deleting what it had taken.
    """
    storage = field.storage if storage is None else storage
    beside: dict[str, Any] = {}
    if not getattr(storage, "resizes_by_url", False):
        beside = {"sizes": picture.sizes, "formats": picture.formats}
        beside |= {"has_source": picture.source is not None, "has_animation": picture.animation is not None}
    name = naming.new_name(folder, origin=picture.origin, continues=picture.continues, **beside)
    files = [(name.file(rendition.size, rendition.format), rendition) for rendition in picture.renditions]
    staged = StagedFiles(storage, name, str(name), picture)
    if field.max_length is not None and len(staged.text) > field.max_length:
        raise ValueError(
            f"{field} cannot store {staged.text!r}: {len(staged.text)} characters, the column holds "
            f"{field.max_length}. Let upload_to give a shorter folder, or raise max_length."
        )
    try:
        with _reported(field):
            for place, there in _by_place(files, name, picture, storage):
                adapter = adapter_for(place)
                adapter.each(partial(_put, place, adapter.writer()), there)
    except BaseException:
        staged.discard()
        raise
    return staged


def _by_place(
    files: list[tuple[str, Rendition]], name: naming.StoredName, picture: Picture, storage: Storage
) -> list[tuple[Storage, list[tuple[str, Rendition]]]]:
    """
    `files`, the renditions by their names, and those that are written like one: the moving picture and the kept source.

    Each list with the storage that it goes to.
    """
    if not name.sizes:  # a single master
        return [(storage, files)]
    if picture.animation is not None:
        files = [(name.animation, Rendition(0, naming.ANIMATION, picture.animation)), *files]
    if picture.source is None:
        return [(storage, files)]
    source = name.source, Rendition(0, naming.SOURCE, picture.source)
    if sources.home(storage) is storage:
        return [(storage, [*files, source])]
    return [(storage, files), (sources.home(storage), [source])]


def write_shared(field: Column, name: naming.StoredName, render: Callable[[], Picture]) -> None:
    """
    Write those files of a ready picture that are not there; `render` makes them, where any is missing.

    Nothing is taken back: others may have chosen it. Raises what `render` raises, and `StorageUnavailable` when the
    storage fails or renames files.
    """
    storage = field.storage
    with _reported(field):
        if storage.exists(str(name)):  # it is written last
            return
    picture = render()
    with _reported(field):
        save = adapter_for(storage).writer()
        for rendition in reversed(picture.renditions):
            _put_shared(storage, save, name.file(rendition.size, rendition.format), rendition)


def _put_shared(storage: Storage, save: Callable[[str, RenditionFile], str], name: str, rendition: Rendition) -> None:
    if storage.exists(name):
        return
    try:
        _put(storage, save, (name, rendition))
    except StorageRenames:
        if not storage.exists(name):  # or somebody else was first, with the same bytes
            raise


@contextmanager
def _reported(field: Column) -> Iterator[None]:
    """Whatever a storage raises here leaves as `StorageUnavailable`."""
    try:
        yield
    except StorageUnavailable:
        raise
    except Exception as exc:
        raise StorageUnavailable(
            f"The storage of {field} failed while a picture was written ({type(exc).__name__}: {exc}). "
            "Nothing was changed. Try again, or run avatars_doctor to find out what is wrong."
        ) from exc


def _put(storage: Storage, save: Callable[[str, RenditionFile], str], file: tuple[str, Rendition]) -> None:
    name, rendition = file
    format = "webp" if rendition.format in (naming.SOURCE, naming.ANIMATION) else rendition.format
    stored = save(name, RenditionFile(rendition.data, posixpath.basename(name), format))
    if stored != name:
        delete_files(storage, [stored])
        raise StorageRenames(
            f"{type(storage).__name__} stored {name!r} as {stored!r}. Names of pictures are never used twice "
            "and say which "
            "renditions exist, so a storage must keep them: turn off what renames files "
            "(for django-storages, file_overwrite=True; no get_available_name() or get_valid_name() of your own)."
        )
