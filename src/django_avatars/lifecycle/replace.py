"""
The one verb that changes a picture: write new files, swap the column, delete the old ones.

`patch_model()` wraps `save_base` and `from_db` of a model, once. A save that does not touch a picture stays the one
query it was. Of a save that does, the order is:

1. every new picture is processed, so that one that cannot be used changes nothing;
2. the files of those whose folder is known are written, outside any transaction of ours: a slow storage holds no lock;
3. Django saves, and asks each field for its value (`value_for`). There, files are written that need what the save
   prepares (a function of the project as ``upload_to``, a picture that a receiver assigned), a transaction is begun,
   and the old name is read from the row, locked: what an instance remembers may be stale;
4. `avatar_changing` is sent, inside the transaction;
5. after the commit the old files are deleted, if no row of any field names them any more. The row has *let go* of
   them in the transaction.

Inside a transaction of the project a savepoint comes before 2. A model with parents gets our transaction around
Django's own, and is locked in Django's order, the parent first.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
import weakref
from collections.abc import Callable, Collection, Iterable
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.db import DatabaseError, connections, models, router, transaction
from django.db.models.expressions import DatabaseDefault
from django.db.models.signals import post_delete, pre_delete

from .. import naming
from ..exceptions import UnprocessedFile
from . import references
from .state import Confirmation, PictureState, normal_key, undecided_on

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..imaging.spec import Picture
    from .column import Column
    from .staging import StagedFiles

approvals: list[Callable[[Any], Approval | None]] = []
"""
Functions that are asked about each pending file before it is written. If one returns an `Approval`, that gets the
picture, and the row keeps the one it has: see `django_avatars.moderation`.
"""

observers: list[Callable[[Change, str, Any], None]] = []
"""
Functions, such as that of the log, that are called with each change after its commit, the alias of its database and
the key of its row. They are no receivers of `avatar_saved` and `avatar_removed`, because start-up would have to load
those signals.
"""

histories: list[Callable[..., object]] = []
"""Functions that record an earlier picture, given the row, the field, the name and the time, for `importing`."""

_ARGUMENTS = ("raw", "force_insert", "force_update", "using", "update_fields")
"""The parameters of `Model.save_base`, in order."""

TOGETHER = 500
"""How many pictures one query asks about when a transaction lets go of many."""

ATTEMPTS = 5
"""How often a row that names a picture is looked for while others pass the picture on to each other."""

_leaving: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""The callbacks of `_letting_go` that are going to run, or are running, by identity: a rollback drops them."""

_saving: ContextVar[Save | None] = ContextVar("django_avatars.saving", default=None)
"""The innermost save of this thread or task."""


def patch_model(model: type[models.Model]) -> None:
    """Make `model`, which has just got an AvatarField, replace pictures safely. Patching twice does nothing."""
    if getattr(model.save_base, "replaces_avatars", False):
        return
    model.save_base = _patched_save_base(model.save_base)  # type: ignore[method-assign]
    model.from_db = classmethod(_patched_from_db(model.from_db.__func__))  # type: ignore[assignment,attr-defined]


def connect_delete_signals(model: type[models.Model]) -> None:
    """Let pictures go with their rows. Proxies need it too: Django sends their deletes under their own name."""
    if references.own_fields(model._meta.concrete_model):  # type: ignore[arg-type]
        pre_delete.connect(_on_delete, sender=model, dispatch_uid="django_avatars")
        post_delete.connect(_on_deleted, sender=model, dispatch_uid="django_avatars")


def value_for(instance: models.Model, field: Column, add: bool) -> Any:
    """What `pre_save` returns: the file whose name is written, or ``field.unchanged`` for an UPDATE that keeps it."""
    save = _saving.get()
    while save is not None and save.instance is not instance:  # a receiver may save other instances meanwhile
        save = save.outer
    if save is None:  # bulk_create() saves no instance, and nor does who asks for a value to serialize it
        return (_value_in_bulk if add else _value_alone)(PictureState(instance, field))
    if not add and field in save.untouched and save.untouched[field] is instance.__dict__.get(field.attname):
        return field.unchanged
    return save.value_for(PictureState(instance, field), add)


def _value_in_bulk(state: PictureState) -> Any:
    """What to write for a row that ``bulk_create()`` inserts."""
    file = state.file
    if getattr(file, "is_gone", False):
        file = _take_away(state)
    state.ask_policy()
    if state.is_pending:
        _write_alone(file)
    elif _is_from_elsewhere(state, file) or _had_a_row(state):
        if not references.referenced([state.name]) and not _exists(file.storage, state.name):
            return _take_away(state)
        _require_same_storage(file)
    state.expect()
    return file


def _value_alone(state: PictureState) -> Any:
    """
    The value that django-modelcluster asks for, and so Wagtail, to serialize an instance that has a row.

    A pending file is written, as that of a `FileField` is. The row does not name it before the instance is saved.
    """
    if state.is_pending:
        state.ask_policy()
        _write_alone(state.file)
    return state.file


def _write_alone(file: Any) -> None:
    """Write the files of a pending picture without a save. Raises `UnprocessedFile` if it has to be approved first."""
    picture = file.process()
    if _approval_of(file) is not None:
        raise UnprocessedFile(
            f"{file.field} was given a picture that has to be approved, and only the save of a row can let it wait. "
            "Save the rows one by one."
        )
    file.point_at(_write(file, picture))


def _patched_from_db(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def from_db(cls: type[models.Model], db: str | None, *args: Any, **kwargs: Any) -> models.Model:
        instance: models.Model = original(cls, db, *args, **kwargs)
        for field in _fields_of(cls):
            if field.attname in instance.__dict__:
                PictureState(instance, field).remember(db)
        return instance

    return from_db


def _patched_save_base(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def save_base(self: models.Model, *args: Any, **kwargs: Any) -> None:
        given = dict(zip(_ARGUMENTS, args, strict=False)) | kwargs
        if given.get("raw"):
            return original(self, *args, **kwargs)
        using = given.get("using") or router.db_for_write(type(self), instance=self)
        update_fields = given.get("update_fields")
        if update_fields is not None:
            update_fields = given["update_fields"] = _with_translations(self, update_fields)
        return Save(self, using, update_fields).run(partial(original, self, **given))

    save_base.replaces_avatars = True  # type: ignore[attr-defined]
    return save_base


def _with_translations(instance: models.Model, names: Collection[str]) -> frozenset[str]:
    """
    The ``update_fields`` of a save, and the columns that django-modeltranslation has for their pictures in languages.

    django-modeltranslation writes the column of the active language too, with the value of the named one, but only
    when Django asks for its value: too late to let go of the picture that the column held.
    """
    loaded = [field for field in _fields_of(type(instance)) if field.attname in instance.__dict__]
    also = (field.name for field in loaded if getattr(getattr(field, "translated_field", None), "name", None) in names)
    return frozenset((*names, *also))


def waits(changed: Any) -> bool:
    """
    Whether a new picture has to be approved before it is shown.

    `changed` is the file that was set as the picture, or the row for which an earlier picture was restored.
    """
    return getattr(changed, "avatar_waits", False)


class Approval(Protocol):
    """What keeps a picture until somebody has approved it: the row does not show it yet."""

    def write(self, file: Any, picture: Picture) -> StagedFiles:
        """Write the files of `picture`, which `file` was to become."""

    def keep(self, file: Any, staged: StagedFiles, using: str) -> None:
        """
        Record the files in the database `using`.

        This is called in the transaction of the save, with the row written and locked. An exception rolls both back.
        """


@dataclasses.dataclass
class Upload:
    """A pending picture of one field, processed once, and written once."""

    content: Any
    """The file that was assigned, or the files that a rollback took back."""
    picture: Picture
    """What was made of it."""
    approval: Approval | None
    """What takes the picture that has to be approved first."""
    staged: StagedFiles | None = None
    """The written files."""

    def write(self, file: Any) -> StagedFiles:
        """Write the files with the first call, and return them with every call."""
        if self.staged is None:
            self.staged = (self.approval.write if self.approval else _write)(file, self.picture)
        return self.staged


class Save:
    """One save of one instance: its transaction, the files written for it, and the pictures that it replaces."""

    def __init__(self, instance: models.Model, using: str, update_fields: Iterable[str] | None) -> None:
        self.instance = instance
        self.using = using
        self.outer: Save | None = _saving.get()
        self.untouched: dict[Column, str] = {}
        """The names of pictures that nobody has touched since they were loaded, so that the save leaves them alone."""
        self.fields: list[Column] = []
        """The fields that the save may give another picture."""
        self._sort_fields(update_fields)
        self._transaction: transaction.Atomic | None = None
        self._uploads: dict[tuple[Column, int], Upload] = {}
        """What is written for this save, by field and identity of the content: a receiver may rename the file."""
        self._held: dict[type[models.Model], dict[Column, str | None]] = {}
        """The names that the row held when it was locked, by model (of parents, too). Empty where there was no row."""
        self._written: dict[Column, PictureState] = {}
        """The pictures whose names this save writes. Signals are sent for them once the row is written."""
        self._asked: dict[Column, tuple[str, bool]] = {}
        """What the policy was asked about: the name, and whether it is pending."""
        self._waiting: dict[Column, tuple[Any, Approval]] = {}
        """The files that somebody has to approve first, and the `Approval` that keeps them until then."""
        self._locked_names: set[str] = set()
        """The names of pictures that are taken over from rows which this save has locked."""
        self._held_by_others: set[str] = set()
        """The names given as text that some row held before the row of this save was locked."""
        self._computed: list[str] = []
        """Names of fields that were given an expression: only the row says what they hold now."""

    def run(self, original: Callable[[], None]) -> None:
        """Run `original`, Django's own save, which asks `value_for` what to write, and finish what it began."""
        token = _saving.set(self)
        try:
            if self.fields:
                self._prepare()
            original()
            if self.fields or self._transaction is not None:
                self._complete()
        except BaseException as exc:
            self._leave(exc)
            raise
        finally:
            _saving.reset(token)
        if self._transaction is not None or self._uploads:
            self._leave(None)

    def _sort_fields(self, update_fields: Iterable[str] | None) -> None:
        """Put each field that the save writes into `fields` or `untouched`."""
        values = self.instance.__dict__
        if self.instance._state.db not in (None, self.using):
            for field in _fields_of(type(self.instance)):
                PictureState(self.instance, field).note_primary(self.using)
        for field in _fields_of(type(self.instance)):
            is_written = update_fields is None or {field.name, field.attname} & set(update_fields)
            if field.attname not in values or not is_written:  # deferred, or left out
                continue
            value = values[field.attname]
            if type(value) is str and PictureState(self.instance, field).is_unchanged_in(self.using):
                self.untouched[field] = value
            else:
                self.fields.append(field)

    def value_for(self, state: PictureState, add: bool) -> Any:
        """
        What to write for a picture that may have changed. `add` says that a row is inserted.

        Where an UPDATE finds no row, Django calls this a second time, for an INSERT.
        """
        file = state.file
        is_pending = getattr(file, "is_pending", False)
        if not (add or is_pending) and state.is_unchanged_in(self.using):
            return state.field.unchanged
        if getattr(file, "is_gone", False):
            file, is_pending = _take_away(state), False
        if hasattr(file, "resolve_expression") and not isinstance(file, DatabaseDefault):
            self._computed.append(state.field.name)
        self._ask_policy(state.field, is_pending=is_pending)
        if is_pending:
            if connections[self.using].in_atomic_block:
                self._begin()  # in a transaction of the project, the savepoint comes before the files
            upload = self._upload(file)
            staged = upload.write(file)
            if upload.approval is not None:
                self._waiting[state.field] = file, upload.approval
                return self._value_while_waiting(state, add)
            file.point_at(staged)
        # In the second call, the first one has written the files.
        is_written = is_pending or state.field in self._written or self._has_written(file)
        if not is_written and add and not _is_from_elsewhere(state, file):  # "", or a name that was given as text
            return file if self._may_insert(state, file) else _take_away(state)
        self._begin()
        if not add:
            if not is_written:
                self._lock_other_first(state, file)
            self._lock(state.field.model)
        self._written[state.field] = state
        return file if is_written or self._may_name(state, file) else self._keep(state, add)

    def _value_while_waiting(self, state: PictureState, add: bool) -> Any:
        """What to write while the new picture waits: what the row has, or the default for a new row."""
        self._begin()
        if add:
            setattr(self.instance, state.field.attname, state.field.get_default())
            return state.file
        self._lock(state.field.model)
        return self._keep(state, add)

    def _prepare(self) -> None:
        """Process the pending pictures, and write those whose folder is known, before Django saves."""
        states = (PictureState(self.instance, field) for field in self.fields)
        pending = {state.field: state.file for state in states if state.is_pending}
        for field in self.fields:  # before Django's save, where an exception would break the project's transaction
            self._ask_policy(field, is_pending=field in pending)
        uploads = [(self._upload(file), file) for file in pending.values()]
        if uploads and connections[self.using].in_atomic_block:
            self._begin()
        for upload, file in uploads:
            if file.field.has_fixed_folder:
                upload.write(file)
        if self.instance._meta.parents:
            # Django opens a transaction of its own here, which must end before ours does.
            self._begin(savepoint=bool(uploads))

    @functools.cached_property
    def actor(self) -> Any:
        """Who changes the pictures; asked once, since `acting` may be over at the commit."""
        from ..actors import current_person  # nobody needs it before: start-up loads no more than it must

        return current_person()

    def _ask_policy(self, field: Column, *, is_pending: bool) -> None:
        """Ask the policy about the change: once, and again if a receiver of ``pre_save`` has made another of it."""
        change = str(self.instance.__dict__.get(field.attname) or ""), is_pending
        if self._asked.get(field) != change:
            self._asked[field] = change
            PictureState(self.instance, field).ask_policy()

    def _has_written(self, file: Any) -> bool:
        """Whether this save has written the files of `file`."""
        staged = getattr(file, "staged", None)
        return staged is not None and any(upload.staged is staged for upload in self._uploads.values())

    def _upload(self, file: Any) -> Upload:
        """The `Upload` of a pending file, which the first call makes."""
        content = file.upload
        key = file.field, id(content)
        if key not in self._uploads:
            self._uploads[key] = Upload(content, file.process(), _approval_of(file))
        return self._uploads[key]

    def _begin(self, *, savepoint: bool = True) -> None:
        """Open the transaction of this save, unless it is open. `_leave` ends it."""
        if self._transaction is None:
            self._transaction = transaction.atomic(using=self.using, savepoint=savepoint)
            self._transaction.__enter__()

    def _complete(self) -> None:
        """
        Finish, once the row is written but not committed.

        Hands over the pictures that wait, notes what the row holds now, sends `avatar_changing`, and registers what
        is to be done after the commit.
        """
        for file, approval in self._waiting.values():
            upload = self._upload(file)
            approval.keep(file, upload.write(file), self.using)
            upload.content.avatar_waits = True
        if self._computed:  # before 6.0, Django leaves the expressions on the instance
            self.instance.refresh_from_db(using=self.using, fields=self._computed)
        if self._written:
            stored = [state.remember(self.using) for state in self._written.values()]
            confirmation = Confirmation(stored)
            for state, now in zip(self._written.values(), stored, strict=True):
                self._announce(state, now.name)
            transaction.on_commit(confirmation, using=self.using)
        for field in self.fields:
            if field not in self._written and not (state := PictureState(self.instance, field)).is_of(self.using):
                state.remember(self.using)

    def _leave(self, exc: BaseException | None) -> None:
        """End the transaction, with a rollback for `exc`, and delete the written files that no row came to name."""
        is_committed = False
        try:
            if self._transaction is not None:
                self._transaction.__exit__(type(exc) if exc else None, exc, exc.__traceback__ if exc else None)
            is_committed = exc is None
        finally:
            if not is_committed:
                for field, (file, _) in self._waiting.items():
                    self.instance.__dict__[field.attname] = file  # to be tried again
            # After a rollback they are deleted already. If the answer to a COMMIT was lost, the row may name them, so
            # they stay.
            for upload in self._uploads.values():
                if upload.staged is not None:
                    upload.staged.discard()

    # Reading and locking the row.

    def _lock(self, model: type[models.Model]) -> None:
        """Lock the row in the table of `model` until the end of the transaction, and note in `_held` what it names."""
        if model in self._held:
            return
        columns = [field for field in _fields_of(model) if field.model is model]
        attnames = [field.attname for field in columns]
        row = references.rows(model, self.using).filter(pk=self.instance._get_pk_val(model._meta))
        held = list(_locked(row, attnames))
        if not held and not self.instance._state.adding:
            held = _brought_back(row, attnames)
        self._held[model] = dict(zip(columns, next(iter(held), ()), strict=False))

    def _lock_other_first(self, state: PictureState, file: Any) -> None:
        """
        Lock a row that names the picture of `file`, if it comes before the row of this save in `_order`.

        Two saves that take over each other's pictures then lock their rows in the same order, and do not deadlock.
        """
        name = state.name
        parsed = naming.parse(name)
        if parsed is None or parsed.is_ready or not connections[self.using].features.has_select_for_update:
            return
        other = getattr(file, "taken_from", None)
        if other is None:
            is_locked = self._lock_holder_before(state, name)
        else:
            label, key = _order(other)
            comes_first = key is not None and (label, key) < _order(state)
            comes_first = comes_first and references.has_rows_to_lock(self.using, other.field.model)
            is_locked = comes_first and self._lock_one(other.field, name, pk=key)
        if is_locked:
            self._locked_names.add(name)

    def _lock_holder_before(self, state: PictureState, name: str) -> bool:
        """Lock a row that holds a name which was given as text, if one comes before the row of this save."""
        columns = self._columns(state.field)
        if not any(references.named_in(self.using, columns, [name])):
            return False
        self._held_by_others.add(name)
        label, key = _order(state)
        before: dict[Column, dict[str, Any]] = {column: {} for column in columns if column.model._meta.label < label}
        before |= {column: {"pk__lt": key} for column in columns if column.model is state.field.model}
        return self._lock_one_of(before, name)

    def _old(self, field: Column) -> str:
        """The name that the row held when it was locked, "" for none."""
        return self._held.get(field.model, {}).get(field) or ""

    # Deciding whether the row may name a picture that it did not hold.

    def _may_name(self, state: PictureState, file: Any) -> bool:
        """
        Whether the row may name this picture, which it did not hold: not if its files are gone.

        A row that holds the picture is locked. Another save that lets go of it has to wait for that lock, and finds
        our row before it deletes the files.
        """
        name = state.name
        parsed = naming.parse(name)
        if name == self._old(state.field):
            return True
        if state.is_expected:  # if nothing names it, the row was not inserted; otherwise it got another picture since
            return parsed is not None and not references.referenced([name]) and self._is_there(state, file)
        if parsed is None:
            return True
        if parsed.is_ready:  # its files are never deleted, and many rows name it
            return _exists(file.storage, name)
        is_taken = _is_from_elsewhere(state, file)
        is_held = name in self._locked_names or self._lock_holder(state.field, file, name)
        if is_held or self._is_let_go_here(file, name) or references.referenced([name]):
            _require_same_storage(file)
            return True
        if is_taken or name in self._held_by_others:  # files that are still there are about to be deleted
            references.logger.warning("A picture that was taken over from another row is gone, since that let go.")
            return False
        return self._is_there(state, file)

    def _may_insert(self, state: PictureState, file: Any) -> bool:
        """Whether a new row may have the name it comes with. If the instance was of a row, the files must exist."""
        if not _had_a_row(state):
            return not (state.name and _is_leaving(state.name))
        self._begin()
        return self._may_name(state, file)

    def _keep(self, state: PictureState, add: bool) -> Any:
        """What to write so that the row keeps its picture. The instance shows that again. A new row gets none."""
        if add:
            return _take_away(state)
        setattr(self.instance, state.field.attname, self._held[state.field.model].get(state.field))
        return state.field.unchanged

    def _lock_holder(self, field: Column, file: Any, name: str, attempts: int = ATTEMPTS) -> bool:
        """
        Lock one row that names this picture, in any column of any model; False where there is none.

        One is enough to keep the picture. Rows that nobody else has locked are tried first: otherwise, several saves
        that take over the same picture would wait for each other's rows, which is a deadlock.
        """
        columns = self._columns(field, getattr(file, "taken_from", None))
        if self._lock_one_of({column: {} for column in columns}, name):
            return True
        # The row that was waited for may have let go after it had passed the picture on, to a row asked about before.
        is_passed_on = attempts > 1 and any(references.named_in(self.using, columns, [name]))
        return is_passed_on and self._lock_holder(field, file, name, attempts - 1)

    def _columns(self, field: Column, other: Any = None) -> list[Column]:
        """The columns whose rows can be locked here, that of `field` and of the file `other` first."""
        first = [field] if other is None else [field, other.field]
        others = [column for column in dict.fromkeys([*first, *references.fields()]) if column is not field]
        # Rows of another database, and of views, are asked about afterwards: they cannot be locked here.
        return [field, *(column for column in others if references.has_rows_to_lock(self.using, column.model))]

    def _lock_one_of(self, columns: dict[Column, dict[str, Any]], name: str) -> bool:
        """Lock one row that names the picture in one of `columns`, which are given with conditions on the row."""
        can_skip = connections[self.using].features.has_select_for_update_skip_locked
        return any(
            self._lock_one(column, name, skip_locked=skip_locked, **conditions)
            for skip_locked in ((True, False) if can_skip else (False,))
            for column, conditions in columns.items()
        )

    def _lock_one(
        self, column: Column, name: str, *, by: str = "exact", skip_locked: bool = False, **conditions: Any
    ) -> bool:
        holders = references.rows(column.model, self.using).filter(**{f"{column.name}__{by}": name}, **conditions)
        return bool(list(_locked(holders, [column.attname], only_one=True, skip_locked=skip_locked)))

    def _is_let_go_here(self, file: Any, name: str) -> bool:
        """Whether a row lets go of the picture in this transaction, or its files were kept for this `file`."""
        waiting = connections[self.using].run_on_commit
        return file.was_needed or any(name in getattr(entry[1], "lets_go_of", ()) for entry in waiting)

    def _is_there(self, state: PictureState, file: Any) -> bool:
        """Whether a picture that no row names has its files, and nobody in this process is about to delete them."""
        parsed = naming.parse(state.name)
        assert parsed is not None  # foreign names are not asked about
        # Who lets go of the picture under the name that it has now would delete these files, too: it has to wait.
        any(self._lock_one(column, parsed.family, by="startswith") for column in self._columns(state.field))
        return not _is_leaving(state.name) and _exists(file.storage, state.name)

    # Telling others.

    def _announce(self, state: PictureState, name: str) -> None:
        """Send `avatar_changing` for a picture that became `name`, let go of the old one, and register the rest."""
        field, old_name = state.field, self._old(state.field)
        file = state.file
        if getattr(file, "takers", None) is not None:
            transaction.on_commit(lambda: references.unprotect(file), using=self.using, robust=True)
        if name == old_name:
            return
        change = Change(self.instance, field, name, old_name, self.actor)
        change.send_changing()
        if old_name:
            # The file may say that this row's picture is in another storage than those of its field.
            let_go(file.storage, old_name, self.using)
        change.send_after_commit(self.using)


class Change(NamedTuple):
    """The change of a picture, as signals tell it: from `old_name` to `name`, each "" for no picture."""

    instance: models.Model
    field: Column
    name: str
    old_name: str
    actor: Any

    def send_changing(self) -> None:
        """Send `avatar_changing`: what a receiver raises rolls everything back."""
        from ..signals import avatar_changing  # start-up loads no more than it must

        avatar_changing.send(type(self.instance), **self._asdict(), deleted=False)

    def send_deleting(self, using: str) -> None:
        """Send `avatar_changing` for a row that is about to be deleted, which no receiver can prevent."""
        from ..signals import avatar_changing  # as above

        if avatar_changing.has_listeners(type(self.instance)):
            with transaction.atomic(using=using):
                answers = avatar_changing.send_robust(type(self.instance), **self._asdict(), deleted=True)
                if any(isinstance(answer, DatabaseError) for _, answer in answers):
                    # PostgreSQL accepts no further statement before the savepoint is rolled back.
                    transaction.set_rollback(True, using=using)

    def send_after_commit(self, using: str) -> None:
        """Send `avatar_saved` or `avatar_removed` after the commit, and tell `observers`."""
        from .. import signals  # as above

        key = self.instance._get_pk_val(self.field.model._meta)  # by then the instance may be deleted
        said = {"instance": self.instance, "field": self.field, "actor": self.actor}
        if self.name:
            send = partial(signals.avatar_saved.send_robust, **said, name=self.name, old_name=self.old_name)
        else:
            send = partial(signals.avatar_removed.send_robust, **said, name=self.old_name)

        def callback() -> None:
            send(sender=type(self.instance))
            for observe in observers:
                observe(self, using, key)

        # A function, not a partial: before 6.1, Django logs a robust callback that failed by its ``__qualname__``.
        transaction.on_commit(callback, using=using, robust=True)


def _on_delete(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    """Let go of the pictures that the row in the database names, whatever `instance` shows."""
    fields = references.own_fields(sender._meta.concrete_model)  # type: ignore[arg-type]
    attnames = [field.attname for field in fields]
    row = references.rows(fields[0].model, using).filter(pk=instance._get_pk_val(fields[0].model._meta))
    from ..actors import current_person  # as in `Save.actor`

    actor = current_person()
    for held in list(_locked(row, attnames)) or _brought_back(row, attnames):
        for field, name in zip(fields, held, strict=True):
            if name:
                # A file of its own says which storage: that of the instance may be deferred, and not to be fetched.
                storage = field.attr_class(instance, field, name).storage
                change = Change(instance, field, "", name, actor)
                change.send_deleting(using)
                let_go(storage, name, using, partial(_mark_gone, instance, field, name))
                change.send_after_commit(using)


def _on_deleted(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    """
    Let go of all the pictures that this transaction has written: those that a row names stay.

    A receiver of ``pre_delete`` that was called after `_on_delete` may have given the deleted row one of them.
    """
    for staged in undecided_on(connections[using]):
        forget = (partial(_mark_gone, instance, field, staged.text) for field in _fields_of(sender))
        let_go(staged.storage, staged.text, using, *forget)


def _mark_gone(instance: models.Model, field: Column, name: str) -> None:
    """Mark the picture of a deleted instance. If that is saved again, as a new row, it must not name deleted files."""
    if PictureState(instance, field).name == name:
        getattr(instance, field.attname).is_gone = True


def let_go(storage: Storage, name: str, using: str, *on_gone: Callable[[], object]) -> None:
    """
    Delete the files of a picture after the commit, unless a row names it by then. If they were deleted, call `on_gone`.

    All pictures that a transaction lets go of are asked about together.
    """
    connection = connections[using]
    for savepoints, callback, *_ in connection.run_on_commit:
        if hasattr(callback, "lets_go_of") and savepoints == set(connection.savepoint_ids):
            callback.lets_go_of.setdefault(name, (storage, []))[1].extend(on_gone)
            return
    transaction.on_commit(_letting_go({name: (storage, [*on_gone])}), using=using, robust=True)


def _letting_go(pictures: dict[str, tuple[Storage, list[Callable[[], object]]]]) -> Callable[[], None]:
    """A callback that deletes `pictures`: by name, the storage, and what to call once the files are gone."""

    def callback() -> None:
        names = list(pictures)
        try:
            for start in range(0, len(names), TOGETHER):
                piece = names[start : start + TOGETHER]
                deleted = references.delete_unreferenced([(pictures[name][0], name) for name in piece])
                for name in deleted.gone | deleted.failed:  # a failed one may have lost some of its files
                    for on_gone in pictures[name][1]:
                        on_gone()
        finally:
            pictures.clear()  # nobody is about to delete them any more

    callback.lets_go_of = pictures  # type: ignore[attr-defined]  # for `let_go`, `_is_let_go_here` and `_is_leaving`
    callback.thread = threading.get_ident()  # type: ignore[attr-defined]  # for `_is_leaving`
    _leaving[id(callback)] = callback
    return callback


def _is_leaving(name: str) -> bool:
    """
    Whether another thread is about to delete the files of this picture, under whatever name.

    What this thread lets go of stays if a row names it by the end of the transaction: the rows are asked afterwards.
    """
    # `valuerefs` returns a list, so other threads may let go of pictures meanwhile.
    callbacks = [reference() for reference in _leaving.valuerefs()]
    others = (one.lets_go_of for one in callbacks if one is not None and one.thread != threading.get_ident())
    return any(naming.is_same(name, other) for names in others for other in list(names))


def lock(field: Column, key: Any, using: str) -> bool:
    """Lock the row with this key until the end of the transaction. False when there is none."""
    return bool(list(_locked(references.rows(field.model, using).filter(pk=key), [field.attname])))


def _order(picture: Any) -> tuple[str, Any]:
    """The sort key by which rows are locked one after the other. `picture` is a file or a state."""
    model = picture.field.model
    return model._meta.label, normal_key(model, picture.instance._get_pk_val(model._meta))


def _brought_back(row: models.QuerySet[Any], attnames: list[str]) -> list[tuple[str | None, ...]]:
    """
    The values of `attnames` of `row`, which was not there, if a save has brought it back meanwhile; locked.

    On PostgreSQL and SQLite, nobody else who misses a row of this table goes on before the transaction ends: a save
    that brings back a row which was deleted elsewhere, and somebody else who deletes it, wait for each other.
    """
    if connections[row.db].vendor != "postgresql":  # on SQLite, the whole database is locked
        return []
    # One lock a table and not one a row: a transaction may miss thousands, more than the server has room for.
    with connections[row.db].cursor() as cursor:
        table = f"django_avatars:{row.model._meta.db_table}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [table])
    return list(_locked(row, attnames))


def _locked(
    rows: models.QuerySet[Any], attnames: list[str], *, only_one: bool = False, skip_locked: bool = False
) -> Iterable[tuple[str | None, ...]]:
    """The values of `attnames` of `rows`, which stay locked until the end of the transaction."""
    rows = rows.order_by()  # that of the model may join tables, whose rows cannot or need not be locked
    if connections[rows.db].features.has_select_for_update:
        rows = rows.select_for_update(skip_locked=skip_locked)
        if only_one and connections[rows.db].features.supports_select_for_update_with_limit:
            rows = rows[:1]
    else:
        # SQLite has no row locks, so the write lock has to come first: a transaction that reads before it writes
        # fails at once with "database is locked" if another one has written in between.
        rows.update(**{attnames[0]: models.F(attnames[0])})
    return rows.values_list(*attnames)


def _is_from_elsewhere(state: PictureState, file: Any) -> bool:
    """Whether this is a picture that another row holds: of a copied instance, or assigned from another one."""
    is_taken = state.is_copied or getattr(file, "takers", None) is not None
    return is_taken and naming.parse(state.name) is not None


def _had_a_row(state: PictureState) -> bool:
    """Whether the instance was of a row before, so that the picture that it names may be one that is gone."""
    return state.last_stored is not None and naming.parse(state.name) is not None


def _require_same_storage(file: Any) -> None:
    """Raise `ValueError` if the picture is taken over from a field whose files are in another storage."""
    other = getattr(file, "taken_from", None)
    if other is None or other.storage is file.storage or _exists(file.storage, file.name):
        return
    raise ValueError(
        f"{file.field} cannot take over the picture of {other.field}, whose files are in another storage. "
        'Assign a copy of the file: ContentFile(picture.read(), name="picture.webp").'
    )


def _take_away(state: PictureState) -> Any:
    """Take the picture away from the instance. Returns its file object, which is empty then."""
    setattr(state.instance, state.field.attname, "")
    return state.file


def _exists(storage: Storage, name: str) -> bool:
    """Whether `storage` has the file; also True where it fails, since a failure must not take a picture away."""
    try:
        return storage.exists(name)
    except Exception as exc:
        references.logger.warning("Whether a picture is there could not be asked (%s).", type(exc).__name__)
        return True


def _approval_of(file: Any) -> Approval | None:
    """What keeps this pending file until it is approved; None for a file that need not wait."""
    if file.staged is not None:  # a rollback has deleted its files: it was asked about when they were written
        return None
    return next(filter(None, (ask(file) for ask in approvals)), None)


def _write(file: Any, picture: Picture) -> StagedFiles:
    """Write the files of `picture` where the row of `file` is going to name them."""
    from . import staging  # nobody needs it before something is written: start-up loads no more than it must

    return staging.write(file.field, file.field.folder(file.instance), picture, storage=file.storage)


@functools.cache
def _fields_of(model: type[models.Model]) -> tuple[Column, ...]:
    """Every AvatarField of `model`, those of its parents included."""
    return tuple(field for field in model._meta.concrete_fields if references.is_avatar(field))  # type: ignore[misc]
