"""
How often somebody may change a picture: ``AVATARS["RATE_LIMIT"]``, for pages and APIs alike.

Counted in Django's default cache, from the first change on for as long as the period is. A cache that each process
has for itself counts for each process; one that fails lets everybody through; and in a database or in files, where
Django reads a number and then writes it, many requests at once are counted as one (W003).
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.utils.module_loading import import_string

from .conf import get_settings
from .exceptions import RateLimited

logger = logging.getLogger("django_avatars")

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
"""Seconds of what may stand behind the slash."""

REFUSALS = 10
"""How many refused files count as one change: people try again, and machines do not get far."""


def charge(request: Any) -> None:
    """
    Count one change by ``request.user``. Raises `RateLimited` for one too many.

    For the moment when it is known who asks, and before the upload is read; where the check of a token has
    to read a form, as in APIs with a session, that has been read up to the limit of `uploadhandlers.limit_upload`.
    """
    limit = get_settings().rate_limit
    if limit is None:
        return
    wait = _count(request, limit) if "/" in limit else _ask(request, limit)
    if wait > 0:
        raise RateLimited(math.ceil(wait))


def forgive(request: Any) -> None:
    """What `charge` counted was refused, so most of it is taken back."""
    _take_back(request, REFUSALS - 1)


def excuse(request: Any) -> None:
    """What `charge` counted had nothing to do with a picture after all, so all of it is taken back."""
    _take_back(request, REFUSALS)


def _take_back(request: Any, weight: int) -> None:
    counted = request.__dict__.pop("_avatars_counted", None)
    if counted is not None:
        _add(counted, -weight)


def _ask(request: Any, path: str) -> float:
    limiter: Callable[[Any], float | None] = import_string(path)
    return limiter(request) or 0


def _count(request: Any, limit: str) -> float:
    most, _, period = limit.partition("/")
    seconds, now, name = PERIODS[period], time.time(), f"django_avatars.throttling:{request.user.pk}"
    try:
        since = cache.get_or_set(name, now, seconds) or now  # a cache that keeps nothing counts nothing
        # A number of its own for each period: some caches forget when a number expires once it is raised.
        cache.add(counted := f"{name}:{since}", 0, seconds)
        is_too_many = _add(counted, REFUSALS) > int(most) * REFUSALS
    except Exception as exc:
        # Whatever a cache raises: nobody shall be kept from having a picture because nobody counts.
        logger.warning("Changes of pictures are not counted: the cache failed (%s).", type(exc).__name__)
        return 0
    request._avatars_counted = counted
    return max(since + seconds - now, 1) if is_too_many else 0


def _add(counted: str, weight: int) -> int:
    with contextlib.suppress(ValueError):  # gone meanwhile
        return cache.incr(counted, weight)
    return 0
