"""
``{% load avatar_tags %}``: the tags and the filter of django-avatar, for templates that stay as they are.

New templates load `django_avatars.templatetags.avatars`.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from django_avatars import providers, rendering
from django_avatars.contrib.django_avatar import conf
from django_avatars.contrib.django_avatar.people import avatar_of, find
from django_avatars.providers import Photo
from django_avatars.targets import target_of

register: template.Library = template.Library()


@register.simple_tag
def avatar(user: Any, width: Any = None, height: Any = None, **attributes: Any) -> SafeString:
    """An ``<img>`` of just this width and height, with these attributes, of a user, a key or a username."""
    return _img(find(user), width, height, attributes)


@register.simple_tag
def avatar_url(user: Any, width: Any = None, height: Any = None) -> str:
    """The address of the smallest rendition that covers this width and height, else of the largest."""
    return rendering.avatar_url(find(user), max(_shape(width, height)))


@register.simple_tag
def primary_avatar(user: Any, width: Any = None, height: Any = None) -> SafeString:
    """As `avatar`: the picture itself, so that no address in between has to be asked."""
    return _img(find(user), width, height, {})


@register.simple_tag
def render_avatar(avatar: Any, width: Any = None, height: Any = None) -> SafeString:
    """The picture of whoever has this avatar: one of django-avatar, one of ours, or a file."""
    return _img(getattr(avatar, "user", avatar), width, height, {})


@register.filter
def has_avatar(user: Any) -> bool:
    """Whether this user has uploaded a picture."""
    return avatar_of(user) is not None


def _shape(width: Any, height: Any) -> tuple[int, int]:
    width = rendering.pixels(width or conf.default_size())
    return width, rendering.pixels(height or width)


def _img(person: Any, width: Any, height: Any, attributes: dict[str, Any]) -> SafeString:
    width, height = _shape(width, height)
    size = max(width, height)
    found = providers.answer(target_of(person), size)
    photo = found if isinstance(found, Photo) else Photo(rendering.avatar_url(person, size))
    given = {
        "src": photo.url,
        "srcset": photo.srcset,
        "referrerpolicy": photo.referrer_policy,
        "width": width,
        "height": height,
        "alt": str(person) if person and conf.exposes_usernames() else gettext("Picture"),
        **attributes,
    }
    shown = ((name, value) for name, value in given.items() if value or name == "alt")
    return format_html("<img {} />", format_html_join(" ", '{}="{}"', shown))
