"""
How often somebody may change a picture: ``AVATARS["RATE_LIMIT"]``, for pages and APIs alike.

What counts is a picture that was processed, whatever form or serializer it came in: `check` looks before an upload is
read whether one is left, and the field counts it, for the request that is answered, where its renditions are made.
What is refused, a file or letters, counts less. Removing a picture counts nothing, nor does a body that cannot be
read. Strangers are counted by their address.

Counted in Django's default cache, from the first picture on for as long as the period is. A cache that each process
has for itself counts for each process; one that fails lets everybody through; and in a database or in files, where
Django reads a number and then writes it, many requests at once are counted as one (W003).
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from ..actors import current_request
from ..conf import get_settings
from ..exceptions import RateLimited

logger: logging.Logger = logging.getLogger("django_avatars")

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""Seconds of what may stand behind the slash."""

PICTURE = 10
"""What a picture counts."""

REFUSED = 1
"""What a file or letters count that could not be used: people try again, and machines do not get far."""


def check(request: Any) -> None:
    """
    Raise `RateLimited` if ``request.user`` may change no picture now. Once a request, before its body is read.

    Only a request that came through here is counted.
    """
    limit = get_settings().rate_limit
    if limit is None or hasattr(request, "_avatars_count"):
        return
    request._avatars_count = count = _Count(_who(request), limit) if "/" in limit else None
    wait = _ask(request, limit) if count is None else _wait(count, PICTURE)
    if wait > 0:
        raise RateLimited(math.ceil(wait))


def wait_for(request: Any, deed: str) -> float:
    """
    Count another deed of ``request.user`` than changes of a picture, by the same limit but apart from them.

    Seconds until it is allowed again, 0 where it is now.
    """
    limit = get_settings().rate_limit
    if limit is None:
        return 0
    if "/" not in limit:
        return _ask(request, limit)
    count = _Count(f"{deed}:{_who(request)}", limit)
    return _wait(count, 0, count=lambda: count.add(PICTURE))


@contextmanager
def counted(picture: int = PICTURE) -> Iterator[None]:
    """
    Count what is processed in this block: `picture` for a picture, and `REFUSED` for what cannot be made one.

    Raises `RateLimited`.
    """
    try:
        yield
    except ValidationError:
        count_refused()
        raise
    if picture:
        count_picture(picture)


def count_picture(weight: int = PICTURE) -> None:
    """Count a picture for the request that is answered. Raises `RateLimited`."""
    wait = _hit(weight)
    if wait > 0:
        raise RateLimited(math.ceil(wait))


def count_refused() -> None:
    """Count, for the request that is answered, what could not be made a picture."""
    _hit(REFUSED)


def _hit(weight: int) -> float:
    """Count `weight` for the request that is answered. Seconds until it is allowed, 0 where it is now."""
    count: _Count | None = getattr(current_request.get(), "_avatars_count", None)
    return 0 if count is None else _wait(count, 0, count=lambda: count.add(weight))


def _who(request: Any) -> Any:
    """Whom to count: the key of the user, or the address of a stranger."""
    return request.user.pk or request.META.get("REMOTE_ADDR")


class _Count:
    """What somebody has used up of the current period."""

    def __init__(self, pk: Any, limit: str) -> None:
        most, _, period = limit.partition("/")
        self.most = int(most) * PICTURE
        self.seconds = PERIODS[period]
        self.name = f"django_avatars.throttling:{pk}"
        self.since = 0.0

    def get(self) -> int:
        """How much it is."""
        self.since = cache.get(self.name) or 0.0
        return int(cache.get(f"{self.name}:{self.since}") or 0) if self.since else 0

    def add(self, weight: int) -> int:
        """Raise it, and give what it is now."""
        now = time.time()
        self.since = cache.get_or_set(self.name, now, self.seconds) or now  # a cache that keeps nothing counts nothing
        # A number of its own for each period: some caches forget when a number expires once it is raised.
        cache.add(counted := f"{self.name}:{self.since}", 0, self.seconds)
        with contextlib.suppress(ValueError):  # gone meanwhile
            return cache.incr(counted, weight)
        return 0


def _wait(used: _Count, more: int, *, count: Callable[[], int] | None = None) -> float:
    """Seconds until `more` is allowed again, 0 where it is now."""
    try:
        is_too_many = (count or used.get)() + more > used.most
    except Exception as exc:
        # Whatever a cache raises: nobody shall be kept from having a picture because nobody counts.
        logger.warning("Changes of pictures are not counted: the cache failed (%s).", type(exc).__name__)
        return 0
    return max(used.since + used.seconds - time.time(), 1) if is_too_many else 0


def _ask(request: Any, path: str) -> float:
    limiter: Callable[[Any], float | None] = import_string(path)
    return limiter(request) or 0
