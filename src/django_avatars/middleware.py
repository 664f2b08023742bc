"""`ActorMiddleware` records who changed a picture, also in views that do not use this package."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from .actors import acting_in


class ActorMiddleware:
    """
    Make the user of each request known to signals, to ``AVATARS["POLICY"]`` and to the log.

    Its place in ``MIDDLEWARE`` does not matter. The user is read when a picture changes, and not before: so pages that
    do not look at the user do not vary on cookies, and a user that REST framework finds by a token is known by then.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async: bool = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        """Answer the request, with its user known."""
        if self.is_async:
            return self._answer(request)
        with acting_in(request):
            response: HttpResponseBase = self.get_response(request)
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        with acting_in(request):
            response: HttpResponseBase = await self.get_response(request)
        return response
