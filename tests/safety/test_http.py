"""The pages against clients that lie, stop half-way, or send what no browser sends."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
import re
import socket
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import public_ids
from django_avatars.exceptions import StorageUnavailable
from django_avatars.forms import AvatarForm
from django_avatars.views import EditAvatarView
from tests import pictures
from tests.app.models import Profile, User
from tests.conftest import connections_kept
from tests.storing import on_disk, upload
from tests.timing import within

from .conftest import Ear
from .doors import BOUNDARY, multipart
from .trials import LOG_BYTES

pytestmark = pytest.mark.django_db

EDIT, REMOVE = "/avatars/", "/avatars/remove/"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """The profile of `user`, with a picture."""
    profile.profile_pic = upload(130)
    profile.save()
    return profile


@pytest.fixture
def visitor(pictured: Profile) -> Client:
    """The browser of its owner."""
    visitor = Client()
    visitor.force_login(pictured.user)
    return visitor


@pytest.fixture
def unchanged(pictured: Profile, media: Path) -> Iterator[None]:
    """Asserts that neither row nor files are others when the test is over."""
    row, files = Profile.objects.values().get(), on_disk(media)
    yield
    assert Profile.objects.values().get() == row
    assert on_disk(media) == files


class Endless(io.RawIOBase):
    """A body without end, which counts how much of it was read."""

    def __init__(self, head: bytes) -> None:
        self.head = head
        self.taken = 0

    def read(self, size: int = -1) -> bytes:
        data, self.head = self.head[:size], self.head[size:]
        data = data or bytes(size)
        self.taken += len(data)
        return data


def answer(visitor: Client, body: Any, *, length: object, content_type: str = FORM) -> int:
    """Status of a POST whose length is what the client says, not what it sends."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": EDIT,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.input": body,
        "wsgi.url_scheme": "http",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(length),
        "HTTP_COOKIE": f"sessionid={visitor.cookies['sessionid'].value}; csrftoken={'x' * 32}",
        "HTTP_X_CSRFTOKEN": "x" * 32,
    }
    told: list[int] = []

    def start_response(status: str, *rest: Any) -> Any:
        told.append(int(status.split()[0]))

    with connections_kept():
        response: Any = WSGIHandler()(environ, start_response)
        response.close()
    return told[0]


@pytest.mark.usefixtures("unchanged")
def test_a_body_without_end_is_read_up_to_the_limit_and_no_further(visitor: Client) -> None:
    limit = 10 * 1024 * 1024
    body = Endless(multipart("avatar", b"\xff\xd8\xff", "a.jpg").partition(f"\r\n--{BOUNDARY}--".encode())[0])

    assert answer(visitor, body, length=2 * 10**8) == 413  # more would fill the disk, should the limit ever fail

    assert limit < body.taken < limit + 1_000_000


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("length", [0, 1, 100, 1000, -1, "", "many"])
def test_a_body_that_is_longer_than_it_says_is_cut_there(visitor: Client, length: object) -> None:
    assert answer(visitor, io.BytesIO(multipart("avatar", pictures.photo(), "a.jpg")), length=length) in (400, 403)


@pytest.mark.usefixtures("unchanged")
def test_a_body_that_is_shorter_than_it_says_is_no_picture(visitor: Client) -> None:
    data = multipart("avatar", pictures.photo(), "a.jpg")

    assert answer(visitor, io.BytesIO(data[: len(data) // 2]), length=len(data)) == 400


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", FORM),
        (b"nothing of a form", FORM),
        (multipart("avatar", pictures.photo(), "a.jpg"), "multipart/form-data"),
        (multipart("avatar", pictures.photo(), "a.jpg"), "multipart/form-data; boundary=" + "x" * 300),
        (multipart("avatar", pictures.photo(), "a.jpg"), "multipart/mixed; boundary=" + BOUNDARY),
        (multipart("avatar", pictures.photo(), "a.jpg"), "text/plain"),
        (multipart("avatar", pictures.photo(), "a.jpg"), "image/jpeg"),
        (pictures.photo(), "image/jpeg"),
        (b'{"avatar": "data:image/png;base64,AAAA"}', "application/json"),
        (b"avatar=" + b"x" * 1000, "application/x-www-form-urlencoded"),
        (multipart("other", pictures.photo(), "a.jpg"), FORM),
        (multipart("avatar", pictures.photo(), "a.jpg", **{f"field{n}": "x" for n in range(2000)}), FORM),
        (multipart("avatar", pictures.photo(), "a.jpg") * 3, FORM),
        (
            multipart("avatar", b"x", "a.jpg").replace(
                b"Content-Type: image/jpeg", b"Content-Type: image/jpeg\r\nX-Header: " + b"y" * 100_000
            ),
            FORM,
        ),
        (
            multipart("avatar", pictures.photo(), "a.jpg").replace(
                b"Content-Type: image/jpeg", b"Content-Transfer-Encoding: base64"
            ),
            FORM,
        ),
    ],
)
def test_what_no_browser_sends_is_a_bad_request(visitor: Client, body: bytes, content_type: str) -> None:
    answer = within(1, lambda: visitor.post(EDIT, body, content_type=content_type))

    assert answer.status_code in (400, 413)


def test_a_body_in_base64_holds_nobody_up(visitor: Client) -> None:
    body = multipart("avatar", b"QUFB" * 7_000_000, "a.jpg").replace(
        b"Content-Type: image/jpeg", b"Content-Transfer-Encoding: base64"
    )
    answer = within(1, lambda: visitor.post(EDIT, body, content_type=FORM))

    assert answer.status_code == 413


@pytest.mark.usefixtures("unchanged")
def test_a_large_upload_is_not_held_in_memory(visitor: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    head = multipart("avatar", b"\xff\xd8\xff", "a.jpg").partition(f"\r\n--{BOUNDARY}--".encode())[0]
    tracemalloc.start()

    assert answer(visitor, Endless(head), length=2 * 10**8) == 413

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000
    assert on_disk(temporary) == set()


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("url", [EDIT, REMOVE])
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "OPTIONS"])
def test_other_methods_do_nothing(visitor: Client, url: str, method: str) -> None:
    response = visitor.generic(method, url, multipart("avatar", pictures.photo(), "a.jpg"), FORM)

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, POST"


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_a_method_that_is_smuggled_in_a_header_is_not_followed(visitor: Client, url: str) -> None:
    response = visitor.get(url + "?_method=POST", headers={"X-HTTP-Method-Override": "POST"})

    assert response.status_code == 200


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("how", ["no token", "wrong token", "token of another", "no cookie"])
@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_a_form_that_is_not_ours_is_refused(pictured: Profile, url: str, how: str) -> None:
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(pictured.user)
    visitor.get(url)
    token = {"no token": "", "wrong token": "x" * 64, "token of another": "y" * 32, "no cookie": "z" * 32}[how]
    if how == "no cookie":
        del visitor.cookies["csrftoken"]

    response = visitor.post(url, multipart("avatar", pictures.photo(), "a.jpg", csrfmiddlewaretoken=token), FORM)

    assert response.status_code == 403


@pytest.mark.usefixtures("unchanged")
def test_a_form_of_another_site_is_refused_even_with_the_token(pictured: Profile) -> None:
    visitor = Client(enforce_csrf_checks=True)
    visitor.force_login(pictured.user)
    visitor.get(EDIT)
    token = visitor.cookies["csrftoken"].value

    body = multipart("avatar", pictures.photo(), "a.jpg", csrfmiddlewaretoken=token)
    response: Any = visitor.post(EDIT, body, FORM, headers={"Origin": "https://evil.example"})

    assert response.status_code == 403


@pytest.mark.parametrize("parameter", ["user", "user_id", "owner", "pk", "id", "profile", "username", "instance"])
def test_no_parameter_reaches_the_picture_of_another(pictured: Profile, media: Path, parameter: str) -> None:
    row, files = Profile.objects.values().get(), on_disk(media)
    other = Client()
    other.force_login(User.objects.create_user("mallory"))
    for value in (str(pictured.user_id), str(pictured.pk), "jane", public_ids.encode(pictured.user)):
        body = multipart("avatar", pictures.photo(64, 64), "a.jpg", **{parameter: value})
        other.post(f"{EDIT}?{parameter}={value}", body, FORM)
        other.post(f"{REMOVE}?{parameter}={value}", {parameter: value})

    assert Profile.objects.filter(pk=pictured.pk).values().get() == row
    assert on_disk(media) >= files


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("cookie", ["", "x" * 32, "../../etc/passwd"])
def test_a_session_that_is_none_is_a_stranger(pictured: Profile, cookie: str) -> None:
    visitor = Client()
    visitor.cookies["sessionid"] = cookie

    response = visitor.post(EDIT, multipart("avatar", pictures.photo(), "a.jpg"), FORM)

    assert response.status_code == 302
    assert response["Location"].startswith("/login/?next=")


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example",
     "http:///evil.example", "\thttps://evil.example", "/\r\nSet-Cookie: a=b", "data:text/html,x", "///evil.example"],
)  # fmt: skip
@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_nobody_is_led_away(visitor: Client, url: str, target: str) -> None:
    response = visitor.post(url, {"next": target, "avatar": upload(64)}, headers={"Referer": "https://evil.example/"})

    assert (response.status_code, response["Location"]) in ((302, EDIT), (302, "/%0D%0ASet-Cookie:%20a=b"))
    assert "a" not in response.cookies


def test_what_is_served_says_what_it_is_and_nothing_else_can_be_made_of_it(user: User, settings: Settings) -> None:
    settings.MIDDLEWARE = []  # whatever the project does by itself
    response = Client().get(f"/avatars/image/{public_ids.encode(user)}/64")

    assert response["Content-Type"] == "image/svg+xml"
    assert response["X-Content-Type-Options"] == "nosniff"
    style = re.search(rb"<style>(.*?)</style>", response.content)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1]).digest()).decode()
    assert response["Content-Security-Policy"] == f"default-src 'none'; style-src 'sha256-{digest}'; sandbox"


@pytest.mark.parametrize("number", range(40))
def test_a_forged_address_of_a_picture_is_not_found(user: User, number: int) -> None:
    real = public_ids.encode(user)
    place = number * len(real) // 40
    forged = real[:place] + ("A" if real[place] != "A" else "B") + real[place + 1 :]

    assert Client().get(f"/avatars/image/{forged}/64").status_code == 404


def slow(*arguments: Any, **kwargs: Any) -> HttpResponse:
    """What a storage does that does not answer."""
    raise StorageUnavailable("timed out")


@pytest.mark.usefixtures("unchanged")
def test_a_storage_that_does_not_answer_is_503_with_the_time_to_wait(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", slow)

    response = visitor.post(EDIT, multipart("avatar", pictures.photo(), "a.jpg"), FORM)

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "timed out" not in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_client_that_hangs_up_half_way_leaves_nothing(
    live_server: LiveServer, pictured: Profile, media: Path
) -> None:
    visitor = Client()
    visitor.force_login(pictured.user)
    files, name = on_disk(media), pictured.profile_pic.name
    body = multipart("avatar", pictures.photo(), "a.jpg")
    host, _, port = live_server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            f"POST {EDIT} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nContent-Type: {FORM}\r\n"
            f"Cookie: sessionid={visitor.cookies['sessionid'].value}\r\n\r\n".encode()
            + body[:2000]
        )
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # until the server is done with it

    assert Client().get(f"/avatars/image/{public_ids.encode(pictured.user)}/64").status_code == 302
    assert on_disk(media) == files
    assert Profile.objects.get().profile_pic.name == name


@pytest.mark.usefixtures("unchanged")
def test_what_comes_too_often_is_not_read_at_all(visitor: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    for _ in range(10):
        visitor.post(EDIT, {"avatar": SimpleUploadedFile("a.jpg", b"text")})
    body = Endless(multipart("avatar", b"\xff\xd8\xff", "a.jpg"))

    assert answer(visitor, body, length=10**8) == 429

    assert body.taken == 0


def test_reading_what_comes_too_often_all_the_same_stops_at_the_limit(
    visitor: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "tests.safety.test_http.never"}
    monkeypatch.setattr("django_avatars.views.OwnPictureView.page", page_that_reads)
    body = Endless(multipart("avatar", b"\xff\xd8\xff", "a.jpg").partition(f"\r\n--{BOUNDARY}--".encode())[0])

    assert answer(visitor, body, length=10**8) == 429

    assert body.taken < 10 * 1024 * 1024 + 1_000_000


def never(request: Any) -> float:
    """A limiter that lets nobody through."""
    return 60


def page_that_reads(view: Any, template_name: str, *, status: int, **context: Any) -> HttpResponse:
    """What a project's context processor may do to any page."""
    return HttpResponse(len(view.request.POST), status=status)


def raw(*headers: str, fields: bytes = b"") -> bytes:
    """A file with headers of its own."""
    return multipart("avatar", pictures.photo(), "a.jpg").replace(
        b"Content-Type: image/jpeg", "\r\n".join(headers).encode()
    )


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("url", [EDIT, REMOVE])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (raw("Content-Transfer-Encoding: base64"), 400),
        (multipart("avatar", pictures.photo(), "a.jpg", **{f"field{n}": "x" for n in range(2000)}), 400),
        (multipart("avatar", pictures.photo(), "a.jpg", bio="x" * 3_000_000), 413),
        (multipart("avatar", pictures.photo(), "a.jpg").replace(b"--\r\n", b"\r\n") * 2, 400),
    ],
    ids=["base64", "two thousand fields", "a field of 3 MB", "two files"],
)
def test_what_cannot_be_read_is_our_own_page_and_a_line_of_the_log(
    visitor: Client, ear: Ear, url: str, body: bytes, status: int
) -> None:
    response: Any = visitor.post(url, body, content_type=FORM)

    assert response.status_code == status
    assert response.templates[0].name.startswith("django_avatars/")
    assert len(ear.log) <= LOG_BYTES
    assert "code=bad_request" in ear.log
    assert "Traceback" not in ear.log
    if url == EDIT:
        assert [error.code for error in response.context["form"].errors.as_data()["avatar"]] == ["bad_request"]


@pytest.mark.parametrize("body", [raw("X: y").replace(b'"a.jpg"', b'""'), b"nothing of a form", b""])
def test_what_holds_no_file_is_said_in_a_line(visitor: Client, ear: Ear, body: bytes) -> None:
    assert visitor.post(EDIT, body, content_type=FORM).status_code == 400
    assert len(ear.log) <= LOG_BYTES
    assert "Traceback" not in ear.log


class Consenting(AvatarForm):
    """A form with a field of the project's own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"] = forms.BooleanField()


def test_a_form_may_have_fields_of_its_own(
    pictured: Profile, rf: RequestFactory, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = on_disk(media)
    request: Any = rf.post("/", {"avatar": upload(64)})
    request.user, request._dont_enforce_csrf_checks = pictured.user, True

    with caplog.at_level(logging.INFO, "django_avatars"):
        response = EditAvatarView.as_view(form_class=Consenting)(request)

    assert response.status_code == 400
    assert "code=required" in caplog.text
    assert on_disk(media) == files


@pytest.fixture
def kept(pictured: Profile, settings: Settings) -> Profile:
    """The picture of `visitor`, with its source."""
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    pictured.profile_pic = upload(130)
    pictured.save()
    return pictured


def test_a_source_is_served_as_what_it_is(kept: Profile, visitor: Client, settings: Settings) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "Security" not in one]

    response = visitor.get("/avatars/source/")

    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_source_that_the_storage_does_not_give_is_503_with_the_time_to_wait(
    kept: Profile, visitor: Client, monkeypatch: pytest.MonkeyPatch, ear: Ear
) -> None:
    def fail(*arguments: Any) -> None:
        raise TimeoutError("secret.internal timed out")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._open", fail)

    response = visitor.get("/avatars/source/")

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "picture failed" in ear.log
    assert "secret.internal" not in ear.log + response.content.decode()
