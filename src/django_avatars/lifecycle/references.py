"""
Every AvatarField there is, which rows name a picture, and deleting what no row names.

A file that cannot be deleted is left to `avatars_prune`: it never turns success into an error.
"""

from __future__ import annotations

import contextlib
import logging
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from django.apps import apps
from django.db import DatabaseError, connections, models, router, transaction
from django.utils.module_loading import import_string

from .. import naming
from ..conf import get_settings
from .state import primaries

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from .column import Column

logger: logging.Logger = logging.getLogger("django_avatars")

PIECE = 5000
"""Rows that are read from a database at a time."""


def fields() -> Iterator[Column]:
    """Every column that may name a picture: the fields of all installed models, each once."""
    for model in apps.get_models(include_auto_created=True):
        yield from own_fields(model)


def own_fields(model: type[models.Model]) -> list[Column]:
    """The AvatarFields whose column is in the table of `model` itself; the parent's are the parent's."""
    concrete = model._meta.concrete_model
    return [] if concrete is not model else [field for field in model._meta.local_concrete_fields if is_avatar(field)]  # type: ignore[misc]


def is_avatar(field: Any) -> bool:
    """Whether `field` is an AvatarField; asked by mark, since the fields stand above this module."""
    return getattr(field, "holds_avatar", False)


def databases(model: type[models.Model]) -> Iterator[str]:
    """Aliases of the databases in which rows of `model` may be, each database once: replicas are left out."""
    home = router.db_for_write(model)
    for alias in primaries(home):
        if _is_forbidden(alias):
            continue
        is_home, is_allowed = alias == home, router.allow_migrate_model(alias, model)
        if (is_home and is_allowed) or ((is_home or is_allowed) and has_table(alias, model)):
            yield alias


def _is_forbidden(alias: str) -> bool:
    # django.test puts a refusal in the place of the cursor of each database that a test case does not name:
    # no row of that test can be in one. By name, since django.test is not for import at run time.
    return type(connections[alias].cursor).__name__ == "_DatabaseFailure"


_tables: set[tuple[str, str]] = set()
"""Tables that were seen, by alias; one that is missing is looked for again, since it may come."""

_refused: set[tuple[str, str]] = set()
"""Tables that are not listed and could not be asked: tried once, since databases log each such question."""

_views: set[tuple[str, str]] = set()
"""Those of `_tables` that are views: their rows can be read, and not locked."""


def has_table(alias: str, model: type[models.Model]) -> bool:
    """Whether the database `alias` has the table of `model`."""
    # A legacy database without a router is allowed everything and has nothing.
    table = alias, model._meta.db_table
    if table not in _tables:
        _tables.update((alias, name) for name in connections[alias].introspection.table_names())
        if table not in _tables and table not in _refused:
            (_tables if _can_be_asked(alias, model) else _refused).add(table)
            if table[1] in connections[alias].introspection.table_names(include_views=True):
                _views.add(table)
    return table in _tables


def has_rows_to_lock(alias: str, model: type[models.Model]) -> bool:
    """Whether the database `alias` has the table of `model`, and this is no view."""
    return has_table(alias, model) and (alias, model._meta.db_table) not in _views


def _can_be_asked(alias: str, model: type[models.Model]) -> bool:
    """Whether there is a table that is not listed under its name: in another schema, or in other letters."""
    try:
        with transaction.atomic(using=alias):  # an error must not end the transaction around it
            rows(model, alias).order_by().exists()
    except DatabaseError:
        return False
    return True


@contextlib.contextmanager
def where_there_is_a_table(alias: str, model: type[models.Model]) -> Iterator[None]:
    """
    Passes over a model that has no table: unmanaged, or not migrated yet. It has no rows that name anything.

    Looked at only after an error: asking beforehand would cost every replace a query.
    """
    try:
        yield
    except DatabaseError:
        if has_table(alias, model):
            raise


def without_table() -> list[type[models.Model]]:
    """Models with an AvatarField that have no table where their rows are written."""
    found = dict.fromkeys(field.model for field in fields())
    return [model for model in found if not _is_ready(router.db_for_write(model), model)]


def _is_ready(alias: str, model: type[models.Model]) -> bool:
    return _is_forbidden(alias) or has_table(alias, model)


def rows(model: type[models.Model], alias: str) -> models.QuerySet[Any]:
    """All rows, past every manager: a manager that hides rows would make their pictures look unused."""
    return models.QuerySet(model, using=alias)


def key_from(model: type[models.Model], text: str) -> Any:
    """
    The primary key that somebody means who writes `text`. Raises `ValueError` or `ValidationError` for what is none.

    Python reads "1_0" and "+10" as 10, but these may be names of users, and name another one than that with key 10.
    """
    key = model._meta.pk.to_python(text)
    if isinstance(key, int) and not text.removeprefix("-").isdecimal():
        raise ValueError(f"{text!r} is no key of {model._meta.label}.")
    return key


def registered() -> list[Callable[[Collection[str]], Iterable[str]]]:
    """The functions of ``AVATARS["REFERENCES"]``: each takes names and gives those that are still needed."""
    return [import_string(path) for path in get_settings().references]


def referenced(names: Collection[str], *, apart_from: models.QuerySet[Any] | None = None) -> set[str]:
    """
    Those of `names` that a row holds that is not among `apart_from`, or that ``AVATARS["REFERENCES"]`` needs.

    Raises what a database or a function raises: who cannot ask must not delete.
    """
    return named_by_rows(names, apart_from=apart_from).union(*(asked(names) for asked in registered()))


def named_by_rows(names: Collection[str], *, apart_from: models.QuerySet[Any] | None = None) -> set[str]:
    """Those of `names` that some row of an AvatarField in some database holds. Raises what a database raises."""
    by_database: dict[str, list[Column]] = {}
    for field in fields():
        for alias in databases(field.model):
            by_database.setdefault(alias, []).append(field)
    return {name for alias, columns in by_database.items() for name in named_in(alias, columns, names, apart_from)}


def named_in(
    alias: str, columns: list[Column], names: Collection[str], apart_from: models.QuerySet[Any] | None = None
) -> Iterator[str]:
    """
    Those of `names` that rows in these columns of one database hold.

    All columns are asked in one statement, which sees the database at one moment. Asked one after the other, a picture
    that rows of different models take over from each other meanwhile would be found in none of them.
    """
    if connections[alias].in_atomic_block:  # an error would end the transaction, on PostgreSQL
        columns = [column for column in columns if has_table(alias, column.model)]
    if not columns:
        return
    at_once = connections[alias].features.max_query_params
    asked = list(names)
    piece = max(1, at_once // len(columns)) if at_once else max(1, len(asked))
    for start in range(0, len(asked), piece):
        first, *others = [_naming(column, alias, asked[start : start + piece], apart_from) for column in columns]
        try:
            # At once: a cursor on the server costs three trips for what is at most as long as the question.
            # From Django 6.1 on, a union orders as the first model does, by columns that are not asked for.
            found = list(first.union(*others, all=True).order_by() if others else first)
        except DatabaseError:
            present = [column for column in columns if has_table(alias, column.model)]
            if len(present) == len(columns):
                raise
            return (yield from named_in(alias, present, names, apart_from))
        yield from found


def _naming(
    column: Column, alias: str, names: list[str], apart_from: models.QuerySet[Any] | None
) -> models.QuerySet[Any, str]:
    """The names among `names` that rows of one column hold, each once."""
    found = rows(column.model, alias).filter(**{f"{column.name}__in": names}).order_by()
    if apart_from is not None and (apart_from.model, apart_from.db) == (column.model, alias):
        found = found.exclude(pk__in=[row.pk for row in apart_from])
    return found.values_list(column.name, flat=True).distinct()


def names(chosen: Iterable[Column] | None = None) -> Iterator[str]:
    """Every name that a row of any (or a chosen) AvatarField holds, read in pieces. Raises what a database raises."""
    for field in fields() if chosen is None else chosen:
        for alias in databases(field.model):
            with where_there_is_a_table(alias, field.model):
                named = rows(field.model, alias).exclude(**{field.name: ""}).values_list(field.name, flat=True)
                yield from filter(None, named.iterator(PIECE))


Takers = weakref.WeakValueDictionary[int, Any]
"""Files that have taken over the same picture and are not saved yet, by identity: files of two rows may be equal."""

_protected: weakref.WeakValueDictionary[str, Takers] = weakref.WeakValueDictionary()
"""Who has taken over a picture, by its name. Each of these files keeps the entry alive."""


def protect(file: Any) -> None:
    """Keep the picture that `file` names while `file` lives: it was another row's, and waits to be saved here."""
    file.takers = _protected.setdefault(file.name or "", weakref.WeakValueDictionary())
    file.takers[id(file)] = file


def unprotect(file: Any) -> None:
    """Undo `protect`: the row that `file` belongs to names the picture now, or is not going to."""
    if file.takers is not None:
        file.takers.pop(id(file), None)
    file.takers = file.taken_from = None
    file.was_needed = False


def is_protected(name: str) -> bool:
    """Whether unsaved instances are going to name this picture. If so, their files note that the picture was needed."""
    takers = _protected.get(name)
    # `valuerefs` returns a list, so other threads may take the picture over meanwhile.
    living = [] if takers is None else [reference() for reference in takers.valuerefs()]
    needing = [file for file in living if file is not None and not file.is_of_own_row]
    for file in needing:
        file.was_needed = True
    return bool(needing)


def delete_files(storage: Storage, files: Iterable[str]) -> int:
    """Delete these files, whatever happens to one of them. Returns how many could not be deleted."""
    from ..storages import adapter_for  # start-up deletes nothing, and loads no more than it must

    return adapter_for(storage).erase(files)


def erase_picture(storage: Storage, picture: naming.StoredName, left: Collection[str] = ()) -> int:
    """Delete every file of this picture, and the files that it has `left` under other names, as `delete_files` does."""
    from ..storages import adapter_for, sources  # as `delete_files`

    files = [*left, *picture.files()]
    failed = adapter_for(storage).erase(files)
    whole = [*filter(naming.is_source, left), *(picture.sources if picture.has_source else ())]
    if whole and sources.home(storage) is not storage:
        failed += adapter_for(sources.home(storage)).erase(whole)
    return failed


def erase_pictures(
    pictures: Mapping[str, tuple[Storage, naming.StoredName]],
    *,
    apart_from: models.QuerySet[Any] | None = None,
    look_for_all: bool = False,
) -> set[str]:
    """
    Delete every file of these pictures, by stored name, and what they have left under the names that they had before.

    Returns the names of pictures of which something could not be deleted. What a picture has left stays as long as a
    row names any of it that is not among `apart_from`. It is looked for where the name says that there was another,
    and with `look_for_all` everywhere: `avatars_rebuild` may have been interrupted.
    """
    own = tuple(picture.base for _, picture in pictures.values())
    found: set[str] = set()
    failed: set[str] = set()
    for name, (storage, picture) in pictures.items():
        left: list[str] = []
        try:
            if look_for_all or picture.base[-1] in naming.CONTINUED:
                others = _left(storage, picture, apart_from)
                left = [file for file in others if file not in found and not file.startswith(own)]
                found.update(left)
        except Exception as exc:
            text = "Earlier files could not be found (%s); avatars_prune will delete them"
            logger.warning(text, type(exc).__name__)
            failed.add(name)
        if erase_picture(storage, picture, left):
            failed.add(name)
    return failed


def _left(storage: Storage, picture: naming.StoredName, apart_from: models.QuerySet[Any] | None) -> list[str]:
    """The files that `picture` has left under other names; none while one of these is named, or is to be."""
    from ..storages import adapter_for, sources  # as `delete_files`

    places = dict.fromkeys([storage, sources.home(storage)])
    try:
        names = {name for place in places for name in adapter_for(place).starting_with(picture.family)}
    except NotImplementedError:  # nobody can find them here, `avatars_prune` neither
        return []
    described = {name: naming.parse(name) for name in names}
    files = [
        name for name, one in described.items() if one and one.family == picture.family and one.base != picture.base
    ]
    # All in one statement, which sees the database at one moment: a rebuild may change one name to another meanwhile.
    is_needed = any(map(is_protected, files)) or (files and referenced(files, apart_from=apart_from))
    return [] if is_needed else files


class Deleted(NamedTuple):
    """What became of pictures that nobody needed, by name."""

    gone: set[str]
    failed: set[str]
    """Those of which a storage refused to delete a file. The log says so, and `avatars_prune` tries again."""


def delete_unreferenced(pictures: Iterable[tuple[Storage, str]]) -> Deleted:
    """
    Delete every file of these pictures, except those that a row still names, ready ones, and those not of our making.

    For use after a commit. What a live instance was given and has not saved yet stays as well: two rows may
    swap their pictures one after the other. A row that is written past `save()`, by a transaction that is still
    open or between the question and the delete, is the window that remains.
    """
    ours = {
        name: (storage, parsed)
        for storage, name in pictures
        if not is_protected(name) and (parsed := naming.parse(name)) and not parsed.is_ready
    }
    try:
        kept = referenced(ours) if ours else set()
    except Exception as exc:
        logger.warning(
            "References could not be counted (%s); avatars_prune will delete what is unused", type(exc).__name__
        )
        return Deleted(set(), set())
    unused = ours.keys() - kept
    failed = erase_pictures({name: ours[name] for name in unused})
    return Deleted(unused - failed, failed)
