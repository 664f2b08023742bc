"""The template tag that does nothing: what every tag costs at least."""

from __future__ import annotations

from typing import Any

from django import template

register = template.Library()


@register.simple_tag
def noop(obj: Any, size: int) -> str:
    """Nothing."""
    return ""
