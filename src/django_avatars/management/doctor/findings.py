"""What the doctor says: in plain words what is so, and what to do about it."""

from __future__ import annotations

import dataclasses

PROBLEM, ADVICE, FINE = "problem", "advice", "fine"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One answer."""

    code: str
    """Stable name of the question."""
    level: str
    """"problem": something does not work. "advice": it could be better. "fine"."""
    says: str
    """What is so."""
    way_out: str = ""
    """What to do about it."""


def fine(code: str, says: str) -> Finding:
    """Nothing to do."""
    return Finding(code=code, level=FINE, says=says)


def advice(code: str, says: str, way_out: str) -> Finding:
    """It works, and could work better."""
    return Finding(code=code, level=ADVICE, says=says, way_out=way_out)


def problem(code: str, says: str, way_out: str) -> Finding:
    """It does not work."""
    return Finding(code=code, level=PROBLEM, says=says, way_out=way_out)


def said(exc: BaseException) -> str:
    """An error in one line."""
    return f"{type(exc).__name__}: {' '.join(str(exc).split())[:200]}"


def clocks(code: str, differ: str) -> Finding:
    """Two clocks do not agree."""
    return problem(
        code,
        f"The clocks of this machine and of the storage {differ}.",
        "Set both by NTP. Signatures are refused when clocks differ, and avatars_prune goes by the age of files.",
    )
