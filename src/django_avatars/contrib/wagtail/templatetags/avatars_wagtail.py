"""What the account page of Wagtail's admin needs."""

from __future__ import annotations

from typing import Any

from django import template

register: template.Library = template.Library()


@register.filter
def without_panel(panels_by_tab: dict[Any, list[Any]], name: str) -> dict[Any, list[Any]]:
    """The panels of the account page but for the one with this name."""
    return {tab: [panel for panel in panels if panel.name != name] for tab, panels in panels_by_tab.items()}
