"""The stable address of a picture: formats and shapes of what is stored, and what is made once and kept."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps.registry import Apps
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.signing import b64_encode
from django.http import HttpRequest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from PIL import Image
from pytest_django import Settings

from django_avatars import public_ids, rendering, services
from django_avatars.conf import PALETTES
from django_avatars.providers import Initials, raster
from tests.app.models import Country, Profile, User
from tests.storing import BrokenStorage, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Nothing is kept from one test to the next."""
    cache.clear()
    yield
    cache.clear()


def address(of: Any, size: int = 128) -> str:
    return reverse("avatars:image", args=[public_ids.encode(of), size])


def ask(of: Any, **query: str) -> Any:
    return Client().get(address(of), query)


def opened(response: Any) -> Image.Image:
    assert response.status_code == 200
    return Image.open(io.BytesIO(response.content))


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    profile.profile_pic = upload(600)
    profile.save()
    return profile


@pytest.fixture
def in_three(profile: Profile, settings: Settings) -> Profile:
    settings.AVATARS = {**settings.AVATARS, "OUTPUT_FORMATS": ("webp", "avif", "jpg")}
    profile.profile_pic = upload(600)
    profile.save()
    return profile


@pytest.mark.parametrize(("format", "ending"), [("png", "jpg"), ("webp", "webp"), ("svg", "jpg")])
def test_who_asks_for_a_format_is_led_to_one_that_serves(in_three: Profile, format: str, ending: str) -> None:
    response = ask(in_three, format=format)

    assert (response.status_code, response["Location"]) == (302, in_three.profile_pic.url_for(128, ending))


def test_what_is_not_stored_is_converted_once(pictured: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    made = opened(ask(pictured, format="png"))
    assert (made.format, made.size) == ("PNG", (128, 128))

    monkeypatch.setattr(raster, "converted", None)  # nobody asks for it again
    again = ask(pictured, format="png")
    assert opened(again).tobytes() == made.tobytes()
    assert again["Content-Type"] == "image/png"
    assert again["Cache-Control"] == "public, max-age=300"


def test_a_stored_picture_is_round_where_it_shall_be(pictured: Profile) -> None:
    for query in ({"shape": "round"}, {"shape": "round", "format": "png"}, {"shape": "round", "format": "webp"}):
        picture = opened(ask(pictured, **query))
        assert picture.format == query.get("format", "png").upper()
        assert [picture.convert("RGBA").getpixel(place)[3] for place in ((0, 0), (64, 64))] == [0, 255]  # type: ignore[index]


@pytest.mark.parametrize("format", ["png", "webp", "svg"])
def test_initials_are_round_where_they_shall_be(user: User, format: str) -> None:
    picture = opened(ask(user, shape="round", format=format)).convert("RGBA")

    assert [picture.getpixel(place)[3] for place in ((0, 0), (64, 4))] == [0, 255]  # type: ignore[index]


@pytest.mark.parametrize("query", [{"shape": "oval"}, {"format": "gif"}, {"shape": ""}])
def test_another_shape_or_format_is_not_found(user: User, query: dict[str, str]) -> None:
    assert ask(user, **query).status_code == 404


def test_initials_are_drawn_once(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask(user, format="png")

    monkeypatch.setattr(Initials, "raster", None)
    assert ask(user, format="png").content == first.content


@pytest.mark.parametrize("backend", ["BrokenCache", "FullCache"])
def test_a_cache_that_fails_costs_a_picture_and_no_page(user: User, settings: Settings, backend: str) -> None:
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.{backend}"}}

    assert opened(ask(user, format="png")).size == (128, 128)


class BrokenCache:
    """A cache that nobody reaches."""

    def __init__(self, *args: Any) -> None:
        pass

    def get(self, key: str) -> Any:
        raise ConnectionError(key)

    def close(self) -> None:
        """Django closes caches after each request."""

    def clear(self) -> None:
        """Nothing is there."""

    def set(self, key: str, value: Any, timeout: int) -> None:
        raise ConnectionError(key)


class FullCache(BrokenCache):
    """A cache that answers and takes nothing, as one that has become a replica."""

    def get(self, key: str) -> Any:
        return None


def test_where_the_storage_fails_the_browser_may_try(pictured: Profile, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Unreadable"}}

    response = ask(pictured, format="png")

    assert (response.status_code, response["Location"]) == (302, pictured.profile_pic.url_for(128))


def test_a_storage_without_addresses_costs_a_picture_and_no_page(pictured: Profile, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Nameless"}}

    assert ask(pictured)["Content-Type"] == "image/svg+xml"
    assert "<img" not in rendering.avatar(pictured)
    assert rendering.avatar_url(pictured).startswith("/avatars/image/")
    described = services.describe(Profile.objects.get())
    assert (described["url"], described["sizes"], described["formats"]) == (None, {}, {})
    assert described["initials"]


class Nameless(BrokenStorage):
    """A storage whose credentials have expired, so that it signs nothing."""

    def url(self, name: str | None) -> str:
        raise ConnectionError(name)


class Unreadable(BrokenStorage):
    """Knows addresses, and gives nothing."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        raise ConnectionError(name)


def test_what_is_not_of_our_making_is_shown_as_it_is() -> None:
    country = Country.objects.create(name="Utopia")

    response = ask(country, format="png", shape="round")

    assert (response.status_code, response["Location"]) == (302, "/media/defaults/flag.png")


def test_an_address_keeps_the_algorithm_that_it_was_made_with(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    then = address(user)
    assert b"#000001" not in Client().get(then).content
    before = Client().get(then).content

    monkeypatch.setitem(PALETTES, 2, ("#000001",))
    monkeypatch.setattr("django_avatars.public_ids.get_settings", lambda: _Numbered())
    monkeypatch.setattr(public_ids, "PALETTES", PALETTES)
    now = address(user)

    assert then != now
    assert Client().get(then).content == before
    assert b"#000001" in Client().get(now).content


class _Numbered:
    initials = 2


def test_a_number_that_there_is_not_is_none(user: User) -> None:
    assert public_ids.version_of(public_ids.encode(user)) == 1
    assert public_ids.version_of(public_ids.nobody()) is None
    assert public_ids.version_of("nonsense") is None
    foreign = public_ids._signer().sign(b64_encode(f"9:app.user:{user.pk}".encode()).decode())
    assert public_ids.version_of(foreign) is None
    assert public_ids.decode(foreign) == user


# In e-mails


@pytest.fixture
def rf_request(rf: RequestFactory) -> HttpRequest:
    return rf.get("/", secure=True, headers={"host": "testserver"})


def test_the_address_in_a_mail_is_whole_and_of_a_raster(user: User, rf_request: HttpRequest) -> None:
    page = Template("{% load avatars %}{% avatar_email_url u 100 %} {% avatar_email_url u shape='round' site=s %}")

    plain, rounded = page.render(Context({"u": user, "request": rf_request, "s": "http://a.example/"})).split()

    assert plain == f"https://testserver{address(user)}?format=png"
    assert rounded == f"http://a.example{address(user)}?format=png&amp;shape=round"
    assert opened(Client().get(rounded.removeprefix("http://a.example").replace("&amp;", "&"))).mode in ("RGBA", "P")


def test_the_site_is_that_of_the_settings_where_no_request_says(user: User, settings: Settings) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"AVATARS\['SITE'\]"):
        rendering.avatar_email_url(user)

    settings.AVATARS = {**settings.AVATARS, "SITE": "https://www.example.com/"}
    assert rendering.avatar_email_url(user, 512) == f"https://www.example.com{address(user, 512)}?format=png"
    assert rendering.avatar_email_url("Jane").startswith("https://www.example.com/avatars/image/nobody.")


def test_the_current_site_is_asked_last(user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = types.ModuleType("django.contrib.sites.models")
    sites.Site = SimpleNamespace(objects=SimpleNamespace(get_current=lambda: SimpleNamespace(domain="a.example")))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "django.contrib.sites.models", sites)
    monkeypatch.setattr(Apps, "is_installed", lambda _, name: name == "django.contrib.sites")

    assert rendering.avatar_email_url(user) == f"https://a.example{address(user)}?format=png"


def test_a_shape_that_there_is_not_is_an_error(user: User) -> None:
    with pytest.raises(ValueError, match="Unsupported shape 'oval', must be one of: square, round"):
        rendering.avatar_email_url(user, shape="oval")
