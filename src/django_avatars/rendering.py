"""
The HTML of avatars. Template tags and Jinja only pass arguments to these functions.

Markup needs no stylesheet to be right, no script and no inline style, and works under
``default-src 'self'``. Initials lie under every photo: they are what is seen until it has loaded,
and when it is missing.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from html import escape
from typing import Any

from django.core.signals import setting_changed
from django.db.models import Model
from django.dispatch import receiver
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, ngettext

from . import providers, public_ids, querysets
from .conf import Settings, get_settings
from .providers import Drawing, Photo, drawing
from .providers.names import display_name
from .providers.names import initials as letters_of
from .storages.urls import base_url
from .targets import AvatarTarget, key_of, target_of

SIZE = 48
"""Side of an avatar in CSS pixels where a template says nothing."""

PLAIN = Settings().providers
"""Providers whose answers may be kept: they follow from the name, the key and the stored name."""

NOWHERE: tuple[Any, str | None] = None, ""
"""Storage of a picture that is drawn here, and what its address starts with."""

STACK_MAX = 5
"""How many of a stack are shown where a template says nothing."""


def avatar(
    obj: Any, size: int = SIZE, *, label: bool | str | None = None, css_class: str = "", priority: bool = False
) -> SafeString:
    """
    The picture of `obj`, or initials that look good: always something.

    Args:
        obj: A user, an instance with an AvatarField, its file, a name, None or an anonymous user.
        size: Width and height in CSS pixels.
        label: None where the name stands beside it (the picture is decoration then), True to
            read out the name, or the text to read out ("Jane Doe, profile" in a link).
        css_class: More classes for the outer element.
        priority: Load at once: for the one large picture of a profile page, not for lists.

    """
    return Page().avatar(obj, size, label=label, css_class=css_class, priority=priority)


def avatar_url(obj: Any, size: int = SIZE) -> str:
    """
    The address of a picture of `obj`, at least `size` pixels wide where there is one: always a usable address.

    The photo's own where there is one; for initials `avatars:image`, or a ``data:`` address where
    the URLs are not included or the object is not a saved row.
    """
    size = pixels(size)
    target = target_of(obj)
    found = providers.answer(target, size)
    return found.url if isinstance(found, Photo) else image_url(obj, size) or drawing.data_uri(found.document(size))


def image_url(obj: Any, size: int) -> str | None:
    """The stable address of the picture of `obj`; None where the URLs are not included or it has no such address."""
    target = target_of(obj)
    public_id = _public_id(target)
    if public_id is None:
        return None
    declared = sorted(get_settings().sizes)
    nearest = next((one for one in declared if one >= size), declared[-1])
    try:
        return reverse("avatars:image", args=[public_id, nearest])
    except NoReverseMatch:
        return None


def _public_id(target: AvatarTarget) -> str | None:
    row = target.row
    if row is None:
        return None if target.key else public_ids.nobody()  # a mere name has a key: itself
    if row._state.adding or row.pk is None or target_of(row).field is not target.field:
        return None  # the address stands for a row in the database, with the first picture it has
    return public_ids.encode(row)


def avatar_stack(
    users: Iterable[Any] | None,
    *,
    max: int = STACK_MAX,
    size: int = 32,
    label: str | None = None,
    more_url: str | None = None,
) -> SafeString:
    """
    The pictures of several people, overlapping, and how many more there are: a link to `more_url`, if given.

    Fetches what is missing in one query. One more than `max` is shown rather than counted.
    Nobody is no list: the answer is "" then, which a template can ask for.
    """
    max = _count(max)
    people, total = querysets.first_of(users, max + 1)
    if not people:
        return SafeString("")
    shown = people if total <= max + 1 else people[:max]
    page = Page()
    items = [f"<li>{page.avatar(person, size, True)}</li>" for person in shown]
    if rest := total - len(shown):
        items.append(_more(rest, more_url))
    title = label or ngettext("%(count)s person", "%(count)s people", total) % {"count": number_format(total)}
    return SafeString(f'<ul role="list" class="avatar-stack" aria-label="{escape(title)}">{"".join(items)}</ul>')


def _count(given: Any) -> int:
    try:
        count = int(given)
    except (TypeError, ValueError):
        count = -1
    if count < 0:
        raise ValueError(f"A stack cannot show {given!r} people. Give a whole number from 0.")
    return count


class Page:
    """
    Where pictures are, asked for once for all avatars of a page.

    Not for longer than one response: settings and tenants change between two.
    """

    __slots__ = ("_field", "_is_plain", "_place")

    def __init__(self) -> None:
        self._field: Any = None
        self._place = NOWHERE
        self._is_plain = get_settings().providers == PLAIN

    def avatar(
        self, obj: Any, size: int = SIZE, label: bool | str | None = None, css_class: str = "", priority: bool = False
    ) -> SafeString:
        """See the function `avatar`."""
        target = target_of(obj)
        name = display_name(target.person)
        model, pk = target.identity
        stored_name = target.stored_name
        storage, base = self._place_of(target.field) if stored_name else NOWHERE
        spoken = _spoken(label, name) if label else ""
        language = get_language() if _reads_otherwise(name) else None
        if base is not None and self._is_plain:
            return _kept_html(model, pk, name, language, stored_name, storage, base, size, spoken, css_class, priority)
        found = providers.answer(target, pixels(size))
        initials = providers.Initials.of(name, target.key, language)
        return _html(found, initials, pk if model else "", pixels(size), spoken, css_class, priority)

    def _place_of(self, field: Any) -> tuple[Any, str | None]:
        if field is not self._field:  # most pages show one field
            storage = field.storage
            self._field, self._place = field, (storage, base_url(storage))
        return self._place


@functools.lru_cache(maxsize=8192)
def _kept_html(
    model: type[Model] | None, pk: Any, name: str, language: str | None, stored_name: str, storage: Any, base: str,
    size: Any, spoken: str, css_class: str, priority: bool,
) -> SafeString:  # fmt: skip
    """
    What the built-in providers answer follows from these facts alone, so it is composed once.

    `base` is among them only because the storage's answers depend on it.
    """
    initials = providers.Initials.of(name, key_of(model, pk), language)
    found = providers.photo(storage, stored_name, pixels(size)) if stored_name else initials
    return _html(found, initials, pk if model else "", pixels(size), spoken, css_class, priority)


@functools.lru_cache(maxsize=8192)
def _reads_otherwise(name: str) -> bool:
    """Whether the initials depend on the language: a small i at the start is İ to Turks. Asking for it takes longer."""
    return letters_of(name, language="tr") != letters_of(name)


@receiver(setting_changed, dispatch_uid="django_avatars.rendering")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "AVATARS":
        _kept_html.cache_clear()


def _html(
    found: Photo | Drawing, initials: Drawing, pk: Any, size: int, spoken: str, css_class: str, priority: bool
) -> SafeString:
    content = initials.inline(size) + _img(found, size, priority) if isinstance(found, Photo) else found.inline(size)
    return SafeString(f"<span{_attributes(pk, spoken, css_class)}>{content}</span>")


def _attributes(pk: Any, spoken: str, css_class: str) -> str:
    text = f' class="avatar {escape(str(css_class))}"' if css_class else ' class="avatar"'
    if pk is not None and pk != "":
        text += f' data-avatar-of="{escape(str(pk))}"'
    return f'{text} role="img" aria-label="{escape(spoken)}"' if spoken else text


def _spoken(label: bool | str, name: str) -> str:
    """What is read out: the name where `label` is only True, and never nothing."""
    return (name if label is True else str(label)) or gettext("Picture")


def _img(photo: Photo, size: int, priority: bool) -> str:
    srcset = f' srcset="{escape(photo.srcset)}"' if photo.srcset else ""
    policy = f' referrerpolicy="{escape(photo.referrer_policy)}"' if photo.referrer_policy else ""
    loading = 'loading="eager" fetchpriority="high"' if priority else 'loading="lazy"'
    shape = f'width="{size}" height="{size}"'
    return f'<img src="{escape(photo.url)}"{srcset} {shape} alt="" {loading} decoding="async"{policy}>'


def _more(count: int, url: str | None) -> str:
    text = ngettext("%(count)s more", "%(count)s more", count) % {"count": number_format(count)}
    content = (
        f'<span aria-hidden="true" dir="ltr">+{_compact(count)}</span>'
        f'<span class="avatar-stack__text">{escape(text)}</span>'
    )
    if url:
        content = f'<a href="{escape(str(url))}">{content}</a>'
    return f'<li class="avatar-stack__more">{content}</li>'


def _compact(count: int) -> str:
    for unit, letter in ((1_000_000, "M"), (1000, "K")):
        if count >= unit:
            return f"{count // unit}{letter}"
    return str(count)


def pixels(size: Any) -> int:
    """`size` as a number of CSS pixels. Raises `ValueError` for what is none."""
    try:
        pixels = int(size)
    except (TypeError, ValueError, OverflowError):
        pixels = 0
    if not 1 <= pixels <= 9999:
        raise ValueError(f"An avatar cannot be {size!r} pixels wide. Give a whole number from 1 to 9999.")
    return pixels
