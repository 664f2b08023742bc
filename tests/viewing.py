"""Who looks at a picture, for ``AVATARS["VISIBLE"]``."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from django_avatars import services
from tests.app.models import User
from tests.storing import upload


def request_of(viewer: User | AnonymousUser | None) -> HttpRequest:
    """A request of somebody; None: one that no middleware has given a user."""
    request = RequestFactory().get("/")
    if viewer is not None:
        request.user = viewer
    return request


def shown_to_stranger_and_member(
    user: User, settings: Settings, url_of: Callable[[HttpRequest], str | None]
) -> list[str | None]:
    """What `url_of` gives, for each of the two, of a picture that members alone may see."""
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": "tests.test_visibility.members_only"}
    services.set_own(user, upload())
    return [url_of(request_of(viewer)) for viewer in (AnonymousUser(), User.objects.create_user("joe"))]
