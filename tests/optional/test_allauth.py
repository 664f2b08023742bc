"""The picture of a social account, with django-allauth, a provider of our own and a site that has the pictures."""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.test import Client

from django_avatars import services
from django_avatars.history.models import PictureVersion
from django_avatars.signals import avatar_saved
from django_avatars.targets import picture_of
from tests import pictures
from tests.app.models import User

pytest.importorskip("allauth")
pytest.importorskip("trustme")

from allauth.socialaccount.models import SocialAccount

from django_avatars import connected
from django_avatars.contrib.allauth import accounts, receivers
from django_avatars.fetch import fetch
from tests.elsewhere import Server, answer

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND, OWN = (pictures.photo(side, side) for side in (96, 128, 256))


@pytest.fixture(autouse=True)
def internet(server: Server, network: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures of the provider are on `server`, which alone is reached."""

    def reach(url: str, *, _network: Any) -> Any:
        return fetch(url, ports=[server.port], _network=network(_network.seconds))

    monkeypatch.setattr(receivers, "fetch", reach)
    monkeypatch.setattr(connected, "fetch", reach)
    server.answers["/jane.jpg"] = answer(FIRST)


@pytest.fixture
def log_in(server: Server) -> Callable[..., Client]:
    """Log in by the provider, from a browser of one's own."""

    def log_in(path: str | None = "/jane.jpg", *, id: str = "jane") -> Client:
        client = Client()
        data = {"id": id} if path is None else {"id": id, "picture": f"https://pictures.example:{server.port}{path}"}
        assert client.post("/accounts/town/login/", data).status_code == 302
        assert client.session["_auth_user_id"] == str(User.objects.get(username=id).pk)
        return client

    return log_in


def picture() -> Any:
    return picture_of(User.objects.get(username="jane"))


def upload(data: bytes = OWN) -> None:
    services.set_own(User.objects.get(username="jane"), ContentFile(data, "own.jpg"))


@pytest.fixture
def each_time(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "SOCIAL_PICTURE": "login"}


def test_who_signs_up_has_the_picture_of_the_account(log_in: Callable[..., Client]) -> None:
    actors: list[Any] = []
    receiver = partial(lambda actor, **kwargs: actors.append(actor))
    avatar_saved.connect(receiver)

    log_in()

    assert picture().sizes == (96, 64)
    assert actors == [User.objects.get()]


def test_a_later_log_in_takes_no_picture(server: Server, log_in: Callable[..., Client]) -> None:
    log_in(None)

    log_in()

    assert not picture()
    assert server.requests == []


@pytest.mark.usefixtures("each_time")
def test_each_log_in_takes_the_picture_that_is_there_by_then(server: Server, log_in: Callable[..., Client]) -> None:
    log_in()
    first = picture().name
    assert server.paths == ["/jane.jpg"]

    server.answers["/jane.jpg"] = answer(SECOND)
    log_in()

    assert picture().name != first


@pytest.mark.usefixtures("each_time")
def test_the_same_picture_again_changes_nothing(log_in: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    log_in()
    first = picture().name
    monkeypatch.setattr("PIL.Image.open", None)

    log_in()

    assert picture().name == first


@pytest.mark.usefixtures("each_time")
def test_ones_own_picture_stays(server: Server, log_in: Callable[..., Client]) -> None:
    log_in()
    upload()
    own = picture().name

    server.answers["/jane.jpg"] = answer(SECOND)
    log_in()

    assert picture().name == own


@pytest.mark.usefixtures("each_time")
def test_the_picture_of_another_account_stays_as_well(log_in: Callable[..., Client]) -> None:
    log_in()
    services.sync_picture(User.objects.get(), SECOND, source="town:jim")
    jims = picture().name

    log_in()

    assert picture().name == jims


@pytest.mark.parametrize("data", [{"username": "joe", "password": "among-many-1"}])
def test_who_logs_in_by_password_is_left_alone(data: dict[str, str], client: Client) -> None:
    User.objects.create_user(**data)

    client.post("/accounts/login/", {"login": data["username"], "password": data["password"]})

    assert "_auth_user_id" in client.session
    assert not picture_of(User.objects.get())


REFUSED = {
    "missing": (answer(b"", "404 Not Found"), "fetch_failed"),
    "no picture": (answer(b"<svg/>"), "unsupported_format"),
    "too large": (answer(content_length="99999999"), "too_large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_log_in_does_without_a_picture_that_cannot_be_had(
    case: str, server: Server, log_in: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/jane.jpg"], code = REFUSED[case]
    caplog.set_level(logging.INFO, logger="django_avatars")

    log_in()

    assert not picture()
    [line] = [record.getMessage() for record in caplog.records if record.name == "django_avatars"]
    assert line == f"picture refused: of=app.user:{User.objects.get().pk} code={code}"


def test_an_address_inside_is_refused_and_nobody_there_is_asked(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="django_avatars")

    client.post("/accounts/town/login/", {"id": "jane", "picture": "https://169.254.169.254/latest/meta-data/"})

    assert "_auth_user_id" in client.session
    assert "code=fetch_not_allowed" in caplog.text


def forbid(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy that lets nobody do anything."""
    return "Pictures come from the office."


def test_a_policy_is_asked_about_the_user(
    log_in: Callable[..., Client], settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.forbid"}
    caplog.set_level(logging.INFO, logger="django_avatars")

    log_in()

    assert not picture()
    assert "code=not_allowed" in caplog.text


def test_the_picture_waits_where_pictures_are_approved(log_in: Callable[..., Client], settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}

    log_in()

    assert not picture()
    assert PictureVersion.objects.get(state="waiting").holder == User.objects.get().profile


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(services, "sync_picture", fail)


@pytest.mark.usefixtures("broken")
def test_a_mistake_of_ours_breaks_no_log_in_and_is_logged(
    log_in: Callable[..., Client], caplog: pytest.LogCaptureFixture
) -> None:
    log_in()

    assert "RuntimeError: broken" in caplog.text


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://lh3.googleusercontent.com/a/AC=s96-c", "https://lh3.googleusercontent.com/a/AC=s512-c"),
        ("https://lh3.googleusercontent.com/a/AC", "https://lh3.googleusercontent.com/a/AC"),
        ("https://pictures.example/a/AC=s96-c", "https://pictures.example/a/AC=s96-c"),
    ],
)
def test_google_is_asked_for_a_picture_that_is_large_enough(url: str, asked: str) -> None:
    account = SocialAccount(provider="town", uid="jane", extra_data={"picture": url})

    assert accounts.address_of(account) == asked


# Chosen on the edit page


@pytest.fixture
def offered(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "CONNECTED": ["django_avatars.contrib.allauth.accounts.pictures"]}


def choose(client: Client) -> Any:
    return client.post(f"/avatars/connected/account-{SocialAccount.objects.get().pk}/", follow=True)


@pytest.mark.usefixtures("offered")
def test_the_picture_of_an_account_is_offered_and_fetched_when_it_is_chosen(
    server: Server, log_in: Callable[..., Client]
) -> None:
    client = log_in()
    upload()
    assert "Use my picture from Town" in client.get("/avatars/").content.decode()
    assert server.paths == ["/jane.jpg"]

    choose(client)

    assert server.paths == ["/jane.jpg", "/jane.jpg"]
    assert picture().sizes == (96, 64)


@pytest.mark.usefixtures("offered")
def test_a_picture_that_was_chosen_waits_where_pictures_are_approved(
    log_in: Callable[..., Client], settings: Settings
) -> None:
    client = log_in()
    before = picture().name
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}

    response = choose(client)

    assert "Your new picture is shown once somebody has approved it." in response.content.decode()
    assert picture().name == before


@pytest.mark.usefixtures("offered")
def test_an_account_without_a_picture_or_of_a_provider_that_is_gone_is_not_offered(
    log_in: Callable[..., Client],
) -> None:
    client = log_in(None)
    SocialAccount.objects.create(user=User.objects.get(), provider="village", uid="jane")
    other = User.objects.create_user("bo")
    data = {"picture": "https://pictures.example/bo.jpg"}
    SocialAccount.objects.create(user=other, provider="town", uid="bo", extra_data=data)

    assert "Use my picture from" not in client.get("/avatars/").content.decode()


@pytest.mark.usefixtures("offered")
@pytest.mark.parametrize("said", [[], {"picture": 5}, {"picture": {"data": None}}])
def test_an_account_of_which_the_provider_said_something_odd_has_no_picture(
    said: Any, log_in: Callable[..., Client]
) -> None:
    client = log_in(None)
    SocialAccount.objects.update(extra_data=said)

    page = client.get("/avatars/")

    assert page.status_code == 200
    assert "Use my picture from" not in page.content.decode()


def test_without_httpx_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("django_avatars.fetch", "django_avatars.contrib.allauth.receivers"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "django_avatars.connected")
    monkeypatch.delitem(sys.modules, "django_avatars.contrib.allauth.accounts")
    monkeypatch.setitem(sys.modules, "httpx", None)

    with pytest.raises(ImproperlyConfigured, match="httpx"):
        importlib.import_module("django_avatars.contrib.allauth.receivers")
