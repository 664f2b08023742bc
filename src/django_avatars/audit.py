"""
What the log says of pictures: one line an event, and in it whose, by whom, code, cause, format and size.

No file name, no address, no text of an exception: those are where personal data and forged lines come from.
"""

from __future__ import annotations

import dataclasses
import errno
import logging
import re
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal

from . import actors, naming
from .signals import avatar_event
from .targets import identity_of, key_of

if TYPE_CHECKING:
    from .lifecycle.replace import Change

logger: logging.Logger = logging.getLogger("django_avatars")

LEVELS = {
    "saved": logging.INFO,
    "removed": logging.INFO,
    "waiting": logging.INFO,
    "rejected": logging.INFO,
    "reported": logging.INFO,
    "refused": logging.INFO,
    "limited": logging.WARNING,
    "failed": logging.ERROR,
}
"""What can happen, and how loud it is."""

CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")
"""What the code of a service looks like; anything else may be a text with somebody's data in it."""


@dataclasses.dataclass(slots=True)
class Measures:
    """What is measured of one change in a request."""

    began: float = dataclasses.field(default_factory=time.perf_counter)
    """By the clock of `time.perf_counter`, in seconds."""
    size: int | None = None
    """Bytes that were sent."""


current: ContextVar[Measures | None] = ContextVar("django_avatars.measures", default=None)
"""What is measured of the change that is being made, None outside of `intake.change`."""


def record(
    event: Literal["saved", "removed", "waiting", "rejected", "reported", "refused", "limited", "failed"],
    whose: Any,
    *,
    by: Any = None,
    code: str = "",
    cause: str = "",
    format: str = "",
    size: int | None = None,
) -> None:
    """
    Write one line to the logger ``django_avatars``: "picture refused: of=auth.user:17 code=too_large size=6291456".

    Sends `avatar_event`, too.

    Args:
        event: One of `LEVELS`.
        whose: The user, or the row with the picture; what is logged is model and key.
        by: The user who did it, logged the same way unless it is the one of `whose`.
        code: Why, such as that of `InvalidImage`.
        cause: What was behind it, see `cause_of`.
        format: What was stored.
        size: Bytes that were sent, as far as they were counted.

    """
    owner = identity_of(whose)
    key, actor = key_of(*owner), key_of(*identity_of(by))
    facts = {
        "of": key,
        "by": actor if actor != key else "",
        "code": code,
        "cause": cause,
        "format": format,
        "size": size,
    }
    text = " ".join(f"{name}={_plain(value)}" for name, value in facts.items() if value not in ("", None))
    logger.log(LEVELS[event], "picture %s: %s", event, text)
    if avatar_event.has_listeners():
        _measured(event, owner[0], by, code, size, is_owner=actor == key)


def _measured(event: str, model: Any, by: Any, code: str, size: int | None, *, is_owner: bool) -> None:
    measures = current.get()
    avatar_event.send_robust(
        model,
        event=event,
        door=actors.current_door(),
        code=code,
        bytes=measures.size if measures and size is None else size,
        seconds=time.perf_counter() - measures.began if measures else None,
        actor_kind=_kind(by, is_owner=is_owner),
    )


def _kind(by: Any, *, is_owner: bool) -> str:
    if by is None or not by.is_authenticated:
        return "nobody"
    if is_owner:
        return "owner"
    return "staff" if getattr(by, "is_staff", False) else "member"


def record_change(change: Change) -> None:
    """Write the line for a picture that was saved or removed, whatever door it came through."""
    if not (logger.isEnabledFor(logging.INFO) or avatar_event.has_listeners()):
        return
    whose = getattr(change.instance, change.field.attname)
    format = next(iter(naming.formats(change.name)), "")
    record("saved" if change.name else "removed", whose, by=change.actor, format=format)


def cause_of(exc: BaseException) -> str:
    """
    What was behind a failure, such as "builtins.OSError:ENOSPC" or "botocore.ClientError:NoSuchBucket".

    The library and type of the error that it was raised from, and the code that this has: the name of its errno, or
    the one of a service. Never its text, in which names and keys may stand.
    """
    cause = exc.__cause__
    if cause is None:
        return ""
    kind = type(cause)
    code = _code_of(cause)
    return f"{kind.__module__.partition('.')[0]}.{kind.__name__}" + (f":{code}" if CODE.fullmatch(code) else "")


def _code_of(exc: BaseException) -> str:
    if isinstance(exc, OSError) and exc.errno is not None:
        return errno.errorcode.get(exc.errno, "")
    response = getattr(exc, "response", None)  # botocore
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    given = getattr(exc, "error_code", None) or getattr(exc, "code", None)  # Azure; Google
    return str(getattr(given, "value", given) or "")


def _plain(value: Any) -> str:
    """A key may be a text that somebody chose: no blank and no line break of it reaches the log."""
    return re.sub(r"[^!-~]", "?", str(value))[:100]
