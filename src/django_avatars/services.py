"""
Functions that set, remove and describe pictures, for the pages, the admin and APIs alike.

They check no permissions, except that ``AVATARS["POLICY"]`` is asked where it is known who acts. The functions whose
names begin with "a" do the same in a thread, for asynchronous code.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, TypedDict

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.db import DatabaseError, connections, models, router, transaction

from . import actors, gallery, naming, policy, providers, targets, visibility
from .conf import get_settings, has_policy
from .providers import names
from .storages import urls
from .targets import target_of

if TYPE_CHECKING:
    from django.core.files.base import File

    from .fields import AvatarField
    from .gallery import ReadyPicture


class Description(TypedDict):
    """Everything a front end needs to show somebody."""

    url: str | None
    """Address of the picture in the size that was asked for, None where initials are shown."""
    sizes: dict[int, str]
    """Addresses by side in pixels, descending; empty for a picture that is not ours, and without one."""
    srcset: str
    """The same with width descriptors, "… 512w, … 256w", for ``<img srcset>`` with ``sizes``."""
    formats: dict[str, dict[int, str]]
    """Addresses by extension, and by side in pixels, of every format that is stored; empty where `sizes` is."""
    animated: str | None
    """Address of the picture as it moves, an animated WebP; None where it does not."""
    alt: str
    """How its owner describes the picture, "" where nobody does."""
    initials: str
    """One or two letters, "" to draw a person; what to show without a picture, and behind it."""
    color: str
    """What white initials stand on, as "#rrggbb"."""
    label: str
    """What the person or thing is called."""


def set_own(user: Any, file: File[Any], *, actor: Any = None) -> models.Model:
    """
    Make `file` the picture of `user`, and return the row that holds it. The row is made if there is none.

    `actor` is the user who does it, for the policy, signals and the log. None: the one that `acting` has set.

    Raises `InvalidImage`, `NotAllowed` or `StorageUnavailable`, see `set_picture`; and `PermissionDenied` when nobody
    is logged in, or the user was deleted meanwhile.
    """
    with acting_as(actor):
        return _set_for(_person(user), file)


def choose_own(user: Any, picture: ReadyPicture, *, actor: Any = None) -> models.Model:
    """
    Make a ready picture of ``AVATARS["GALLERY"]`` that of `user`, as `set_own` does with a file of their own.

    `actor` as there. Raises `PermissionDenied`, `NotAllowed`, and what `gallery.make` raises.
    """
    user = _person(user)
    with acting_as(actor):
        ask_own(user, "set")
        return _set_for(user, gallery.make(picture, targets.user_field().field))


def _set_for(user: Any, file: File[Any] | str, attempts: int = 20) -> models.Model:
    try:
        return _set_own(user, file)
    except DatabaseError as exc:
        if not _is_there(user):
            raise PermissionDenied("The user was deleted meanwhile.") from exc
        link, holder = targets.user_field().link, targets.holder_of(user)
        if attempts == 1 or link is None or holder is None or _is_there(holder):
            raise
    link.remote_field.delete_cached_value(user)
    return _set_for(user, file, attempts - 1)  # the row was deleted meanwhile, but the picture is for the person


def _set_own(user: Any, file: File[Any] | str) -> models.Model:
    field = targets.user_field().field
    holder = targets.holder_of(user)
    if holder is None:
        if not isinstance(file, str):
            ask_own(user, "set")  # first, so that who may not have a picture costs no decoding
            field.process(file)  # before the transaction, in which nobody has to wait for memory
        # A row that is made has the picture from the start: where the storage fails there is no row either.
        with targets.holder_forgotten_on_error(user), transaction.atomic(using=database_of(user)):
            holder, is_new = targets.make_holder(user, **({} if isinstance(file, str) else {field.name: file}))
            if is_new and isinstance(file, str):  # signals tell of no name that a row is inserted with
                assign(holder, field, file)
            # The database may ask only at the commit whether the user is still there, when a view has answered.
            if not _is_there(user, lock=True):
                raise PermissionDenied("The user was deleted meanwhile.")
        if is_new:
            return holder
    assign(holder, field, file)
    return holder


def ask_own(user: Any, action: policy.Action) -> None:
    """Ask the policy about the picture of `user`, before anything costly is done. Raises `NotAllowed`."""
    if has_policy():
        policy.ask(own_holder(user), targets.user_field().field, action)


def own_holder(user: Any) -> models.Model:
    """The row that holds the picture of `user`, or one that is not saved and looks as it would, for the policy."""
    user = _person(user)
    holder, link = targets.holder_of(user), targets.user_field().link
    if holder is None and link is not None:
        holder = targets.user_field().field.model()
        # Past the descriptor, which would tell the user of a row that there may never be.
        setattr(holder, link.attname, getattr(user, link.target_field.attname))
        link.set_cached_value(holder, user)
    return holder  # type: ignore[return-value]  # a user without a link is the holder


def refusals(user: Any) -> policy.Refusals:
    """Why the actor may not set or remove the picture of `user`, each "" if they may, for pages that would offer it."""
    if not has_policy():
        return policy.ALLOWED
    return policy.refusals(own_holder(user), targets.user_field().field)


def _person(user: Any) -> models.Model:
    is_row = isinstance(user, targets.user_model()) and user.is_authenticated  # as nearly everybody: not looked for
    person = user if is_row else actors.person(user)
    if person is None:
        raise PermissionDenied("Nobody is logged in, and a stranger has no picture. Ask for a log-in first.")
    return person


def acting_as(actor: Any) -> AbstractContextManager[None]:
    """As `actors.acting`, where it was said who acts. None: whoever is known to act goes on."""
    return nullcontext() if actor is None else actors.acting(actor)


def database_of(row: models.Model) -> str:
    """The database that `row` is written to. Pages may read from a replica, which lags behind."""
    return router.db_for_write(row.__class__, instance=row)  # not type(): request.user is a lazy object


def _is_there(row: models.Model, *, lock: bool = False) -> bool:
    rows = row.__class__._base_manager.using(database_of(row)).filter(pk=row.pk)
    if lock:  # SQLite has no locks and needs none: it has one writer
        rows = rows.select_for_update(no_key=connections[rows.db].features.has_select_for_no_key_update)
    return bool(rows.values_list("pk"))


def remove_own(user: Any, *, actor: Any = None) -> bool:
    """
    Leave `user` without a picture. False where there was none; then no row is made either.

    `actor` as in `set_own`. Raises `PermissionDenied` when nobody is logged in, and `NotAllowed`; then `user` shows
    what it showed before.
    """
    user = _person(user)
    found = targets.user_field()
    if found.link is None:
        return remove_picture(user, field=found.field, actor=actor)
    holder = stored_holder(user)
    if holder is None:
        return False
    try:
        return _clear(holder, found.field, actor)
    except DatabaseError:
        if _is_there(holder):
            raise
        return False  # somebody else has deleted the row, and the picture with it


def stored_holder(user: models.Model) -> models.Model | None:
    """The row with the picture of `user`, read from the database that is written to, and cached on `user`."""
    found = targets.user_field()
    assert found.link is not None  # or the user is the holder
    rows = found.field.model._base_manager.using(router.db_for_write(found.field.model, instance=user))
    holder = rows.filter(**{found.link.name: user}).first()
    if holder is not None:
        found.link.set_cached_value(holder, user)
        found.link.remote_field.set_cached_value(user, holder)
    return holder


def _stored(row: models.Model) -> models.Model | None:
    """`row`, read again from the database that is written to; None if it is gone."""
    return row.__class__._base_manager.using(database_of(row)).filter(pk=row.pk).first()


def set_picture(holder: models.Model, *, field: AvatarField | None = None, file: File[Any], actor: Any = None) -> None:
    """
    Make `file` the picture of this row, and save that column, with the times of change that the row has.

    Args:
        holder: The row with the picture, such as a team; or a user, wherever the picture of users is.
        field: The AvatarField, where the model has several. None: the first.
        file: The picture.
        actor: Who does it, for the policy, signals and the log. None: whoever is known to act here, see `acting`.

    Raises `InvalidImage` or what a validator of the field raises, `NotAllowed`, or `StorageUnavailable`; then the row,
    and `holder`, show what they showed before.

    """
    if field is None and _is_user_elsewhere(holder):
        set_own(holder, file, actor=actor)
        return
    field = _field_of(holder, field)
    with acting_as(actor):
        assign(holder, field, file)


def assign(holder: models.Model, field: AvatarField, file: File[Any] | str) -> None:
    """Set this column alone to a file, or a stored name, and save. If that fails, the instance stays as it was."""
    names, before = changing_with(field, holder), getattr(holder, field.attname)
    try:
        setattr(holder, field.attname, file)
        holder.save(update_fields=names)
    except BaseException:
        setattr(holder, field.attname, before)
        raise


def remove_picture(holder: models.Model, *, field: AvatarField | None = None, actor: Any = None) -> bool:
    """
    Leave this row without a picture, and save as `set_picture` does. False where there was none.

    What the row holds is asked of the database that is written to. Raises `NotAllowed`.
    """
    if field is None and _is_user_elsewhere(holder):
        return remove_own(holder, actor=actor)
    field = _field_of(holder, field)
    row = _stored(holder)
    if row is None or not _clear(row, field, actor):
        return False
    setattr(holder, field.attname, getattr(row, field.attname))
    return True


def _clear(row: models.Model, field: AvatarField, actor: Any) -> bool:
    if not getattr(row, field.attname):
        return False
    with acting_as(actor):
        assign(row, field, "")
    return True


def sync_picture(
    holder: models.Model,
    data: bytes,
    *,
    source: str,
    field: AvatarField | None = None,
    keep_own: bool = False,
    actor: Any = None,
) -> bool:
    """
    Make `data`, the bytes of a picture in a directory, the picture of this row or user. False where nothing changed.

    The same bytes from the same `source`, such as "ldap", are recognized by the stored name: nothing is read, decoded
    or written. Whoever has set another picture since gets that of the directory again, unless `keep_own`: then a
    picture that did not come from `source`, such as an upload, stays. ``AVATARS["POLICY"]`` can keep people from
    setting one. `actor` is the user whose choice the picture is, as with that of a social account; None: the directory
    decides, whoever is known to act. Raises what `set_picture` raises.
    """
    origins = naming.origins_of(source, data)
    is_own = field is None and _is_user_elsewhere(holder)
    column = targets.user_field().field if is_own else _field_of(holder, field)
    row = stored_holder(holder) if is_own else _stored(holder)
    name = getattr(row, column.attname).stored_name if row is not None else ""
    is_other = keep_own and column.is_own(name) and not _is_from(name, naming.origins_of(source))
    if is_other or _is_from(name, origins):
        return False
    file = ContentFile(data, "picture")
    file.avatar_origin = origins[0]  # type: ignore[attr-defined]
    with actors.acting(actor):
        set_picture(holder, field=field, file=file)
    return True


def _is_from(name: str, origins: list[str]) -> bool:
    parsed = naming.parse(name)
    return parsed is not None and parsed.token.startswith(tuple(origins))


def _is_user_elsewhere(holder: models.Model) -> bool:
    """Whether this is a user whose picture is in another row."""
    return isinstance(holder, targets.user_model()) and targets.first_field(holder.__class__) is None


def _field_of(holder: Any, given: AvatarField | None) -> AvatarField:
    field = (given or targets.first_field(holder.__class__)) if isinstance(holder, models.Model) else None
    if field is None:
        raise TypeError(f"{holder.__class__.__name__} has no AvatarField. Pass the row that has one, or a user.")
    return field


def changing_with(field: AvatarField, holder: models.Model) -> list[str]:
    """The ``update_fields`` of a save: the picture, and the fields with ``auto_now``."""
    return [field.name, *(one.name for one in holder._meta.concrete_fields if getattr(one, "auto_now", False))]


async def aset_own(user: Any, file: File[Any], *, actor: Any = None) -> models.Model:
    """`set_own` for asynchronous code, in a thread."""
    return await sync_to_async(set_own)(user, file, actor=actor)


async def aremove_own(user: Any, *, actor: Any = None) -> bool:
    """`remove_own` for asynchronous code, in a thread."""
    return await sync_to_async(remove_own)(user, actor=actor)


async def aset_picture(
    holder: models.Model, *, field: AvatarField | None = None, file: File[Any], actor: Any = None
) -> None:
    """`set_picture` for asynchronous code, in a thread."""
    await sync_to_async(set_picture)(holder, field=field, file=file, actor=actor)


async def aremove_picture(holder: models.Model, *, field: AvatarField | None = None, actor: Any = None) -> bool:
    """`remove_picture` for asynchronous code, in a thread."""
    return await sync_to_async(remove_picture)(holder, field=field, actor=actor)


def describe(obj: Any, *, size: int | None = None, absolute: Callable[[str], str] | None = None) -> Description:
    """
    Everything needed to show a user, an instance with an AvatarField, its file, or a name. Asks no storage.

    A viewer who may not see the picture (``AVATARS["VISIBLE"]``) gets the initials.

    Args:
        obj: Who or what is shown.
        size: The side in pixels that ``url`` shall have at least. None: the largest there is.
        absolute: Makes whole addresses of paths, such as ``request.build_absolute_uri``.

    """
    target = target_of(obj)
    wanted, whole = size or max(get_settings().sizes), absolute or str
    is_seen, initials = visibility.may_see(target), providers.initials(target, wanted)
    found = providers.first_answer(target, wanted) if is_seen else initials
    url = found.url if isinstance(found, providers.Photo) else None
    sizes: dict[int, str] = {}
    formats: dict[str, dict[int, str]] = {}
    animated: str | None = None
    is_stored = is_seen and providers.is_upload(found, target, wanted)
    if is_stored:
        file = getattr(target.holder, target.field.attname)  # type: ignore[union-attr]  # or it would have no name
        sides = _sides(target.field, target.stored_name)  # type: ignore[arg-type]
        with urls.or_none():
            url = file.url if size is None else file.url_for(size)
            animated = file.animated_url
            sizes = {side: whole(file.url_for(side)) for side in sides}
            formats = {one: {side: whole(file.url_for(side, one)) for side in sides} for one in file.formats}
    return {
        "url": whole(url) if url else None,
        "sizes": sizes,
        "srcset": ", ".join(f"{address} {side}w" for side, address in sizes.items()),
        "formats": formats,
        "animated": whole(animated) if animated else None,
        "alt": target.description if is_stored else "",
        "initials": initials.text,
        "color": initials.color,
        "label": names.display_name(target.person),
    }


def describe_to(request: Any, obj: Any, *, size: int | None = None) -> Description:
    """`describe`, as the user of `request` may see it, with whole addresses. None where there is no request."""
    if request is None:
        return describe(obj, size=size)
    with actors.acting_in(request):
        return describe(obj, size=size, absolute=request.build_absolute_uri)


def _sides(field: AvatarField, stored_name: str) -> tuple[int, ...]:
    """The sides that can be shown: of the stored files, or the declared ones where the storage resizes by URL."""
    parsed = naming.parse(stored_name)
    sides: tuple[int, ...] = (parsed.sizes or field.option("sizes")) if parsed else ()
    return sides
