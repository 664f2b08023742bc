"""
Who is seen on it? One view of everything that the tags take: a user, a row, a file, a name, nobody.

Reads no more than it is asked for, and never more than the query that ``user.profile`` costs.
"""

from __future__ import annotations

import functools
import warnings
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.core.signals import request_started
from django.db import models
from django.dispatch import receiver
from django.utils.functional import LazyObject

from . import owners
from .files import AvatarFieldFile
from .lifecycle import references

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from .fields import AvatarField


class AvatarQueryWarning(UserWarning):
    """In DEBUG: each avatar of a list costs a query. `querysets.with_avatars` makes it one for all."""


class Subject:
    """Somebody or something that has a picture, or could have one."""

    __slots__ = ("_link", "field", "holder", "thing")

    def __init__(
        self,
        thing: Any,
        holder: models.Model | None = None,
        field: AvatarField | None = None,
        link: models.OneToOneField[Any, Any] | None = None,
    ) -> None:
        self.thing = thing
        """What was asked about."""
        self.holder = holder
        """The row with the picture, None where there is none."""
        self.field = field
        """The field of `holder` with the picture."""
        self._link = link

    @property
    def row(self) -> models.Model | None:
        """The instance that was asked about, None for a name and for nobody."""
        return self.thing if isinstance(self.thing, models.Model) else None

    @property
    def person(self) -> Any:
        """Who is called by name: the user behind a profile, otherwise the thing itself."""
        if self._link is None:
            return self.thing
        if not self._link.is_cached(self.thing) and getattr(self.thing, self._link.attname) is not None:
            _notice_query(self.thing, self._link.name)
        try:
            return getattr(self.thing, self._link.name)
        except ObjectDoesNotExist:  # a profile that nobody has been chosen for yet
            return None

    @property
    def identity(self) -> tuple[type[models.Model] | None, Any]:
        """
        Model and primary key, such as (User, 17), the same for a user and the user's profile.

        A name stands for itself: (None, "Jane Doe").
        """
        if self._link is not None:
            return self._link.related_model, getattr(self.thing, self._link.attname)
        thing = self.thing
        if isinstance(thing, models.Model):
            return thing._meta.concrete_model, thing.pk
        return None, thing if isinstance(thing, str) else ""

    @property
    def key(self) -> str:
        """`identity` as one text, such as "auth.user:17"; "" for nobody."""
        return key_of(*self.identity)

    @property
    def email(self) -> str:
        """The e-mail address, "" where there is none."""
        person = self.person
        return getattr(person, getattr(person, "EMAIL_FIELD", "email"), "") or ""

    @property
    def storage(self) -> Storage:
        """Where the picture is; only for a subject with a field."""
        assert self.field is not None  # `stored_name` comes first and is "" without one
        return self.field.storage

    @property
    def stored_name(self) -> str:
        """The name in the column, "" for none."""
        if self.holder is None or self.field is None:
            return ""
        value = self.holder.__dict__.get(self.field.attname)
        if type(value) is str:  # as it was loaded: nobody has asked for the file
            return value
        return getattr(self.holder, self.field.attname).stored_name  # type: ignore[no-any-return]


def key_of(model: type[models.Model] | None, pk: Any) -> str:
    """The text that stands for an identity: what colors and public ids are made from."""
    return f"{model._meta.label_lower}:{pk}" if model else str(pk)


def subject_of(obj: Any) -> Subject:
    """What `obj` shows: a user, an instance with an AvatarField, its file, a name, None or an anonymous user."""
    if isinstance(obj, owners.user_model()):
        return _of_user(obj)
    if isinstance(obj, models.Model):
        return _of_row(obj, first_field(obj.__class__))  # its class; `type()` would say SimpleLazyObject
    if isinstance(obj, AvatarFieldFile):
        return _of_row(obj.instance, obj.field)
    return Subject(obj or None)  # an undefined variable is nobody, in Jinja2 too


def _of_user(user: Any) -> Subject:
    try:
        found = owners.user_field()
    except ImproperlyConfigured:  # a check says so; a page still shows initials
        return Subject(user)
    if found.link is None:
        return Subject(user, user, found.field)
    # What `get_cached_value()` of the relation does, in a fifth of the time: this runs for every picture of a page.
    holder = user._state.fields_cache.get(found.accessor, _NOT_LOADED)
    if holder is _NOT_LOADED:
        _notice_query(user, found.accessor)
        holder = owners.related(user, found)
    return Subject(user, holder, found.field)


def _of_row(row: models.Model, field: AvatarField | None) -> Subject:
    return Subject(row, row, field, link_of(field) if field else None)


@functools.cache
def first_field(model: type[models.Model]) -> AvatarField | None:
    """The picture that an instance of `model` is shown with, where nobody says which."""
    return next((field for field in model._meta.concrete_fields if references.is_avatar(field)), None)  # type: ignore[return-value]


def link_of(field: AvatarField) -> models.OneToOneField[Any, Any] | None:
    """The relation from the row with `field` to the user who is seen on it, if there is one."""
    found = owners.reach(field)
    return found.link if found else None


_NOT_LOADED = object()

_queries = ContextVar("django_avatars.queries", default=0)
"""Avatars in this request that took a query each. Counted in DEBUG alone."""


def _notice_query(row: models.Model, relation: str | None) -> None:
    if not settings.DEBUG or isinstance(row, LazyObject):  # `request.user`: one visitor is no list
        return
    _queries.set(_queries.get() + 1)
    if _queries.get() == 2:
        warnings.warn(
            f"Avatars of this page load {type(row).__name__}.{relation} one by one. Load them with the list: "
            "with_avatars(queryset) of django_avatars.querysets, or select_related().",
            AvatarQueryWarning,
            stacklevel=2,
        )


@receiver(request_started, dispatch_uid="django_avatars.subjects")
def _count_anew(**kwargs: Any) -> None:
    _queries.set(0)
