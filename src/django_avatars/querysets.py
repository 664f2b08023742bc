"""Loading people together with their pictures, so that a list costs one query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet, prefetch_related_objects

from . import targets

AnyModel = TypeVar("AnyModel", bound=Model)


def with_avatars(queryset: QuerySet[AnyModel], *paths: str) -> QuerySet[AnyModel]:
    """
    `queryset` with what its avatars need loaded in the same query.

    Without `paths` the rows are those that are shown: users get their profiles, profiles their
    users, who are called by name. With paths they lead to users: ``with_avatars(comments, "author")``.
    A model that is seen by itself, such as a team with a logo, needs nothing and comes back as it is.
    """
    if paths:
        accessor = _relation(targets.user_model())
        return queryset.select_related(*(f"{path}__{accessor}" if accessor else path for path in paths))
    relation = _relation(queryset.model)
    return queryset.select_related(relation) if relation else queryset


def with_picture(queryset: QuerySet[AnyModel], field: str | None = None) -> QuerySet[AnyModel]:
    """
    Those of `queryset` that have a picture of their own: users, wherever theirs is, or rows with an AvatarField.

    `field` is its name, where a model has several; None: the first. The default of the field is nobody's own.
    """
    path, nothing = _column(queryset.model, field)
    return queryset.filter(**{f"{path}__isnull": False}).exclude(**{f"{path}__in": nothing})


def without_picture(queryset: QuerySet[AnyModel], field: str | None = None) -> QuerySet[AnyModel]:
    """Those of `queryset` that `with_picture` leaves out."""
    path, nothing = _column(queryset.model, field)
    return queryset.filter(Q(**{f"{path}__isnull": True}) | Q(**{f"{path}__in": nothing}))


def _column(model: type[Model], name: str | None) -> tuple[str, list[str]]:
    """The way to the names of pictures, and what is none of one's own."""
    field: Any = model._meta.get_field(name) if name else targets.first_field(model)
    path = ""
    if field is None and issubclass(model, targets.user_model()):
        found = targets.user_field()
        field, path = found.field, f"{found.link.related_query_name()}__" if found.link else ""
    if field is None:
        raise TypeError(f"{model.__name__} has no AvatarField, and is not the model of users.")
    return f"{path}{field.name}", ["", str(field.get_default() or "")]


def load(people: Iterable[Any]) -> None:
    """Load what the avatars of `people` need and have not loaded: one query for users, one for each other model."""
    alike: dict[tuple[type[Model], str], list[Model]] = {}
    for one in people:
        if isinstance(one, Model) and one.pk is not None and (relation := _relation(one.__class__)):
            alike.setdefault((one.__class__, relation), []).append(one)
    for (_, relation), rows in alike.items():
        prefetch_related_objects(rows, relation)


def first_of(people: Iterable[Any] | None, count: int) -> tuple[list[Any], int]:
    """The first `count` of `people`, their pictures loaded, and how many there are in all. None is nobody."""
    if people is None:
        return [], 0
    if isinstance(people, QuerySet) and people._result_cache is None:
        shown = list(people[:count])
        total = people.count() if len(shown) == count else len(shown)
    else:
        everybody = list(people)
        shown, total = everybody[:count], len(everybody)
    load(shown)
    return shown, total


def _relation(model: type[Model]) -> str | None:
    """What an avatar of `model` reads beside the row: the profile of a user, the user of a profile, or nothing."""
    if issubclass(model, targets.user_model()):
        try:
            return targets.user_field().accessor
        except ImproperlyConfigured:  # a check says so; a page still shows initials
            return None
    field = targets.first_field(model)
    link = targets.link_of(field) if field else None
    return link.name if link else None
