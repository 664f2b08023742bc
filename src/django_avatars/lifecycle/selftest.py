"""
Whether Django ends transactions the way that `staging.RollbackGuard` takes for proof.

That way is no promise of Django's: the guard knows functions and their local names. So it is tried out when Django
checks a project, with Django's own code on a connection to no database.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connections, transaction
from django.db.backends.base.features import BaseDatabaseFeatures
from django.db.backends.dummy.base import DatabaseWrapper

from .staging import RollbackGuard

ALIAS = "django_avatars.selftest"
"""Of the connection, which stands among those of the project while the test runs, in this thread alone."""


class Failure(Exception):
    """What a transaction is left with."""


class Connection(DatabaseWrapper):
    """A connection that has transactions and savepoints, and sends nothing."""

    features_class = BaseDatabaseFeatures  # a database that can do what most can
    has_lost_commit = False

    def __init__(self) -> None:
        super().__init__({"AUTOCOMMIT": True, "ATOMIC_REQUESTS": False}, ALIAS)
        self.autocommit = True

    def ensure_connection(self) -> None:
        """There is none."""

    def _nothing(self, *args: Any) -> None: ...

    _set_autocommit = _savepoint = _savepoint_commit = _savepoint_rollback = _rollback = _nothing

    def close(self) -> None:
        """There is nothing to close."""

    def _commit(self) -> None:
        if self.has_lost_commit:
            raise DatabaseError


class Witness:
    """Stands in for staged files, and remembers whether they would have been taken back."""

    def __init__(self) -> None:
        self.picture: object = self
        self.is_taken_back: bool = False

    def commit(self) -> None:
        """The transaction committed."""
        self.picture = None

    def roll_back(self, connection: Any) -> None:
        """The transaction rolled back."""
        self.is_taken_back = True


def takes_for_rollback(end: Callable[[Connection, Witness], None]) -> bool:
    """Whether a guard finds that a transaction rolled back in which it was registered, and `end` was done."""
    connection, witness = Connection(), Witness()
    connections[ALIAS] = connection
    try:
        with contextlib.suppress(Failure, DatabaseError), transaction.atomic(using=ALIAS):
            end(connection, witness)
    finally:
        del connections[ALIAS]
    return witness.is_taken_back


def _register(connection: Connection, witness: Witness) -> None:
    transaction.on_commit(RollbackGuard(witness, connection), using=ALIAS)  # type: ignore[arg-type]


def rolled_back(connection: Connection, witness: Witness) -> None:
    """Leave the transaction with an exception."""
    _register(connection, witness)
    raise Failure


def rolled_back_to_a_savepoint(connection: Connection, witness: Witness) -> None:
    """Leave an inner block with an exception, and the outer one without."""
    with contextlib.suppress(Failure), transaction.atomic(using=ALIAS):
        rolled_back(connection, witness)


def committed(connection: Connection, witness: Witness) -> None:
    """Leave the transaction as it should be left."""
    _register(connection, witness)


def lost(connection: Connection, witness: Witness) -> None:
    """Lose the connection while it commits: nobody knows what has become of the row."""
    _register(connection, witness)
    connection.has_lost_commit = True


def sees_rollbacks() -> bool:
    """Whether files are taken back when a transaction, or a savepoint, rolls back."""
    return takes_for_rollback(rolled_back) and takes_for_rollback(rolled_back_to_a_savepoint)


def mistakes_others() -> bool:
    """Whether files would be taken back where nothing rolled back, or where nobody can tell."""
    return takes_for_rollback(committed) or takes_for_rollback(lost)
