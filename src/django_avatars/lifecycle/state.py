"""
The state of one picture: what its row is known to hold, what waits to be saved, and who still needs its files.

`PictureState` answers for one column of one instance, `PictureFile` for the one picture that this has now. The field,
the descriptor and the save ask them, and nobody else looks into the instance.
"""

from __future__ import annotations

import dataclasses
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, cast

from django.core.exceptions import ValidationError
from django.db import connections, models, router

from ..conf import has_policy

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

    from ..imaging.spec import Picture
    from .column import Column


LATER = object()
"""The key of a row that ``bulk_create()`` inserts: the instance has it afterwards."""


def normal_key(model: type[models.Model], key: Any) -> Any:
    """`key` as the database gives it back: an instance may hold a text in its place, such as that of a UUID."""
    parts = model._meta.pk_fields
    try:
        if len(parts) == 1:
            return parts[0].to_python(key)
        return tuple(part.to_python(value) for part, value in zip(parts, key, strict=True))
    except (TypeError, ValueError, ValidationError):  # of no row
        return key


def is_same_key(model: type[models.Model], one: Any, other: Any) -> bool:
    """Whether two keys are of the same row."""
    return bool(one == other or normal_key(model, one) == normal_key(model, other))


@dataclasses.dataclass(slots=True)
class StoredState:
    """
    The name that a row is known to hold: its key, and the database it was read from or written to.

    A name that was written in a transaction is known while the transaction is open, and after its commit. After a
    rollback it is not known any more, see `holds`.
    """

    alias: str | None
    key: Any
    name: str
    is_expected: bool = False
    """Whether ``bulk_create()`` was to insert the name: the row may have kept another, as with ``ignore_conflicts``."""
    primary: str | None = None
    """The database for which `alias` is a replica, once the instance was saved there: Django forgets `alias` then."""
    _open: Callable[[], object] | None = None

    @property
    def holds(self) -> bool:
        """Whether this can still be relied on."""
        return self._open is None or self._open() is not None

    def __deepcopy__(self, memo: object) -> StoredState:
        return self  # the very one that its `Confirmation` knows

    def __reduce__(self) -> tuple[Any, ...]:
        # A pickle cannot follow the transaction. It counts as known, so that an untouched save does not write a name
        # whose files a rollback may have deleted.
        return StoredState, (self.alias, self.key, self.name, self.is_expected, self.primary)


class Confirmation:
    """
    A callback that waits for the commit. A rollback drops it.

    Only the connection holds it, so the transaction is open as long as a weak reference to it is alive.
    """

    __slots__ = ("__weakref__", "_learned")

    def __init__(self, learned: list[StoredState]) -> None:
        """Keep each of `learned` while this transaction is open, and for good when it commits."""
        self._learned = learned
        for stored in learned:
            stored._open = weakref.ref(self)

    def __call__(self) -> None:
        for stored in self._learned:
            stored._open = None


class PictureFile:
    """
    What happens to one particular picture, held by its file object: each assignment replaces it by a new one.

    The base of `AvatarFieldFile`, which adds what a `FieldFile` is for everybody else.
    """

    field: Column
    instance: models.Model
    name: str | None
    _committed: bool
    _file: Any = None
    takers: Any = None
    """The files that have taken over this picture and are not saved yet, this one among them; None if none have."""
    was_needed = False
    """Whether that other row names the picture no more, and the files were kept for this one."""
    is_gone: bool = False
    """Whether the files were deleted with the row, so that nothing may name them again."""
    taken_from: PictureFile | None = None
    """The file of the other row or field that this picture was taken over from."""
    staged: Any = None
    """The written files, a `StagedFiles`, until a row that names them is committed."""

    @property
    def is_pending(self) -> bool:
        """Whether the next save has files to write: a new picture, or one that a rollback took back."""
        if self.staged is not None and self.staged.gone:
            return True
        return not self._committed and self._file is not None

    @property
    def is_of_own_row(self) -> bool:
        """Whether `taken_from` is of this same row: Django may set the key of an instance after its picture."""
        other = self.taken_from
        return (
            other is not None
            and other.field is self.field
            and is_same_key(type(self.instance), other.instance.pk, self.instance.pk)
        )

    @property
    def upload(self) -> Any:
        """What is pending: the file that was assigned, or the files that a rollback took back."""
        return self.staged if self._file is None else self._file

    def process(self) -> Picture:
        """Renditions of the pending file, made once. Raises `InvalidImage`."""
        if self.staged is not None and self.staged.picture is not None:
            made: Picture = self.staged.picture
            return made
        return self.field.process(self._file, name=self.name)

    def point_at(self, staged: Any) -> None:
        """Take the name of `staged`, the files that were just written. This file is not pending afterwards."""
        self.name = staged.text
        self.staged = staged
        self._committed = True
        self._file = None


@dataclasses.dataclass(slots=True)
class PictureState:
    """The state of the picture in one column of one instance."""

    instance: models.Model
    field: Column

    @property
    def file(self) -> Any:
        """The file object of the instance; a database expression where one was assigned."""
        value = self.instance.__dict__.get(self.field.attname)
        if isinstance(value, PictureFile) and value.instance is self.instance:
            return value
        return getattr(self.instance, self.field.attname)  # the descriptor makes one

    @property
    def name(self) -> str:
        """The name that the instance has now, "" for none."""
        return str(self.instance.__dict__.get(self.field.attname) or "")

    @property
    def key(self) -> Any:
        """The key of the row; None as long as Django fills in a new instance and has not come to the key."""
        parts = self.instance._meta.pk_fields
        return self.instance.pk if all(part.attname in self.instance.__dict__ for part in parts) else None

    @property
    def last_stored(self) -> StoredState | None:
        """The last known name, even if the instance has got the key of another row since."""
        stored: StoredState | None = self.instance.__dict__.get(self.field.known_attname)
        return stored

    @property
    def stored(self) -> StoredState | None:
        """The name that the row of the instance is known to hold. None for a new row or a deferred field."""
        stored: StoredState | None = self.instance.__dict__.get(self.field.known_attname)
        if stored is not None and stored.key is LATER and not self.instance._state.adding:
            stored.key, stored.alias = self.instance.pk, self.instance._state.db
        key = self.instance.pk  # compared here first, since each save asks
        if stored is None or not (stored.key == key or is_same_key(type(self.instance), stored.key, key)):
            return None
        return stored if stored.holds else None

    @property
    def is_pending(self) -> bool:
        """Whether the next save has files to write."""
        return getattr(self.instance.__dict__.get(self.field.attname), "is_pending", False)

    def is_unchanged_in(self, using: str) -> bool:
        """
        Whether the row in the database `using` is known to hold the name of the instance.

        An assignment alone says nothing: `refresh_from_db()`, deferred loading and RETURNING assign, too.
        """
        stored, value = self.stored, self.instance.__dict__.get(self.field.attname)
        return (
            stored is not None
            and not stored.is_expected
            and stored.name == (value or "")
            and not getattr(value, "is_pending", False)
            and (stored.alias == using or self.is_of(using))
        )

    @property
    def is_expected(self) -> bool:
        """Whether the name is the one that ``bulk_create()`` was to insert, and nobody has looked since."""
        stored = self.stored
        return stored is not None and stored.is_expected and stored.name == self.name

    @property
    def is_copied(self) -> bool:
        """Whether the picture is that of another row, of which the instance is a copy."""
        stored = self.last_stored
        if stored is None or stored.name != self.name:
            return False
        return not is_same_key(type(self.instance), stored.key, self.instance.pk)

    def ask_policy(self) -> None:
        """Ask the policy of the project about the change that saving the instance makes. Raises `NotAllowed`."""
        action = self.change if has_policy() else None
        if action is not None:
            from .. import policy  # only a project with a policy needs it

            policy.ask(self.instance, cast("models.Field[Any, Any]", self.field), action)

    @property
    def change(self) -> Literal["set", "remove"] | None:
        """How saving the instance would change the picture: "set", "remove", or None."""
        stored = self.stored
        if stored is None and self.instance._state.adding:
            before: str | None = str(self.field.get_default() or "")
        else:
            before = stored.name if stored else None
        if self.name == before and not self.is_pending:
            return None
        return "set" if self.name else "remove"

    def is_of(self, using: str) -> bool:
        """Whether the known name is that of the row in the database `using`."""
        stored = self.stored
        if stored is None or stored.alias is None or stored.is_expected:
            return False
        return using == stored.primary or is_replica(stored.alias, using) or self._own_database(stored.alias) == using

    def _own_database(self, alias: str) -> str:
        """The primary database of a row that was read from `alias`: that for writing if the instance is of `alias`."""
        home = router.db_for_write(type(self.instance), instance=self.instance)
        return home if self.instance._state.db == alias or is_replica(alias, home) else alias

    def remember(self, alias: str | None) -> StoredState:
        """Note that the row of the instance in `alias` holds the name that the instance has now."""
        held = self.instance.__dict__
        stored = held[self.field.known_attname] = StoredState(
            alias, self.instance.pk, str(held.get(self.field.attname) or "")
        )
        return stored

    def expect(self) -> None:
        """Note that ``bulk_create()`` is about to insert the name that the instance has: where, Django says later."""
        self.instance.__dict__[self.field.known_attname] = StoredState(None, LATER, self.name, is_expected=True)

    def note_primary(self, using: str) -> None:
        """Note that the known name is that of the row in `using`, if it is, before the instance is saved there."""
        stored = self.stored
        if stored is not None and stored.alias != using and self.is_of(using):
            stored.primary = using

    def forget_replica(self) -> None:
        """
        Forget a name that was read from a replica, because the picture is to be removed.

        The replica may lag behind and have no picture yet. If the name is not known, the save reads it from the row.
        """
        stored = self.last_stored
        if stored is not None and stored.alias != router.db_for_write(type(self.instance), instance=self.instance):
            del self.instance.__dict__[self.field.known_attname]

    def copy_stored(self, other: PictureState) -> None:
        """Take over what `other` knows of the same row: reloading assigns from another instance."""
        stored = other.stored
        if stored is not None and is_same_key(type(self.instance), stored.key, self.key) and stored.name == other.name:
            self.instance.__dict__[self.field.known_attname] = stored


def is_replica(alias: str, home: str) -> bool:
    """Whether `alias` is another way to the database `home`: a mirror by its settings, or the same place."""
    mirrored = connections[alias].settings_dict["TEST"]["MIRROR"]
    return alias == home or mirrored == home or (_place(alias) is not None and _place(alias) == _place(home))


def primaries(home: str) -> list[str]:
    """
    Every database once, `home` first.

    A replica is never asked who names a picture: it may lag behind, and would keep what was replaced.
    """
    found = [home]
    for alias in connections:
        settings = connections[alias].settings_dict
        is_left_out = settings["TEST"]["MIRROR"] is not None or settings["ENGINE"] == "django.db.backends.dummy"
        if not is_left_out and not any(is_replica(alias, other) for other in found):
            found.append(alias)
    return found


def _place(alias: str) -> tuple[str, ...] | None:
    settings = connections[alias].settings_dict
    name = str(settings["NAME"])
    is_private = name in ("", ":memory:")  # each connection has its own
    return None if is_private else (settings["ENGINE"], settings["HOST"], str(settings["PORT"]), name)


undecided: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
"""Files that were written and are named by no committed row yet, by the name of their picture."""


def guard(name: str, connection: BaseDatabaseWrapper) -> None:
    """Delete the files of `name`, if they are new, when the current transaction of `connection` rolls back."""
    staged = undecided.get(name)
    if staged is not None and not staged.gone:
        staged.guard(connection)


def undecided_on(connection: BaseDatabaseWrapper) -> list[Any]:
    """The new files that an open transaction of `connection` names."""
    # `valuerefs` returns a list, so other threads may write files meanwhile.
    found = (reference() for reference in undecided.valuerefs())
    return [staged for staged in found if staged is not None and connection in staged.connections]
