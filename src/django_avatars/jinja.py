"""
The tags as functions for Jinja2: ``environment.globals.update(django_avatars.jinja.functions)``.

Jinja2 itself is not needed for that. Arguments are those of the tags, ``class`` included:
``{{ avatar(user, 48, class="large", label=true) }}``.
"""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString

from . import rendering


def avatar(obj: Any, size: int = rendering.SIZE, **options: Any) -> SafeString:
    """See `rendering.avatar`."""
    if "class" in options:
        options["css_class"] = options.pop("class")
    return rendering.avatar(obj, size, **options)


functions: dict[str, Any] = {
    "avatar": avatar,
    "avatar_url": rendering.avatar_url,
    "avatar_stack": rendering.avatar_stack,
    "avatar_group": rendering.avatar_group,
    "avatar_credit": rendering.avatar_credit,
    "avatar_email_url": rendering.avatar_email_url,
}
"""For the globals of a Jinja2 environment."""
