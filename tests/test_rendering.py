"""What is shown, as whole strings: photos, initials, labels, stacks and addresses."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.template import Context, Template
from django.test import RequestFactory, override_settings
from django.utils import translation
from django.utils.functional import SimpleLazyObject
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import providers, rendering
from django_avatars.providers import Photo
from django_avatars.public_ids import decode
from django_avatars.targets import AvatarTarget
from tests.app.models import Country, Person, Place, Profile, Team, User
from tests.storing import on_disk, upload

JANE = uuid.UUID(int=17)
NAME = "avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_512-256-128-64.webp"
BASE = "/media/avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz"
HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>"
PUBLIC_ID = 3
"""Where the public id is among the parts of a stable address."""
PERSON_PATH = "M16.5 17.5a7.5 7.5 0 1 1 15 0a7.5 7.5 0 1 1-15 0zM10.5 38a13.5 10.5 0 0 1 27 0z"


ASKED: list[int] = []
"""The sizes that `counted` was asked for."""


def counted(target: AvatarTarget, size: int) -> Photo | None:
    """A provider that notes when it is asked."""
    ASKED.append(size)
    return providers.uploaded(target, size)


def initials(text: str, color: str, size: int = 48, font_size: int = 20) -> str:
    return (
        f'<svg class="avatar__fallback" width="{size}" height="{size}" viewBox="0 0 {size} {size}" aria-hidden="true"'
        f' focusable="false"><rect width="{size}" height="{size}" fill="{color}"/>'
        f'<text x="{size // 2}" y="{size // 2}" dy=".36em" text-anchor="middle"'
        f' font-size="{font_size}" fill="#fff">{text}</text></svg>'
    )


def silhouette(color: str, size: int = 48) -> str:
    return (
        f'<svg class="avatar__fallback" width="{size}" height="{size}" viewBox="0 0 48 48" aria-hidden="true"'
        f' focusable="false"><rect width="48" height="48" fill="{color}"/><path fill="#fff" d="{PERSON_PATH}"/></svg>'
    )


def count(text: str, label: str, size: int = 32, font_size: int = 13) -> str:
    """How many more there are: a circle in the colors of the page."""
    return (
        f'<svg width="{size}" height="{size}" viewBox="0 0 {size} {size}" role="img" aria-label="{label}"'
        f' focusable="false"><rect width="{size}" height="{size}" fill="var(--avatar-ring, Canvas)"/>'
        f'<rect width="{size}" height="{size}" fill="currentColor" fill-opacity=".12"/>'
        f'<text x="{size // 2}" y="{size // 2}" dy=".36em" text-anchor="middle" font-size="{font_size}"'
        f' fill="currentColor" direction="ltr">{text}</text></svg>'
    )


JD = initials("JD", "#7a4")  # the fixture `palette` has one color
UNDER = JD.replace("<svg ", '<svg display="none" ')
"""Initials that a photo lies on: without the stylesheet nobody is seen twice."""
PHOTO = (
    f'<img src="{BASE}_64.webp" srcset="{BASE}_128.webp 2x, {BASE}_256.webp 3x" width="48" height="48" alt=""'
    ' loading="lazy" decoding="async">'
)
OF_JANE = f'data-avatar-of="{JANE}"'


class Inspector(HTMLParser):
    """Reads HTML as a browser does, and refuses what a strict policy would."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def assert_safe(html: str) -> Inspector:
    """Well-formed, and nothing in it that runs or styles."""
    ElementTree.fromstring(re.sub(r"(<(?:img|source)[^>]*)>", r"\1/>", html).join(("<body>", "</body>")))  # noqa: S314
    page = Inspector(html)
    assert {tag for tag, _ in page.tags} <= {
        "span",
        "svg",
        "rect",
        "text",
        "path",
        "img",
        "ul",
        "li",
        "picture",
        "source",
    }
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    return page


def addresses(html: str) -> set[str]:
    """Every address in the markup."""
    found = set()
    for image in Inspector(html).of("img"):
        candidates = [image["src"] or "", *(image.get("srcset") or "").split(", ")]
        found |= {candidate.partition(" ")[0] for candidate in candidates if candidate}
    return found


class SilentStorage(FileSystemStorage):
    """May be asked where files are, and nothing else."""

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("Rendering asked the storage.")

    _open = _save = delete = exists = listdir = size = path = _refuse
    get_accessed_time = get_created_time = get_modified_time = get_available_name = _refuse


class SigningStorage(FileSystemStorage):
    """Signs every address anew."""

    asked: list[str] = []  # noqa: RUF012

    def url(self, name: str | None) -> str:
        self.asked.append(str(name))
        return f"https://signed.example/{name}?a=1&s={len(self.asked)}"


def stored_in(backend: str) -> dict[str, Any]:
    return {
        "default": {"BACKEND": f"{__name__}.{backend}"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def palette(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "PALETTE": ("#7a4",)}


@pytest.fixture
def jane() -> User:
    """Somebody who is only in memory, whose profile is known to be missing."""
    jane = User(pk=JANE, username="jane", first_name="Jane", last_name="Doe")
    User.profile.related.set_cached_value(jane, None)
    return jane


@pytest.fixture
def pictured(jane: User) -> Profile:
    """Her profile, with a picture."""
    return Profile(user=jane, profile_pic=NAME)


# One avatar


def test_a_photo_lies_over_the_initials(jane: User, pictured: Profile) -> None:
    assert rendering.avatar(jane) == f'<span class="avatar" {OF_JANE}>{UNDER}{PHOTO}</span>'


def test_a_user_a_profile_its_file_and_request_user_are_the_same_person(jane: User, pictured: Profile) -> None:
    expected = f'<span class="avatar" {OF_JANE}>{UNDER}{PHOTO}</span>'

    assert rendering.avatar(pictured) == expected
    assert rendering.avatar(pictured.profile_pic) == expected
    assert rendering.avatar(SimpleLazyObject(lambda: jane)) == expected
    assert rendering.avatar(SimpleLazyObject(lambda: pictured)) == expected


def test_without_a_photo_there_are_initials(jane: User) -> None:
    assert rendering.avatar(jane) == f'<span class="avatar" {OF_JANE}>{JD}</span>'


@pytest.mark.parametrize("obj", [None, "", AnonymousUser(), SimpleLazyObject(lambda: None), 0, [], Profile()])
def test_nobody_is_a_person_without_a_name(obj: Any) -> None:
    assert rendering.avatar(obj) == f'<span class="avatar">{silhouette("#7a4")}</span>'


def test_a_name_has_initials() -> None:
    assert rendering.avatar("Jane Doe") == f'<span class="avatar">{JD}</span>'


def test_a_model_without_any_picture_has_initials() -> None:
    assert rendering.avatar(Group(pk=3, name="Jane Doe")) == f'<span class="avatar" data-avatar-of="3">{JD}</span>'


def test_a_team_shows_its_first_picture_and_each_file_itself() -> None:
    other = NAME.replace("abcdefgh/", "banners/")
    team = Team(pk=5, name="Jane Doe", logo=NAME, banner=other)

    assert rendering.avatar(team) == f'<span class="avatar" data-avatar-of="5">{UNDER}{PHOTO}</span>'
    assert rendering.avatar(team.logo) == rendering.avatar(team)
    assert rendering.avatar(SimpleLazyObject(lambda: team)) == rendering.avatar(team)
    assert rendering.avatar(team.banner) == rendering.avatar(team).replace("/abcdefgh/", "/banners/")


def test_a_foreign_name_is_shown_as_it_is() -> None:
    html = rendering.avatar(Country(pk=1, name="Jane Doe"))

    assert html == (
        f'<span class="avatar" data-avatar-of="1">{UNDER}<img src="/media/defaults/flag.png" width="48" height="48"'
        ' alt="" loading="lazy" decoding="async"></span>'
    )


def test_a_column_that_is_null_has_no_picture() -> None:
    assert rendering.avatar(Country(pk=1, name="Jane Doe", flag=None)) == (
        f'<span class="avatar" data-avatar-of="1">{JD}</span>'
    )


def test_a_row_that_is_not_saved_belongs_to_nobody_yet() -> None:
    assert rendering.avatar(Team(name="Jane Doe")) == f'<span class="avatar">{JD}</span>'


def test_the_user_model_may_carry_the_picture_itself(settings: Settings) -> None:
    settings.AUTH_USER_MODEL = "app.Person"
    settings.AVATARS = {"PALETTE": ("#7a4",)}
    person = Person(pk=4, username="jane.doe", picture=NAME)

    assert rendering.avatar(person) == f'<span class="avatar" data-avatar-of="4">{UNDER}{PHOTO}</span>'
    assert rendering.avatar(person.picture) == rendering.avatar(person)


def test_a_project_without_a_field_for_users_still_shows_initials(settings: Settings, jane: User) -> None:
    settings.AVATARS = {"FIELD": "app.Nothing.picture", "PALETTE": ("#7a4",)}

    assert rendering.avatar(jane) == f'<span class="avatar" {OF_JANE}>{JD}</span>'
    assert "JD" in rendering.avatar_stack([jane])


def test_a_label_is_read_out_once_and_the_picture_stays_silent(jane: User, pictured: Profile) -> None:
    named = rendering.avatar(jane, label=True)

    assert named == f'<span class="avatar" {OF_JANE} role="img" aria-label="Jane Doe">{UNDER}{PHOTO}</span>'
    assert rendering.avatar(jane, label="Jane, profile") == named.replace('"Jane Doe"', '"Jane, profile"')
    assert rendering.avatar(jane, label=1) == named.replace('"Jane Doe"', '"1"')  # type: ignore[arg-type]
    for silent in (None, False, ""):
        assert rendering.avatar(jane, label=silent) == f'<span class="avatar" {OF_JANE}>{UNDER}{PHOTO}</span>'


def test_a_label_never_says_nothing_and_never_an_address() -> None:
    assert 'aria-label="Picture"' in rendering.avatar(None, label=True)
    assert 'aria-label="jane.doe"' in rendering.avatar("jane.doe@example.com", label=True)


def test_a_class_is_added(jane: User) -> None:
    assert rendering.avatar(jane, css_class="large round") == f'<span class="avatar large round" {OF_JANE}>{JD}</span>'
    assert 'class="avatar 3"' in rendering.avatar(jane, css_class=3)  # type: ignore[arg-type]


def test_priority_loads_at_once(jane: User, pictured: Profile) -> None:
    eager = PHOTO.replace('loading="lazy"', 'loading="eager" fetchpriority="high"')

    assert rendering.avatar(jane, priority=True) == f'<span class="avatar" {OF_JANE}>{UNDER}{eager}</span>'


def test_each_density_is_offered_the_least_file_that_serves_it(pictured: Profile) -> None:
    sizes = (16, 22, 64, 128, 256, 512, 2000)

    shown = {size: Inspector(rendering.avatar(pictured, size)).of("img")[0] for size in sizes}

    assert {size: (image["src"], image.get("srcset")) for size, image in shown.items()} == {
        16: (f"{BASE}_64.webp", None),
        22: (f"{BASE}_64.webp", f"{BASE}_128.webp 3x"),
        64: (f"{BASE}_64.webp", f"{BASE}_128.webp 2x, {BASE}_256.webp 3x"),
        128: (f"{BASE}_128.webp", f"{BASE}_256.webp 2x, {BASE}_512-256-128-64.webp 3x"),
        256: (f"{BASE}_256.webp", f"{BASE}_512-256-128-64.webp 2x"),
        512: (f"{BASE}_512-256-128-64.webp", None),
        2000: (f"{BASE}_512-256-128-64.webp", None),
    }


@pytest.mark.parametrize("size", [1, 9999, "48", 48.0, True])
def test_a_size_is_any_number_of_pixels(size: Any, pictured: Profile) -> None:
    image = Inspector(rendering.avatar(pictured, size)).of("img")[0]

    assert image["width"] == image["height"] == str(int(size))


def test_what_cannot_be_kept_is_shown_as_text(pictured: Profile) -> None:
    html = rendering.avatar(pictured, css_class=["large", "<round>"])  # type: ignore[arg-type]  # as templates may

    assert 'class="avatar [&#x27;large&#x27;, &#x27;&lt;round&gt;&#x27;]"' in html


@pytest.mark.parametrize("size", [0, -1, 10_000, "", "large", None, float("nan"), float("inf"), [48]])
def test_what_is_no_size_is_refused(size: Any, jane: User) -> None:
    expected = f"An avatar cannot be {size!r} pixels wide. Give a whole number from 1 to 9999."

    for function in (rendering.avatar, rendering.avatar_url):
        with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
            function(jane, size)


@pytest.mark.parametrize("size", [16, 48, 64, 96, 200])
@pytest.mark.parametrize("side", [20, 96, 600])
def test_every_address_is_a_file_that_exists(size: int, side: int, profile: Profile, media: Path) -> None:
    profile.profile_pic = upload(side)
    profile.save()

    found = addresses(rendering.avatar(profile, size))

    assert found
    assert {address.removeprefix("/media/") for address in found} <= on_disk(media)


# Nothing from outside gets out of its place


@pytest.mark.parametrize("text", [HOSTILE, "<b>", "'\"&<>`=", "\x00\x0b\u2028", "]]>", "&lt;script&gt;"])
def test_hostile_names_labels_and_classes_stay_text(text: str) -> None:
    jane = User(pk=JANE, first_name=text, username=text, email=text)
    User.profile.related.set_cached_value(jane, Profile(user=jane, profile_pic=text))

    html = rendering.avatar(jane, label=text, css_class=text)

    page = assert_safe(html.replace("\x00", "").replace("\x0b", ""))
    wrapper = page.of("span")[0]
    assert wrapper["aria-label"] == text.replace("\x00", "").replace("\x0b", "")
    assert [tag for tag, _ in page.tags].count("img") == 1
    assert not {"<script", "<b"} & set(re.findall(r"<\w+", html))
    assert rendering.avatar(jane, label=True).count("<img ") == 1


def test_markup_that_is_marked_safe_is_no_label() -> None:
    html = Template("{% load avatars %}{% avatar None label=label|safe class=label|safe %}").render(
        Context({"label": '"><script>'})
    )

    assert '<span class="avatar &quot;&gt;&lt;script&gt;" role="img" aria-label="&quot;&gt;&lt;script&gt;">' in html


def test_a_hostile_key_stays_text() -> None:
    assert '<span class="avatar" data-avatar-of="&quot;&gt;&lt;script&gt;">' in rendering.avatar(
        Team(pk='"><script>', name="A")
    )


def test_a_hostile_address_stays_text(settings: Settings, pictured: Profile) -> None:
    settings.STORAGES = stored_in("SigningStorage")

    html = rendering.avatar(pictured)

    assert 'src="https://signed.example/avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_64.webp?a=1&amp;s=' in html
    assert_safe(html)


def test_markup_is_well_formed_and_runs_nothing(jane: User, pictured: Profile) -> None:
    people = [jane, None, "Jörg Weiß", "王小明", "👩🏽‍💻"]

    page = assert_safe(rendering.avatar_stack([*people, *people], max=4))

    assert len(page.of("li")) == 5
    assert len(page.of("img")) == 1


# No work


def test_rendering_makes_no_query_when_the_profile_is_loaded(
    profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    loaded = User.objects.select_related("profile").get()
    bare = User.objects.get()

    with django_assert_num_queries(0):
        rendering.avatar(loaded, label=True)
    with django_assert_num_queries(1):
        rendering.avatar(bare)
    with django_assert_num_queries(0):
        rendering.avatar(bare, 96, label=True)
        rendering.avatar_url(bare)


def test_a_user_without_a_profile_costs_one_query_and_never_a_second(
    user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        rendering.avatar(user)
        rendering.avatar(user)


def test_a_profile_costs_the_query_for_its_user_alone(
    profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bare = Profile.objects.get()

    with django_assert_num_queries(1):
        rendering.avatar(bare)
        rendering.avatar(bare.profile_pic)


def test_rendering_never_asks_the_storage(settings: Settings, jane: User, pictured: Profile) -> None:
    settings.STORAGES = stored_in("SilentStorage")
    with pytest.raises(AssertionError, match=r"^Rendering asked the storage\.$"):
        pictured.profile_pic.storage.exists(NAME)

    assert PHOTO in rendering.avatar(jane, label=True)
    assert rendering.avatar_url(jane) == f"{BASE}_64.webp"
    assert "<img" in rendering.avatar_stack([jane, pictured, Country(name="Utopia")])


# What changes between two responses


def test_the_address_follows_the_settings(jane: User, pictured: Profile) -> None:
    assert f'src="{BASE}_64.webp"' in rendering.avatar(jane)

    with override_settings(MEDIA_URL="https://cdn.example/"):
        assert f'src="{BASE.replace("/media/", "https://cdn.example/")}_64.webp"' in rendering.avatar(jane)
        assert 'src="https://cdn.example/defaults/flag.png"' in rendering.avatar(Country(pk=1, name="Utopia"))

    assert f'src="{BASE}_64.webp"' in rendering.avatar(jane)


def test_a_storage_that_signs_is_asked_for_each_address_each_time(
    settings: Settings, jane: User, pictured: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STORAGES = stored_in("SigningStorage")
    monkeypatch.setattr(SigningStorage, "asked", [])

    first, second = rendering.avatar(jane), rendering.avatar(jane)

    assert addresses(first) == {
        f"https://signed.example/{NAME.partition('_')[0]}_{side}.webp?a=1&s={turn}"
        for turn, side in enumerate((64, 128, 256), start=1)
    }
    assert not addresses(first) & addresses(second)
    assert len(SigningStorage.asked) == 6


def test_settings_take_effect_at_once(settings: Settings, jane: User) -> None:
    assert "#7a4" in rendering.avatar(jane)

    settings.AVATARS = {**settings.AVATARS, "PALETTE": ("#123456",)}
    assert "#123456" in rendering.avatar(jane)

    settings.AVATARS = {**settings.AVATARS, "NAME": f"{__name__}.nickname"}
    assert ">N<" in rendering.avatar(jane)
    assert 'aria-label="Nick"' in rendering.avatar(jane, label=True)

    settings.AVATARS = {**settings.AVATARS, "PROVIDERS": ("django_avatars.providers.identicon",)}
    assert "<text" not in rendering.avatar(jane)

    settings.MEDIA_URL = "/elsewhere/"  # concerns no initials
    assert "<text" not in rendering.avatar(jane)


def nickname(person: Any) -> str:
    return "Nick"


def test_initials_follow_the_language_even_within_one_page(jane: User) -> None:
    ian = User(pk=JANE, username="ian")
    User.profile.related.set_cached_value(ian, None)
    page = Template(
        "{% load avatars i18n %}{% avatar u %}{% language 'tr' %}{% avatar u %}{% endlanguage %}{% avatar u %}"
    )

    letters = re.findall(r">(\w)</text>", page.render(Context({"u": ian})))

    assert letters == ["I", "İ", "I"]
    with translation.override("tr"):
        assert ">İ<" in rendering.avatar(ian)
        assert JD in rendering.avatar(jane)


# A picture that is not saved yet


def test_until_it_is_saved_the_stored_picture_is_shown(profile: Profile, media: Path) -> None:
    profile.profile_pic = upload()
    profile.save()
    before, address = rendering.avatar(profile), rendering.avatar_url(profile)

    for pending in (upload(seed=1), ContentFile(b"no picture", "a.jpg")):
        profile.profile_pic = pending
        assert rendering.avatar(profile) == before
        assert rendering.avatar(profile.profile_pic) == before
        assert rendering.avatar_url(profile) == address


def test_the_first_picture_is_shown_as_initials_until_it_is_saved(profile: Profile) -> None:
    profile.profile_pic = upload()

    assert not addresses(rendering.avatar(profile))
    profile.save()
    assert len(addresses(rendering.avatar(profile))) == 2


# Addresses


def test_the_address_of_a_photo_is_that_of_a_file(jane: User, pictured: Profile) -> None:
    assert rendering.avatar_url(jane) == f"{BASE}_64.webp"
    assert rendering.avatar_url(jane, 65) == f"{BASE}_128.webp"
    assert rendering.avatar_url(pictured.profile_pic, 4000) == f"{BASE}_512-256-128-64.webp"
    assert rendering.avatar_url(Country(name="Utopia")) == "/media/defaults/flag.png"


@pytest.mark.parametrize(("size", "nearest"), [(1, 64), (64, 64), (65, 128), (512, 512), (4000, 512)])
def test_the_address_of_initials_is_a_stable_one_in_a_declared_size(user: User, size: int, nearest: int) -> None:
    address = rendering.avatar_url(user, size)

    public_id, side = address.split("/")[PUBLIC_ID : PUBLIC_ID + 2]
    assert side == str(nearest)
    assert decode(public_id) == user
    assert rendering.avatar_url(user, size) == address


def test_the_stable_address_answers_what_was_promised(user: User, client: Any) -> None:
    response = client.get(rendering.avatar_url(user))

    assert response.status_code == 200
    assert response["Content-Type"] == "image/svg+xml"


def test_without_the_pages_the_address_has_the_initials_in_it(user: User, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__

    assert rendering.avatar_url(user).startswith("data:image/svg+xml,%3Csvg")


urlpatterns: list[Any] = []


@pytest.mark.parametrize("obj", [None, "", AnonymousUser(), SimpleLazyObject(lambda: None)])
def test_nobody_has_an_address_that_every_policy_allows(obj: Any) -> None:
    address = rendering.avatar_url(obj)

    assert address == rendering.avatar_url(None)
    assert re.fullmatch(r"/avatars/image/nobody\.[\w-]+/64", address)


@pytest.mark.parametrize("obj", ["Jane Doe", User(pk=JANE, username="new"), Team(name="new"), Team(name="new").banner])
@pytest.mark.django_db
def test_what_is_no_row_has_its_initials_in_the_address(obj: Any) -> None:
    address = rendering.avatar_url(obj)

    assert address.startswith("data:image/svg+xml,%3Csvg")
    assert not set(address) & set("\"'<>& ")


def test_a_row_that_was_deleted_has_its_initials_in_the_address(user: User) -> None:
    user.delete()

    assert rendering.avatar_url(user).startswith("data:image/svg+xml,")


@pytest.mark.django_db
def test_the_address_of_an_empty_second_picture_is_not_that_of_the_first() -> None:
    team = Team.objects.create(name="Reds", logo=NAME)

    assert rendering.avatar_url(team) == f"{BASE}_64.webp"
    assert rendering.avatar_url(team.banner).startswith("data:image/svg+xml,")
    team.logo = ""
    assert rendering.avatar_url(team.logo).startswith("/avatars/")


def test_the_address_of_a_profile_without_a_picture_stands_for_the_profile(profile: Profile) -> None:
    address = rendering.avatar_url(profile)

    assert address == rendering.avatar_url(profile.profile_pic)
    assert decode(address.split("/")[PUBLIC_ID]) == profile


# Formats


def test_modern_formats_come_before_the_one_that_everybody_shows(jane: User, pictured: Profile) -> None:
    pictured.profile_pic = NAME.replace(".webp", "_avif-jpg.webp")

    def offered(format: str) -> str:
        return f"{BASE}_64.{format} 1x, {BASE}_128.{format} 2x, {BASE}_256.{format} 3x"

    html = rendering.avatar(jane)
    assert html == (
        f'<span class="avatar" {OF_JANE}>{UNDER}<picture>'
        f'<source type="image/avif" srcset="{offered("avif")}"><source type="image/webp" srcset="{offered("webp")}">'
        f"{PHOTO.replace('.webp', '.jpg')}</picture></span>"
    )
    assert_safe(html)


@pytest.mark.parametrize(
    ("ending", "sources", "shown"),
    [
        ("_64_webp.jpg", ["image/webp"], "_64_webp.jpg"),
        ("_64_avif.webp", ["image/avif"], "_64_avif.webp"),
        ("_64.avif", [], "_64.avif"),
        ("_64_jpg-webp.png", ["image/webp"], "_64_jpg-webp.png"),
        ("_64_png.jpg", [], "_64_png.jpg"),
    ],
)
def test_the_last_format_is_one_that_every_program_shows_where_there_is_one(
    ending: str, sources: list[str], shown: str, jane: User, pictured: Profile
) -> None:
    pictured.profile_pic = NAME.partition("_")[0] + ending

    page = Inspector(rendering.avatar(jane))

    assert [source["type"] for source in page.of("source")] == sources
    assert str(page.of("img")[0]["src"]).endswith(shown)
    assert len(page.of("picture")) == bool(sources)


def test_two_fields_on_two_storages_stand_on_one_page(settings: Settings) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "banners": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"base_url": "https://banners.example/"},
        },
    }
    team = Team(pk=5, name="Jane Doe", logo=NAME, banner=NAME)
    banner = Team._meta.get_field("banner")
    before, banner.storage = banner._storage_source, "banners"
    try:
        page = Template("{% load avatars %}{% avatar t.logo %}{% avatar t.banner %}{% avatar t.logo %}").render(
            Context({"t": team})
        )
    finally:
        banner.storage = before

    assert re.findall(r'src="(.*?)avatars/', page) == ["/media/", "https://banners.example/", "/media/"]


# Badges, descriptions, readers who want no pictures


def test_a_badge_is_read_with_the_label_or_for_itself(jane: User) -> None:
    plain = '<span class="avatar__badge avatar__badge--online" role="img" aria-label="Online"></span></span>'
    spoken = '<span class="avatar__badge avatar__badge--online"></span></span>'

    assert rendering.avatar(jane, badge="online") == f'<span class="avatar" {OF_JANE}>{JD}{plain}'
    assert rendering.avatar(jane, label=True, badge="online") == (
        f'<span class="avatar" {OF_JANE} role="img" aria-label="Jane Doe, Online">{JD}{spoken}'
    )
    assert 'avatar__badge--lead" role="img" aria-label="lead"' in rendering.avatar(jane, badge="lead")
    assert 'avatar__badge--[1]" role="img" aria-label="[1]"' in rendering.avatar(jane, badge=[1])  # type: ignore[arg-type]
    html = rendering.avatar(jane, badge=HOSTILE, badge_label=HOSTILE)
    assert_safe(html)


def test_a_badge_follows_the_language(jane: User) -> None:
    with translation.override("en"):
        assert 'aria-label="Away"' in rendering.avatar(jane, badge="away")
    assert 'aria-label="Gone"' in rendering.avatar(jane, badge="away", badge_label="Gone")


def test_the_description_of_its_owner_is_read_out_where_there_is_one(
    jane: User, pictured: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "alt_field", "bio", raising=True)
    pictured.bio = "On a red bicycle"

    assert pictured.profile_pic.alt == "On a red bicycle"
    assert 'role="img" aria-label="On a red bicycle">' in rendering.avatar(jane, 256, alt=True)
    assert "bicycle" not in rendering.avatar(jane, 256, label=True)
    pictured.profile_pic = ""
    assert pictured.profile_pic.alt == ""
    assert rendering.avatar(jane, label=True, alt=True) == rendering.avatar(jane, label=True)


def test_a_field_without_a_description_reads_the_label(jane: User, pictured: Profile) -> None:
    assert rendering.avatar(jane, label=True, alt=True) == rendering.avatar(jane, label=True)
    assert rendering.avatar(jane, alt=True) == rendering.avatar(jane)


def test_providers_are_asked_once_for_picture_and_description(
    jane: User, pictured: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "alt_field", "bio", raising=True)
    pictured.bio = "On a red bicycle"
    settings.AVATARS = {**settings.AVATARS, "PROVIDERS": (f"{__name__}.counted",)}
    ASKED.clear()

    html = rendering.avatar(jane, 256, alt=True)

    assert 'aria-label="On a red bicycle"' in html
    assert ASKED == [256]


def test_a_reader_may_do_without_pictures(jane: User, pictured: Profile) -> None:
    page = Template("{% load avatars %}{% avatar u %}{% avatar u 48 %}{% avatar_stack us %}{% avatar_group us %}")

    shown, hidden = (page.render(Context({"u": jane, "us": [jane, "Bo"], "avatars_hidden": h})) for h in (False, True))

    assert shown.count("<img") == 4
    assert "<img" not in hidden
    assert hidden.startswith(f'<span class="avatar" {OF_JANE}>{JD}</span>')


# Groups


def test_a_group_is_one_picture_of_its_first_faces(jane: User, pictured: Profile) -> None:
    html = rendering.avatar_group([jane, "Bo Li", "Al", "Ed", "Xi"], 56)

    page = assert_safe(html)
    outer, faces, *tiles = page.of("span")
    assert outer == {
        "class": "avatar avatar-group avatar-group--4",
        "role": "img",
        "aria-label": "Jane Doe, Bo Li, Al, Ed and 1 more",
    }
    assert faces == {}
    assert len(tiles) == 4
    assert {svg["width"] for svg in page.of("svg")} == {"56", "28"}
    assert [svg.get("preserveaspectratio") for svg in page.of("svg")] == [None, *["xMidYMid slice"] * 4]
    assert re.findall(r">(\w+)</text>", html) == ["J", "B", "A", "E"]
    assert len(page.of("img")) == 1


@pytest.mark.parametrize(("size", "count", "shown"), [(40, 3, 3), (39, 3, 2), (24, 2, 2), (56, 2, 2)])
def test_small_groups_have_two_faces_at_most(size: int, count: int, shown: int) -> None:
    html = rendering.avatar_group(["A", "B", "C"][:count], size)

    assert f"avatar-group--{shown}" in html
    assert ('and 1 more"' in html) is (shown < count)


def test_a_group_of_one_is_a_picture_and_of_nobody_nothing() -> None:
    assert rendering.avatar_group(["Jane Doe"]) == rendering.avatar("Jane Doe", label=True)
    assert rendering.avatar_group(["Jane Doe"], label="Us") == rendering.avatar("Jane Doe", label="Us")
    assert rendering.avatar_group([]) == rendering.avatar_group(None) == ""
    assert 'aria-label="&lt;Us&gt;"' in rendering.avatar_group(["A", "B"], label="<Us>")


# Stacks


def test_no_two_neighbors_in_a_stack_have_the_same_color(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "PALETTE": None}

    html = rendering.avatar_stack(["Jane"] * 4)

    first, second, *others = re.findall(r'fill="(#\w+)"/>', html)
    assert first != second
    assert others == [first, second]
    settings.AVATARS = {**settings.AVATARS, "PALETTE": ("#112233", "#445566")}
    colors = re.findall(r'fill="(#\w+)"/>', rendering.avatar_stack(["Jane"] * 3))
    assert len(set(colors[:2])) == 2


def test_in_a_stack_small_pictures_have_one_letter() -> None:
    assert ">J</text>" in rendering.avatar_stack(["Jane Doe"], size=27)
    assert ">JD</text>" in rendering.avatar_stack(["Jane Doe"], size=28)


@pytest.mark.parametrize(
    ("size", "step"), [(8, 16), (16, 16), (23, 16), (24, 24), (32, 32), (36, 32), (48, 48), (300, 64)]
)
def test_a_stack_overlaps_in_proportion_to_its_size(size: int, step: int) -> None:
    assert f'class="avatar-stack avatar-stack--{step}"' in rendering.avatar_stack(["Jane"], size=size)


def test_small_stacks_count_to_ninety_nine() -> None:
    assert ">99+</text>" in rendering.avatar_stack(["A"] * 200, size=24)
    assert ">+98</text>" in rendering.avatar_stack(["A"] * 102, max=4, size=24)
    assert ">+196</text>" in rendering.avatar_stack(["A"] * 200, max=4, size=32)


def stacked(html: str) -> tuple[str | None, list[str | None], str]:
    """The list's label, those of its pictures, and what is said of the rest."""
    page = assert_safe(html)
    rest = re.search(r'<li class="avatar-stack__more">(.*)</li></ul>', html)
    labels = [span["aria-label"] for span in page.of("span") if "aria-label" in span]
    return page.of("ul")[0]["aria-label"], labels, rest[1] if rest else ""


def test_a_stack_names_everybody_on_it() -> None:
    html = rendering.avatar_stack(["Jane Doe", ""], size=48)

    assert html == (
        '<ul role="list" class="avatar-stack avatar-stack--48" aria-label="2 people"'
        ' data-avatar-names="Jane Doe, Picture" tabindex="0">'
        f'<li><span class="avatar" title="Jane Doe" role="img" aria-label="Jane Doe">{JD}</span></li>'
        f'<li><span class="avatar" title="Picture" role="img" aria-label="Picture">{silhouette("#7a4")}</span></li>'
        "</ul>"
    )
    assert rendering.avatar_stack(["Jane Doe"], label='"Us" & them').startswith(
        '<ul role="list" class="avatar-stack avatar-stack--32" aria-label="&quot;Us&quot; &amp; them" data-'
    )
    assert 'aria-label="1 person"' in rendering.avatar_stack(["Jane Doe"])


@pytest.mark.parametrize(
    ("total", "shown", "rest"),
    [
        (4, 4, ""),
        (5, 5, ""),  # one more takes no more room than "+1"
        (6, 4, ">+2<"),
        (1003, 4, ">+999<"),
        (1004, 4, ">+1K<"),
        (2003, 4, ">+1K<"),
        (3_400_000, 4, ">+3M<"),
    ],
)
def test_a_stack_says_how_many_more_there_are(total: int, shown: int, rest: str) -> None:
    _, labels, more = stacked(rendering.avatar_stack(["A"] * total, max=4))

    assert labels == ["A"] * shown
    assert rest in more
    assert bool(more) is bool(rest)


def test_the_rest_of_a_stack_is_said_in_full(settings: Settings) -> None:
    settings.USE_THOUSAND_SEPARATOR = True

    title, _, more = stacked(rendering.avatar_stack(iter(["A"] * 1904), max=4))

    assert title == "1,904 people"
    assert 'role="img" aria-label="1,900 more"' in more
    assert ">+1K</text>" in more


@pytest.mark.django_db
def test_a_stack_of_nobody_is_nothing() -> None:
    assert rendering.avatar_stack([]) == ""
    assert rendering.avatar_stack(User.objects.none()) == ""
    assert rendering.avatar_stack(None) == ""
    assert rendering.avatar_stack(User.objects.all(), label="Members") == ""


def test_a_stack_may_count_everybody_and_show_nobody() -> None:
    html = rendering.avatar_stack(["A", "B", "C"], max=0)

    assert stacked(html) == ("3 people", [], count("+3", "3 more"))


def test_how_many_more_there_are_may_be_a_link() -> None:
    html = rendering.avatar_stack(["A", "B", "C"], max=0, more_url="/team/?a=1&b=2")

    assert f'<a href="/team/?a=1&amp;b=2">{count("+3", "3 more")}</a></li></ul>' in html
    assert "tabindex" not in html
    assert "<a" not in rendering.avatar_stack(["A", "B"], more_url="/team/")


@pytest.fixture
def seven(db: None) -> list[User]:
    """Seven people, the last of them without a profile."""
    people = [User.objects.create_user(f"user{number}") for number in range(7)]
    for person in people[:6]:
        Profile.objects.create(user=person, profile_pic=NAME)
    return people


def test_a_stack_of_a_list_takes_one_query(
    seven: list[User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    people = [*User.objects.order_by("username"), *User.objects.order_by("username")]

    with django_assert_num_queries(1):
        html = rendering.avatar_stack(people, max=20)
    with django_assert_num_queries(0):
        assert rendering.avatar_stack(people, max=20) == html
    assert html.count("<img ") == 12
    assert html.count("<li>") == 14


def test_a_stack_of_a_queryset_reads_only_those_it_shows(
    seven: list[User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(3) as captured:  # people, their profiles, how many there are
        html = rendering.avatar_stack(User.objects.order_by("username"), max=3)
    assert stacked(html)[1:] == (
        ["user0", "user1", "user2"],
        count("+4", "4 more"),
    )
    assert "LIMIT 4" in captured[0]["sql"]
    with django_assert_num_queries(2):  # all of them are here
        rendering.avatar_stack(User.objects.order_by("username"), max=7)
    with django_assert_num_queries(1):
        rendering.avatar_stack(User.objects.select_related("profile"), max=7)


def test_a_stack_takes_any_queryset(seven: list[User], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    united = User.objects.filter(username="user0").union(User.objects.filter(username="user6"))
    evaluated = User.objects.select_related("profile").order_by("username")
    assert len(evaluated) == 7

    assert stacked(rendering.avatar_stack(united))[0] == "2 people"
    assert stacked(rendering.avatar_stack(User.objects.order_by("username")[1:3]))[1] == ["user1", "user2"]
    with django_assert_num_queries(0):
        assert len(stacked(rendering.avatar_stack(evaluated, max=2))[1]) == 2
    with django_assert_num_queries(2):
        assert stacked(rendering.avatar_stack(Profile.objects.order_by("user__username")[:2]))[1] == ["user0", "user1"]


def test_a_stack_may_be_a_mixture(seven: list[User], django_assert_num_queries: DjangoAssertNumQueries) -> None:
    bare = Profile.objects.order_by("user__username")[0]
    fresh = User.objects.get(username="user1")
    rows = [bare, fresh, Team(name="Reds"), Place(name="Here"), None]

    with django_assert_num_queries(2):
        _, labels, _ = stacked(rendering.avatar_stack(rows, max=9))

    assert labels == ["user0", "user1", "Reds", "Here", "Picture"]
    others = ["A name", AnonymousUser(), User(username="new")]
    assert stacked(rendering.avatar_stack(others))[1] == ["A name", "Picture", "new"]


def test_the_picture_of_a_request_is_that_of_its_user(profile: Profile, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = SimpleLazyObject(lambda: User.objects.get())  # type: ignore[assignment]

    html = Template("{% load avatars %}{% avatar request.user label=True %}").render(Context({"request": request}))

    assert 'aria-label="Jane Doe"' in html


@pytest.mark.parametrize("max", [-1, "many", None, float("inf")])
def test_a_stack_of_no_number_is_refused(max: Any) -> None:
    with pytest.raises(ValueError, match=f"A stack cannot show {max!r} people. Give a whole number from 0."):
        rendering.avatar_stack(["Jane"], max=max)


def test_the_number_of_a_stack_may_be_a_text() -> None:
    given: Any = "1"

    assert rendering.avatar_stack(["Jane", "Bo", "Al"], max=given) == rendering.avatar_stack(
        ["Jane", "Bo", "Al"], max=1
    )
