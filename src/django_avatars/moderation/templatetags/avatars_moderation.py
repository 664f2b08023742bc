"""``{% load avatars_moderation %}``: what readers can do about the pictures of others."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context

from django_avatars.moderation import reports

register: template.Library = template.Library()


@register.inclusion_tag("django_avatars/moderation/report_link.html", takes_context=True)
def avatar_report(context: Context, obj: Any) -> dict[str, str]:
    """A link to report the picture that `obj` shows; nothing for who cannot report it."""
    request = context.get("request")
    if request is None:
        return {"url": "", "next": ""}
    return {"url": reports.address(request, obj), "next": request.get_full_path()}
