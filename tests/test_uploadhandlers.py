"""Reading an upload no further than it can be used."""

from __future__ import annotations

import io
import tempfile
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent, ValidationError
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.test import Client, RequestFactory
from pytest_django import Settings

from django_avatars.imaging.rejected import Rejected
from django_avatars.uploads.uploadhandlers import UnreadFile, limit_upload, limited_upload, read_json
from tests.app.models import Profile, User
from tests.storing import on_disk, upload

BOUNDARY = "frontier"


def part(body: bytes, *headers: str, name: str = "avatar", filename: str = "a.jpg") -> bytes:
    """One file in a multipart body."""
    lines = [
        f'Content-Disposition: form-data; name="{name}"; filename="{filename}"',
        "Content-Type: image/jpeg",
        *headers,
    ]
    return b"\r\n".join([b"--" + BOUNDARY.encode(), *(line.encode() for line in lines), b"", body, b""])


class Body(io.BytesIO):
    """Counts what was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def request(*parts: bytes, max_bytes: int = 1000) -> tuple[Any, Body]:
    """A request with these parts, limited, and its body."""
    data = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    made: Any = RequestFactory().post("/", data, content_type=f"multipart/form-data; boundary={BOUNDARY}")
    body = Body(data)
    made._stream = body
    limit_upload(made, max_bytes=max_bytes)
    return made, body


def test_a_file_within_the_limit_arrives_as_it_is() -> None:
    made, _ = request(part(b"x" * 1000), part(b"1", name="next", filename=""))

    assert made.FILES["avatar"].read() == b"x" * 1000
    assert made.FILES["avatar"].name == "a.jpg"


def test_fields_arrive_beside_the_file() -> None:
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="next"\r\n\r\n/home/\r\n'.encode()
    made, _ = request(field, part(b"x"))

    assert made.POST == {"next": ["/home/"]}


def test_reading_stops_at_the_limit() -> None:
    made, body = request(part(b"x" * 5_000_000))

    assert isinstance(made.FILES["avatar"], UnreadFile)

    assert body.taken <= 2 * 64 * 1024


def test_a_body_that_was_read_before_is_limited_too() -> None:
    made, _ = request(part(b"x" * 1001))
    assert made.body

    assert isinstance(made.FILES["avatar"], UnreadFile)


def test_a_declared_length_of_a_part_is_not_believed() -> None:
    made, _ = request(part(b"x" * 1001, "Content-Length: 5"))

    assert isinstance(made.FILES["avatar"], UnreadFile)


def test_nothing_of_a_refused_file_stays_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    made, _ = request(part(b"x" * 200_000), max_bytes=100_000)
    made.upload_handlers = [made.upload_handlers[0], TemporaryFileUploadHandler(made)]

    assert isinstance(made.FILES["avatar"], UnreadFile)

    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined", "idna"])
def test_a_charset_that_is_none_of_a_text_is_a_body_that_cannot_be_read(charset: str) -> None:
    made, _ = request(part(b"1"))
    made.encoding = charset

    with pytest.raises(MultiPartParserError, match=f"The charset '{charset}' is none of a text"):
        made.FILES  # noqa: B018


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-8", "hex"])
def test_the_page_answers_a_charset_that_is_none(charset: str, client: Client, user: User) -> None:
    client.force_login(user)
    content_type = f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"
    response = client.generic("POST", "/avatars/", part(b"1") + f"--{BOUNDARY}--\r\n".encode(), content_type)

    assert response.status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(("folder", "status"), [("there", 302), ("gone", 503)])
def test_where_no_temporary_file_can_be_written_the_page_says_to_try_again(
    folder: str, status: int, client: Client, user: User, settings: Settings, tmp_path: Path, media: Path
) -> None:
    (tmp_path / "there").mkdir()
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / folder
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1
    client.force_login(user)

    response = client.post("/avatars/", {"avatar": upload()})

    assert (response.status_code, response.headers.get("Retry-After")) == (status, "30" if status == 503 else None)
    assert bool(on_disk(media)) == (status == 302)


def test_a_second_file_is_refused() -> None:
    made, _ = request(part(b"1"), part(b"2", name="other"))

    with pytest.raises(TooManyFilesSent, match="One picture at a time"):
        made.FILES  # noqa: B018


def test_a_part_in_base64_is_decoded_up_to_the_limit() -> None:
    made, body = request(part(b"QUFB" * 1_000_000, "Content-Transfer-Encoding: base64"))

    assert isinstance(made.FILES["avatar"], UnreadFile)
    assert body.taken <= 2 * 64 * 1024


def test_blanks_in_base64_are_not_kept() -> None:
    made, _ = request(part(b"    " * 2_000_000, "Content-Transfer-Encoding: base64"))
    tracemalloc.start()

    with made.FILES["avatar"] as file:
        assert file.read() == b""

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_file_that_was_not_read_cannot_be_read_later() -> None:
    unread = UnreadFile(max_bytes=1000)

    assert (unread.name, unread.size, unread.seek(0), unread.closed) == ("picture", 1001, 0, False)
    for reading in (unread.read, unread.chunks, lambda: unread.seek(0, io.SEEK_END)):
        with pytest.raises(Rejected) as caught:
            reading()
        assert (caught.value.code, caught.value.params) == ("too_large", {"size": "more than 1 kB", "max": "1 kB"})


def test_no_model_takes_a_file_that_was_not_read() -> None:
    with pytest.raises(ValidationError) as caught:
        Profile(profile_pic=UnreadFile(max_bytes=1000)).clean_fields(exclude=["user"])

    assert caught.value.messages == ["This picture is more than 1 kB. The limit is 1 kB."]


def test_what_stands_before_a_file_that_is_too_large_arrives() -> None:
    field = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="next"\r\n\r\n/home/\r\n'.encode()
    made, _ = request(field, part(b"x" * 1001), part(b"never read", name="other"))

    assert made.POST == {"next": ["/home/"]}
    assert list(made.FILES) == ["avatar"]


def test_a_view_is_limited_and_protected_by_one_decorator(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 1000}
    seen = []

    @limited_upload(Profile._meta.get_field("profile_pic"))
    def view(request: Any, number: int) -> HttpResponse:
        seen.append((number, type(request.FILES["avatar"])))
        return HttpResponse()

    for csrf, status in ((True, 200), (False, 403)):
        made, _ = request(part(b"x" * 1001))
        made.upload_handlers.pop(0)
        made._dont_enforce_csrf_checks = csrf
        assert view(made, 7).status_code == status

    assert seen == [(7, UnreadFile)]
    assert view.csrf_exempt  # type: ignore[attr-defined]  # or Django reads the body first


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 600, b"[]," * 600, b'["",' + b'"aa",' * 2_000_000 + b'""]']
)
def test_json_of_many_or_deep_values_is_not_parsed(body: bytes) -> None:
    with pytest.raises(TooManyFieldsSent, match=r"The JSON has too many values\."):
        read_json(io.BytesIO(body), max_bytes=10 * 1024 * 1024)


def test_json_with_a_picture_and_some_values_is_read() -> None:
    body = b'{"avatar": "data:image/png;base64,' + b"A" * 1_000_000 + b'", "more": [' + b"[1,2],[3]," * 200 + b"[]]}"

    assert read_json(io.BytesIO(body), max_bytes=10 * 1024 * 1024) == body


def test_a_file_behind_which_the_body_breaks_leaves_no_temporary_file(tmp_path: Path, settings: Settings) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(folder := tmp_path / "temporary")
    folder.mkdir()
    made, _ = request(part(b"x" * 200_000), part(b"2", name="other"), max_bytes=1_000_000)
    made.upload_handlers = [made.upload_handlers[0], TemporaryFileUploadHandler(made)]
    kept = made.upload_handlers[1]  # or the garbage collector would do it

    with pytest.raises(TooManyFilesSent):
        made.FILES  # noqa: B018

    assert not Path(kept.file.temporary_file_path()).exists()
    assert list(folder.iterdir()) == []
