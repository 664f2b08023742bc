"""Why a picture is not shown: what moderators choose from, and their owners read in their own language."""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

REASONS = (
    gettext_noop("It does not show you."),
    gettext_noop("It is offensive, violent or shows too much."),
    gettext_noop("It is an advertisement."),
    gettext_noop("There is nothing to recognize in it."),
)
"""Stored as they are here, and translated when somebody reads them."""


def in_words(reason: str) -> str:
    """A stored reason in the language of whoever reads it, where it is one of `REASONS`."""
    return gettext(reason) if reason in REASONS else reason
