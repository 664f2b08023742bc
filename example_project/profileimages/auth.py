"""Who asks: the bearer of a token, or whoever is logged in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer, SessionAuth
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken


class JWTBearer(HttpBearer):
    """A token of ``/api/token/``."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """The user whose token it is, None for a bad one."""
        checker = JWTAuthentication()
        try:
            request.user = checker.get_user(checker.get_validated_token(token.encode()))
        except (InvalidToken, AuthenticationFailed):
            return None
        return request.user


class Session(SessionAuth):
    """A session. Who has none is a stranger, before the form's token is asked for."""

    def __call__(self, request: HttpRequest) -> Any:
        """The user, None without a session. Raises ninja's 403 where the CSRF token is wrong."""
        return super().__call__(request) if request.user.is_authenticated else None
