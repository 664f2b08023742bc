"""Pictures that people have at other services: offered in words, and fetched once somebody has chosen one."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from django_avatars import services
from django_avatars.targets import picture_of
from tests import pictures
from tests.app.models import Profile, User
from tests.storing import on_disk
from tests.test_checks import found

pytest.importorskip("httpx")
pytest.importorskip("trustme")

from django_avatars import connected
from django_avatars.connected import ConnectedPicture
from django_avatars.fetch import fetch
from tests.elsewhere import Server, answer

pytestmark = pytest.mark.django_db

EDIT, CHOOSE = "/avatars/", "/avatars/connected/town/"
PHOTO = pictures.photo(128, 128)
CONSENT = "A service is asked only if you choose it."

addresses = {"jane": ""}
"""Where the town has pictures, by username."""


def town(user: Any) -> list[ConnectedPicture]:
    """What a project would write."""
    url = addresses.get(user.username)
    named: Any = {"key": "town", "name": "Town & Sons", "source": f"town:{user.pk}", "told": "The town is told a lot."}
    return [ConnectedPicture(url=url, **named)] if url else []


@pytest.fixture(autouse=True)
def internet(server: Server, network: Callable[..., Any], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The town is on `server`, which alone is reached."""

    def reach(url: str, *, _network: Any) -> Any:
        return fetch(url, ports=[server.port], _network=network(_network.seconds))

    monkeypatch.setattr(connected, "fetch", reach)
    monkeypatch.setitem(addresses, "jane", f"https://pictures.example:{server.port}/jane.jpg")
    server.answers["/jane.jpg"] = answer(PHOTO)
    settings.AVATARS = {**settings.AVATARS, "CONNECTED": [f"{__name__}.town"]}


@pytest.fixture
def client(profile: Profile) -> Client:
    """The browser of Jane, signed in."""
    client = Client()
    client.force_login(profile.user)
    return client


def picture() -> Any:
    return picture_of(User.objects.get(username="jane"))


def test_the_page_says_what_will_happen_and_asks_nobody(client: Client, server: Server) -> None:
    html = client.get(EDIT).content.decode()

    assert CONSENT in html
    assert "Use my picture from Town &amp; Sons" in html
    assert "The town is told a lot." in html
    assert "pictures.example" not in html
    assert server.names == []


def test_the_picture_that_is_chosen_is_fetched_once_and_kept_here(client: Client, server: Server) -> None:
    response = client.post(CHOOSE, {"next": "/"})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert server.paths == ["/jane.jpg"]
    assert picture().sizes == (128, 64)

    assert client.get(EDIT).status_code == 200
    assert server.paths == ["/jane.jpg"]


def test_what_was_chosen_is_known_as_that_of_the_account(client: Client) -> None:
    client.post(CHOOSE)
    user = User.objects.get()

    assert not services.sync_picture(user, PHOTO, source=f"town:{user.pk}", keep_own=True)
    assert not services.sync_picture(user, PHOTO, source="another", keep_own=True)
    assert services.sync_picture(user, pictures.photo(64, 64), source=f"town:{user.pk}", keep_own=True)


REFUSED = {
    "missing": (answer(b"", "404 Not Found"), 400, "Town &amp; Sons gave no picture. Try again in a moment"),
    "no picture": (answer(b"<html>"), 400, "This file is not a picture we can use."),
    "too large": (answer(content_length="99999999"), 413, "The picture at this address is too large."),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_picture_that_cannot_be_had_is_said_and_changes_nothing(
    case: str, client: Client, server: Server, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/jane.jpg"], status, text = REFUSED[case]
    caplog.set_level(logging.INFO, logger="django_avatars")

    response = client.post(CHOOSE)

    assert response.status_code == status
    assert text in response.content.decode()
    assert not picture()
    assert on_disk(media) == set()
    assert f"picture refused: of=app.user:{User.objects.get().pk}" in caplog.text


def test_a_service_that_is_not_there_is_said(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(addresses, "jane", f"https://nowhere.invalid:{server.port}/jane.jpg")

    assert "gave no picture" in client.post(CHOOSE).content.decode()


def test_an_address_inside_is_refused(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(addresses, "jane", "https://169.254.169.254/latest/meta-data/")

    response = client.post(CHOOSE)

    assert response.status_code == 400
    assert "Pictures are not taken from this address." in response.content.decode()


def test_who_tries_without_end_is_stopped_before_the_service_is_asked(
    client: Client, server: Server, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/h"}
    server.answers["/jane.jpg"] = answer(b"", "404 Not Found")

    assert [client.post(CHOOSE).status_code for _ in range(3)] == [400, 429, 429]
    assert len(server.requests) == 1


def forbid(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy that lets nobody do anything."""
    return "Pictures come from the office."


def test_whoever_may_not_change_the_picture_has_nobody_asked(
    client: Client, server: Server, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.forbid"}

    assert client.post(CHOOSE).status_code == 403
    assert server.names == []


def test_nobody_chooses_for_others_or_what_is_not_offered(client: Client, server: Server, settings: Settings) -> None:
    other = Client()
    other.force_login(User.objects.create_user("bo"))

    assert other.post(CHOOSE).status_code == 404
    assert CONSENT not in other.get(EDIT).content.decode()
    assert client.get(CHOOSE).status_code == 405
    assert Client().post(CHOOSE)["Location"] == "/login/?next=/avatars/"
    settings.AVATARS = {**settings.AVATARS, "CONNECTED": []}
    assert client.post(CHOOSE).status_code == 404
    assert CONSENT not in client.get(EDIT).content.decode()
    assert server.names == []


def test_gravatar_is_asked_for_a_hash_and_for_nothing_in_place_of_a_picture(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "GRAVATAR": {"d": "mp", "r": "pg"}}

    [offer] = connected.gravatar(user)

    hash = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"
    assert offer.url == f"https://gravatar.com/avatar/{hash}?s=512&d=404&r=pg"
    assert offer.told == "Gravatar is told a hash of your e-mail address."
    user.email = ""
    assert connected.gravatar(user) == []


def test_without_httpx_the_check_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    for name in ("django_avatars.fetch", "django_avatars.connected"):
        monkeypatch.delitem(sys.modules, name)

    [message] = found(settings, CONNECTED=["django_avatars.connected.gravatar"])

    assert message.id == "django_avatars.E020"
    assert "pip install django-avatars[fetch]" in message.msg
