"""How much memory something takes, by the system's count."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path


def peak_from_here() -> Callable[[], int]:
    """Forget the peak of this process until now. Returns what tells by how many megabytes it has grown since."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    return lambda: _memory("VmHWM") - before


def _memory(what: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) // 1024
