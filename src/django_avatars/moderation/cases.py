"""The pictures that moderators have to look at, in every database: for the admin, the APIs, and code of the project."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.db import DEFAULT_DB_ALIAS

from .. import querysets
from ..history import keys, recording, verbs
from ..history.models import PictureVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from ..fields import AvatarField

PAGE = 50
"""Pictures on a page of a queue, and in an answer of an API."""


class Cases:
    """
    Pictures of one or several databases, the oldest first, which are read when they are asked for.

    Like a `QuerySet`, they can be iterated and tested, and have `filter`, `get`, `first` and `count`.
    """

    def __init__(self, queues: Iterable[QuerySet[PictureVersion]]) -> None:
        self._queues = [queue.order_by("until", "pk") for queue in queues]

    def __iter__(self) -> Iterator[PictureVersion]:
        return heapq.merge(*self._queues, key=attrgetter("until"))

    def __bool__(self) -> bool:
        return any(queue.exists() for queue in self._queues)

    def count(self) -> int:
        """How many there are."""
        return sum(queue.count() for queue in self._queues)

    def filter(self, **conditions: Any) -> Cases:
        """Those to which this applies."""
        return Cases(queue.filter(**conditions) for queue in self._queues)

    def first(self) -> PictureVersion | None:
        """The oldest one, None if there is none."""
        return next(iter(self), None)

    def get(self) -> PictureVersion:
        """The only one. Raises `DoesNotExist` and `MultipleObjectsReturned`, as a `QuerySet` does."""
        found = list(self)
        if len(found) > 1:
            raise PictureVersion.MultipleObjectsReturned(f"There are {len(found)} pictures.")
        if not found:
            raise PictureVersion.DoesNotExist("There is no such picture.")
        return found[0]

    def oldest(self) -> list[PictureVersion]:
        """The oldest `PAGE` of all databases, with their rows."""
        found = chain.from_iterable(_loaded(queue, PAGE) for queue in self._queues)
        return sorted(found, key=attrgetter("until"))[:PAGE]

    def after(self, known: tuple[str, int]) -> list[PictureVersion]:
        """
        The next `PAGE` of one database after the other, with their rows.

        They begin behind the database and the primary key that are `known`: whether or not that one was decided
        meanwhile, none is left out, and none comes twice.
        """
        aliases = [queue.db for queue in self._queues]
        found: list[PictureVersion] = []
        for queue in self._queues[aliases.index(known[0]) :]:
            rest = queue.filter(pk__gt=known[1]) if queue.db == known[0] else queue
            found += _loaded(rest.order_by("pk"), PAGE - len(found))
        return found


def in_state(state: str, holder: Any = None, field: AvatarField | str | None = None) -> Cases:
    """The pictures in this state: all of them, or those of `holder`."""
    if holder is None:
        return Cases(rows.filter(recording.is_of_columns(), state=state) for rows in keys.everywhere())
    row, field = verbs.located(holder, field)
    if row is None:
        return Cases([])
    return Cases([recording.rows_of(row, field, recording.database_of(row)).filter(state=state)])


def _loaded(queue: QuerySet[PictureVersion], most: int) -> list[PictureVersion]:
    """The first of these pictures of one database whose rows are there, with what is shown of them."""
    # Django reads what a generic key names from the default database when it reads many at once.
    rows = queue.prefetch_related("holder") if queue.db == DEFAULT_DB_ALIAS else queue
    found: list[PictureVersion] = []
    start = end = 0
    while len(found) < most and start == end:  # until a piece is not full: then there are no more
        end = start + PAGE
        piece = list(rows[start:end])
        found += [version for version in piece if version.holder is not None]  # the sweep takes the others
        start += len(piece)
    querysets.load([version.holder for version in found[:most]])
    return found[:most]
