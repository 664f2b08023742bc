"""imgproxy in front of a bucket: one file per picture, every size by an address that imgproxy would accept."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command

from django_avatars.contrib.imgproxy import ImgproxyStorage
from tests.app.models import Country, Team
from tests.storing import on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

# The key and salt of imgproxy's own example: https://docs.imgproxy.net/usage/signing_url
KEY = b"secret".hex()
SALT = b"hello".hex()


@pytest.fixture
def storage(use: Callable[..., Any], media: Path) -> Any:
    """Files on disk, addresses of imgproxy."""
    use(FileSystemStorage(media, "/media/"), "files")
    return use(make())


def make(**options: Any) -> ImgproxyStorage:
    """The storage in front."""
    given = {"storage": "files", "source": "local:///", "endpoint": "https://img.example/", "key": KEY, "salt": SALT}
    return ImgproxyStorage(**{**given, **options})


def accepted(url: str) -> list[str]:
    """The path as imgproxy reads it, once the signature was found right."""
    path = url.removeprefix("https://img.example")
    signature, _, rest = path[1:].partition("/")
    digest = hmac.new(bytes.fromhex(KEY), bytes.fromhex(SALT) + b"/" + rest.encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    *options, source = rest.split("/")
    name, _, extension = source.partition(".")
    return [*options, base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode(), extension]


def test_signatures_are_those_of_imgproxys_documentation() -> None:
    storage = make(source="http://img.example.com/pretty/", endpoint="", gravity="sm", format="png")
    path = "/rs:fill:300:400:0/g:sm/aHR0cDovL2V4YW1w/bGUuY29tL2ltYWdl/cy9jdXJpb3NpdHku/anBn.png"

    digest = hmac.digest(storage._key, storage._salt + path.encode(), hashlib.sha256)

    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == "oKfUtW34Dvo2BGQehJFR4Nr0_rIjOtdtzJ3QFsUcXH8"


def test_one_file_serves_every_size(storage: Any, media: Path) -> None:
    team = Team.objects.create(name="Reds", logo=upload(600))

    name = str(team.logo.name)
    assert on_disk(media) == {name}
    assert accepted(team.logo.url) == [f"local:///{name}", ""]
    assert accepted(team.logo.url_for(48)) == ["rs:fill:48:48", "g:ce", f"local:///{name}", ""]
    assert [accepted(one.split(" ")[0])[0] for one in team.logo.srcset(48).split(", ")] == [
        "rs:fill:48:48", "rs:fill:96:96", "rs:fill:144:144",
    ]  # fmt: skip
    assert team.logo.sizes == ()


def test_gravity_and_format_are_as_asked_for() -> None:
    storage = make(gravity="sm", format="avif", source="s3://faces/media/")

    assert accepted(storage.url_for("a/b", 64)) == ["rs:fill:64:64", "g:sm", "s3://faces/media/a/b", "avif"]


def test_a_picture_of_another_making_is_shown_whole(storage: Any) -> None:
    country = Country.objects.create(name="Utopia", flag="old/flag.png")

    assert accepted(country.flag.url_for(48)) == ["local:///old/flag.png", ""]


def test_replacing_and_deleting_leave_nothing_behind(storage: Any, media: Path) -> None:
    team = Team.objects.create(name="Reds", logo=upload(600))
    team.logo = upload(600, seed=1)
    team.save()
    assert on_disk(media) == {str(team.logo.name)}

    team.delete()
    assert on_disk(media) == set()


def test_pictures_of_several_files_become_single_masters(storage: Any, settings: Any, media: Path) -> None:
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "files"}
    old = Team.objects.create(name="Reds", logo=upload(600)).logo.name
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "default"}
    assert accepted(Team.objects.get().logo.url_for(64))[2] == f"local:///{old}"

    call_command("avatars_rebuild", verbosity=0)

    assert Team.objects.get().logo.sizes == ()
    assert (media / str(Team.objects.get().logo.name)).read_bytes() == (media / str(old)).read_bytes()


def test_everything_else_is_asked_of_the_storage_behind(storage: Any, media: Path) -> None:
    name = storage.save("one.txt", upload(10))

    assert storage.exists(name)
    assert storage.size(name) == (media / name).stat().st_size
    with storage.open(name) as file:
        assert file.read() == (media / name).read_bytes()
    assert storage.listdir("") == ([], [name])
    assert storage.get_modified_time(name) == storage.stored_in.get_modified_time(name)
    storage.delete(name)
    assert on_disk(media) == set()


def test_a_key_that_is_no_key_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        make(salt="hello")

    assert str(caught.value) == (
        "ImgproxyStorage was given a salt that is not hexadecimal. "
        "Give the same digits as in IMGPROXY_SALT, an even number of 0-9 and a-f."
    )


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        make(key="")

    assert str(caught.value) == (
        "ImgproxyStorage was given an empty key: anybody could sign addresses. Give the same digits as in IMGPROXY_KEY."
    )
