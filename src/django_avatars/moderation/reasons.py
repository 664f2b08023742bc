"""The reasons why a picture is not shown. Moderators choose one, and owners read it in their own language."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

CHOOSE = _("Choose or write a reason.")
"""The error where no reason was given."""

DECIDED = _("This picture has been changed or decided about meanwhile.")
"""The error where there is nothing left to decide."""

REASONS = (
    gettext_noop("It does not show you."),
    gettext_noop("It is offensive, violent or shows too much."),
    gettext_noop("It is an advertisement."),
    gettext_noop("There is nothing to recognize in it."),
)
"""Reasons for moderators. They are stored in English, and translated when they are shown."""

REPORTS = (
    gettext_noop("It shows somebody else."),
    gettext_noop("It is offensive, violent or shows too much."),
    gettext_noop("It is an advertisement."),
)
"""Reasons for people who report a picture. They are stored and translated as `REASONS` are."""

SURROGATES = "\ud800-\udfff"
"""Halves of characters, which JSON can name alone, and which cannot be stored; for a set in a pattern."""


def in_words(reason: str) -> str:
    """A stored reason in the current language, if it is one of `REASONS` or `REPORTS`; any other text as it is."""
    return gettext(reason) if reason in (*REASONS, *REPORTS) else reason


def reported(form: Any) -> tuple[str, str]:
    """The reason of `REPORTS` that was chosen in a form, and the text that was written; each "" for none."""
    reason = form.get("reason", "")
    return str(reason) if reason in REPORTS else "", _cleaned(form.get("text", ""))


def chosen(form: Any) -> str:
    """The reason that was written or chosen in a form of moderators, "" for none."""
    return _cleaned(form.get("note", "")) or _cleaned(form.get("reason", ""))


def _cleaned(text: Any) -> str:
    """What was written, without what no database takes, and no longer than it is kept."""
    return re.sub(f"[\0{SURROGATES}]", "", str(text)).strip()[:500]
