"""The pages for one's own picture, and the stable address of everybody's."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import uuid
from html import unescape as html_unescape
from pathlib import Path
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import public_ids, rendering, services
from django_avatars.exceptions import BUSY, Busy
from django_avatars.forms import AvatarForm
from django_avatars.providers.drawing import STYLE_HASH
from django_avatars.views import EditAvatarView
from tests import pictures
from tests.app.models import Country, Place, Profile, User
from tests.storing import on_disk, upload

pytestmark = pytest.mark.django_db

PICTURE: Any = Profile.profile_pic.field
EDIT, REMOVE = "/avatars/", "/avatars/remove/"
BROKEN = {
    "default": {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"saves": 1}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def sent(data: bytes | None = None, *, name: str = "photo.jpg") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, pictures.photo(96, 96) if data is None else data, "image/jpeg")


def said(response: Any) -> list[str]:
    """Messages that were left for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.fixture
def client(user: User) -> Client:
    """The browser of `user`, signed in."""
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """The profile of `user`, with a picture."""
    services.set_picture(profile, field=PICTURE, file=upload(130))
    return profile


# Who may


@pytest.mark.parametrize("url", [EDIT, REMOVE])
@pytest.mark.parametrize("method", ["get", "post"])
def test_strangers_are_asked_to_sign_in(url: str, method: str) -> None:
    response = getattr(Client(), method)(url)

    assert (response.status_code, response.url) == (302, f"/login/?next={url}")


def test_what_a_stranger_sends_is_not_even_read(media: Path) -> None:
    response = Client().post(EDIT, {"avatar": sent(bytes(20_000_000))})

    assert response.status_code == 302
    assert on_disk(media) == set()


@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_a_form_from_elsewhere_is_refused(pictured: Profile, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(pictured.user)

    assert client.post(url, {"avatar": sent(), "avatar-clear": "on"}).status_code == 403

    assert Profile.objects.get().profile_pic.name == pictured.profile_pic.name


@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_a_form_of_ours_is_accepted(pictured: Profile, url: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(pictured.user)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(url).content.decode())
    assert token is not None

    response = client.post(url, {"csrfmiddlewaretoken": token[1], "avatar": sent()})

    assert response.status_code == 302
    assert Profile.objects.get().profile_pic.name != pictured.profile_pic.name


@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_other_methods_are_refused(client: Client, url: str) -> None:
    assert client.put(url).status_code == 405
    assert client.delete(url).status_code == 405


def test_no_parameter_names_an_owner(client: Client, user: User) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"))

    client.post(
        f"{EDIT}?user={other.user.pk}", {"avatar": sent(), "user": other.user.pk, "owner": other.pk, "id": other.pk}
    )

    other.refresh_from_db()
    assert not other.profile_pic
    assert Profile.objects.get(user=user).profile_pic


def test_private_pages_are_not_cached(client: Client, pictured: Profile) -> None:
    for url in (EDIT, REMOVE):
        assert "no-store" in client.get(url)["Cache-Control"]


# Changing the picture


def test_the_page_offers_what_there_is_to_do(client: Client, pictured: Profile) -> None:
    html = client.get(EDIT).content.decode()

    assert '<form method="post" enctype="multipart/form-data" action="/avatars/">' in html
    assert 'type="file" name="avatar"' in html
    assert f'href="{REMOVE}"' in html
    assert pictured.profile_pic.url_for(192) in html


def test_without_a_picture_there_is_nothing_to_remove_and_no_profile_is_made(client: Client) -> None:
    html = client.get(EDIT).content.decode()

    assert f'href="{REMOVE}"' not in html
    assert ">JD</text>" in html
    assert not Profile.objects.exists()


def test_the_page_answers_head(client: Client) -> None:
    response = client.head(EDIT)

    assert (response.status_code, response.content) == (200, b"")


def test_an_upload_makes_the_profile_and_saves_the_picture(client: Client, user: User, media: Path) -> None:
    response = client.post(EDIT, {"avatar": sent()})

    assert (response.status_code, response["Location"]) == (302, EDIT)
    assert said(response) == ["Picture saved."]
    profile: Any = Profile.objects.get(user=user)
    assert on_disk(media) == {profile.profile_pic.name, profile.profile_pic.name.replace("_96-64", "_64")}


def test_the_next_page_says_that_the_picture_was_saved(client: Client) -> None:
    html = client.post(EDIT, {"avatar": sent()}, follow=True).content.decode()

    assert '<li class="avatars-message avatars-message--success">Picture saved.</li>' in html


def test_the_chosen_square_is_what_is_stored(client: Client, user: User) -> None:
    data = pictures.saved(pictures.quadrants(200, 200))

    client.post(EDIT, {"avatar": sent(data, name="a.png"), "avatar-crop": "v1;r=0;x=.5;y=.5;s=.5"})

    picture = Profile.objects.get(user=user).profile_pic
    assert picture.width == 100
    with picture.open() as file, Image.open(file) as image:
        assert image.getpixel((50, 50)) == pytest.approx(pictures.QUADRANTS[3], abs=6)


def test_the_box_removes_the_picture(client: Client, pictured: Profile) -> None:
    response = client.post(EDIT, {"avatar-clear": "on"})

    assert (response.status_code, said(response)) == (302, ["Picture removed."])
    assert not Profile.objects.get().profile_pic


def test_a_file_beats_the_box(client: Client, pictured: Profile) -> None:
    response = client.post(EDIT, {"avatar": sent(), "avatar-clear": "on"})

    assert said(response) == ["Picture saved."]
    assert Profile.objects.get().profile_pic


def test_a_site_without_messages_works(client: Client, settings: Settings) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "messages" not in one]
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "OPTIONS": {}}]

    assert client.post(EDIT, {"avatar": sent()}).status_code == 302
    assert client.get(EDIT).status_code == 200


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.jpg", "CON.jpg", "\u202egpj.jpg", "a\r\nSet-Cookie: x.jpg", "a" * 300 + ".jpg", "noending"],
)
def test_the_name_of_the_file_is_no_matter(client: Client, media: Path, name: str) -> None:
    response = client.post(EDIT, {"avatar": sent(name=name)})

    assert response.status_code == 302
    assert all(re.fullmatch(r"avatars/[a-z2-7]{8}/[a-z2-7]{26}_[0-9-]+\.webp", file) for file in on_disk(media))


# Refusing


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.jpg", "empty"),
        (pictures.HTML, "a.jpg", "not_an_image"),
        (pictures.SVG, "a.svg", "unsupported_format"),
        (pictures.photo(), "a.php", "extension_not_allowed"),
    ],
)
def test_a_bad_picture_is_said_beside_the_input(
    client: Client, pictured: Profile, media: Path, data: bytes, name: str, code: str
) -> None:
    files = on_disk(media)

    response = client.post(EDIT, {"avatar": sent(data, name=name)})

    assert response.status_code == 400
    assert response.context["form"].has_error("avatar", code)
    html = response.content.decode()
    assert "<title>Not saved – Your profile picture</title>" in html
    assert 'id="id_avatar_error"' in html
    assert re.search(r'aria-invalid="true"[^>]*aria-describedby="id_avatar_error id_avatar_limits[^"]*"', html)
    assert " autofocus" in html
    assert name not in html
    assert Profile.objects.get().profile_pic.name == pictured.profile_pic.name
    assert on_disk(media) == files


def test_sending_nothing_is_said_too(client: Client) -> None:
    response = client.post(EDIT, {})

    assert response.status_code == 400
    assert "Choose a picture first." in response.content.decode()
    assert not Profile.objects.exists()


def test_a_picture_over_the_limit_is_answered_before_it_is_read(
    client: Client, settings: Settings, media: Path
) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 100 * 1024}

    response = client.post(EDIT, {"avatar": sent(bytes(3_000_000)), "next": "/home/"})

    assert response.status_code == 413
    assert "This picture is more than 100 kB. The limit is 100 kB." in response.content.decode()
    assert response.context["form"].has_error("avatar", "too_large")
    assert on_disk(media) == set()


def test_a_text_of_the_field_is_used_there_too(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 1000}
    monkeypatch.setitem(PICTURE.error_messages, "too_large", "Smaller than %(max)s, please.")

    assert "Smaller than 1 kB, please." in client.post(EDIT, {"avatar": sent()}).content.decode()


def test_a_picture_that_something_else_has_read_already_is_refused_with_the_same_status(
    client: Client, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 1000}
    settings.MIDDLEWARE = ["tests.test_views.reads_everything", *settings.MIDDLEWARE]

    response = client.post(EDIT, {"avatar": sent()})

    assert response.status_code == 413
    assert "The limit is 1 kB." in response.content.decode()


def reads_everything(get_response: Any) -> Any:
    """A middleware that looks at the form before the view does."""

    def middleware(request: Any) -> Any:
        assert request.FILES
        return get_response(request)

    return middleware


def test_two_files_and_encoded_parts_are_bad_requests(client: Client) -> None:
    assert client.post(EDIT, {"avatar": sent(), "more": sent()}).status_code == 400

    body = b'--x\r\nContent-Disposition: form-data; name="avatar"; filename="a.jpg"\r\n'
    body += b"Content-Transfer-Encoding: base64\r\n\r\n"
    response = client.post(
        EDIT, body + b" " * 100_000 + b"\r\n--x--\r\n", content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code == 400
    assert not Profile.objects.exists()


def test_a_storage_that_fails_is_503_and_nothing_changed(
    client: Client, pictured: Profile, settings: Settings, media: Path
) -> None:
    files = on_disk(media)
    settings.STORAGES = BROKEN

    response = client.post(EDIT, {"avatar": sent(), "next": "/home/?a=1&b=2"})

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    html = response.content.decode()
    assert "the place where pictures are kept did not answer" in html
    assert 'href="/avatars/?next=%2Fhome%2F%3Fa%3D1%26b%3D2"' in html
    assert Profile.objects.get().profile_pic.name == pictured.profile_pic.name
    assert on_disk(media) == files


# Removing


def test_removing_asks_first(client: Client, pictured: Profile) -> None:
    response = client.get(REMOVE)

    html = response.content.decode()
    assert "Your initials will be shown instead." in html
    assert f'<form method="post" action="{REMOVE}">' in html
    assert f'<a class="avatars-button" href="{EDIT}">Keep picture</a>' in html
    assert Profile.objects.get().profile_pic


@pytest.mark.django_db(transaction=True)
def test_removing_leaves_neither_name_nor_file(client: Client, pictured: Profile, media: Path) -> None:
    response = client.post(REMOVE)

    assert (response.status_code, response["Location"], said(response)) == (302, EDIT, ["Picture removed."])
    assert not Profile.objects.get().profile_pic
    assert on_disk(media) == set()


def test_removing_again_is_no_error(client: Client, profile: Profile) -> None:
    for _ in range(2):
        response = client.post(REMOVE)
        assert (response.status_code, said(response)) == (302, [])


def test_removing_makes_no_profile(client: Client) -> None:
    assert client.post(REMOVE).status_code == 302
    assert not Profile.objects.exists()


def test_there_is_nothing_to_ask_without_a_picture(client: Client, profile: Profile) -> None:
    response = client.get(REMOVE)

    assert (response.status_code, response["Location"]) == (302, EDIT)


# Where to go afterwards


@pytest.mark.parametrize("url", [EDIT, REMOVE])
@pytest.mark.parametrize("where", ["in the form", "in the address"])
def test_the_visitor_goes_where_the_visitor_wanted(client: Client, pictured: Profile, url: str, where: str) -> None:
    data: dict[str, Any] = {"avatar": sent()}
    if where == "in the form":
        response = client.post(url, {**data, "next": "/home/"})
    else:
        response = client.post(f"{url}?next=/home/", data)

    assert response["Location"] == "/home/"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_nobody_is_sent_elsewhere(client: Client, pictured: Profile, target: str) -> None:
    response = client.post(REMOVE, {"next": target}, headers={"referer": "https://testserver/from/"})

    assert response["Location"] == EDIT
    assert "evil" not in client.get(EDIT, {"next": target}).content.decode()


def test_a_secure_page_does_not_lead_to_an_insecure_one(client: Client, pictured: Profile) -> None:
    response = client.post(REMOVE, {"next": "http://testserver/home/"}, secure=True)

    assert response["Location"] == EDIT


def test_the_way_back_is_kept_between_the_pages(client: Client, pictured: Profile) -> None:
    html = client.get(EDIT, {"next": "/home/?a=1&b=2"}).content.decode()
    assert '<input type="hidden" name="next" value="/home/?a=1&amp;b=2">' in html
    assert 'href="/avatars/remove/?next=%2Fhome%2F%3Fa%3D1%26b%3D2"' in html

    html = client.get(REMOVE, {"next": "/home/?a=1&b=2"}).content.decode()
    assert '<input type="hidden" name="next" value="/home/?a=1&amp;b=2">' in html
    assert '<a class="avatars-button" href="/home/?a=1&amp;b=2">Keep picture</a>' in html


# How the pages look


def test_a_page_is_complete_where_the_project_has_no_base(client: Client) -> None:
    html = client.get(EDIT).content.decode()

    assert '<html lang="en-us" dir="ltr" class="avatars-root">' in html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in html
    assert "<title>Your profile picture</title>" in html
    assert "django_avatars/avatars-pages.css" in html


def test_a_page_follows_the_language(client: Client, settings: Settings) -> None:
    settings.LANGUAGE_CODE = "ar"

    assert '<html lang="ar" dir="rtl"' in client.get(EDIT).content.decode()


def test_a_page_stands_in_the_base_of_the_project(client: Client, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "base.html").write_text(
        "<title>{% block title %}{% endblock %}</title><b>Ours</b>{% block content %}{% endblock %}"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]

    html = client.get(EDIT).content.decode()

    assert html.startswith("<title>Your profile picture</title><b>Ours</b>")
    assert 'type="file" name="avatar"' in html


def test_a_base_in_jinja_is_not_for_our_pages(client: Client, settings: Settings, tmp_path: Path) -> None:
    pytest.importorskip("jinja2", reason="Jinja2 is not installed")
    (tmp_path / "base.html").write_text("{{ in_jinja() }}")
    jinja = {"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [str(tmp_path)]}
    settings.TEMPLATES = [jinja, *settings.TEMPLATES]

    assert 'class="avatars-root"' in client.get(EDIT).content.decode()


@pytest.mark.parametrize("url", [EDIT, REMOVE])
def test_pages_have_no_script_and_no_style_in_them(client: Client, pictured: Profile, url: str) -> None:
    html = client.get(url).content.decode()

    assert re.findall(r'<script(?! src=)(?! type="module" src=)([^>]*)>', html) in ([], [' type="application/json"'])
    assert not re.search(r"<style|\sstyle=|\son\w+=", html)


# htmx


HTMX = {"HX-Request": "true"}


def test_htmx_gets_the_form_alone_and_its_form_is_sent_by_htmx(client: Client, pictured: Profile) -> None:
    response = client.get(EDIT, headers=HTMX)
    html = response.content.decode()

    assert html.strip().startswith('<div class="avatars-fragment">')
    assert "<html" not in html
    assert f'hx-post="{EDIT}" hx-encoding="multipart/form-data" hx-target="closest .avatars-fragment"' in html
    assert "data-upload" not in html
    assert "HX-Request" in response["Vary"]
    assert "hx-" not in client.get(EDIT).content.decode()
    assert "avatars-fragment" in client.get(REMOVE, headers=HTMX).content.decode()


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_a_boosted_link_gets_the_whole_page(header: str, client: Client) -> None:
    html = client.get(EDIT, headers=HTMX | {header: "true"}).content.decode()

    assert "<html" in html
    assert "data-upload" in html


def test_a_refused_upload_comes_in_a_status_that_htmx_shows(client: Client, settings: Settings) -> None:
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "MAX_BYTES": 100_000}
    for data, status, said in ((b"text", 400, "not a picture"), (bytes(1_000_000), 413, "The limit is")):
        for headers in ({}, HTMX, HTMX | {"HX-Boosted": "true"}):
            response = client.post(EDIT, {"avatar": sent(data)}, headers=headers)
            assert response.status_code == (200 if headers else status)
            assert said in response.content.decode()


def test_htmx_shows_the_picture_that_was_saved(client: Client, user: User) -> None:
    response = client.post(EDIT, {"avatar": sent()}, headers=HTMX, follow=True)  # as browsers do, with the header
    html = response.content.decode()

    assert "Picture saved." in html
    assert html.strip().startswith('<div class="avatars-fragment">')
    assert Profile.objects.get().profile_pic.url_for(192) in html


def test_what_people_are_called_is_escaped(client: Client, user: User) -> None:
    user.first_name = '<img src=x onerror="alert(1)">'
    user.save()

    assert "<img src=x" not in client.get(EDIT).content.decode()


# The stable address


def image_url(row: Any, size: int = 128, **query: Any) -> str:
    """Where `avatars:image` has `row`."""
    return reverse("avatars:image", args=[public_ids.encode(row), size], query=query)


def test_an_uploaded_picture_is_redirected_to(pictured: Profile) -> None:
    for row in (pictured, pictured.user):
        response = Client().get(image_url(row))

        assert (response.status_code, response["Location"]) == (302, pictured.profile_pic.url_for(128))
        assert response["Cache-Control"] == "public, max-age=300"


def test_initials_are_answered_as_svg(user: User) -> None:
    response: Any = Client().get(image_url(user))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"
    assert b">JD</text>" in response.content
    assert b'width="128"' in response.content
    assert response["Cache-Control"] == "public, max-age=300"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == f"default-src 'none'; style-src '{STYLE_HASH}'; sandbox"
    digest = base64.b64encode(hashlib.sha256(re.findall(b"<style>(.*)</style>", response.content)[0]).digest())
    assert f"sha256-{digest.decode()}" == STYLE_HASH


@pytest.mark.parametrize(("format", "name"), [("png", "PNG"), ("webp", "WEBP")])
def test_initials_are_answered_as_pixels_where_svg_cannot_serve(user: User, format: str, name: str) -> None:
    response: Any = Client().get(image_url(user, format=format))

    assert response["Content-Type"] == f"image/{format}"
    with Image.open(io.BytesIO(response.content)) as image:
        assert (image.format, image.size) == (name, (128, 128))


@pytest.mark.parametrize("query", [{}, {"format": "png"}])
def test_what_a_browser_has_is_not_sent_again(user: User, query: dict[str, Any]) -> None:
    url = image_url(user, **query)
    first = Client().get(url)

    second: Any = Client().get(url, headers={"if-none-match": first["ETag"]})

    assert (second.status_code, second.content, second["ETag"]) == (304, b"", first["ETag"])
    assert second["Cache-Control"] == "public, max-age=300"


def test_another_name_or_format_is_another_picture(user: User) -> None:
    svg = Client().get(image_url(user))["ETag"]
    assert svg != Client().get(image_url(user, format="png"))["ETag"]

    user.last_name = "Smith"
    user.save()
    assert svg != Client().get(image_url(user))["ETag"]


def test_the_address_answers_head_and_nothing_that_changes(user: User) -> None:
    head: Any = Client().head(image_url(user))
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == "image/svg+xml"

    assert Client().post(image_url(user)).status_code == 405


@pytest.mark.parametrize("size", [1, 47, 100, 513, 99999])
def test_only_declared_sizes_are_answered(user: User, size: int) -> None:
    assert Client().get(image_url(user, size)).status_code == 404


def test_sizes_of_the_field_are_declared_too() -> None:
    place = Place.objects.create(name="Rome")

    assert [Client().get(image_url(place, size)).status_code for size in (64, 512, 32)] == [200, 200, 404]


def test_nobody_is_shown_as_a_person() -> None:
    response: Any = Client().get(rendering.avatar_url(None, 128))

    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
    assert b"<path" in response.content
    assert b"<text" not in response.content


def test_what_is_not_ours_is_not_found(user: User) -> None:
    good = public_ids.encode(user)

    for public_id in ("1", str(uuid.uuid4()), good[:-1], good + "x"):
        assert Client().get(f"/avatars/image/{public_id}/128").status_code == 404
    assert Client().get(image_url(user, format="svgz")).status_code == 404
    user.delete()
    assert Client().get(f"/avatars/image/{good}/128").status_code == 404


def test_the_address_is_the_same_for_everybody(client: Client, user: User) -> None:
    response = client.get(image_url(user))

    assert "Cookie" not in response.get("Vary", "")


def test_the_address_costs_two_queries(pictured: Profile, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    url = image_url(pictured.user)

    with django_assert_num_queries(2):
        Client().get(url)


def test_the_address_needs_no_sign_in_even_where_everything_does(user: User, settings: Settings) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert Client().get(image_url(user)).status_code == 200
    assert Client().get(EDIT).status_code == 302


def test_a_default_picture_is_redirected_to() -> None:
    country = Country.objects.create(name="Utopia")

    response: HttpResponse = Client().get(image_url(country, 64))  # type: ignore[assignment]

    assert response["Location"] == "/media/defaults/flag.png"


# Where the pages are included


urlpatterns = [
    path("a/", include("django_avatars.urls")),
    path("b/", include("django_avatars.urls", namespace="staff")),
]
"""The pages twice, the second time under a name of their own."""


@pytest.mark.urls(__name__)
def test_a_page_links_within_the_namespace_it_is_included_under(
    client: Client, pictured: Profile, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    services.set_picture(pictured, field=PICTURE, file=upload(130))

    html = client.get("/b/").content.decode()
    after = client.post("/b/", {"avatar": sent()})

    links = re.findall(r'(?:action|href|data-source|source)="(/[ab]/[^"]*)"', html)
    assert {"/b/", "/b/remove/", "/b/source/"} <= set(links)
    assert [link for link in links if not link.startswith("/b/")] == []
    assert after["Location"] == "/b/"


# Who may, and who has to wait


def nobody(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return f"No {action} today."


def test_what_the_policy_refuses_is_403_with_its_reason(client: Client, pictured: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nobody"}

    answers = [client.post(EDIT, {"avatar": sent()}), client.post(REMOVE)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert ["No set today." in answers[0].content.decode(), "No remove today." in answers[1].content.decode()] == [
        True,
        True,
    ]
    assert answers[0].context["form"].has_error("avatar", "not_allowed")
    assert Profile.objects.get().profile_pic.name == pictured.profile_pic.name


def busy(actor: Any, holder: Any, field: Any, action: str) -> str:
    """As when no memory is left to decode anything."""
    raise Busy(7)


def test_who_waits_too_long_for_memory_is_told_when_to_try_again(client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.busy"}

    response = client.post(EDIT, {"avatar": sent()})

    assert (response.status_code, response["Retry-After"]) == (503, "7")
    assert str(BUSY) in html_unescape(response.content.decode())


def test_a_project_may_have_these_pages_at_addresses_of_its_own(client: Client, settings: Settings) -> None:
    view = EditAvatarView.as_view(edit_url="/face/", remove_url="/face/remove/", success_url="/home/")
    settings.ROOT_URLCONF = (path("face/", view),)

    html = client.get("/face/").content.decode()

    assert 'action="/face/"' in html
    assert client.post("/face/", {"avatar": sent()})["Location"] == "/home/"


def test_the_form_of_a_project_may_call_its_input_anything(client: Client, settings: Settings) -> None:
    class PhotoForm(AvatarForm):
        file_field = "photo"

    settings.ROOT_URLCONF = (path("face/", EditAvatarView.as_view(edit_url="/face/", form_class=PhotoForm)),)
    settings.ROOT_URLCONF += (path("avatars/", include("django_avatars.urls")),)

    refused = client.post("/face/", {"photo": sent(b"text")}).content.decode()

    assert '<input type="file" name="photo"' in client.get("/face/").content.decode()
    assert ">Profile picture</legend>" in refused
    assert "is not a picture we can use" in refused.partition("</avatar-field>")[2]


# A default is nobody's own


def test_a_picture_by_default_is_not_offered_to_be_removed(
    client: Client, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PICTURE.__dict__, "_get_default", lambda: "defaults/person.png")
    Profile.objects.update(profile_pic="defaults/person.png")

    html = client.get(EDIT).content.decode()

    assert "Remove picture" not in html
    assert "Choose a picture" in html
    assert client.get(REMOVE)["Location"] == EDIT


# Where the picker places a picture


FOCUS = "/avatars/focus/"


def ask_focus(client: Client, data: bytes, **headers: Any) -> Any:
    """Send a small copy as the picker does."""
    return client.post(FOCUS, data, content_type="image/jpeg", **headers)


def test_the_picker_is_told_where_the_server_would_crop(client: Client, settings: Settings) -> None:
    tall = pictures.photo(320, 640)
    usual = ask_focus(client, tall).json()
    settings.AVATARS = {**settings.AVATARS, "FOCUS": "django_avatars.imaging.focus.middle"}

    assert (usual, ask_focus(client, tall).json()) == (
        {"x": 0.5, "y": pytest.approx(1 / 3)},
        {"x": 0.5, "y": 0.5},
    )
    assert ask_focus(client, b"").status_code == ask_focus(client, b"GIF89a").status_code == 400
    assert ask_focus(client, tall + bytes(1024 * 1024)).status_code == 413
    assert ask_focus(Client(), tall).status_code == 403
    assert client.get(FOCUS).status_code == 405


def test_a_small_copy_that_breaks_off_is_no_error_of_the_site(client: Client) -> None:
    class HungUp(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            raise OSError("Connection reset by peer")

    assert ask_focus(client, b"any", **{"wsgi.input": HungUp()}).status_code == 400


def test_faces_are_looked_for_in_small_copies_only(client: Client) -> None:
    assert ask_focus(client, pictures.photo(640, 640)).status_code == 200
    assert ask_focus(client, pictures.photo(648, 640)).status_code == 400


def test_nobody_is_told_where_a_face_is_without_a_token(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)

    assert ask_focus(client, pictures.photo(320, 640)).status_code == 403


def test_the_picker_asks_only_where_the_site_has_a_function_of_its_own(client: Client, settings: Settings) -> None:
    def asks(**changed: Any) -> bool:
        settings.AVATARS = {**original, **changed}
        return f'data-focus="{FOCUS}"' in client.get(EDIT).content.decode()

    original = settings.AVATARS
    own = {"FOCUS": "django_avatars.imaging.focus.middle"}

    assert [asks(), asks(**own), asks(**own, CLIENT_CROP=True)] == [False, True, False]


def test_the_picker_asks_nobody_where_the_pages_are_not_included(client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "FOCUS": "django_avatars.imaging.focus.middle"}
    view = EditAvatarView.as_view(edit_url="/face/", remove_url="/face/remove/", success_url="/home/")
    settings.ROOT_URLCONF = (path("face/", view),)

    assert "data-focus" not in client.get("/face/").content.decode()
