"""
The one verb that changes a picture: write new files, swap the column, let go of the old.

`watch()` wraps `save_base` and `from_db` of a model, once. A save that does not touch a picture
stays the one query it was. A save that does:

1. processes and writes the new files, outside any transaction of ours (a slow storage holds no lock);
2. opens a transaction and reads the old name from the row, locked: what an instance remembers may be stale;
3. saves;
4. after the commit, deletes the old files if no row of any field names them any more.
"""

from __future__ import annotations

import functools
import itertools
import weakref
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.db import DatabaseError, connections, models, router, transaction
from django.db.models.signals import pre_delete
from django.utils.module_loading import import_string

from .. import naming
from ..conf import get_settings
from . import references, staging

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from ..fields import AvatarField
    from ..files import AvatarFieldFile


TOGETHER = 500
"""Pictures that are asked about at once, where a transaction lets go of many."""


class Known:
    """
    What a row is known to hold: this name, in the row with this key, in this database.

    Learned inside a transaction, it holds as long as that transaction is open, and for good once
    it has committed; after a rollback it is worth nothing.
    """

    __slots__ = ("_open", "alias", "key", "name")

    def __init__(self, alias: str | None, key: Any, name: str, is_open: Callable[[], object] | None = None) -> None:
        self.alias = alias
        self.key = key
        self.name = name
        self._open = is_open

    @property
    def holds(self) -> bool:
        """Whether this can still be relied on."""
        return self._open is None or self._open() is not None

    def __deepcopy__(self, memo: object) -> Known:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle cannot follow the transaction. That it takes its name for the row's keeps it from
        # writing a name whose files a rollback has taken back meanwhile.
        return Known, (self.alias, self.key, self.name)


class _Confirmation:
    """
    Waits in the connection's callbacks for the commit, and is dropped at a rollback.

    Held by nothing else: that a weak reference to it lives says that the transaction is open.
    """

    __slots__ = ("__weakref__", "facts")

    def __init__(self) -> None:
        self.facts: list[Known] = []

    def __call__(self) -> None:
        for fact in self.facts:
            fact._open = None


def watch(model: type[models.Model]) -> None:
    """Make `model`, which has just got an AvatarField, replace pictures safely. Wrapping twice does nothing."""
    if getattr(model.save_base, "watches_avatars", False):
        return
    model.save_base = _watched_save_base(model.save_base)  # type: ignore[method-assign]
    model.from_db = classmethod(_watched_from_db(model.from_db.__func__))  # type: ignore[assignment,attr-defined]


def watch_deletes(model: type[models.Model]) -> None:
    """Let pictures go with their rows. Proxies need it too: Django sends their deletes under their own name."""
    if references.own_fields(model._meta.concrete_model):  # type: ignore[arg-type]
        pre_delete.connect(_on_delete, sender=model, dispatch_uid="django_avatars")


def known(instance: models.Model, field: AvatarField) -> Known | None:
    """What the row of `instance` is known to hold; None when nothing is (a new row, a deferred field)."""
    fact: Known | None = instance.__dict__.get(field.known_attname)
    return fact if fact is not None and fact.holds and fact.key == instance.pk else None


def remember(instance: models.Model, field: AvatarField, alias: str | None) -> Known:
    """Note that the row of `instance` in `alias` holds the name that the instance has now."""
    fact = Known(alias, instance.pk, name_of(instance, field))
    instance.__dict__[field.known_attname] = fact
    return fact


def adopt(instance: models.Model, field: AvatarField, other: models.Model) -> None:
    """
    Take over what `other` knows of the same row: `refresh_from_db` and deferred loading assign from another
    instance.
    """
    fact = known(other, field)
    if fact is not None and fact.key == instance.pk and fact.name == name_of(other, field):
        instance.__dict__[field.known_attname] = fact


def name_of(instance: models.Model, field: AvatarField) -> str:
    """The name that the instance has now, "" for none."""
    return str(instance.__dict__.get(field.attname) or "")


def is_unchanged(instance: models.Model, field: AvatarField) -> bool:
    """
    Whether the instance has no new file, and the name that its row is known to hold.

    Not "was it assigned": `refresh_from_db`, deferred loading and RETURNING assign too.
    """
    fact = known(instance, field)
    return fact is not None and fact.name == name_of(instance, field) and not _is_pending(instance, field)


def change_of(instance: models.Model, field: AvatarField) -> Literal["set", "remove"] | None:
    """What saving the instance would do to the picture; None for nothing."""
    fact, name = known(instance, field), name_of(instance, field)
    if fact is None and instance._state.adding:
        before: str | None = str(field.get_default() or "")
    else:
        before = fact.name if fact else None
    if name == before and not _is_pending(instance, field):
        return None
    return "set" if name else "remove"


def _watched_from_db(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def from_db(cls: type[models.Model], db: str | None, *args: Any, **kwargs: Any) -> models.Model:
        instance: models.Model = original(cls, db, *args, **kwargs)
        for field in _fields_of(cls):
            if field.attname in instance.__dict__:
                remember(instance, field, db)
        return instance

    return from_db


def _watched_save_base(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def save_base(
        self: models.Model,
        raw: bool = False,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        save = partial(original, self, raw, force_insert, force_update, using, update_fields)
        fields = [] if raw else [field for field in _fields_of(type(self)) if _is_included(self, field, update_fields)]
        foreign = [field for field in fields if _is_from_elsewhere(self, field)]
        touched = [field for field in fields if _is_touched(self, field, using)]
        if foreign:
            save = partial(_save_holding, self, foreign, using, save)
        if touched:
            _replace(self, touched, using, save, has_row=self.pk is not None and not force_insert)
        else:
            save()
        for field in fields:
            if field not in touched and known(self, field) is None:
                remember(self, field, using)

    save_base.watches_avatars = True  # type: ignore[attr-defined]
    return save_base


def _is_from_elsewhere(instance: models.Model, field: AvatarField) -> bool:
    """Whether this is a picture that another row holds: of a copied instance, or assigned from another one."""
    fact, name = instance.__dict__.get(field.known_attname), name_of(instance, field)
    is_copied = fact is not None and fact.key != instance.pk and fact.name == name
    is_taken = is_copied or getattr(getattr(instance, field.attname), "is_handed_over", False)
    return is_taken and not _is_pending(instance, field) and naming.parse(name) is not None


def _save_holding(instance: models.Model, fields: Sequence[AvatarField], using: str, save: Callable[[], None]) -> None:
    """
    Save what names pictures of other rows, and keep those from letting go of them until this is committed.

    Whoever replaces such a picture waits for the lock, and then sees the new row. Whoever was faster has let go of
    it: then the new row has no picture, since it would be one without files.
    """
    with transaction.atomic(using=using, savepoint=False):
        for field in fields:
            file, name = getattr(instance, field.attname), name_of(instance, field)
            holders = references.rows(field.model, using).filter(**{field.name: name})
            if not list(_locked(holders, [field.attname])) and _is_lost(file, name, using):
                references.logger.warning("A picture that was taken over from another row is gone, since that let go.")
                file.is_gone = True
            _after_commit(using, partial(_arrive, file, name))
        save()


def _is_lost(file: AvatarFieldFile, name: str, using: str) -> bool:
    """Whether another transaction has let go of this picture. What this one lets go of is there until it commits."""
    waiting = connections[using].run_on_commit
    is_ours = file.is_kept or any(name in getattr(entry[1], "lets_go_of", ()) for entry in waiting)
    return not is_ours and not references.referenced([name])


def _arrive(file: AvatarFieldFile, name: str) -> None:
    file.is_handed_over = file.is_kept = False
    references.arrived(name)


def _replace(
    instance: models.Model, fields: Sequence[AvatarField], using: str, save: Callable[[], None], *, has_row: bool
) -> None:
    actor = _known_actor()  # now: after the commit `acting` may be over
    files = [getattr(instance, field.attname) for field in fields if _is_pending(instance, field)]
    pictures = [file.process() for file in files]
    written: list[staging.Written] = []
    try:
        for file, picture in zip(files, pictures, strict=True):
            written.append(staging.write(file.field, file.field.folder(instance), picture, storage=file.storage))
        for file, one in zip(files, written, strict=True):
            file.point_at(one)
        with transaction.atomic(using=using):
            old = _stored(instance, fields, using) if has_row else {}
            save()
            _when_committed(instance, fields, old, using, actor)
    except BaseException:
        # Where a rollback was seen the files are gone already; where the outcome of a COMMIT is unknown they stay.
        for one in written:
            one.abandon()
        raise


def _when_committed(
    instance: models.Model, fields: Sequence[AvatarField], old: dict[AvatarField, _Stored], using: str, actor: Any
) -> None:
    confirmation = _Confirmation()
    is_open = weakref.ref(confirmation)
    for field in fields:
        fact = remember(instance, field, using)
        fact._open = is_open
        confirmation.facts.append(fact)
        stored = old.get(field)
        if (stored.name if stored else "") != fact.name:
            change = Change(instance, field, fact.name, stored.name if stored else "", actor)
            change.announce_within()
            if stored:
                let_go(stored.storage, stored.name, using)
            change.announce_after(using)
            _finish_later(instance, field, fact.name, using)
    transaction.on_commit(confirmation, using=using)


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
    _after_commit(using, _letting_go({name: (storage, [on_gone])}))


def _letting_go(pictures: dict[str, tuple[Storage, list[Callable[[], object]]]]) -> Callable[[], None]:
    def callback() -> None:
        names = list(pictures)
        for start in range(0, len(names), TOGETHER):
            piece = names[start : start + TOGETHER]
            for name in references.let_go([(pictures[name][0], name) for name in piece]):
                for on_gone in pictures[name][1]:
                    on_gone()

    callback.lets_go_of = pictures  # type: ignore[attr-defined]  # for `let_go` and `_is_lost`
    return callback


def lock(field: AvatarField, key: Any, using: str) -> bool:
    """Lock the row with this key until the end of the transaction. False when there is none."""
    return bool(list(_locked(references.rows(field.model, using).filter(pk=key), [field.attname])))


def _finish_later(instance: models.Model, field: AvatarField, name: str, using: str) -> None:
    if name and get_settings().tasks is not None:
        enqueue = import_string("django_avatars.contrib.tasks.enqueue")
        key = instance._get_pk_val(field.model._meta)
        _after_commit(using, lambda: enqueue(field, using, key, name))


observers: list[Callable[[Change], None]] = []
"""
Called after the commit with each change, as `avatar_saved` and `avatar_removed` are sent: the log. Those signals are
loaded late.
"""


class _Stored(NamedTuple):
    """What a row names, and the storage that its file is in."""

    name: str
    storage: Storage


class Change(NamedTuple):
    """What signals say about a picture that another one takes the place of; `name` is "" for none."""

    instance: models.Model
    field: AvatarField
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
        _after_commit(using, lambda: send(sender=type(self.instance)))
        for observe in observers:
            _after_commit(using, partial(observe, self))


def _after_commit(using: str, action: Callable[[], object]) -> None:
    # Robust: what is committed must not become an error. A function, since Django 5.2 reports a callback
    # that failed by its __qualname__, which a partial does not have.
    transaction.on_commit(action, using=using, robust=True)


def _stored(instance: models.Model, fields: Iterable[AvatarField], using: str) -> dict[AvatarField, _Stored]:
    """What the row names now, locked until the end of the transaction."""
    names: dict[AvatarField, str] = {}
    for model, group in itertools.groupby(fields, key=attrgetter("model")):
        columns = list(group)
        row = references.rows(model, using).filter(pk=instance._get_pk_val(model._meta))
        for held in _locked(row, [field.attname for field in columns]):
            names.update(zip(columns, held, strict=True))
    # The file may say that this row's picture is in another storage than those of its field.
    return {field: _Stored(name, getattr(instance, field.attname).storage) for field, name in names.items() if name}


def _locked(rows: models.QuerySet[Any], attnames: list[str]) -> Iterable[tuple[str, ...]]:
    if connections[rows.db].features.has_select_for_update:
        rows = rows.select_for_update()
    else:
        # Without row locks the write lock must come first: a transaction that reads and then writes
        # is told "database is locked" at once (SQLite) when another one wrote in between.
        rows.update(**{attnames[0]: models.F(attnames[0])})
    return rows.values_list(*attnames)


def _on_delete(sender: type[models.Model], instance: models.Model, using: str, **kwargs: Any) -> None:
    fields = references.own_fields(sender._meta.concrete_model)  # type: ignore[arg-type]
    actor = _known_actor() if fields else None
    for field, stored in _stored(instance, fields, using).items():
        change = Change(instance, field, "", stored.name, actor)
        change.announce_delete(using)
        let_go(stored.storage, stored.name, using, partial(_forget_files, instance, field, stored.name))
        change.announce_after(using)


def _forget_files(instance: models.Model, field: AvatarField, name: str) -> None:
    # Saving a deleted instance makes a new row: it must not name files that went with the old one.
    if name_of(instance, field) == name:
        getattr(instance, field.attname).is_gone = True


def _known_actor() -> Any:
    from ..actors import current_person  # nobody needs it before something happens: start-up loads no more than it must

    return current_person()


@functools.cache
def _fields_of(model: type[models.Model]) -> tuple[AvatarField, ...]:
    return tuple(field for field in model._meta.concrete_fields if references.is_avatar(field))  # type: ignore[misc]


def _is_included(instance: models.Model, field: AvatarField, update_fields: Iterable[str] | None) -> bool:
    if field.attname not in instance.__dict__:
        return False
    return update_fields is None or field.name in update_fields or field.attname in update_fields


def _is_touched(instance: models.Model, field: AvatarField, using: str) -> bool:
    fact = known(instance, field)
    if fact is not None and fact.alias != using:
        # Another database: what is known says nothing about the row there, so `pre_save` must not rely on it.
        del instance.__dict__[field.known_attname]
    return _is_pending(instance, field) or (not instance._state.adding and not is_unchanged(instance, field))


def _is_pending(instance: models.Model, field: AvatarField) -> bool:
    return bool(getattr(getattr(instance, field.attname), "is_pending", False))
