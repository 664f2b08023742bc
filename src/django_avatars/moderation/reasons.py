"""Why a picture is not shown: what moderators choose from, and their owners read in their own language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

CHOOSE = _("Choose or write a reason.")
"""What is said to who gave none."""

REASONS = (
    gettext_noop("It does not show you."),
    gettext_noop("It is offensive, violent or shows too much."),
    gettext_noop("It is an advertisement."),
    gettext_noop("There is nothing to recognize in it."),
)
"""Stored as they are here, and translated when somebody reads them."""

REPORTS = (
    gettext_noop("It shows somebody else."),
    gettext_noop("It is offensive, violent or shows too much."),
    gettext_noop("It is an advertisement."),
)
"""What people choose from who report a picture. Stored and translated as `REASONS` are."""


def in_words(reason: str) -> str:
    """A stored reason in the language of whoever reads it, where it is one to choose from."""
    return gettext(reason) if reason in (*REASONS, *REPORTS) else reason


def reported(form: Any) -> tuple[str, str]:
    """The reason out of `REPORTS` that somebody chose who reports a picture, and what they wrote; "" for none."""
    reason = form.get("reason", "")
    return str(reason) if reason in REPORTS else "", str(form.get("text", "")).strip()[:500]


def chosen(form: Any) -> str:
    """The reason that a moderator wrote or chose, "" for none."""
    return str(form.get("note", "").strip() or form.get("reason", ""))[:500]
