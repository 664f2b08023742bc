"""What a project would write for ninja: one API for browsers with a session, one for bearers of a token."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import path
from ninja import NinjaAPI
from ninja.security import HttpBearer, django_auth

from django_avatars.contrib.ninja import people, router
from tests.app.models import User


class Claims:
    """A user that a token describes: a key, and no row."""

    is_authenticated = True

    def __init__(self, pk: str) -> None:
        self.pk = pk


class Bearer(HttpBearer):
    """A user, by a token that is the name; and a machine that is no user."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Who it is."""
        if token.startswith("claims:"):
            return Claims(token.removeprefix("claims:"))
        return token if token == "machine" else User.objects.filter(username=token).first()


browsers = NinjaAPI(urls_namespace="browsers", title="Browsers")
browsers.add_router("/avatar", router, auth=django_auth)
browsers.add_router("/people", people, auth=django_auth)
bearers = NinjaAPI(urls_namespace="bearers", title="Bearers")
bearers.add_router("/avatar", router, auth=Bearer())
bearers.add_router("/people", people, auth=Bearer())
everybody = NinjaAPI(urls_namespace="everybody", title="Everybody")
everybody.add_router("/avatar", router)

urlpatterns: list[Any] = [
    path("api/", browsers.urls),
    path("token/", bearers.urls),
    path("open/", everybody.urls),
]
