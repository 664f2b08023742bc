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
5. after the commit the old files are deleted, if no row of any field names them any more.

Inside a transaction of the project a savepoint comes before 2. A model with parents gets our transaction around
Django's own, and is locked in Django's order, the parent first.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from django.db import DatabaseError, connections, models, router, transaction
from django.db.models.signals import pre_delete

from .. import naming
from ..exceptions import UnprocessedFile
from . import references
from .state import Confirmation, PictureState, is_pending

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..imaging.spec import Picture
    from .column import Column, Later
    from .staging import StagedFiles

finish_later: list[Later] = []
"""What makes the renditions that a request left out, if anything does: see `django_avatars.apps`."""

approvals: list[Callable[[Any], Aside | None]] = []
"""
Asked about each pending file before it is written. What one of them gives takes the picture, and the row keeps what it
has: see `django_avatars.moderation`.
"""

observers: list[Callable[[Change], None]] = []
"""
Called after the commit with each change, as `avatar_saved` and `avatar_removed` are sent: the log. Those signals are
loaded late.
"""

histories: list[Callable[..., object]] = []
"""What takes an earlier picture, given the row, the field, the name and the time: see `django_avatars.history`."""

_ARGUMENTS = ("raw", "force_insert", "force_update", "using", "update_fields")
"""Of `Model.save_base`, in its order."""

TOGETHER = 500
"""Pictures that are asked about at once, where a transaction lets go of many."""

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


def value_for(instance: models.Model, field: Column, add: bool) -> Any:
    """What Django is to write into the column; the column itself where the row keeps what it has."""
    save = _saving.get()
    while save is not None and save.instance is not instance:
        save = save.outer
    if save is not None and not add and save.untouched.get(field, save) is instance.__dict__.get(field.attname):
        return field.unchanged
    state = PictureState(instance, field)
    file = state.file
    if save is None:  # of bulk_create
        return _value_alone(state, file)
    if not add and state.is_unchanged_in(save.using):
        return field.unchanged
    return save.value_for(state, file, add)


def _value_alone(state: PictureState, file: Any) -> Any:
    """What to write for a row that is inserted without a save."""
    if getattr(file, "is_gone", False):
        file = _empty(state)
    state.field.ask_policy(state.instance)
    if is_pending(file):
        file.process()
        if _asked_to_wait(file) is not None:
            raise UnprocessedFile(
                f"{state.field} was given a picture that has to be approved, in a query of many rows, which cannot let "
                "it wait. Save the rows one by one."
            )
        file.point_at(_write(file, file.process()))
    elif _is_from_elsewhere(state, file) or _is_loaded(state):
        is_there = references.referenced([state.name]) or _exists(file.storage, state.name)
        return file if is_there and _require_own_storage(file) else _empty(state)
    return file


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
        return Save(self, using, given.get("update_fields")).run(partial(original, self, *args, **kwargs))

    save_base.replaces_avatars = True  # type: ignore[attr-defined]
    return save_base


class Stored(NamedTuple):
    """What a row names, and the storage that its file is in."""

    name: str
    storage: Storage


class Aside(Protocol):
    """What takes a picture that the row is not to show yet."""

    def write(self, file: Any, picture: Picture) -> StagedFiles:
        """Write the files of `picture`, which `file` was to become."""

    def keep(self, file: Any, staged: StagedFiles, using: str) -> None:
        """Name the files in the database `using`. The row is written and locked; what is raised rolls all back."""


class Upload:
    """A pending picture of one field, processed once, and written once."""

    def __init__(self, file: Any) -> None:
        self.field: Any = file.field
        self.content: Any = file.upload
        self.picture: Picture = file.process()
        self.aside: Any = _asked_to_wait(file)
        self.staged: StagedFiles | None = None

    def is_of(self, file: Any) -> bool:
        """Whether `file` is this picture, also where a receiver has renamed it."""
        return self.field is file.field and self.content is file.upload

    def write(self, file: Any) -> StagedFiles:
        """Its files, which are written once."""
        if self.staged is None:
            self.staged = (self.aside.write if self.aside else _write)(file, self.picture)
        return self.staged


class Save:
    """One save of one instance: its transaction, the files written for it, and the pictures that it replaces."""

    def __init__(self, instance: models.Model, using: str, update_fields: Iterable[str] | None) -> None:
        self.instance = instance
        self.using = using
        self.outer: Save | None = _saving.get()
        self.untouched: dict[Column, str] = {}
        """The names, as they were loaded, of pictures that the save need not look after. Texts: no one changes them."""
        self.fields: list[Column] = self._changing(update_fields)
        self._transaction: transaction.Atomic | None = None
        self._uploads: list[Upload] = []
        self._held: dict[type[models.Model], dict[Column, str | None]] = {}
        self._touched: dict[Column, PictureState] = {}
        self._asked: dict[Column, tuple[str, bool]] = {}
        self._waiting: dict[Column, tuple[Any, Aside]] = {}
        """Files that somebody has to approve first, and who keeps them until then."""

    def run(self, original: Callable[[], None]) -> None:
        """Save: `original` is what Django does, and asks `value_for` on its way."""
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

    def _changing(self, update_fields: Iterable[str] | None) -> list[Column]:
        """The fields that the save writes and whose pictures are not known to be what the row has."""
        values, found = self.instance.__dict__, []
        for field in _fields_of(type(self.instance)):
            value = values.get(field.attname, self)
            if value is self or not (update_fields is None or {field.name, field.attname} & set(update_fields)):
                continue
            if type(value) is str and PictureState(self.instance, field).is_unchanged_in(self.using):
                self.untouched[field] = value
            else:
                found.append(field)
        return found

    def value_for(self, state: PictureState, file: Any, add: bool) -> Any:
        """
        What to write for a picture that is not known to be what the row has; `add` says that a row is inserted.

        An UPDATE that misses is asked for again as an INSERT.
        """
        if getattr(file, "is_gone", False):
            file = _empty(state)
        self._ask_policy(state.field)
        if is_pending(file):
            if connections[self.using].in_atomic_block:
                self._begin()
            upload = self._upload(file)
            upload.write(file)
            if upload.aside is not None:
                self._waiting[state.field] = file, upload.aside
                return self._without(state, add)
            file.point_at(upload.write(file))
        is_new = state.field in self._touched or self._is_staged(file)
        if not is_new and add and not _is_from_elsewhere(state, file):
            return file if self._may_insert(state, file) else _empty(state)
        self._begin()
        if not add:
            self._lock_giver(state, file)
            self._lock(state.field.model)
        self._touched[state.field] = state
        return file if is_new or self._may_name(state, file) else self._keep(state, add)

    def _without(self, state: PictureState, add: bool) -> Any:
        """What to write where the picture has to wait."""
        self._begin()
        if add:
            setattr(self.instance, state.field.attname, state.field.get_default())
            return state.file
        self._lock(state.field.model)
        return self._keep(state, add)

    def _prepare(self) -> None:
        """Process what is pending, and write what can be written before the save."""
        values = self.instance.__dict__
        pending = [getattr(self.instance, field.attname) for field in self.fields if is_pending(values[field.attname])]
        for field in self.fields:  # here, since what is raised inside of Django's save breaks a transaction
            self._ask_policy(field)
        uploads = [(self._upload(file), file) for file in pending]
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
        return _current_person()

    def _ask_policy(self, field: Column) -> None:
        """Ask whether the change is allowed: once, and again where a receiver has made another one of it."""
        value = self.instance.__dict__.get(field.attname)
        change = str(value or ""), is_pending(value)
        if self._asked.get(field) != change:
            self._asked[field] = change
            field.ask_policy(self.instance)

    def _is_staged(self, file: Any) -> bool:
        """Whether this save has written the files."""
        mine = getattr(file, "staged", None)
        return mine is not None and any(upload.staged is mine for upload in self._uploads)

    def _upload(self, file: Any) -> Upload:
        """What is made of a pending picture, for the first time or as it was made before."""
        for upload in self._uploads:
            if upload.is_of(file):
                return upload
        self._uploads.append(Upload(file))
        return self._uploads[-1]

    def _begin(self, *, savepoint: bool = True) -> None:
        if self._transaction is None:
            self._transaction = transaction.atomic(using=self.using, savepoint=savepoint)
            self._transaction.__enter__()

    def _complete(self) -> None:
        """The row is written: say so, inside the transaction, and see to the rest after the commit."""
        for file, aside in self._waiting.values():
            self._lock(file.field.model)
            upload = self._upload(file)
            aside.keep(file, upload.write(file), self.using)
            upload.content.avatar_waits = True
        if self._touched:
            confirmation = Confirmation()
            for state in self._touched.values():
                confirmation.cover(state.remember(self.using))
                self._announce(state)
            transaction.on_commit(confirmation, using=self.using)
        for field in self.fields:
            if field not in self._touched and not (state := PictureState(self.instance, field)).is_of(self.using):
                state.remember(self.using)

    def _leave(self, exc: BaseException | None) -> None:
        """End the transaction, and delete the files that nothing came of."""
        if exc is not None:
            for field, (file, _) in self._waiting.items():
                self.instance.__dict__[field.attname] = file  # to be tried again
        try:
            if self._transaction is not None:
                self._transaction.__exit__(type(exc) if exc else None, exc, exc.__traceback__ if exc else None)
        finally:
            # Where a rollback was seen they are gone already; where the outcome of a COMMIT is unknown they stay.
            for upload in self._uploads:
                if upload.staged is not None:
                    upload.staged.discard()

    # What the row held.

    def _lock(self, model: type[models.Model]) -> None:
        """Read what the row names in its table, locked until the end of the transaction."""
        if model in self._held:
            return
        self._begin()
        columns = [field for field in _fields_of(model) if field.model is model]
        row = references.rows(model, self.using).filter(pk=self.instance._get_pk_val(model._meta))
        held = next(iter(_locked(row, [field.attname for field in columns])), ())
        self._held[model] = dict(zip(columns, held, strict=False))

    def _lock_giver(self, state: PictureState, file: Any) -> None:
        """
        Lock the row that a picture is taken over from before one's own, where its key comes first.

        Two rows that take over each other's picture would wait for each other, and end as a deadlock.
        """
        other, model, own = getattr(file, "taken_from", None), state.field.model, state.instance
        if other is not None and other.field.model is model and connections[self.using].features.has_select_for_update:
            key = other.instance._get_pk_val(model._meta)
            if str(key) < str(own._get_pk_val(model._meta)):
                lock(state.field, key, self.using)

    def _old(self, field: Column) -> str:
        return self._held.get(field.model, {}).get(field) or ""

    # What may be named.

    def _may_name(self, state: PictureState, file: Any) -> bool:
        """
        Whether the row may name a picture that it did not hold: not one whose files are gone.

        Whoever replaces a picture waits for the lock of a row that holds it, and then sees our row too.
        """
        name = state.name
        parsed = naming.parse(name)
        if parsed is None or name == self._old(state.field):
            return True
        if parsed.is_ready:  # nobody lets go of it, and many hold it
            return _exists(file.storage, name)
        is_taken = _is_from_elsewhere(state, file)
        if self._lock_holder(state.field, file, name) or self._is_let_go_here(file, name):
            return _require_own_storage(file)
        if references.referenced([name]):
            return _require_own_storage(file)
        if is_taken:
            references.logger.warning("A picture that was taken over from another row is gone, since that let go.")
            return False
        return _exists(file.storage, name)

    def _may_insert(self, state: PictureState, file: Any) -> bool:
        """Whether a new row may have the name that it comes with: any, unless it is that of a row that is gone."""
        if not _is_loaded(state):
            return True
        self._begin()
        return self._may_name(state, file)

    def _keep(self, state: PictureState, add: bool) -> Any:
        """Leave the row with what it has; a new one without a picture."""
        if add:
            return _empty(state)
        setattr(self.instance, state.field.attname, self._held[state.field.model].get(state.field))
        return state.field.unchanged

    def _lock_holder(self, field: Column, file: Any, name: str) -> bool:
        """
        Lock one row that names this picture, in any column of any model; False where there is none.

        One is enough to keep the picture. One that nobody else has locked comes first: several saves that take over
        the same picture would wait for each other's rows, and end as a deadlock.
        """
        other = getattr(file, "taken_from", None)
        first = [field] if other is None else [field, other.field]
        others = (column for column in references.fields() if column not in first)
        columns = [*first, *(other for other in others if references.has_table(self.using, other.model))]
        can_skip = connections[self.using].features.has_select_for_update_skip_locked
        passes = (True, False, True) if can_skip else (False,)  # who was waited for may have let go, and others not
        return any(self._lock_one(column, name, free) for free in passes for column in columns)

    def _lock_one(self, column: Column, name: str, free: bool) -> bool:
        holders = references.rows(column.model, self.using).filter(**{column.name: name})
        return bool(list(_locked(holders, [column.attname], only_one=True, skip_locked=free)))

    def _is_let_go_here(self, file: Any, name: str) -> bool:
        """Whether this transaction lets go of the picture, which then is there until it commits."""
        waiting = connections[self.using].run_on_commit
        return file.was_needed or any(name in getattr(entry[1], "lets_go_of", ()) for entry in waiting)

    # What is said.

    def _announce(self, state: PictureState) -> None:
        field, name, old_name = state.field, state.name, self._old(state.field)
        file = state.file
        if getattr(file, "is_protected", False):
            after_commit(self.using, lambda: references.unprotect(file))
        if name == old_name:
            return
        change = Change(self.instance, field, name, old_name, self.actor)
        change.announce_within()
        if old_name:
            # The file may say that this row's picture is in another storage than those of its field.
            let_go(file.storage, old_name, self.using)
        change.announce_after(self.using)
        if name:
            self._finish_later(field, name)

    def _finish_later(self, field: Column, name: str) -> None:
        key, using = self.instance._get_pk_val(field.model._meta), self.using

        def callback() -> None:
            for finish in finish_later:
                finish(field, using, key, name)

        after_commit(using, callback)


class Change(NamedTuple):
    """What signals say about a picture that another one takes the place of; `name` is "" for none."""

    instance: models.Model
    field: Column
    name: str
    old_name: str
    actor: Any

    def announce_within(self) -> None:
        """Send `avatar_changing`: what a receiver raises rolls everything back."""
        from ..signals import avatar_changing  # nobody needs them before something happens, as below

        avatar_changing.send(type(self.instance), **self._asdict(), deleted=False)

    def announce_delete(self, using: str) -> None:
        """Send `avatar_changing` for a row that is about to be deleted, which no receiver can prevent."""
        from ..signals import avatar_changing

        if avatar_changing.has_listeners(type(self.instance)):
            with transaction.atomic(using=using):
                answers = avatar_changing.send_robust(type(self.instance), **self._asdict(), deleted=True)
                if any(isinstance(answer, DatabaseError) for _, answer in answers):
                    # PostgreSQL takes no further statement before this.
                    transaction.set_rollback(True, using=using)

    def announce_after(self, using: str) -> None:
        """Send `avatar_saved` or `avatar_removed` after the commit."""
        from .. import signals

        said = {"instance": self.instance, "field": self.field, "actor": self.actor}
        if self.name:
            send = partial(signals.avatar_saved.send_robust, **said, name=self.name, old_name=self.old_name)
        else:
            send = partial(signals.avatar_removed.send_robust, **said, name=self.old_name)

        def callback() -> None:
            send(sender=type(self.instance))
            for observe in observers:
                observe(self)

        after_commit(using, callback)


def _on_delete(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    fields = references.own_fields(sender._meta.concrete_model)  # type: ignore[arg-type]
    row = references.rows(fields[0].model, using).filter(pk=instance._get_pk_val(fields[0].model._meta))
    actor = _current_person()
    for held in list(_locked(row, [field.attname for field in fields])):
        for field, name in zip(fields, held, strict=True):
            if name:
                storage = getattr(instance, field.attname).storage
                change = Change(instance, field, "", name, actor)
                change.announce_delete(using)
                let_go(storage, name, using, partial(_forget_files, instance, field, name))
                change.announce_after(using)


def _forget_files(instance: models.Model, field: Column, name: str) -> None:
    # Saving a deleted instance makes a new row: it must not name files that went with the old one.
    if PictureState(instance, field).name == name:
        getattr(instance, field.attname).is_gone = True


def let_go(storage: Storage, name: str, using: str, on_gone: Callable[[], object] = list) -> None:
    """
    Delete the files of a picture after the commit, unless a row names it by then; `on_gone` is called if they went.

    What one transaction lets go of is asked about at once.
    """
    connection = connections[using]
    for savepoints, callback, *_ in connection.run_on_commit:
        if hasattr(callback, "lets_go_of") and savepoints == set(connection.savepoint_ids):
            callback.lets_go_of.setdefault(name, (storage, []))[1].append(on_gone)
            return
    after_commit(using, _letting_go({name: (storage, [on_gone])}))


def _letting_go(pictures: dict[str, tuple[Storage, list[Callable[[], object]]]]) -> Callable[[], None]:
    def callback() -> None:
        names = list(pictures)
        for start in range(0, len(names), TOGETHER):
            piece = names[start : start + TOGETHER]
            deleted = references.delete_unreferenced([(pictures[name][0], name) for name in piece])
            for name in deleted.gone | deleted.failed:  # of what failed some files may be gone
                for on_gone in pictures[name][1]:
                    on_gone()

    callback.lets_go_of = pictures  # type: ignore[attr-defined]  # for `let_go` and `_is_let_go_here`
    return callback


def lock(field: Column, key: Any, using: str) -> bool:
    """Lock the row with this key until the end of the transaction. False when there is none."""
    return bool(list(_locked(references.rows(field.model, using).filter(pk=key), [field.attname])))


def after_commit(using: str, action: Callable[[], object]) -> None:
    # Robust: what is committed must not become an error. Only for functions: before 6.1, Django reports a callback
    # that failed by its __qualname__, which a partial does not have.
    transaction.on_commit(action, using=using, robust=True)


def _locked(
    rows: models.QuerySet[Any], attnames: list[str], *, only_one: bool = False, skip_locked: bool = False
) -> Iterable[tuple[str | None, ...]]:
    if connections[rows.db].features.has_select_for_update:
        rows = rows.select_for_update(skip_locked=skip_locked)
        if only_one and connections[rows.db].features.supports_select_for_update_with_limit:
            rows = rows[:1]
    else:
        # Without row locks the write lock must come first: a transaction that reads and then writes
        # is told "database is locked" at once (SQLite) when another one wrote in between.
        rows.update(**{attnames[0]: models.F(attnames[0])})
    return rows.values_list(*attnames)


def _is_from_elsewhere(state: PictureState, file: Any) -> bool:
    """Whether this is a picture that another row holds: of a copied instance, or assigned from another one."""
    is_taken = state.is_copied or getattr(file, "is_protected", False)
    return is_taken and naming.parse(state.name) is not None


def _is_loaded(state: PictureState) -> bool:
    """Whether this is a picture of ours that a row with this key held."""
    stored = state.stored
    return stored is not None and stored.name == state.name and naming.parse(state.name) is not None


def _require_own_storage(file: Any) -> bool:
    """Raise `ValueError` for a picture that was taken over and whose files are in another storage; else True."""
    other = getattr(file, "taken_from", None)
    if other is None or other.storage is file.storage or _exists(file.storage, file.name):
        return True
    raise ValueError(
        f"{file.field} cannot take over the picture of {other.field}, whose files are in another storage. "
        'Assign a copy of the file: ContentFile(picture.read(), name="picture.webp").'
    )


def _empty(state: PictureState) -> Any:
    setattr(state.instance, state.field.attname, "")
    return state.file


def _exists(storage: Storage, name: str) -> bool:
    try:
        return storage.exists(name)
    except Exception as exc:  # who cannot ask must not take a picture away
        references.logger.warning("Whether a picture is there could not be asked (%s).", type(exc).__name__)
        return True


def _current_person() -> Any:
    from ..actors import current_person  # nobody needs it before a picture changes: start-up loads no more than it must

    return current_person()


def _asked_to_wait(file: Any) -> Aside | None:
    """Who keeps this pending file until it is approved. What a rollback took back has been asked about before."""
    if file.staged is not None:
        return None
    return next(filter(None, (ask(file) for ask in approvals)), None)


def _write(file: Any, picture: Picture) -> StagedFiles:
    from . import staging  # nobody needs it before something is written: start-up loads no more than it must

    return staging.write(file.field, file.field.folder(file.instance), picture, storage=file.storage)


@functools.cache
def _fields_of(model: type[models.Model]) -> tuple[Column, ...]:
    return tuple(field for field in model._meta.concrete_fields if references.is_avatar(field))  # type: ignore[misc]
