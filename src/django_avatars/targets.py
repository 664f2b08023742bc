"""
From what somebody hands in (a user, a row, a file, a name) to the picture: the row and the field that hold it.

A *holder* is the row with the AvatarField (a profile, a company, the user itself). An `AvatarTarget` is one answer
for everything that the tags take. It reads no more than it is asked for, and never more than the query that
``user.profile`` costs.
"""

from __future__ import annotations

import dataclasses
import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ObjectDoesNotExist
from django.core.signals import request_started, setting_changed
from django.db import IntegrityError, models, router, transaction
from django.dispatch import receiver
from django.utils.functional import LazyObject

from . import actors
from .conf import get_settings
from .fields import AvatarField
from .lifecycle import references
from .lifecycle.files import AvatarFieldFile

if TYPE_CHECKING:
    from django.core.files.storage import Storage


@dataclasses.dataclass(frozen=True, slots=True)
class UserField:
    """The field that holds the picture of a user, and the way there."""

    field: AvatarField
    """The AvatarField itself."""
    link: models.OneToOneField[Any, Any] | None
    """The relation from the holder to the user; None where the field is on the user model."""

    accessor: str | None
    """Name of the attribute of a user that gives the holder; None where the user is the holder."""


ATTEMPTS = 3
"""How often a row is tried to be made for a user, while others make rows for the same user and delete them."""

user_model: Any = functools.cache(get_user_model)
"""The class of users, looked up once."""


@functools.cache
def user_field() -> UserField:
    """
    Whose picture a user has: ``AVATARS["FIELD"]``, or the only AvatarField that a user can reach.

    Raises `ImproperlyConfigured` when there is none, when there are several, or when the
    setting names something else; `django_avatars.checks` reports the same at start-up.
    """
    path = get_settings().field
    if path is not None:
        return _named(path)
    found = candidates()
    if len(found) == 1:
        return found[0]
    names = ", ".join(_path(one.field) for one in found) or "no AvatarField that a user can reach"
    raise ImproperlyConfigured(
        f"AVATARS['FIELD'] is not set, and there is {names}. "
        'Set it to "app.Model.field", a field on the user model or on a model with a OneToOneField to it.'
    )


def holder_of(user: Any) -> models.Model | None:
    """The row that holds the picture of `user`, or None. Costs the query of ``user.profile`` unless it is loaded."""
    accessor = user_field().accessor
    if accessor is None:
        return user  # type: ignore[no-any-return]
    try:
        return getattr(user, accessor)  # type: ignore[no-any-return]
    except ObjectDoesNotExist:
        return None


def get_or_create_holder(user: Any) -> models.Model:
    """The row that holds the picture of `user`, made if there is none yet. Two requests at once get the same one."""
    return holder_of(user) or make_holder(user)[0]


def make_holder(user: Any, **values: Any) -> tuple[models.Model, bool]:
    """A row for the picture of `user`, made of `values`; or the one that somebody else made meanwhile, and False."""
    found = user_field()
    assert found.link is not None  # a user without a link is its own holder
    with holder_forgotten_on_error(user):
        holder, is_new = _insert_or_find(found.field.model, {found.link.name: user}, values, ATTEMPTS)
    found.link.remote_field.set_cached_value(user, holder)  # or `user.profile` would go on saying that there is none
    return holder, is_new


def _insert_or_find(
    model: type[models.Model], person: dict[str, Any], values: dict[str, Any], attempts: int
) -> tuple[models.Model, bool]:
    """
    A row with `person` and `values`, and True; or the one of `person` that is there, and False.

    It is not looked for first, as `get_or_create` does: SQLite answers "database is locked" at once to a transaction
    that has read and then wants to write while another one wrote. A row that was in the way, but is deleted before it
    is found, no longer is in the way: then all begins anew.
    """
    manager, using = model._default_manager, router.db_for_write(model)
    try:
        with transaction.atomic(using=using):
            return manager.create(**person, **values), True
    except IntegrityError:
        there = manager.using(using).filter(**person).first()
        if there is None and attempts == 1:  # it was refused for another reason
            raise
    return _insert_or_find(model, person, values, attempts - 1) if there is None else (there, False)


@contextmanager
def holder_forgotten_on_error(user: Any) -> Iterator[None]:
    """While a row is made for `user`: on an error there is none, though making an instance said that there is."""
    try:
        yield
    except BaseException:
        link = user_field().link
        assert link is not None  # a user without a link is its own holder
        user._state.fields_cache.pop(link.remote_field.cache_name, None)
        raise


def picture_of(user: Any) -> AvatarFieldFile | None:
    """The file in the field of `user`, falsy when it is empty, or None when there is no holder."""
    holder = holder_of(user)
    return None if holder is None else getattr(holder, user_field().field.attname)


def own_picture_of(user: Any) -> AvatarFieldFile | None:
    """The file in the field of `user`; None where it is empty, or the field's default."""
    picture = picture_of(user)
    return picture if picture and picture.field.is_own(picture.name) else None


def candidates() -> list[UserField]:
    """Every AvatarField that a user can reach: on the user model, or on a model that is one-to-one with it."""
    return [
        found
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, AvatarField) and (found := path_from_user(field))
    ]


@functools.cache
def path_from_user(field: AvatarField) -> UserField | None:
    """How a user gets to `field`; None when it cannot: no one-to-one relation, or one without a name."""
    if issubclass(user_model(), field.model):
        return UserField(field, None, None)
    link = link_to_user(field.model)
    return None if link is None else UserField(field, link, link.remote_field.get_accessor_name())


def link_to_user(model: type[models.Model]) -> models.OneToOneField[Any, Any] | None:
    """The first one-to-one relation from `model` to users that has a name on their side; None where there is none."""
    for link in model._meta.concrete_fields:
        if (
            isinstance(link, models.OneToOneField)
            and issubclass(user_model(), link.related_model)
            and not link.remote_field.hidden
            and link.remote_field.get_accessor_name()
        ):
            return link
    return None


def _named(path: str) -> UserField:
    try:
        label, _, name = path.rpartition(".")
        field = apps.get_model(label)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist) as exc:
        raise ImproperlyConfigured(
            f"AVATARS['FIELD'] is {path!r}, which is no field of an installed model: {str(exc).rstrip('.')}. "
            f'Name it as "app.Model.field"; there is {_choices()}.'
        ) from exc
    found = path_from_user(field) if isinstance(field, AvatarField) else None
    if found is None:
        raise ImproperlyConfigured(
            f"AVATARS['FIELD'] is {path!r}, which is not an AvatarField on the user model "
            f"or on a model with a OneToOneField to it; there is {_choices()}."
        )
    return found


def _choices() -> str:
    return ", ".join(_path(one.field) for one in candidates()) or "none yet"


def _path(field: AvatarField) -> str:
    return f"{field.model._meta.label}.{field.name}"


@receiver(setting_changed, dispatch_uid="django_avatars.targets")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("AVATARS", "AUTH_USER_MODEL", "INSTALLED_APPS"):
        user_field.cache_clear()
        path_from_user.cache_clear()
        user_model.cache_clear()
        _users_by.cache_clear()


class AvatarQueryWarning(UserWarning):
    """In DEBUG: each avatar of a list costs a query. `querysets.with_avatars` makes it one for all."""


class AvatarTarget:
    """Somebody or something that has a picture, or could have one."""

    __slots__ = ("_link", "field", "holder", "thing")

    def __init__(
        self,
        thing: Any,
        holder: models.Model | None = None,
        field: AvatarField | None = None,
        link: models.OneToOneField[Any, Any] | None = None,
    ) -> None:
        self.thing: Any = thing
        """What was asked about."""
        self.holder: models.Model | None = holder
        """The row with the picture, None where there is none."""
        self.field: AvatarField | None = field
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
            model, is_key = _users_by(self._link)
            return model, getattr(self.thing, self._link.attname) if is_key else getattr(self.person, "pk", None)
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
        if isinstance(person, str):  # somebody without an account, as in a guest list
            return person if "@" in person else ""
        return getattr(person, getattr(person, "EMAIL_FIELD", "email"), "") or ""

    @property
    def description(self) -> str:
        """How its owner describes the picture, "" where nobody does."""
        return getattr(self.holder, self.field.attname).alt if self.stored_name else ""  # type: ignore[union-attr]

    @property
    def storage(self) -> Storage:
        """Where the picture is; only for a subject with a field."""
        assert self.field is not None  # `stored_name` comes first and is "" without one
        if self.field.is_placed_by_row:
            return getattr(self.holder, self.field.attname).storage  # type: ignore[no-any-return]
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


def identity_of(obj: Any) -> tuple[type[models.Model] | None, Any]:
    """`AvatarTarget.identity` of what `obj` shows, without a query for the profile of a user."""
    return (obj._meta.concrete_model, obj.pk) if isinstance(obj, user_model()) else target_of(obj).identity


def target_of(obj: Any) -> AvatarTarget:
    """What `obj` shows: a user, an instance with an AvatarField, its file, a name, None or an anonymous user."""
    if isinstance(obj, user_model()):
        return _of_user(obj)
    if isinstance(obj, models.Model):
        return _of_row(obj, first_field(obj.__class__))  # its class; `type()` would say SimpleLazyObject
    if isinstance(obj, AvatarFieldFile):
        return _of_row(obj.instance, obj.field)
    if obj and getattr(obj, "is_authenticated", False):  # a user of a token, who is no row
        return target_of(actors.person(obj))
    return AvatarTarget(obj or None)  # an undefined variable is nobody, in Jinja2 too


def _of_user(user: Any) -> AvatarTarget:
    try:
        found = user_field()
    except ImproperlyConfigured:  # a check says so; a page still shows initials
        return AvatarTarget(user)
    if found.link is None:
        return AvatarTarget(user, user, found.field)
    # What `get_cached_value()` of the relation does, in a fifth of the time: this runs for every picture of a page.
    holder = user._state.fields_cache.get(found.accessor, _NOT_LOADED)
    if holder is _NOT_LOADED:
        _notice_query(user, found.accessor)
        holder = holder_of(user)
    return AvatarTarget(user, holder, found.field)


def _of_row(row: models.Model, field: AvatarField | None) -> AvatarTarget:
    return AvatarTarget(row, row, field, link_of(field) if field else None)


@functools.cache
def first_field(model: type[models.Model]) -> AvatarField | None:
    """The picture that an instance of `model` is shown with, where nobody says which."""
    return next((field for field in model._meta.concrete_fields if references.is_avatar(field)), None)  # type: ignore[return-value]


def link_of(field: AvatarField) -> models.OneToOneField[Any, Any] | None:
    """The relation from the row with `field` to the user who is seen on it, if there is one."""
    found = path_from_user(field)
    return found.link if found else None


@functools.cache
def _users_by(link: models.OneToOneField[Any, Any]) -> tuple[type[models.Model], bool]:
    """The model of users, and whether `link` holds their key, and not the value of another column (``to_field``)."""
    return user_model()._meta.concrete_model, link.target_field.primary_key


_NOT_LOADED = object()

_queries = ContextVar("django_avatars.queries", default=0)
"""Avatars in this request that took a query each. Counted in DEBUG alone."""


def _notice_query(row: models.Model, relation: str | None) -> None:
    if not settings.DEBUG or isinstance(row, LazyObject):  # `request.user`: one visitor is no list
        return
    request_started.connect(_count_anew, dispatch_uid="django_avatars.targets")
    _queries.set(_queries.get() + 1)
    if _queries.get() == 2:
        warnings.warn(
            f"Avatars of this page load {type(row).__name__}.{relation} one by one. Load them with the list: "
            "with_avatars(queryset) of django_avatars.querysets, or select_related().",
            AvatarQueryWarning,
            stacklevel=2,
        )


def _count_anew(**kwargs: Any) -> None:
    _queries.set(0)
