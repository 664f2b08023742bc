"""Django REST framework: the field, the view, the viewset."""

from __future__ import annotations

import base64
import importlib
import json
import pickle
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client
from django.test.client import encode_multipart
from PIL import Image
from pytest_django import Settings

pytest.importorskip("rest_framework", reason="djangorestframework is not installed")

from django.core.exceptions import ImproperlyConfigured
from rest_framework.exceptions import ValidationError
from rest_framework.generics import UpdateAPIView
from rest_framework.parsers import JSONParser
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from django_avatars import acting, intake, services
from django_avatars.exceptions import Busy, NotAllowed
from tests import pictures, spectacular
from tests.app.models import Profile, Team, User
from tests.storing import on_disk, upload
from tests.timing import within
from tests.viewing import shown_to_stranger_and_member

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.contrib.rest_urls")]

URL = "/api/avatar/"
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
    client = Client(headers={"accept": "application/json"})
    client.force_login(user)
    return client


def sent(data: bytes | None = None, *, name: str = "photo.jpg") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, pictures.photo(96, 96) if data is None else data, "image/jpeg")


def form(**data: Any) -> dict[str, Any]:
    """The body of a form, for methods that Django's client does not make one for."""
    return {"data": encode_multipart("frontier", data), "content_type": "multipart/form-data; boundary=frontier"}


def as_json(**data: Any) -> dict[str, Any]:
    """A body of JSON."""
    return {"data": data, "content_type": "application/json"}


def data_uri(data: bytes, kind: str = "image/jpeg") -> str:
    """As a canvas gives it."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


# One's own picture


def test_somebody_without_a_picture_has_initials_to_show(client: Client) -> None:
    response = client.get(URL)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    color = response.json()["avatar"]["color"]
    empty: dict[str, Any] = {"url": None, "sizes": {}, "srcset": "", "formats": {}, "animated": None, "alt": ""}
    assert response.json() == {"avatar": {**empty, "initials": "JD", "color": color, "label": "Jane Doe"}}


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_form_sets_the_picture_and_answers_with_whole_addresses(client: Client, user: User, method: str) -> None:
    response = getattr(client, method)(URL, **form(avatar=sent()))

    picture = Profile.objects.get(user=user).profile_pic
    shown = response.json()["avatar"]
    assert response.status_code == 200
    assert shown["url"] == f"http://testserver{picture.url}"
    assert shown["sizes"] == {str(size): f"http://testserver{picture.url_for(size)}" for size in (96, 64)}
    assert client.get(URL).json() == response.json()


def test_json_sets_the_picture_from_a_data_address(client: Client) -> None:
    response = client.put(URL, **as_json(avatar=data_uri(pictures.photo(96, 96))))

    assert response.status_code == 200
    assert Profile.objects.get().profile_pic.sizes == (96, 64)


@pytest.mark.parametrize("kind", ["form", "json"])
def test_the_chosen_square_is_what_is_stored(client: Client, kind: str) -> None:
    data, crop = pictures.saved(pictures.quadrants(200, 200)), "v1;r=0;x=.5;y=.5;s=.5"
    if kind == "form":
        client.put(URL, **form(**{"avatar": sent(data, name="a.png"), "avatar-crop": crop}))
    else:
        client.put(URL, **as_json(**{"avatar": data_uri(data), "avatar-crop": crop}))

    with Profile.objects.get().profile_pic.open() as file, Image.open(file) as image:
        assert image.size == (100, 100)
        assert image.getpixel((50, 50)) == pytest.approx(pictures.QUADRANTS[3], abs=6)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["delete", "null", "empty"])
def test_the_picture_goes_by_delete_null_or_an_empty_field(client: Client, media: Path, how: str) -> None:
    client.put(URL, **form(avatar=sent()))
    assert on_disk(media)

    if how == "delete":
        responses = [client.delete(URL) for _ in range(2)]
    else:
        body = as_json(avatar=None) if how == "null" else form(avatar="")
        responses = [client.put(URL, **body) for _ in range(2)]

    assert [response.status_code for response in responses] == ([204, 204] if how == "delete" else [200, 200])
    assert on_disk(media) == set()
    assert client.get(URL).json()["avatar"]["url"] is None


def test_no_parameter_names_an_owner(client: Client, user: User) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"))

    client.put(f"{URL}?user={other.user.pk}", **form(avatar=sent(), user=other.user.pk, owner=other.pk, id=other.pk))

    other.refresh_from_db()
    assert not other.profile_pic
    assert Profile.objects.get(user=user).profile_pic


@pytest.mark.parametrize("method", ["get", "put", "post", "delete"])
def test_strangers_are_refused_and_what_they_send_is_not_read(media: Path, method: str) -> None:
    response = getattr(Client(), method)(URL, **({} if method == "get" else form(avatar=sent(bytes(20_000_000)))))

    assert response.status_code == 403
    assert on_disk(media) == set()


@pytest.mark.parametrize("method", ["put", "post", "delete"])
def test_a_form_from_elsewhere_is_refused(user: User, method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    response = getattr(client, method)(URL, **form(avatar=sent()))

    assert response.status_code == 403
    assert not Profile.objects.exists()


# Refusing


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.jpg", "empty"),
        (pictures.HTML, "a.jpg", "not_an_image"),
        (pictures.SVG, "a.svg", "unsupported_format"),
        (pictures.photo(), "a.php", "extension_not_allowed"),
        (pictures.photo()[:300], "a.jpg", "truncated"),
    ],
)
def test_a_bad_picture_is_an_error_in_the_shape_of_rest_framework(
    client: Client, media: Path, data: bytes, name: str, code: str
) -> None:
    response: Any = client.put(URL, **form(avatar=sent(data, name=name)))

    assert response.status_code == 400
    [error] = response.data["avatar"]
    assert error.code == code
    assert response.json() == {"avatar": [str(error)]}
    assert not Profile.objects.exists()
    assert on_disk(media) == set()


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("https://example.com/a.jpg", "invalid"),
        ("data:image/png,text", "invalid"),
        ("data:image/png;base64,?", "invalid"),
        ("data:image/png;base64,é", "invalid"),
        ("x" * 1000, "invalid"),
        (7, "invalid"),
        (["a"], "invalid"),
        ({"url": "a"}, "invalid"),
        (data_uri(b"text" * 600_000), "not_an_image"),
        (data_uri(b""), "empty"),
        ("", "invalid"),
    ],
)
def test_json_that_is_no_picture_is_refused(client: Client, value: Any, code: str) -> None:
    response: Any = client.put(URL, **as_json(avatar=value))

    assert response.status_code == 400
    assert [error.code for error in response.data["avatar"]] == [code]


def test_leaving_the_picture_out_is_an_error(client: Client) -> None:
    response: Any = client.put(URL, **as_json())

    assert (response.status_code, response.data["avatar"][0].code) == (400, "required")


@pytest.mark.parametrize("method", ["put", "post"])
def test_a_picture_over_the_limit_is_413(client: Client, settings: Settings, method: str) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 100 * 1024}

    response: Any = getattr(client, method)(URL, **form(avatar=sent(bytes(3_000_000))))

    assert response.status_code == 413
    assert response.json() == {"avatar": ["This picture is more than 100 kB. The limit is 100 kB."]}
    assert response.data["avatar"][0].code == "too_large"


@pytest.mark.parametrize("length", [101 * 1024, 3_000_000])
def test_a_data_address_over_the_limit_is_413(client: Client, settings: Settings, length: int) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 100 * 1024}

    response: Any = client.put(URL, **as_json(avatar=data_uri(bytes(length))))

    assert response.status_code == 413
    assert response.json() == {"avatar": ["This picture is more than 100 kB. The limit is 100 kB."]}


def test_a_data_address_of_the_limit_is_read(client: Client, settings: Settings) -> None:
    photo = pictures.photo(96, 96)
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": len(photo)}

    assert client.put(URL, **as_json(avatar=data_uri(photo))).status_code == 200


def test_two_files_and_other_bodies_are_refused(client: Client) -> None:
    two = client.put(URL, **form(avatar=sent(), more=sent()))
    raw = client.put(URL, pictures.photo(), content_type="image/jpeg")
    broken = client.put(URL, b"{", content_type="application/json")

    assert [response.status_code for response in (two, raw, broken)] == [400, 415, 400]
    assert two.json() == {"detail": "One picture at a time."}


def test_too_many_and_too_large_fields_are_refused(client: Client) -> None:
    many = client.post(URL, {"avatar": sent(), **{f"x{number}": "" for number in range(1001)}})
    large = client.post(URL, {"x": "x" * 3_000_000, "avatar": sent()})

    assert (many.status_code, many.json().keys()) == (400, {"detail"})
    assert (large.status_code, large.json()) == (413, {"detail": "This request is too large."})
    assert not Profile.objects.exists()


def test_a_storage_that_fails_is_503_and_nothing_changed(client: Client, settings: Settings, media: Path) -> None:
    settings.STORAGES = BROKEN

    response: Any = client.put(URL, **form(avatar=sent()))

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json() == {
        "detail": "The place where pictures are kept did not answer. Nothing has changed. Try again in a moment."
    }
    assert response.data["detail"].code == "storage_unavailable"
    assert on_disk(media) == set()


def test_too_many_changes_are_429_and_looking_costs_nothing(client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}

    statuses = [client.get(URL).status_code for _ in range(5)]
    statuses += [client.put(URL, **form(avatar=sent(b"text"))).status_code for _ in range(5)]
    statuses += [client.delete(URL).status_code, client.put(URL, **form(avatar=sent())).status_code]
    response: Any = client.put(URL, **form(avatar=sent()))

    assert statuses == [200] * 5 + [400] * 5 + [204, 200]
    assert response.status_code == 429
    assert response.json() == {
        "detail": f"You have changed your picture very often. Try again in {response['Retry-After']} seconds."
    }
    assert response.data["detail"].code == "rate_limited"


# The field in serializers


def test_a_picture_stands_in_a_serializer_and_in_a_nested_one(client: Client, profile: Profile) -> None:
    services.set_picture(profile, field=Profile.profile_pic.field, file=upload())

    shown = client.get(f"/api/profiles/{profile.pk}/").json()

    assert shown["profile_pic"]["url"] == f"http://testserver{profile.profile_pic.url}"
    assert shown["user"] == {
        "username": "jane",
        "avatar": f"http://testserver{profile.profile_pic.url_for(64)}",
    }


def test_leaving_the_picture_out_changes_nothing_and_null_removes_it(client: Client, profile: Profile) -> None:
    services.set_picture(profile, field=Profile.profile_pic.field, file=upload())
    url = f"/api/profiles/{profile.pk}/"

    client.put(url, **as_json(bio="Sails."))
    kept = Profile.objects.get()
    client.patch(url, **as_json(profile_pic=None))
    removed = Profile.objects.get()

    assert (kept.bio, kept.profile_pic.name) == ("Sails.", profile.profile_pic.name)
    assert not removed.profile_pic


def test_a_picture_is_set_beside_other_fields(client: Client, profile: Profile) -> None:
    response = client.patch(f"/api/profiles/{profile.pk}/", **form(profile_pic=sent(), bio="Sails."))

    assert response.status_code == 200
    stored = Profile.objects.get()
    assert (stored.bio, stored.profile_pic.sizes) == ("Sails.", (96, 64))


def test_in_a_view_of_the_project_a_picture_that_is_too_large_is_an_error_of_its_field(
    client: Client, profile: Profile, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 1000}

    response: Any = client.patch(f"/api/profiles/{profile.pk}/", **form(profile_pic=sent()))

    assert response.status_code == 400
    assert response.json() == {"profile_pic": ["This picture is more than 1 kB. The limit is 1 kB."]}


def test_a_body_over_the_limit_of_the_site_is_413(client: Client, profile: Profile, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    response = client.patch(f"/api/profiles/{profile.pk}/", **form(bio="x" * 2000))

    assert response.status_code == 413
    assert response.json() == {"detail": "This request is too large."}


def test_without_a_request_addresses_are_as_the_storage_has_them(profile: Profile) -> None:
    from tests.contrib.rest_urls import PersonSerializer, ProfileSerializer

    services.set_picture(profile, field=Profile.profile_pic.field, file=upload())

    shown = ProfileSerializer(profile).data

    assert shown["profile_pic"]["url"] == profile.profile_pic.url
    assert PersonSerializer(User(username="nobody")).data == {"username": "nobody", "avatar": None}


def test_the_limits_are_those_of_the_field_of_the_model() -> None:
    from tests.contrib.rest_urls import TeamSerializer

    serializer = TeamSerializer(data={"name": "Reds", "banner": sent()})
    serializer.is_valid(raise_exception=True)
    team = serializer.save()

    assert team.banner.sizes == (96, 32)
    assert serializer.data["banner"]["url"] == team.banner.url_for(32)
    assert serializer.data["banner"]["sizes"] == {96: team.banner.url, 32: team.banner.url_for(32)}


def test_a_field_may_be_told_whose_limits_hold() -> None:
    from rest_framework import serializers

    from django_avatars.contrib.rest_framework import AvatarSerializerField

    class Loose(serializers.Serializer[Any]):
        file = AvatarSerializerField(
            picture_field=Team._meta.get_field("banner"),
            required=True,
            allow_null=False,
            error_messages={"not_an_image": "%(formats)s, please."},
        )

    assert Loose(data={"file": None}).is_valid() is False
    small = Loose(data={"file": sent(pictures.photo(8, 8))})
    assert small.is_valid(), small.errors
    spoken = Loose(data={"file": sent(b"text", name="a.jpg")})
    assert not spoken.is_valid()
    assert str(spoken.errors["file"][0]) == "JPEG, PNG, WebP or GIF, please."
    field: Any = Loose().fields["file"]
    assert field.picture_field == Team._meta.get_field("banner")


def test_a_way_that_ends_before_the_picture_is_null(user: User) -> None:
    from rest_framework import serializers

    from django_avatars.contrib.rest_framework import AvatarSerializerField

    class Missing(serializers.Serializer[Any]):
        picture = AvatarSerializerField(source="profile.profile_pic", read_only=True)

    assert Missing(user).data == {"picture": None}


def test_what_rest_framework_makes_of_the_field_by_itself_is_safe_too(profile: Profile) -> None:
    from tests.contrib.rest_urls import PlainSerializer

    good = PlainSerializer(profile, data={"profile_pic": sent(), "bio": ""})
    bad = PlainSerializer(profile, data={"profile_pic": sent(pictures.SVG, name="a.svg")})

    assert good.is_valid()
    good.save()
    assert Profile.objects.get().profile_pic.sizes == (96, 64)
    assert not bad.is_valid()
    assert [error.code for error in bad.errors["profile_pic"]] == ["unsupported_format"]


# The viewset


def test_a_text_of_ones_own_may_hold_a_percent_sign() -> None:
    from django_avatars.contrib.rest_framework import AvatarSerializerField

    field = AvatarSerializerField(error_messages={"empty": "0%% of a picture"}, picture_field=Profile.profile_pic.field)

    with pytest.raises(ValidationError) as caught:
        field.run_validation(sent(b""))

    assert caught.value.detail == ["0% of a picture"]


@pytest.mark.parametrize("method", ["put", "post", "delete"])
def test_a_stranger_has_no_picture_however_open_the_permissions_are(method: str) -> None:
    from django_avatars.contrib.rest_framework import AvatarView

    view = AvatarView.as_view(permission_classes=[])
    body = {} if method == "delete" else {"avatar": sent()}

    response = view(getattr(APIRequestFactory(), method)("/", body, format="multipart"))

    assert response.status_code == 403
    assert not Profile.objects.exists()


def test_changes_of_other_fields_do_not_count_as_changes_of_the_picture(profile: Profile, settings: Settings) -> None:
    from django_avatars.contrib.rest_framework import AvatarThrottle
    from tests.contrib.rest_urls import ProfileViewSet

    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}
    options = {"throttle_classes": [AvatarThrottle], "avatar_name": "profile_pic"}
    view = ProfileViewSet.as_view({"patch": "partial_update"}, **options)

    def patch(data: Any, format: str = "json") -> int:
        request = APIRequestFactory().patch("/", data, format=format)
        force_authenticate(request, profile.user)
        status: int = view(request, pk=profile.pk).status_code
        return status

    assert [patch({"bio": f"{number}"}) for number in range(5)] == [200] * 5
    assert [patch([number]) for number in range(5)] == [400] * 5
    assert [patch({"profile_pic": sent()}, "multipart") for _ in range(3)] == [200, 200, 429]
    assert patch({"bio": "after"}) == 429


def test_a_second_picture_in_json_counts_as_well(profile: Profile, settings: Settings) -> None:
    from rest_framework import serializers
    from rest_framework.views import APIView

    from django_avatars.contrib.rest_framework import AvatarSerializerField, AvatarThrottle

    class TeamSerializer(serializers.ModelSerializer[Team]):
        logo = AvatarSerializerField()
        banner = AvatarSerializerField()

        class Meta:
            model = Team
            fields = ("logo", "banner")

    class TeamView(APIView):
        throttle_classes = [AvatarThrottle]  # noqa: RUF012

        def post(self, request: Any) -> Any:
            serializer = TeamSerializer(Team(), data=request.data, context={"request": request})
            serializer.is_valid(raise_exception=True)
            return Response()

    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "3/m"}

    def post(**data: Any) -> int:
        request = APIRequestFactory().post("/", data, format="json")
        force_authenticate(request, profile.user)
        status: int = TeamView.as_view()(request).status_code
        return status

    photo = data_uri(pictures.photo(96, 96))
    assert [post(logo=photo, banner=photo), post(banner=photo), post(banner=photo)] == [200, 200, 429]


def test_a_viewset_has_an_action_for_ones_own_picture(client: Client, user: User) -> None:
    put = client.put("/api/people/avatar/", **form(avatar=sent()))
    post = client.post("/api/people/avatar/", **form(avatar=sent()))
    shown = client.get("/api/people/avatar/").json()
    gone = client.delete("/api/people/avatar/")

    assert [response.status_code for response in (put, post, gone)] == [200, 200, 204]
    assert shown == post.json()
    assert [person["username"] for person in client.get("/api/people/").json()] == [user.username]
    assert client.get("/api/people/").json()[0]["avatar"] is None


def test_the_action_describes_itself_to_who_may_change_the_picture(client: Client) -> None:
    answer = client.options("/api/people/avatar/")
    described = client.options("/api/people/").json()

    assert answer.status_code == 200
    assert answer.json()["actions"].keys() == {"PUT", "POST"}
    assert Client().options("/api/people/avatar/").status_code in {401, 403}
    assert "actions" not in described


def test_a_row_of_such_a_viewset_is_found_by_its_key_as_ever(client: Client, user: User) -> None:
    assert client.get(f"/api/people/{user.pk}/").status_code == 200
    assert client.get(f"/api/people/{uuid.uuid4()}/").status_code == 404


def test_a_view_of_a_project_may_take_a_picture_in_json_with_the_request_of_rest_framework(profile: Profile) -> None:
    class Setting(APIView):
        parser_classes = (JSONParser,)

        def put(self, request: Any) -> Response:
            with intake.change(request) as change:
                change.set(change.file())
            return Response(status=204)

    photo = json.dumps({"avatar": data_uri(pictures.photo(96, 96))})
    for content_type in ("application/json", "Application/JSON; charset=utf-8"):
        request = APIRequestFactory().put("/", photo, content_type=content_type)
        force_authenticate(request, profile.user)
        assert Setting.as_view()(request).status_code == 204, content_type

    profile.refresh_from_db()
    assert profile.profile_pic


def test_any_authentication_of_the_project_will_do(user: User) -> None:
    from django_avatars.contrib.rest_framework import AvatarView

    request = APIRequestFactory().put(URL, {"avatar": sent()}, format="multipart")
    force_authenticate(request, user)

    assert AvatarView.as_view()(request).status_code == 200
    assert Profile.objects.get(user=user).profile_pic


# The OpenAPI document


def test_the_document_of_spectacular_says_what_happens(settings: Settings) -> None:
    document = spectacular.described(settings)

    for path, prefix in ((URL, ""), ("/api/people/avatar/", "people_")):
        operations = document["paths"][path]
        assert {method: list(operations[method]["responses"]) for method in operations} == {
            "get": ["200", "401", "403"],
            "put": ["200", "400", "413", "415", "503", "401", "403", "429"],
            "post": ["200", "400", "413", "415", "503", "401", "403", "429"],
            "delete": ["204", "401", "403", "429"],
        }, prefix
        assert list(operations["put"]["requestBody"]["content"]) == ["multipart/form-data", "application/json"]
        assert operations["put"]["requestBody"]["required"] is operations["post"]["requestBody"]["required"] is True
    others = document["paths"]["/api/users/{id}/avatar/"]
    assert {method: "404" in others[method]["responses"] for method in others} == dict.fromkeys(others, True)
    assert others["put"]["description"] == "Set the picture of a user."
    schemas = document["components"]["schemas"]
    assert schemas["AvatarForm"]["required"] == schemas["AvatarJSON"]["required"] == ["avatar"]
    assert schemas["Avatar"]["properties"]["avatar"]["properties"]["url"]["nullable"] is True
    assert schemas["Person"]["properties"]["avatar"] == {
        "type": "string",
        "format": "uri",
        "readOnly": True,
        "nullable": True,
    }


# Without the packages


def test_without_spectacular_everything_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "django_avatars.contrib.rest_framework"

    spectacular.check_without(monkeypatch, name, f"{name}.schema")


def test_what_is_missing_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "django_avatars.contrib.rest_framework"
    monkeypatch.setitem(sys.modules, "rest_framework", None)
    monkeypatch.delitem(sys.modules, name, raising=False)

    with pytest.raises(ImproperlyConfigured) as caught:
        importlib.import_module(name)

    assert str(caught.value) == (
        "Using django_avatars.contrib.rest_framework, but the 'djangorestframework' package is not installed. "
        "Install it with `pip install django-avatars[rest]`."
    )


@pytest.mark.parametrize("body", ["[" * 100_000, '{"avatar": [' + "[]," * 500_000 + "[]]}"])
def test_json_that_only_costs_is_a_bad_request(client: Client, body: str) -> None:
    answer = within(0.5, lambda: client.post(URL, body, content_type="application/json"))

    assert answer.status_code == 400


# Who may


def only_bo(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy: nobody but Bo."""
    return None if actor.username == "bo" else f"No {action} for {actor.username}."


@pytest.mark.parametrize("body", [form(profile_pic=sent()), as_json(profile_pic=None)])
def test_what_the_policy_refuses_is_403(
    client: Client, profile: Profile, settings: Settings, body: dict[str, Any]
) -> None:
    services.set_picture(profile, field=Profile.profile_pic.field, file=upload())
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.only_bo"}

    response: Any = client.patch(f"/api/profiles/{profile.pk}/", **body)
    own = [client.put(URL, **form(avatar=sent())), client.delete(URL)]

    assert response.status_code == 403
    assert response.data["detail"].code == "not_allowed"
    assert [one.status_code for one in own] == [403, 403]
    assert own[1].json() == {"detail": "No remove for jane."}
    assert Profile.objects.get().profile_pic.name == profile.profile_pic.name


def test_a_view_of_the_project_that_waits_for_memory_is_503(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contrib.rest_urls import ProfileViewSet

    def busy(*args: Any) -> None:
        raise Busy(7)

    monkeypatch.setattr(Profile.profile_pic.field, "process", busy)
    request = APIRequestFactory().patch("/", {"profile_pic": sent()}, format="multipart")
    force_authenticate(request, profile.user)

    response: Any = ProfileViewSet.as_view({"patch": "partial_update"})(request, pk=profile.pk)

    assert (response.status_code, response["Retry-After"]) == (503, "7")


def test_a_mistake_of_ours_stays_one(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.contrib.rest_urls import ProfileSerializer

    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Profile.profile_pic.field, "process", broken)

    with pytest.raises(ZeroDivisionError):
        ProfileSerializer(profile, data={"profile_pic": sent()}).is_valid()


class Claims:
    """A user that a token describes, as that of Simple JWT: a key, and no row."""

    is_authenticated = True
    is_active = True

    def __init__(self, pk: object) -> None:
        self.pk = pk


def test_a_user_of_a_token_is_the_person_behind_it(profile: Profile) -> None:
    from django_avatars.contrib.rest_framework import AvatarView

    def call(method: str, **data: Any) -> Any:
        request = getattr(APIRequestFactory(), method)("/", data)
        force_authenticate(request, Claims(profile.user.pk))  # type: ignore[arg-type]
        return AvatarView.as_view()(request)

    shown = call("put", avatar=sent())
    stored = Profile.objects.get().profile_pic
    removed = call("delete")

    assert shown.data["avatar"]["url"] == f"http://testserver{stored.url}"
    assert removed.status_code == 204
    assert not Profile.objects.get().profile_pic


def test_a_field_shows_the_user_of_the_request_what_they_may_see(user: User, settings: Settings) -> None:
    from tests.contrib.rest_urls import ProfileSerializer

    def url_of(request: HttpRequest) -> Any:
        return ProfileSerializer(user.profile, context={"request": request}).data["profile_pic"]["url"]

    seen = shown_to_stranger_and_member(user, settings, url_of)

    assert seen == [None, f"http://testserver{user.profile.profile_pic.url}"]


def nobody(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return "Not here."


def test_what_the_policy_refuses_is_403_in_any_view(profile: Profile, settings: Settings) -> None:
    from tests.contrib.rest_urls import PlainSerializer

    class Plain(UpdateAPIView[Profile]):
        queryset = Profile.objects.all()
        serializer_class = PlainSerializer

    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nobody"}
    request = APIRequestFactory().patch("/", {"profile_pic": sent()}, format="multipart")
    force_authenticate(request, profile.user)
    with acting(profile.user):
        response = Plain.as_view()(request, pk=profile.pk)

    assert (response.status_code, response.data) == (403, {"detail": "Not here."})
    assert response.data["detail"].code == "not_allowed"


def test_a_refusal_goes_from_one_process_to_another() -> None:
    refused = pickle.loads(pickle.dumps(NotAllowed("Not here.")))

    assert (refused.messages, refused.code) == (["Not here."], "not_allowed")
