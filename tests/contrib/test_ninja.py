"""django-ninja: the router and the schema."""

from __future__ import annotations

import base64
import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

pytest.importorskip("ninja", reason="django-ninja is not installed")

from tests import pictures
from tests.app.models import Profile, User
from tests.storing import on_disk
from tests.timing import within
from tests.viewing import shown_to_stranger_and_member

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.contrib.ninja_urls")]

URL = "/api/avatar"
BROKEN = {
    "default": {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"saves": 1}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(autouse=True)
def _not_counted() -> None:
    cache.clear()


@pytest.fixture
def client(user: User) -> Client:
    """The front end of `user`, with a session."""
    client = Client()
    client.force_login(user)
    return client


def sent(data: bytes | None = None, *, name: str = "photo.jpg") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, pictures.photo(96, 96) if data is None else data, "image/jpeg")


def bearer(name: str) -> dict[str, Any]:
    """The header of `name`."""
    return {"headers": {"authorization": f"Bearer {name}"}}


def test_somebody_without_a_picture_has_initials_to_show(client: Client) -> None:
    response = client.get(URL)

    color = response.json()["color"]
    assert response.status_code == 200
    assert response.json() == {
        "url": None, "sizes": {}, "srcset": "", "formats": {}, "animated": None, "alt": "", "initials": "JD",
        "color": color, "label": "Jane Doe",
    }  # fmt: skip


def test_post_sets_the_picture_and_answers_with_whole_addresses(client: Client, user: User) -> None:
    response = client.post(URL, {"avatar": sent()})

    picture = Profile.objects.get(user=user).profile_pic
    assert response.status_code == 200
    assert response.json()["url"] == f"http://testserver{picture.url}"
    assert response.json()["sizes"] == {str(size): f"http://testserver{picture.url_for(size)}" for size in (96, 64)}
    assert client.get(URL).json() == response.json()


def test_the_chosen_square_is_what_is_stored(client: Client) -> None:
    data = pictures.saved(pictures.quadrants(200, 200))

    client.post(URL, {"avatar": sent(data, name="a.png"), "avatar-crop": "v1;r=0;x=.5;y=.5;s=.5"})

    with Profile.objects.get().profile_pic.open() as file, Image.open(file) as image:
        assert image.size == (100, 100)


@pytest.mark.django_db(transaction=True)
def test_delete_removes_the_picture_once_and_is_no_error_twice(client: Client, media: Path) -> None:
    client.post(URL, {"avatar": sent()})
    assert on_disk(media)

    responses = [client.delete(URL) for _ in range(2)]

    assert [(response.status_code, response.content) for response in responses] == [(204, b""), (204, b"")]
    assert on_disk(media) == set()


def test_no_parameter_names_an_owner(client: Client, user: User) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"))

    client.post(f"{URL}?user={other.user.pk}", {"avatar": sent(), "user": other.user.pk, "id": other.pk})

    other.refresh_from_db()
    assert not other.profile_pic
    assert Profile.objects.get(user=user).profile_pic


@pytest.mark.parametrize("url", [URL, "/token/avatar", "/open/avatar"])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_strangers_are_refused(media: Path, url: str, method: str) -> None:
    body = {"avatar": sent(bytes(20_000_000))} if method == "post" else None

    response = getattr(Client(), method)(url, body)

    assert (response.status_code, response.json()) == (401, {"detail": "Unauthorized"})
    assert on_disk(media) == set()


@pytest.mark.parametrize("headers", [{}, bearer("machine")])
@pytest.mark.parametrize("url", [URL, "/token/avatar", "/open/avatar"])
@pytest.mark.parametrize("method", ["post", "delete"])
def test_a_form_from_elsewhere_is_refused(user: User, method: str, url: str, headers: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    response = getattr(client, method)(url, {"avatar": sent()} if method == "post" else "", **headers)

    assert response.status_code == (401 if url == "/token/avatar" and not headers else 403)
    assert not Profile.objects.exists()


@pytest.mark.parametrize("url", [URL, "/open/avatar"])
def test_a_session_with_the_token_may_change_the_picture(user: User, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    token = "x" * 32
    client.cookies["csrftoken"] = token

    response = client.post(url, {"avatar": sent(), "csrfmiddlewaretoken": token})

    assert response.status_code == 200
    assert Profile.objects.get(user=user).profile_pic


def test_the_owner_is_whom_the_token_names(user: User) -> None:
    response = Client().post("/token/avatar", {"avatar": sent()}, **bearer("jane"))

    assert response.status_code == 200
    assert Profile.objects.get(user=user).profile_pic.sizes == (96, 64)


def test_a_token_of_nobody_has_no_picture(user: User) -> None:
    assert Client().get("/token/avatar", **bearer("machine")).status_code == 401


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.jpg", "empty"),
        (pictures.HTML, "a.jpg", "not_an_image"),
        (pictures.SVG, "a.svg", "unsupported_format"),
        (pictures.photo(), "a.php", "extension_not_allowed"),
    ],
)
def test_a_bad_picture_is_400_with_its_code(client: Client, media: Path, data: bytes, name: str, code: str) -> None:
    response = client.post(URL, {"avatar": sent(data, name=name)})

    assert response.status_code == 400
    assert response.json().keys() == {"detail", "code"}
    assert response.json()["code"] == code
    assert not Profile.objects.exists()
    assert on_disk(media) == set()


def test_sending_nothing_is_said_too(client: Client) -> None:
    response = client.post(URL)

    assert (response.status_code, response.json()) == (400, {"detail": "Choose a picture first.", "code": "required"})


def test_a_picture_over_the_limit_is_413(client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 100 * 1024}

    response = client.post(URL, {"avatar": sent(bytes(3_000_000))})

    assert response.status_code == 413
    assert response.json() == {
        "detail": "This picture is more than 100 kB. The limit is 100 kB.",
        "code": "too_large",
    }


@pytest.mark.parametrize("url", [URL, "/token/avatar"])
def test_two_files_are_refused(client: Client, url: str) -> None:
    two = client.post(url, {"avatar": sent(), "more": sent()}, **bearer("jane"))

    assert (two.status_code, two.json()) == (400, {"detail": "One picture at a time.", "code": "bad_request"})


@pytest.mark.parametrize("url", [URL, "/token/avatar"])
def test_too_many_and_too_large_fields_are_refused(client: Client, url: str) -> None:
    many = client.post(url, {"avatar": sent(), **{f"x{i}": "" for i in range(1001)}}, **bearer("jane"))
    large = client.post(url, {"x": "x" * 3_000_000, "avatar": sent()}, **bearer("jane"))

    assert (many.status_code, many.json()["code"]) == (400, "bad_request")
    assert (large.status_code, large.json()["code"]) == (413, "bad_request")
    assert not Profile.objects.exists()


def in_json(client: Client, text: str | bytes, url: str = URL) -> Any:
    """Post this as JSON."""
    return client.post(url, text, content_type="application/json")


def data_url(data: bytes) -> str:
    """A ``data:`` address."""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


def test_json_takes_a_data_url_and_null_removes_the_picture(client: Client, user: User) -> None:
    crop = {"avatar": data_url(pictures.photo(200, 200)), "avatar-crop": "v1;r=0;x=.5;y=.5;s=.5"}
    response = in_json(client, json.dumps(crop))

    assert response.status_code == 200
    assert list(response.json()["sizes"]) == ["100", "64"]

    response = in_json(client, '{"avatar": null}')

    assert (response.status_code, response.json()["url"]) == (200, None)
    assert not Profile.objects.get(user=user).profile_pic


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{", "bad_request"),
        ("[1]", "bad_request"),
        ("{}", "required"),
        ('{"avatar": 1}', "invalid"),
        ('{"avatar": "http://localhost/a.jpg"}', "invalid"),
        ('{"avatar": "data:image/jpeg;base64,*"}', "invalid"),
        ('{"avatar": "data:image/jpeg;base64,aGVsbG8="}', "not_an_image"),
    ],
)
def test_json_without_a_usable_picture_is_400(client: Client, body: str, code: str) -> None:
    response = in_json(client, body)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert not Profile.objects.exists()


@pytest.mark.parametrize("length", [120_000, 1_000_000])
def test_json_over_the_limit_is_413(client: Client, settings: Settings, length: int) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 100 * 1024}

    response = in_json(client, json.dumps({"avatar": data_url(bytes(length))}))

    assert (response.status_code, response.json()["code"]) == (413, "too_large")


def test_a_storage_that_fails_is_503_and_nothing_changed(client: Client, settings: Settings, media: Path) -> None:
    settings.STORAGES = BROKEN

    response = client.post(URL, {"avatar": sent()})

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json()["code"] == "storage_unavailable"
    assert on_disk(media) == set()


def test_too_many_changes_are_429_and_refused_files_hardly_count(client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}

    statuses = [client.post(URL, {"avatar": sent(b"text")}).status_code for _ in range(4)]
    statuses += [client.post(URL).status_code, client.delete(URL).status_code]
    statuses += [client.post(URL, {"avatar": sent()}).status_code]
    response = client.post(URL, {"avatar": sent()})

    assert statuses == [400, 400, 400, 400, 400, 204, 200]
    assert response.status_code == 429
    assert response.json() == {
        "detail": f"You have changed your picture very often. Try again in {response['Retry-After']} seconds.",
        "code": "rate_limited",
    }


def test_the_document_says_what_happens() -> None:
    from tests.contrib.ninja_urls import browsers

    document: Any = browsers.get_openapi_schema()

    operations = document["paths"]["/api/avatar"]
    assert {method: list(operations[method]["responses"]) for method in operations} == {
        "get": [200, 401],
        "post": [200, 202, 400, 401, 403, 413, 429, 503],
        "delete": [204, 401, 403],
    }
    assert operations["post"]["requestBody"]["required"] is True
    assert 404 in document["paths"]["/api/people/{pk}/avatar"]["get"]["responses"]
    assert list(operations["post"]["requestBody"]["content"]) == ["multipart/form-data", "application/json"]
    assert document["components"]["schemas"]["AvatarSchema"]["required"] == [
        "url", "sizes", "srcset", "formats", "animated", "alt", "initials", "color", "label",
    ]  # fmt: skip


def test_what_is_missing_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "django_avatars.contrib.ninja"
    monkeypatch.setitem(sys.modules, "ninja", None)
    monkeypatch.delitem(sys.modules, name, raising=False)

    with pytest.raises(ImproperlyConfigured) as caught:
        importlib.import_module(name)

    assert str(caught.value) == (
        "Using django_avatars.contrib.ninja, but the 'django-ninja' package is not installed. "
        "Install it with `pip install django-avatars[ninja]`."
    )


@pytest.mark.parametrize("body", ["[" * 100_000, '{"avatar": [' + "[]," * 500_000 + "[]]}"])
def test_json_that_only_costs_is_a_bad_request(client: Client, body: str) -> None:
    answer = within(0.5, lambda: client.post(URL, body, content_type="application/json"))

    assert answer.status_code == 400


def test_a_user_of_a_token_is_the_person_behind_it(user: User) -> None:
    client = Client()

    there = client.post("/token/avatar", {"avatar": sent()}, **bearer(f"claims:{user.pk}"))
    gone = client.get("/token/avatar", **bearer("claims:nobody"))

    assert (there.status_code, there.json()["label"]) == (200, "Jane Doe")
    assert Profile.objects.get(user=user).profile_pic
    assert gone.status_code == 401


def nobody(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return "Not here."


def test_what_the_policy_refuses_is_403(client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nobody"}

    response = client.post(URL, {"avatar": sent()})

    assert (response.status_code, response.json()) == (403, {"detail": "Not here.", "code": "not_allowed"})


def test_a_schema_shows_the_user_of_the_request_what_they_may_see(user: User, settings: Settings) -> None:
    from django_avatars.contrib.ninja import AvatarSchema

    seen = shown_to_stranger_and_member(user, settings, lambda request: AvatarSchema.of(user, request).url)

    assert seen == [None, f"http://testserver{user.profile.profile_pic.url}"]
