"""CPU time, wall time and peak memory of a stretch of code, inside the process that is measured."""

from __future__ import annotations

import contextlib
import gc
import resource
import time
from pathlib import Path
from types import TracebackType

STATUS = Path("/proc/self/status")


class Meter:
    """``with Meter() as meter: …``; then `cpu` and `wall` in seconds, `memory` (the peak over the start) in bytes."""

    cpu = wall = 0.0
    memory = 0

    def __enter__(self) -> Meter:
        gc.collect()
        reset_peak()
        self._memory = resident()
        self._wall = time.perf_counter()
        self._cpu = time.process_time()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.cpu = time.process_time() - self._cpu
        self.wall = time.perf_counter() - self._wall
        self.memory = max(peak() - self._memory, 0)


def resident() -> int:
    """Bytes of memory that this process has now."""
    return _status("VmRSS") or peak()


def peak() -> int:
    """The most bytes of memory that this process has had since `reset_peak`."""
    return _status("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def reset_peak() -> None:
    """Forget the peak. Elsewhere than on Linux it stays, so only the first measurement of a process counts."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _status(key: str) -> int:
    if not STATUS.exists():
        return 0
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key + ":"))
    return int(line.split()[1]) * 1024
