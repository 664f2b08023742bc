"""How often, in REST framework's terms."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import BaseThrottle

from ... import intake
from ...exceptions import RateLimited
from ...uploads import throttling
from .exceptions import PictureProblem


class AvatarThrottle(BaseThrottle):
    """
    ``AVATARS["RATE_LIMIT"]``, shared with the pages: 429 once it is used up.

    An `AvatarSerializerField` of the view counts each picture that it processes. Looking and deleting cost nothing.
    """

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether a picture is left. Raises `PictureProblem` where none is."""
        if request.method in {*SAFE_METHODS, "DELETE"}:
            return True
        try:
            throttling.check(request)
        except RateLimited as exc:
            raise PictureProblem(intake.refuse(request, exc)) from exc
        return True
