"""
Whose picture is it? From a user, a row or a file to the row and the field that hold the picture.

A *holder* is the row with the AvatarField (a profile, a company, the user itself); a *subject*
is who is seen on it: the user behind a profile, otherwise the holder itself.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ObjectDoesNotExist
from django.core.signals import setting_changed
from django.db import models
from django.dispatch import receiver

from .conf import get_settings
from .fields import AvatarField

if TYPE_CHECKING:
    from .files import AvatarFieldFile


@dataclasses.dataclass(frozen=True, slots=True)
class UserField:
    """The field that holds the picture of a user, and the way there."""

    field: AvatarField
    """The AvatarField itself."""
    link: models.OneToOneField[Any, Any] | None
    """The relation from the holder to the user; None where the field is on the user model."""

    accessor: str | None
    """Name of the attribute of a user that gives the holder; None where the user is the holder."""


user_model = functools.cache(get_user_model)
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
    return related(user, user_field())


def related(user: Any, found: UserField) -> models.Model | None:
    """What `holder_of` answers, where the field is known already."""
    if found.accessor is None:
        return user  # type: ignore[no-any-return]
    try:
        return getattr(user, found.accessor)  # type: ignore[no-any-return]
    except ObjectDoesNotExist:
        return None


def get_or_create_holder(user: Any) -> models.Model:
    """The row that holds the picture of `user`, made if there is none yet. Two requests at once get the same one."""
    return holder_of(user) or make_holder(user)[0]


def make_holder(user: Any, **values: Any) -> tuple[models.Model, bool]:
    """A row for the picture of `user`, made of `values`; or the one that somebody else made meanwhile, and False."""
    found = user_field()
    assert found.link is not None  # a user without a link is its own holder
    relation = found.link.remote_field
    try:
        holder, is_new = found.field.model._default_manager.get_or_create(**{found.link.name: user}, defaults=values)
    except BaseException:
        user._state.fields_cache.pop(relation.cache_name, None)  # making an instance set it, and there is no such row
        raise
    relation.set_cached_value(user, holder)  # or `user.profile` would go on saying that there is none
    return holder, is_new


def picture_of(user: Any) -> AvatarFieldFile | None:
    """The file in the field of `user`, falsy when it is empty, or None when there is no holder."""
    holder = holder_of(user)
    return None if holder is None else getattr(holder, user_field().field.attname)


def candidates() -> list[UserField]:
    """Every AvatarField that a user can reach: on the user model, or on a model that is one-to-one with it."""
    return [
        found
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if isinstance(field, AvatarField) and (found := reach(field))
    ]


@functools.cache
def reach(field: AvatarField) -> UserField | None:
    """How a user gets to `field`; None when it cannot: no one-to-one relation, or one without a name."""
    if issubclass(user_model(), field.model):
        return UserField(field, None, None)
    for link in field.model._meta.concrete_fields:
        if (
            isinstance(link, models.OneToOneField)
            and issubclass(user_model(), link.related_model)
            and not link.remote_field.hidden
            and (accessor := link.remote_field.get_accessor_name())
        ):
            return UserField(field, link, accessor)
    return None


def _named(path: str) -> UserField:
    try:
        label, _, name = path.rpartition(".")
        field = apps.get_model(label)._meta.get_field(name)
    except (LookupError, ValueError, FieldDoesNotExist) as exc:
        raise ImproperlyConfigured(
            f"AVATARS['FIELD'] is {path!r}, which is no field of an installed model: {exc}. "
            f'Name it as "app.Model.field"; there is {_choices()}.'
        ) from exc
    found = reach(field) if isinstance(field, AvatarField) else None
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


@receiver(setting_changed, dispatch_uid="django_avatars.owners")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting in ("AVATARS", "AUTH_USER_MODEL", "INSTALLED_APPS"):
        user_field.cache_clear()
        reach.cache_clear()
        user_model.cache_clear()
