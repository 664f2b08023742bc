"""Under ASGI: memory is handed out to threads of requests, pages go on meanwhile, and pictures show in a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.core.exceptions import SynchronousOnlyOperation
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from django_avatars import intake
from django_avatars.exceptions import Busy
from django_avatars.imaging.budget import MOST_WAITING, of_process
from tests.app.models import Profile, User
from tests.storing import upload

Answer = tuple[int, str | None]

TAG = Template("{% load avatars %}{% avatar person 48 %}")


@csrf_exempt
def send(request: HttpRequest) -> HttpResponse:
    """Decodes a picture, as every door does."""
    try:
        Profile.profile_pic.field.process(request.FILES["avatar"])
    except Busy as exc:
        problem = intake.refuse(request, exc)
        return HttpResponse(problem.text, status=problem.status, headers=problem.headers)
    return HttpResponse()


def page(request: HttpRequest) -> HttpResponse:
    """A page without an upload, which Django runs in a thread."""
    return HttpResponse()


async def coroutine(request: HttpRequest) -> HttpResponse:
    """The same, in the event loop."""
    return HttpResponse()


urlpatterns = [path("send", send), path("page", page), path("coroutine", coroutine)]

pytestmark = pytest.mark.urls(__name__)


async def ask(address: str) -> Answer:
    """The status, and when to come again: of GET, or of POST for a picture."""
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": f"/{address}", "query_string": b""}
    scope["headers"] = [(b"host", b"testserver")]
    body = b""
    if address == "send":
        body = encode_multipart(BOUNDARY, {"avatar": upload()})
        scope["method"] = "POST"
        length = str(len(body)).encode()
        scope["headers"] += [(b"content-type", MULTIPART_CONTENT.encode()), (b"content-length", length)]
    communicator: Any = ApplicationCommunicator(get_asgi_application(), scope)  # type: ignore[no-untyped-call]
    await communicator.send_input({"type": "http.request", "body": body})
    start = await communicator.receive_output(timeout=60)
    await communicator.receive_output(timeout=60)
    await communicator.wait()
    again = dict(start["headers"]).get(b"Retry-After")
    return start["status"], again and again.decode()


async def waiting(count: int) -> None:
    """Until so many threads wait for memory."""
    while len(of_process._waiting) < count:
        await asyncio.sleep(0.01)


def run(story: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(asyncio.wait_for(story, 60))


@pytest.mark.parametrize("address", ["page", "coroutine"])
def test_a_page_without_an_upload_is_never_behind_those_that_wait_for_memory(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_avatars.imaging.budget.PATIENCE", 60)

    async def story() -> tuple[Answer, bool, list[Answer]]:
        with of_process.taking(1 << 40, of=1):
            uploads = [asyncio.create_task(ask("send")) for _ in range(2)]
            await waiting(2)
            shown = await ask(address)
            still_wait = not any(task.done() for task in uploads)
        return shown, still_wait, await asyncio.gather(*uploads)

    assert run(story()) == ((200, None), True, [(200, None), (200, None)])


def test_who_waits_for_too_long_is_told_when_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avatars.imaging.budget.PATIENCE", 0.01)

    async def story() -> Answer:
        with of_process.taking(1 << 40, of=1):
            return await ask("send")

    assert run(story()) == (503, "5")


def test_where_many_wait_the_next_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avatars.imaging.budget.PATIENCE", 60)

    async def story() -> tuple[Answer, list[Answer]]:
        with of_process.taking(1 << 40, of=1):
            uploads = [asyncio.create_task(ask("send")) for _ in range(MOST_WAITING)]
            await waiting(MOST_WAITING)
            refused = await ask("send")
        return refused, await asyncio.gather(*uploads)

    assert run(story()) == ((503, "5"), [(200, None)] * MOST_WAITING)


def test_avatars_of_loaded_people_show_in_a_coroutine() -> None:
    person = User(username="jane", first_name="Jane")
    Profile(user=person, profile_pic="avatars/x/aaaaaaaaaaaaaaaaaaaaaaaaaa_128-64.webp")

    async def show(person: User) -> str:
        return TAG.render(Context({"person": person}))

    assert "aaaaaaaaaaaaaaaaaaaaaaaaaa_64.webp" in async_to_sync(show)(person)
    with pytest.raises(SynchronousOnlyOperation):
        async_to_sync(show)(User(username="joe"))
