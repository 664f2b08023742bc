"""How often, in REST framework's terms."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

from ... import audit, throttling
from ...exceptions import RateLimited
from .exceptions import TooManyChanges


class AvatarThrottle(BaseThrottle):
    """``AVATARS["RATE_LIMIT"]``, shared with the pages. Looking costs nothing."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Count a change. Raises `TooManyChanges` for one too many."""
        if request.method in SAFE_METHODS:
            return True
        try:
            throttling.charge(request)
        except RateLimited as exc:
            audit.record("limited", request.user, code=exc.code)
            raise TooManyChanges(exc.retry_after) from exc
        return True
