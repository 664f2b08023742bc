"""Who acts: the user of the request, the one who is named, or nobody."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory
from django.urls import path
from pytest_django import Settings

import django_avatars
from django_avatars.actors import acting_in, current_actor, current_person, person
from django_avatars.middleware import ActorMiddleware
from tests.app.models import User


class Claims:
    """A user that a token describes, as that of Simple JWT: a key, and no row."""

    is_authenticated = True

    def __init__(self, pk: object) -> None:
        self.pk = pk


def who(request: HttpRequest) -> HttpResponse:
    """A page that says who acts."""
    return HttpResponse(str(current_person()))


async def who_async(request: HttpRequest) -> HttpResponse:
    """The same from an asynchronous view, which asks as every save does, in a thread."""
    return HttpResponse(str(await sync_to_async(current_person)()))


def hello(request: HttpRequest) -> HttpResponse:
    """A page that looks at nobody."""
    return HttpResponse("hello")


def late(request: HttpRequest) -> StreamingHttpResponse:
    """A body that is made when the request is over."""

    def body() -> Iterator[str]:
        yield str(current_actor())

    return StreamingHttpResponse(body())


urlpatterns = [path("who/", who), path("async/", who_async), path("hello/", hello), path("late/", late)]


@pytest.fixture
def _known(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["django_avatars.middleware.ActorMiddleware", *settings.MIDDLEWARE]


@pytest.fixture
def client(user: User, _known: None) -> Client:
    """Somebody who is logged in."""
    client = Client()
    client.force_login(user)
    return client


def test_nobody_acts_unless_somebody_says_so() -> None:
    assert current_actor() is None
    assert current_person() is None


@pytest.mark.django_db
def test_a_command_says_who_acts_and_for_how_long(user: User) -> None:
    with django_avatars.acting(user):
        inside = current_person()
        with django_avatars.acting(None):
            nobody = current_person()

    assert (inside, nobody, current_person()) == (user, None, None)


def test_what_goes_wrong_ends_the_acting() -> None:
    with pytest.raises(RuntimeError), django_avatars.acting(Claims(1)):
        raise RuntimeError

    assert current_actor() is None


def test_a_stranger_is_an_actor_and_no_person() -> None:
    request: Any = RequestFactory().get("/")
    request.user = AnonymousUser()

    with acting_in(request):
        assert current_actor() is request.user
        assert current_person() is None


def test_a_request_without_users_has_no_actor() -> None:
    with acting_in(RequestFactory().get("/")):
        assert current_actor() is None


def test_a_user_who_is_found_late_acts() -> None:
    request: Any = RequestFactory().get("/")

    with acting_in(request):
        request.user = found = AnonymousUser()
        assert current_actor() is found


@pytest.mark.django_db
def test_a_user_of_a_token_is_the_row_with_that_key(user: User) -> None:
    assert person(Claims(str(user.pk))) == user
    assert person(Claims("of another system")) is None
    assert person(Claims("00000000-0000-0000-0000-000000000000")) is None


def test_what_is_no_user_is_refused_with_the_way_out() -> None:
    with pytest.raises(TypeError, match=r"'ldap' is no user\. Give a user, what authentication gives, or None"):
        person("ldap")


def test_a_thread_of_a_project_has_no_actor() -> None:
    with django_avatars.acting(Claims(1)), ThreadPoolExecutor(1) as pool:
        assert pool.submit(current_actor).result() is None


def test_a_view_that_knows_nothing_of_this_package_has_an_actor(client: Client, user: User) -> None:
    assert client.get("/who/").content.decode() == str(user)
    assert current_actor() is None


@pytest.mark.usefixtures("_known")
@pytest.mark.django_db
def test_an_asynchronous_view_has_one_as_well(user: User) -> None:
    async def ask() -> str:
        client = AsyncClient()
        await client.aforce_login(user)
        return str((await client.get("/async/")).content.decode())

    assert async_to_sync(ask)() == str(user)


def test_an_asynchronous_chain_is_answered_by_a_coroutine() -> None:
    async def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(current_actor() is not None))

    async def ask() -> HttpResponse:
        request: Any = RequestFactory().get("/")
        request.user = AnonymousUser()
        response: HttpResponse = await ActorMiddleware(answer)(request)  # type: ignore[misc]
        return response

    assert async_to_sync(ask)().content == b"True"


def test_a_body_that_is_streamed_has_no_actor(client: Client) -> None:
    response: Any = client.get("/late/")

    assert response.getvalue() == b"None"


def test_a_page_that_looks_at_nobody_does_not_begin_to_vary_on_cookies(client: Client) -> None:
    assert not client.get("/hello/").has_header("Vary")
    assert client.get("/who/")["Vary"] == "Cookie"
