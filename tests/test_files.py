"""What an instance hands out: a name, sizes and addresses, without asking any storage."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage, storages
from django.core.management import CommandError, call_command
from django.db.models import Value
from django.template import Context, Template
from django.utils.translation import gettext_lazy

from django_avatars import limits
from django_avatars.files import AvatarDescriptor, AvatarFieldFile
from django_avatars.storages import urls
from tests.app.models import Country, Place, Profile, Team
from tests.storing import on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

NAME = "avatars/x/" + "a" * 26 + "_512-128-64_jpg.webp"
BASE = "/media/avatars/x/" + "a" * 26


class AskedStorage(FileSystemStorage):
    """Makes addresses of its own, as a storage that signs."""

    def url(self, name: str | None) -> str:
        return f"https://cdn.example/{name}?signed"


class UnmadeStorage(FileSystemStorage):
    """Lacks a setting."""

    def __init__(self) -> None:
        raise ImproperlyConfigured("Set the bucket.")


@pytest.fixture
def picture() -> AvatarFieldFile:
    """A stored picture whose files nobody looks for."""
    file: AvatarFieldFile = Team(logo=NAME).logo
    return file


def test_a_picture_knows_its_sizes(picture: AvatarFieldFile) -> None:
    assert picture.sizes == (512, 128, 64)
    assert (picture.width, picture.height) == (512, 512)
    assert picture.name == NAME
    assert picture


def test_addresses_follow_from_the_name(picture: AvatarFieldFile) -> None:
    assert picture.url == f"{BASE}_512-128-64_jpg.webp"
    assert picture.url_for(64) == picture.url_for(1) == f"{BASE}_64.webp"
    assert picture.url_for(65) == f"{BASE}_128.webp"
    assert picture.url_for(2000) == picture.url


@pytest.mark.parametrize(
    ("size", "srcset"),
    [
        (64, f"{BASE}_64.webp 1x, {BASE}_128.webp 2x, {BASE}_512-128-64_jpg.webp 3x"),
        (40, f"{BASE}_64.webp 1x, {BASE}_128.webp 2x"),
        (20, f"{BASE}_64.webp 1x"),
        (512, f"{BASE}_512-128-64_jpg.webp 1x"),
    ],
)
def test_a_srcset_names_each_rendition_once(picture: AvatarFieldFile, size: int, srcset: str) -> None:
    assert picture.srcset(size) == srcset


def test_a_foreign_picture_has_one_address_and_no_sizes() -> None:
    country = Country()

    assert country.flag.sizes == ()
    assert country.flag.width is country.flag.height is None
    assert country.flag.url == country.flag.url_for(64) == "/media/defaults/flag.png"
    assert country.flag.srcset(64) == "/media/defaults/flag.png 1x"


def test_no_picture_has_no_address() -> None:
    place = Place()

    assert not place.photo
    assert place.photo.sizes == ()
    asks: list[Callable[[], str]] = [
        lambda: place.photo.url,
        lambda: place.photo.url_for(64),
        lambda: place.photo.srcset(64),
    ]
    for ask in asks:
        with pytest.raises(ValueError, match=r"^The 'photo' attribute has no picture associated with it\.$"):
            ask()


BOTH = f"avatars/x/{'a' * 26}_512-64_jpg-avif.webp"
"""Name of a picture that is stored in three formats."""


@pytest.mark.parametrize("format", ["jpg", "JPG", "jpeg", "JPEG"])
def test_each_stored_format_has_addresses_of_its_own(format: str) -> None:
    picture = Team(logo=BOTH).logo

    assert picture.formats == ("webp", "jpg", "avif")
    assert picture.url_for(60, format) == f"{BASE}_64.jpg"
    assert picture.url_for(512, format=format) == f"{BASE}_512.jpg"
    assert picture.srcset(64, format=format) == f"{BASE}_64.jpg 1x, {BASE}_512.jpg 2x"
    assert picture.url_for(512) == picture.url_for(512, "webp") == f"/media/{BOTH}"


def test_a_format_that_is_not_stored_is_answered_in_the_first(picture: AvatarFieldFile) -> None:
    assert picture.formats == ("webp", "jpg")
    assert picture.url_for(64, "png") == f"{BASE}_64.webp"
    assert picture.srcset(300, "avif") == picture.srcset(300)
    assert Team(logo="old/photo.png").logo.url_for(64, "jpg") == "/media/old/photo.png"
    assert Team(logo="old/photo.png").logo.formats == ()


def test_what_no_picture_is_stored_in_is_an_error(picture: AvatarFieldFile) -> None:
    message = re.escape("Unsupported format 'gif', must be one of: webp, avif, jpg, png")

    for ask in (picture.url_for, picture.srcset):
        with pytest.raises(ValueError, match=f"^{message}$"):
            ask(64, "gif")


def test_addresses_follow_the_settings(picture: AvatarFieldFile, settings: Settings) -> None:
    settings.MEDIA_URL = "https://media.example/"

    assert picture.url_for(64) == "https://media.example/avatars/x/" + "a" * 26 + "_64.webp"


def test_odd_folders_are_quoted() -> None:
    assert Place(photo=f"a b/ü/{'a' * 26}_64.webp").photo.url == f"/media/a%20b/%C3%BC/{'a' * 26}_64.webp"


def test_addresses_equal_those_of_the_storage(picture: AvatarFieldFile) -> None:
    for name in (NAME, f"a b/ü'/{'a' * 26}_64.webp"):
        assert urls.url(default_storage, name) == default_storage.url(name)


def test_a_storage_with_addresses_of_its_own_is_asked(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.AskedStorage"}}

    assert Team(logo=NAME).logo.url_for(64) == f"https://cdn.example/avatars/x/{'a' * 26}_64.webp?signed"


def test_a_storage_in_memory_has_local_addresses(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}

    assert Team(logo=NAME).logo.url_for(64) == f"{BASE}_64.webp"
    assert urls.base_url(storages["default"]) == "/media/"


def test_a_storage_without_addresses_says_so(picture: AvatarFieldFile, settings: Settings) -> None:
    settings.MEDIA_URL = None

    with pytest.raises(ValueError, match="not accessible via a URL"):
        assert picture.url


def test_the_class_gives_the_descriptor() -> None:
    assert isinstance(Place.photo, AvatarDescriptor)


def test_an_instance_gives_the_same_file_each_time() -> None:
    place = Place(photo=NAME)

    assert place.photo is place.photo
    assert place.photo.instance is place


@pytest.mark.django_db
def test_a_file_that_waits_shows_what_is_stored(settings: Settings) -> None:
    place = Place.objects.create(photo=upload())
    name, url = place.photo.name, place.photo.url

    place.photo = upload(seed=1)

    assert place.photo.is_pending
    assert (place.photo.stored_name, place.photo.url, place.photo.sizes) == (name, url, (64,))


def test_a_file_that_waits_on_no_row_shows_nothing() -> None:
    place = Place(photo=upload(name="me.jpg"))

    assert place.photo.is_pending
    assert place.photo.name == "me.jpg"
    assert (place.photo.stored_name, place.photo.sizes) == ("", ())
    with pytest.raises(ValueError, match="no picture"):
        assert place.photo.url


@pytest.mark.parametrize("value", [io.BytesIO(b"x"), b"x", Path("a.jpg"), 42, True, False, ["a.jpg"]])
def test_what_is_neither_a_file_nor_a_name_is_refused_at_once(value: Any) -> None:
    row = Profile(profile_pic="old.jpg")

    with pytest.raises(TypeError) as caught:
        row.profile_pic = value

    assert str(caught.value) == (
        f"app.Profile.profile_pic was given {type(value).__name__!r}, which is neither a file of Django's nor a name. "
        'Wrap bytes in ContentFile(data, name="photo.jpg") and an open file in File(file); '
        'give the name of a stored picture as a text, and "" or None for no picture.'
    )
    assert row.profile_pic.name == "old.jpg"


@pytest.mark.parametrize("value", [gettext_lazy("a.jpg"), Value("a.jpg")])
def test_lazy_texts_and_expressions_may_be_assigned(profile: Profile, value: Any) -> None:
    profile.profile_pic = value
    profile.save()

    assert Profile.objects.get().profile_pic.name == "a.jpg"


def test_a_file_without_a_name_gets_one() -> None:
    assert Place(photo=ContentFile(b"x")).photo.name == "picture"


@pytest.mark.django_db
def test_a_picture_can_be_read() -> None:
    place = Place.objects.create(photo=upload())

    with Place.objects.get(pk=place.pk).photo.open() as file:
        assert file.read(4) == b"RIFF"
    again: Any = Place.objects.get(pk=place.pk)
    assert again.photo.read(4) == b"RIFF"
    assert not again.photo.is_pending
    assert again.photo.size > 100
    again.photo.close()


@pytest.mark.django_db
def test_a_picture_that_was_read_is_unchanged(profile: Profile, django_assert_num_queries: Any) -> None:
    profile.profile_pic = upload()
    profile.save()
    again = Profile.objects.get()
    again.profile_pic.read()

    with django_assert_num_queries(1):
        again.save()
    again.profile_pic.close()


def test_pictures_are_equal_to_their_names() -> None:
    assert Place(photo=NAME).photo == NAME
    assert Place(photo=NAME).photo == Place(photo=NAME).photo
    assert Place().photo != NAME


def test_what_is_no_picture_is_an_error_of_the_type_checker_too() -> None:
    profile = Profile()

    with pytest.raises(TypeError):
        profile.profile_pic = 5  # type: ignore[assignment]  # mypy says when this is not needed any more


class ResizingStorage(FileSystemStorage):
    """Delivers any size of one file."""

    resizes_by_url = True

    def url_for(self, name: str, size: int) -> str:
        """An address that says the size."""
        return f"https://img.example/{size}/{name}"


@pytest.fixture
def resizing(settings: Settings) -> None:
    """A default storage that resizes by URL."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.ResizingStorage"}}


@pytest.mark.django_db
def test_a_storage_that_resizes_gets_one_file_and_is_asked_for_sizes(resizing: None, media: Path) -> None:
    place, team = Place.objects.create(photo=upload()), Team.objects.create(logo=upload(300))

    assert place.photo.sizes == ()
    assert "_" not in place.photo.stored_name
    assert on_disk(media) == {place.photo.name, team.logo.name}
    assert place.photo.url_for(64) == f"https://img.example/64/{place.photo.name}"
    assert team.logo.srcset(200) == (
        f"https://img.example/200/{team.logo.name} 1x, https://img.example/400/{team.logo.name} 2x, "
        f"https://img.example/512/{team.logo.name} 3x"
    )
    assert team.logo.url == f"/media/{team.logo.name}"


@pytest.mark.django_db
def test_a_storage_that_resizes_gets_one_file_of_two_formats(resizing: None, media: Path) -> None:
    team = Team.objects.create(banner=upload(300))

    assert len(team._meta.get_field("banner").option("output_formats")) == 2
    assert on_disk(media) == {team.banner.name}
    assert team.banner.open().read(2) == b"\xff\xd8"
    team.banner.close()


def test_a_foreign_name_in_a_storage_that_resizes_has_one_address(resizing: None) -> None:
    assert Country().flag.url_for(64) == "/media/defaults/flag.png"


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_masters_and_renditions_are_rebuilt_into_each_other(settings: Settings, media: Path, resizing: None) -> None:
    place = Place.objects.create(photo=upload(300))
    call_command("avatars_rebuild", stdout=io.StringIO())
    assert Place.objects.get().photo.name == place.photo.name

    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    call_command("avatars_rebuild", stdout=io.StringIO())
    assert Place.objects.get().photo.sizes == (64,)

    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.ResizingStorage"}}
    call_command("avatars_rebuild", stdout=io.StringIO())
    assert Place.objects.get().photo.sizes == ()
    assert "_" not in Place.objects.get().photo.stored_name


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["avatars_rebuild", "--field", "app.Place.photo", "--from", "abc"],
            "--from is 'abc', which is no primary key of app.Place.",
        ),
        (
            ["avatars_rebuild", "--field", "app.Profile.profile_pic", "--from", "1_0"],
            "--from is '1_0', which is no primary key of app.Profile.",
        ),
        (
            ["avatars_import", "app.Team.logo", "--database", "nowhere"],
            "--database is 'nowhere'. There is: default, other.",
        ),
        (
            ["avatars_move", "--from", "default", "--to", "unmade"],
            "STORAGES has no usable alias 'unmade' (Set the bucket.).",
        ),
    ],
)
def test_a_command_says_what_it_cannot_use(arguments: list[str], text: str, settings: Settings, db: None) -> None:
    settings.STORAGES = {**settings.STORAGES, "unmade": {"BACKEND": f"{__name__}.UnmadeStorage"}}

    with pytest.raises(CommandError) as caught:
        call_command(*arguments, stdout=io.StringIO())

    assert str(caught.value) == text


def test_a_template_shows_nothing_for_a_picture_that_is_not_stored_yet(profile: Profile) -> None:
    template = Template("[{% if p.profile_pic %}{{ p.profile_pic.url }}{% endif %}]")
    profile.profile_pic = upload()

    assert template.render(Context({"p": profile})) == "[]"
    profile.save()
    assert template.render(Context({"p": profile})) == f"[{profile.profile_pic.url}]"


@pytest.mark.parametrize(
    "of", [lambda p: type(p)._meta.get_field("profile_pic"), lambda p: type(p).profile_pic, lambda p: p.profile_pic]
)
def test_limits_take_a_field_and_what_stands_for_it(profile: Profile, of: Any) -> None:
    assert limits(of(profile))["max_bytes"] == 10 * 1024 * 1024


def test_a_picture_that_is_not_saved_yet_says_how_large_it_will_be() -> None:
    place = Place(photo=upload(80))

    assert (place.photo.width, place.photo.height) == (64, 64)
