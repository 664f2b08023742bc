"""The strictest policy that a page can have and still have a stylesheet."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

POLICY = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
"""Nothing inline, nothing from elsewhere: avatars need no exception."""


def policy() -> str:
    """`POLICY`, and pictures from the storage where that is another host."""
    hosts = " ".join(settings.IMAGE_HOSTS)
    return f"{POLICY}; img-src 'self' {hosts}" if hosts else POLICY


def content_security_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that sends `policy`. From Django 6.0 on, the setting SECURE_CSP does the same."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy())
        return response

    return middleware
