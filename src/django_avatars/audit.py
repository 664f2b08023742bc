"""
What the log says of pictures: one line an event, and in it who, code, format and size. Nothing else.

No file name, no address, no text of an exception: those are where personal data and forged lines come from.
"""

from __future__ import annotations

import logging
import re
from typing import Any, Literal

from .targets import target_of

logger = logging.getLogger("django_avatars")

LEVELS = {
    "saved": logging.INFO,
    "removed": logging.INFO,
    "refused": logging.INFO,
    "limited": logging.WARNING,
    "failed": logging.ERROR,
}
"""What can happen, and how loud it is."""


def record(
    event: Literal["saved", "removed", "refused", "limited", "failed"],
    whose: Any,
    *,
    code: str = "",
    format: str = "",
    size: int | None = None,
) -> None:
    """
    Write one line to the logger ``django_avatars``: "picture refused: of=auth.user:17 code=too_large size=6291456".

    Args:
        event: One of `LEVELS`.
        whose: The user, or the row with the picture; what is logged is model and key.
        code: Why, such as that of `InvalidImage`.
        format: What was stored.
        size: Bytes that were sent, as far as they were counted.

    """
    facts = {"of": target_of(whose).key, "code": code, "format": format, "size": size}
    text = " ".join(f"{name}={_plain(value)}" for name, value in facts.items() if value not in ("", None))
    logger.log(LEVELS[event], "picture %s: %s", event, text)


def _plain(value: Any) -> str:
    """A key may be a text that somebody chose: no blank and no line break of it reaches the log."""
    return re.sub(r"[^!-~]", "?", str(value))[:100]
