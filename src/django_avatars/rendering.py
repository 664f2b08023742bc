"""
The HTML of avatars. Template tags and Jinja only pass arguments to these functions.

Markup needs no script and no inline style, and works under ``default-src 'self'``. Initials lie under every photo:
they are what is seen until it has loaded, and when it is missing. Without the stylesheet they are not shown there.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, NamedTuple, cast

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db.models import Model
from django.dispatch import receiver
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext

from . import gallery, providers, public_ids, querysets, visibility
from .conf import get_settings
from .providers import Drawing, Initials, Photo, drawing
from .providers.names import DisplayName, display_name
from .providers.names import initials as letters_of
from .storages.urls import base_url
from .targets import AvatarTarget, key_of, target_of

SIZE = 48
"""Side of an avatar in CSS pixels where a template says nothing."""

NOWHERE: tuple[Any, str | None] = None, ""
"""Storage of a picture that is drawn here, and what its address starts with."""

EMAIL_SIZE = 128
"""Least side in pixels of a picture in an e-mail where a template says nothing: for 64 on dense screens."""

STACK_MAX = 5
"""How many of a stack are shown where a template says nothing."""

CROWDED = 28
"""In a stack, the least size in CSS pixels that has room for two letters."""

COUNT_IN_FULL = 32
"""The least size in CSS pixels of a stack that has room for more than "+99"."""

STEPS = (16, 24, 32, 40, 48, 64)
"""Sizes for which the stylesheet knows how far a stack overlaps; others do as the next smaller one."""

GROUP_MAX = 4
"""How many faces a picture of a group has."""

MOVING = 96
"""Side in CSS pixels from which a picture moves that can: smaller ones are mostly in lists, where many would."""

FEW = 40
"""Below this size in CSS pixels a picture of a group has two faces at most."""

ESCAPED_TWICE = re.compile(r"&amp;(#?\w+;)")
"""What has become of an entity that was escaped."""

FOR_MOTION = 'media="(prefers-reduced-motion: no-preference)"'
"""Who asks their device for less motion gets the still picture, without a script."""

BADGES = {
    "online": gettext_lazy("Online"),
    "away": gettext_lazy("Away"),
    "busy": gettext_lazy("Busy"),
    "verified": gettext_lazy("Verified"),
}
"""Badges that the stylesheet knows, and what is read out for them."""


def avatar(
    obj: Any,
    size: int = SIZE,
    *,
    label: bool | str | None = None,
    css_class: str = "",
    priority: bool = False,
    badge: str = "",
    badge_label: str | None = None,
    alt: bool = False,
    animated: bool | None = None,
) -> SafeString:
    """
    The HTML of the picture of `obj`, or of initials if there is none.

    Args:
        obj: A user, an instance with an AvatarField, its file, a name, None or an anonymous user.
        size: Width and height in CSS pixels.
        label: None if the name is beside the picture, which is only decoration then; True to have
            screen readers read the name; or the text that they read ("Jane Doe, profile" in a link).
        css_class: More classes for the outer element.
        priority: Load the picture at once: for the one large picture of a profile page, not for lists.
        badge: A sign at the edge: one of `BADGES`, or a word for which your stylesheet has a rule.
        badge_label: The text that screen readers read for the badge, instead of that of `BADGES`.
        alt: Have screen readers read the owner's description of the picture, if there is one, instead of `label`.
        animated: Whether an animated picture moves, unless the user wants no motion. None: from `MOVING` pixels on.

    """
    return AvatarRenderer().avatar(obj, size, label, css_class, priority, badge, badge_label, alt, animated)


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


def avatar_credit(obj: Any) -> str:
    """Who made the ready picture that `obj` shows (``AVATARS["GALLERY"]``), "" for every other picture."""
    return gallery.credit_of(obj) if visibility.may_see(target_of(obj)) else ""


def image_url(obj: Any, size: int) -> str | None:
    """The stable address of the picture of `obj`; None where the URLs are not included or it has no such address."""
    target = target_of(obj)
    public_id = _public_id(target)
    try:
        return _image_path(public_id, size) if public_id is not None else None
    except NoReverseMatch:
        return None


def avatar_email_url(
    obj: Any, size: int = EMAIL_SIZE, *, shape: str = "square", site: str | None = None, request: Any = None
) -> str:
    """
    A whole address for an e-mail: PNG or JPEG, which every mail program shows, at least `size` pixels wide.

    It stays: whoever opens the mail sees the picture that there is then. Somebody without an address of their own (a
    mere name, a row that is not saved) is shown as nobody.

    Args:
        obj: As for `avatar`.
        size: In pixels; twice what the mail shows is right for dense screens.
        shape: "round" for a round picture, transparent around it, since mail programs cut no corners.
        site: What the address begins with, such as "https://www.example.com". None: what `request` came to, else
            ``AVATARS["SITE"]``, else the current site of ``django.contrib.sites``.
        request: The request that the mail is sent from, where there is one.

    Raises `ValueError` for another shape, `NoReverseMatch` where the URLs are not included, and
    `ImproperlyConfigured` where the site is not known.
    """
    if shape not in ("square", "round"):
        raise ValueError(f"Unsupported shape {shape!r}, must be one of: square, round")
    path = _image_path(_public_id(target_of(obj)) or public_ids.nobody(), pixels(size))
    query = "?format=png&shape=round" if shape == "round" else "?format=png"
    return f"{_site(site, request)}{path}{query}"


def _image_path(public_id: str, size: int) -> str:
    declared = sorted(get_settings().sizes)
    nearest = next((one for one in declared if one >= size), declared[-1])
    return reverse("avatars:image", args=[public_id, nearest])


def _site(given: str | None, request: Any) -> str:
    if given is None and request is not None:
        given = request.build_absolute_uri("/")
    given = given or get_settings().site
    if given is None and apps.is_installed("django.contrib.sites"):
        from django.contrib.sites.models import Site  # an app that need not be installed

        given = f"https://{Site.objects.get_current().domain}"
    if given is None:
        raise ImproperlyConfigured(
            "An address in an e-mail needs the name of the site. Set AVATARS['SITE'] to \"https://www.example.com\", "
            'or write {% avatar_email_url user site="https://www.example.com" %}.'
        )
    return given.rstrip("/")


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
    return AvatarRenderer().stack(users, max=max, size=size, label=label, more_url=more_url)


def avatar_group(users: Iterable[Any] | None, size: int = SIZE, *, label: str | None = None) -> SafeString:
    """
    One picture of a group, made of two to four faces; of one person it is that picture, of nobody "".

    Fetches what is missing in one query, and of a queryset only what is shown.
    """
    return AvatarRenderer().group(users, size, label=label)


class Facts(NamedTuple):
    """
    All that the providers in `providers.KEEPABLE` read of a target: what follows from equal facts is composed once.

    Serves them in place of the target.
    """

    model: type[Model] | None
    pk: Any
    name: str
    stored_name: str
    storage: Any
    base: str | None
    """What addresses start with, "" for a drawing: the answers of `storage` depend on it."""
    language: str | None
    """The language that the initials are written in, where it makes a difference."""

    @property
    def identity(self) -> tuple[type[Model] | None, Any]:
        """See `AvatarTarget`."""
        return self.model, self.pk

    @property
    def key(self) -> str:
        """See `AvatarTarget`."""
        return key_of(self.model, self.pk)

    @property
    def person(self) -> DisplayName:
        """The name stands for the person."""
        return DisplayName(self.name)


class Look(NamedTuple):
    """How one avatar is shown, whatever it shows. Texts are escaped: one of two equal ones may have been so."""

    size: Any
    spoken: str = ""
    css_class: str = ""
    priority: bool = False
    badge: tuple[str, str] | None = None
    """A sign at the rim: the word for the stylesheet, and what is read out."""
    animated: bool | None = False
    """Whether it may move; None: where it is large enough."""
    title: str = ""
    """What a pointer learns."""
    is_tile: bool = False
    """Whether the picture fills a part of another, which need not be square."""


class Face(NamedTuple):
    """One of several people who are shown together."""

    html: SafeString
    name: str


class AvatarRenderer:
    """
    Makes the HTML of all avatars of a page. Asks only once where pictures are.

    Not for longer than one response: settings and tenants change between two.

    Args:
        photos: False for a reader who wants no pictures: initials alone.

    """

    __slots__ = ("_field", "_is_keepable", "_photos", "_place", "is_restricted")

    def __init__(self, *, photos: bool = True) -> None:
        self._photos = photos
        self._field: Any = None
        self._place = NOWHERE
        self.is_restricted: bool = visibility.is_restricted()
        is_for_all = photos and not self.is_restricted
        self._is_keepable = is_for_all and providers.KEEPABLE.issuperset(get_settings().providers)

    def avatar(
        self,
        obj: Any,
        size: int = SIZE,
        label: bool | str | None = None,
        css_class: str = "",
        priority: bool = False,
        badge: str = "",
        badge_label: str | None = None,
        alt: bool = False,
        animated: bool | None = None,
    ) -> SafeString:
        """See the function `avatar`."""
        target = target_of(obj)
        name = display_name(target.person)
        stored_name = target.stored_name
        storage, base = self._place_of(target) if stored_name else NOWHERE
        answers = self._answers(target, pixels(size)) if alt else None
        said = (answers and _description(target, answers[0], pixels(size))) or label
        look = (
            size,
            _escaped(_spoken(said, name)) if said else "",
            css_class and _escaped(css_class),
            priority,
            _sign(badge, badge_label) if badge else None,
            animated,
        )
        if answers is None and base is not None and self._is_keepable:
            model, pk = target.identity
            language = get_language() if _reads_otherwise(name) else None
            try:
                return _kept_html((model, pk, name, stored_name, storage, base, language), look)
            except TypeError:  # what cannot be a key, such as a list, is composed anew, or refused
                pass
        size = pixels(size)
        return _composed(*(answers or self._answers(target, size)), target.identity, Look(size, *look[1:]))

    def stack(
        self,
        users: Iterable[Any] | None,
        *,
        max: int = STACK_MAX,
        size: int = 32,
        label: str | None = None,
        more_url: str | None = None,
    ) -> SafeString:
        """See `avatar_stack`."""
        max, size = _count(max), pixels(size)
        people, total = querysets.first_of(users, max + 1)
        if not people:
            return SafeString("")
        shown = people if total <= max + 1 else people[:max]
        faces = list(self._faces(shown, size, one_letter=size < CROWDED))
        items = [f"<li>{face.html}</li>" for face in faces]
        if rest := total - len(shown):
            items.append(_more(rest, size, more_url))
        title = label or ngettext("%(count)s person", "%(count)s people", total) % {"count": number_format(total)}
        names = ", ".join([face.name for face in faces])
        focus = "" if more_url else ' tabindex="0"'
        return SafeString(
            f'<ul role="list" class="avatar-stack avatar-stack--{_step(size)}" aria-label="{_escaped(title)}"'
            f' data-avatar-names="{escape(names)}"{focus}>{"".join(items)}</ul>'
        )

    def group(self, users: Iterable[Any] | None, size: int = SIZE, *, label: str | None = None) -> SafeString:
        """See `avatar_group`."""
        size = pixels(size)
        people, total = querysets.first_of(users, GROUP_MAX if size >= FEW else 2)
        if len(people) < 2:
            return self.avatar(people[0], size, label or True) if people else SafeString("")
        faces = list(self._faces(people, (size + 1) // 2, one_letter=True, are_tiles=True))
        names = [face.name for face in faces]
        if total > len(faces):
            names.append(_said(total - len(faces)))
        spoken = label or get_text_list(names, gettext("and"))
        return SafeString(
            f'<span class="avatar avatar-group avatar-group--{len(faces)}" role="img"'
            f' aria-label="{_escaped(spoken)}">'
            f"{drawing.inline_start(size, size)}</svg><span>{''.join([face.html for face in faces])}</span></span>"
        )

    def _place_of(self, target: AvatarTarget) -> tuple[Any, str | None]:
        field: Any = target.field
        if field is not self._field or field.is_placed_by_row:  # most pages show one field
            storage = target.storage
            self._field, self._place = field, (storage, base_url(storage))
        return self._place

    def _answers(self, target: AvatarTarget, size: int) -> tuple[Photo | Drawing, Initials]:
        """What is shown of `target`, and what lies under it."""
        initials = providers.initials(target, size)
        return (providers.answer(target, size) if self._photos else initials), initials

    def _faces(self, people: Iterable[Any], size: int, *, one_letter: bool, are_tiles: bool = False) -> Iterator[Face]:
        """Each person's picture, no two initials side by side in the same color where the palette has others."""
        before = ""
        for person in people:
            target = target_of(person)
            found, initials = self._answers(target, size)
            is_plain = found == initials
            if is_plain and initials.color == before:
                initials = Initials(initials.text, drawing.another(initials.color))
            if one_letter:
                initials = initials.first
            before = initials.color if is_plain else ""
            name = _spoken(True, display_name(target.person))
            title = escape(name)
            look = Look(size, is_tile=True) if are_tiles else Look(size, title, title=title)
            yield Face(_composed(initials if is_plain else found, initials, target.identity, look), name)


def _description(target: AvatarTarget, found: Photo | Drawing, size: int) -> str:
    """How its owner describes the picture, where that is what is shown."""
    return target.description if providers.is_upload(found, target, size) else ""


@functools.lru_cache(maxsize=8192)
def _kept_html(facts: tuple[Any, ...], look: tuple[Any, ...]) -> SafeString:
    """The HTML that follows from `Facts` and `Look`: plain tuples, of which a page makes one for each avatar."""
    target = cast(AvatarTarget, Facts(*facts))  # it has all that these providers read
    size = pixels(look[0])
    found, initials = providers.answer(target, size), providers.initials(target, size)
    return _composed(found, initials, target.identity, Look(size, *look[1:]))


@functools.lru_cache(maxsize=8192)
def _reads_otherwise(name: str) -> bool:
    """Whether the initials depend on the language: a small i at the start is İ to Turks. Asking for it takes longer."""
    return letters_of(name, language="tr") != letters_of(name)


@receiver(setting_changed, dispatch_uid="django_avatars.rendering")
def _forget(*, setting: str, **kwargs: Any) -> None:
    if setting == "AVATARS":
        _kept_html.cache_clear()


def _composed(
    found: Photo | Drawing, initials: Initials, identity: tuple[type[Model] | None, Any], look: Look
) -> SafeString:
    model, pk = identity
    picture = _photo(found, initials, look) if isinstance(found, Photo) else found.inline(look.size)
    if look.is_tile:
        picture = picture.replace("<svg ", '<svg preserveAspectRatio="xMidYMid slice" ', 1)
    return SafeString(f"<span{_attributes(pk if model else '', look)}>{picture}{_badge(look)}</span>")


def _attributes(pk: Any, look: Look) -> str:
    text = f' class="avatar {look.css_class}"' if look.css_class else ' class="avatar"'
    if pk is not None and pk != "":
        text += f' data-avatar-of="{escape(str(pk))}"'
    if look.title:
        text += f' title="{look.title}"'
    if look.spoken:
        spoken = f"{look.spoken}, {look.badge[1]}" if look.badge else look.spoken
        text += f' role="img" aria-label="{spoken}"'
    return text


def _sign(badge: str, label: str | None) -> tuple[str, str]:
    kind = str(badge)
    return escape(kind), _escaped(label or BADGES.get(kind, kind))


def _badge(look: Look) -> str:
    """The sign at the rim; what it says is part of the label, where there is one."""
    if look.badge is None:
        return ""
    kind, text = look.badge
    role = "" if look.spoken else f' role="img" aria-label="{text}"'
    return f'<span class="avatar__badge avatar__badge--{kind}"{role}></span>'


def _spoken(label: Any, name: str) -> Any:
    """What is read out: the name where `label` is only True, and never nothing."""
    said = name if label is True else label
    return said if str(said) else gettext("Picture")


def _escaped(text: Any) -> str:
    """
    `text` for an attribute.

    What is safe already, such as a text of ``blocktranslate asvar``, keeps its entities, and nothing else: it may have
    quotation marks, which are safe in HTML and would end the attribute.
    """
    escaped = escape(str(text))
    return ESCAPED_TWICE.sub(r"&\1", escaped) if hasattr(text, "__html__") else escaped


def _photo(photo: Photo, initials: Initials, look: Look) -> str:
    """The picture over the initials, which only the stylesheet can show under it."""
    under = initials.inline(look.size).replace("<svg ", '<svg display="none" ', 1)
    sources = [f'<source type="{one.type}" srcset="{escape(one.srcset)}">' for one in photo.sources]
    if photo.animated and (look.size >= MOVING if look.animated is None else look.animated):
        sources.insert(0, f'<source {FOR_MOTION} type="image/webp" srcset="{escape(photo.animated)}">')
    image = _img(photo, look.size, look.priority)
    return f"{under}<picture>{''.join(sources)}{image}</picture>" if sources else under + image


def _img(photo: Photo, size: int, priority: bool) -> str:
    srcset = f' srcset="{escape(photo.srcset)}"' if photo.srcset else ""
    policy = f' referrerpolicy="{escape(photo.referrer_policy)}"' if photo.referrer_policy else ""
    loading = 'loading="eager" fetchpriority="high"' if priority else 'loading="lazy"'
    shape = f'width="{size}" height="{size}"'
    return f'<img src="{escape(photo.url)}"{srcset} {shape} alt="" {loading} decoding="async"{policy}>'


def _more(count: int, size: int, url: str | None) -> str:
    number = f"+{_compact(count)}" if size >= COUNT_IN_FULL or count < 100 else "99+"
    content = drawing.count_svg(number, _said(count), size)
    if url:
        content = f'<a href="{_escaped(url)}">{content}</a>'
    return f'<li class="avatar-stack__more">{content}</li>'


def _said(count: int) -> str:
    return ngettext("%(count)s more", "%(count)s more", count) % {"count": number_format(count)}


def _compact(count: int) -> str:
    for unit, letter in ((1_000_000, "M"), (1000, "K")):
        if count >= unit:
            return f"{count // unit}{letter}"
    return str(count)


def _step(size: int) -> int:
    return max((step for step in STEPS if step <= size), default=STEPS[0])


def _count(given: Any) -> int:
    try:
        count = int(given)
    except (TypeError, ValueError, OverflowError):
        count = -1
    if count < 0:
        raise ValueError(f"A stack cannot show {given!r} people. Give a whole number from 0.")
    return count


def pixels(size: Any) -> int:
    """`size` as a number of CSS pixels. Raises `ValueError` for what is none."""
    try:
        pixels = int(size)
    except (TypeError, ValueError, OverflowError):
        pixels = 0
    if not 1 <= pixels <= 9999:
        raise ValueError(f"An avatar cannot be {size!r} pixels wide. Give a whole number from 1 to 9999.")
    return pixels
