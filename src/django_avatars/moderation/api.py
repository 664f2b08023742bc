"""What the APIs for moderators have in common: who may, what is sent, what is answered, and what is logged."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext

from .. import naming, services, staff, targets
from ..history import keys
from ..history.models import PictureVersion
from ..intake import Problem
from . import locks, reasons, verbs, views
from .models import PictureLock

PREFIX = "avatars_moderation"

KEY = rf"([^:]+:)?[0-9]{{1,{keys.DIGITS}}}"
"""The `id` of a picture, for the documents of the APIs: a number, perhaps with a database in front."""

INVALID = RegexValidator.message

State = PictureVersion.State


class Waiting(TypedDict):
    """A picture that waits."""

    id: str
    """Its key in this queue: a number, with the database in front where that is another than the usual one."""
    user: str | None
    """Key of the user whose picture it is to be, None where it is that of a thing."""
    model: str
    """The model with the picture, such as "people.profile"."""
    key: str
    """Key of the row with the picture."""
    field: str
    """Name of the field."""
    by: str | None
    """Key of the user who set it."""
    reason: str
    """Why it waits, where that is said."""
    sizes: dict[int, str]
    """Addresses by side in pixels, for whoever may approve."""
    shown: services.Description
    """What is shown meanwhile."""


class Queue(TypedDict):
    """What waits for a moderator."""

    waiting: int
    """How many there are."""
    pictures: list[Waiting]
    """The oldest of them."""


class Lock(TypedDict):
    """Why somebody cannot change a picture."""

    reason: str
    """What the person reads."""
    until: datetime.datetime | None
    """When it ends, None for never."""


class ReasonForm(forms.Form):
    """Why a picture is not shown."""

    reason: forms.CharField = forms.CharField(
        max_length=500,
        validators=[RegexValidator(f"[{reasons.SURROGATES}]", inverse_match=True)],
        error_messages={"required": reasons.CHOOSE},
    )


class UntilField(forms.DateTimeField):
    """A time, which may name its zone also where the project has none."""

    def to_python(self, value: Any) -> datetime.datetime | None:
        """As the base; without ``USE_TZ``, the time in the zone of the project."""
        found = super().to_python(value)
        if found is not None and timezone.is_aware(found) and not settings.USE_TZ:
            try:
                return timezone.make_naive(found)
            except OverflowError:  # the year 10000 here, or the year 0
                raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        return found


class LockForm(ReasonForm):
    """Why somebody cannot change a picture, and until when."""

    until: forms.DateTimeField = UntilField(
        required=False, validators=[MinValueValidator(timezone.now), MaxValueValidator(locks.latest)]
    )


def queue(actor: Any, after: str, address: Callable[[str, int], str], absolute: Callable[[str], str]) -> Queue:
    """
    What waits, the oldest first, in one database after the other.

    Args:
        actor: Who asks; needs ``avatars_moderation.approve_picture``.
        after: Key of the last picture that is known already, "" for none.
        address: Gives the address of a picture, by its key and a size.
        absolute: Makes whole addresses of paths.

    Raises `Problem`: 403 without the permission, 422 for a key that is none.

    """
    staff.require(actor, f"{PREFIX}.approve_picture")
    if not re.fullmatch(KEY, after or "0"):
        raise Problem(422, "invalid", INVALID)
    known, every = keys.parsed(after or "0"), verbs.waiting()
    versions = every.after(known) if known else []  # a database that there is not has nothing
    return {"waiting": every.count(), "pictures": [_described(one, address, absolute) for one in versions]}


def _described(version: PictureVersion, address: Callable[[str, int], str], absolute: Callable[[str], str]) -> Waiting:
    field = version.get_field()
    model, key = targets.identity_of(version.holder)
    parsed, number = naming.parse(str(version.picture.name)), keys.key_of(version)
    sizes = (parsed.sizes if parsed else ()) or field.option("sizes")[:1]
    return {
        "id": number,
        "user": str(key) if model is targets.user_model() else None,
        "model": version.content_type.model_class()._meta.label_lower,  # type: ignore[union-attr]  # it has a holder
        "key": version.object_id,
        "field": version.field,
        "by": str(version.since_by_id) if version.since_by_id is not None else None,
        "reason": reasons.in_words(version.reason),
        "sizes": {size: absolute(address(number, size)) for size in sizes},
        "shown": services.describe(getattr(version.holder, field.attname), absolute=absolute),
    }


def picture(request: Any, key: str, size: str) -> HttpResponse:
    """The file of a picture that waits, never to be kept by a cache. Raises `Problem`: 403, 404."""
    staff.require(request.user, f"{PREFIX}.approve_picture")
    if not re.fullmatch("[0-9]{1,18}", size):  # here, since what an address refuses itself is answered in HTML
        raise staff.not_found()
    try:
        return views.answer(request, key, int(size))
    except Http404 as exc:
        raise staff.not_found() from exc


def approve(actor: Any, key: str) -> None:
    """Show a picture that waits. Raises `Problem`: 403, 404, 409 where it was decided about already."""
    with _deciding(actor, key, gettext("Picture approved.")) as version:
        verbs.approve(version, actor)


def reject(actor: Any, key: str, data: Mapping[str, Any]) -> None:
    """Do not show a picture that waits. Raises `Problem` as `approve`, and 422 without a reason."""
    with _deciding(actor, key, gettext("Picture rejected.")) as version:
        verbs.reject(version, actor, _cleaned(ReasonForm, data)["reason"])


@contextmanager
def _deciding(actor: Any, key: str, text: str) -> Iterator[PictureVersion]:
    staff.require(actor, f"{PREFIX}.approve_picture")
    version = keys.named(key).filter(state__in=[State.WAITING, State.REJECTED]).first()
    if version is None or version.holder is None:
        raise staff.not_found()
    if version.state != State.WAITING:
        raise Problem(409, "decided", reasons.DECIDED)
    with _conflicts():
        yield version
    staff.log(actor, version.holder, text)


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except PictureVersion.DoesNotExist as exc:
        raise Problem(409, "decided", reasons.DECIDED) from exc


def take_down(actor: Any, key: str, data: Mapping[str, Any]) -> None:
    """
    Take down the picture of the user with this key, who reads the reason.

    Raises `Problem`: 403 without ``avatars_moderation.take_down_picture``, 404 for no such user and for nothing to take
    down, 409 where the picture has changed meanwhile, 422 without a reason.
    """
    user = _user(actor, key, "take_down_picture")
    reason = _cleaned(ReasonForm, data)["reason"]
    with _conflicts():
        taken = verbs.take_down(user, actor=actor, reason=reason)
    if taken is None:
        raise staff.not_found()
    staff.log(actor, user, gettext("Picture taken down."))


def lock(actor: Any, key: str, data: Mapping[str, Any]) -> Lock:
    """
    Let nobody but staff change the picture of the user with this key; it takes the place of another lock.

    Raises `Problem`: 403 without ``avatars_moderation.lock_picture``, 404 for no such user, 422 without a reason and
    for a time that is none or has passed.
    """
    user, said = _user(actor, key, "lock_picture"), _cleaned(LockForm, data)
    found = verbs.lock(user, actor=actor, reason=said["reason"], until=said["until"])
    staff.log(actor, user, _changed(found))
    return {"reason": found.reason, "until": found.until}


def unlock(actor: Any, key: str) -> None:
    """End the lock of the user with this key, if there is one. Raises `Problem` as `lock`."""
    user = _user(actor, key, "lock_picture")
    if verbs.unlock(user, actor=actor):
        staff.log(actor, user, _changed(PictureLock))


def _user(actor: Any, key: str, permission: str) -> models.Model:
    staff.require(actor, f"{PREFIX}.{permission}")
    return staff.user(key)


def _cleaned(form_class: type[ReasonForm], data: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, as texts: anything else would be a lock without an end. Raises `Problem` (422)."""
    given = {name: data.get(name) for name in form_class.base_fields}
    if not all(value is None or isinstance(value, str) for value in given.values()):
        raise Problem(422, "invalid", INVALID)
    form = form_class(given)
    if not form.is_valid():
        [error, *_others] = [error for errors in form.errors.as_data().values() for error in errors]
        raise Problem(422, error.code or "invalid", error.messages[0])
    return form.cleaned_data


def _changed(what: PictureLock | type[PictureLock]) -> str:
    return str(what._meta.verbose_name)
