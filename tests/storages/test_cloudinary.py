"""Cloudinary through the official SDK, against a stand-in on the wire that refuses what the service refuses."""

from __future__ import annotations

import io
import runpy
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.management import call_command
from PIL import Image

from django_avatars import naming
from django_avatars.exceptions import StorageUnavailable
from django_avatars.lifecycle.prune import Sweep
from django_avatars.testing import assert_no_storage_calls
from tests.app.models import Country, Team
from tests.storages import cloudinary_standin
from tests.storages.cloudinary_standin import StandIn
from tests.storing import upload

pytest.importorskip("cloudinary")

from django_avatars.contrib.cloudinary import CloudinaryAvatarStorage, asset_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def service() -> Iterator[StandIn]:
    """The service."""
    with cloudinary_standin.running() as server:
        yield server


@pytest.fixture
def storage(service: StandIn, use: Callable[..., Any]) -> Any:
    """Our storage on it, as the default."""
    return use(CloudinaryAvatarStorage(**service.config))


@pytest.fixture
def team(storage: Any, service: StandIn) -> Team:
    """A row with a picture."""
    team = Team.objects.create(name="Reds", logo=upload(600))
    return team


def test_one_signed_upload_stores_one_master_under_the_name_in_the_column(team: Team, service: StandIn) -> None:
    (request,) = service.requests
    assert (request.method, request.path) == ("POST", "/v1_1/demo/image/upload")
    assert request.fields["public_id"] == [str(team.logo.name)]
    assert request.fields["overwrite"] == ["0"]
    assert request.fields["signature"] == [cloudinary_standin.signature(request.fields)]
    assert list(service.assets) == [str(team.logo.name)]
    assert naming.parse(team.logo.name) == naming.StoredName(str(team.logo.name))
    with Image.open(io.BytesIO(service.assets[str(team.logo.name)].data)) as image:
        assert (image.format, image.size) == ("WEBP", (512, 512))


def test_every_size_is_an_address(team: Team, service: StandIn) -> None:
    name = str(team.logo.name)
    service.requests.clear()

    with assert_no_storage_calls():
        assert team.logo.url == f"http://{service.address}/demo/image/upload/f_auto,q_auto/v1/{name}"
        assert (
            team.logo.url_for(96)
            == f"http://{service.address}/demo/image/upload/c_fill,f_auto,h_96,q_auto,w_96/v1/{name}"
        )
        assert [one.rpartition(" ")[2] for one in team.logo.srcset(200).split(", ")] == ["1x", "2x", "3x"]
        assert [one.rpartition(" ")[2] for one in team.logo.srcset(512).split(", ")] == ["1x"]
    assert (team.logo.sizes, team.logo.width, team.logo.height) == ((), None, None)
    assert service.requests == []
    with urllib.request.urlopen(team.logo.url_for(96)) as answer, Image.open(ContentFile(answer.read())) as image:
        assert image.size == (96, 96)


def test_faces_are_found_on_request(service: StandIn) -> None:
    storage = CloudinaryAvatarStorage(gravity="face", cloud_name="demo")

    assert storage.url_for(f"faces/{'a' * 26}", 48) == (
        f"https://res.cloudinary.com/demo/image/upload/c_fill,f_auto,g_face,h_48,q_auto,w_48/v1/faces/{'a' * 26}"
    )


def test_a_replacement_deletes_the_old_master_everywhere(team: Team, service: StandIn) -> None:
    old = str(team.logo.name)
    service.requests.clear()

    team.logo = upload(600, seed=1)
    team.save()

    assert [request.path.rpartition("/")[2] for request in service.requests] == ["upload", "destroy"]
    assert service.requests[1].fields["public_id"] == [old]
    assert service.requests[1].fields["invalidate"] == ["1"]
    assert list(service.assets) == [str(team.logo.name)]


@pytest.mark.parametrize("fault", [500, 401, 420, 0])
def test_a_service_that_fails_leaves_the_row_as_it_was(fault: int, service: StandIn, use: Callable[..., Any]) -> None:
    use(CloudinaryAvatarStorage(timeout=0.2, **service.config))
    team = Team.objects.create(name="Reds", logo=upload(600))
    before = str(team.logo.name)
    service.faults = [fault]
    team.logo = upload(600, seed=1)

    with pytest.raises(StorageUnavailable, match=r"^The storage of app\.Team\.logo failed while a picture was written"):
        team.save()

    assert [request.path.rpartition("/")[2] for request in service.requests].count("upload") == 2, "one try each"
    assert str(Team.objects.get().logo.name) == before
    assert list(service.assets) == [before]


def test_a_wrong_secret_is_a_storage_that_fails(service: StandIn, use: Callable[..., Any]) -> None:
    use(CloudinaryAvatarStorage(**{**service.config, "api_secret": "wrong"}))

    with pytest.raises(StorageUnavailable, match="Invalid Signature"):
        Team.objects.create(name="Reds", logo=upload(600))


def test_a_delete_that_fails_is_left_to_the_sweep(team: Team, service: StandIn) -> None:
    service.faults = [500]
    team.delete()
    other = [Team.objects.create(name="Blues", logo=upload(100, seed=seed)) for seed in range(2)]
    Team.objects.update(logo="")
    service.requests.clear()

    with Sweep(grace=-5) as sweep:
        assert sweep.find().unused == 3
        assert sweep.delete() == (3, 0)

    assert len(service.asked("DELETE")) == 1
    assert service.assets == {}
    assert len(other) == 2


def test_a_sweep_whose_delete_fails_says_how_many_are_left(team: Team, storage: Any, service: StandIn) -> None:
    Team.objects.create(name="Blues", logo=upload(100))
    Team.objects.update(logo="")

    with Sweep(grace=-5) as sweep:
        sweep.find()
        service.faults = [500]
        assert sweep.delete() == (0, 2)


@pytest.mark.parametrize(
    ("stored", "address"),
    [
        ("profile_pics/abc123", "image/upload/v1/profile_pics/abc123"),
        ("profile_pics/default.png", "image/upload/v1/profile_pics/default.png"),
        ("image/upload/v123/profile_pics/abc.jpg", "image/upload/v123/profile_pics/abc.jpg"),
        ("v7/abc", "image/upload/v7/abc"),
    ],
)
def test_what_cloudinary_field_stored_has_the_address_it_had(
    stored: str, address: str, storage: Any, service: StandIn
) -> None:
    from cloudinary.models import CloudinaryField

    country = Country.objects.create(name="Utopia", flag=stored)

    theirs = CloudinaryField("image").parse_cloudinary_resource(stored)
    theirs.url_options = {**service.config}
    assert country.flag.url == f"http://{service.address}/demo/{address}" == theirs.build_url(**service.config)
    assert country.flag.url_for(48) == country.flag.url
    assert country.flag.sizes == ()
    country.delete()
    assert service.requests == []


def test_private_pictures_of_cloudinary_field_are_signed(storage: Any) -> None:
    assert "/image/authenticated/s--" in storage.url("image/authenticated/v1/secret/face.jpg")


def test_a_name_from_another_storage_is_a_public_id_without_its_extension(storage: Any, service: StandIn) -> None:
    name = f"avatars/x/{'b' * 26}_512-64.webp"

    assert asset_of(name).public_id == name.removesuffix(".webp")
    storage.save(name, ContentFile(pictures_webp()))
    assert next(storage.walk("avatars"))[0] == name
    assert storage.open(name).read() == pictures_webp()


def pictures_webp() -> bytes:
    """A tiny picture."""
    stream = io.BytesIO()
    Image.new("RGB", (4, 4)).save(stream, "webp")
    return stream.getvalue()


def test_the_rest_of_a_storage_works_too(team: Team, storage: Any, service: StandIn) -> None:
    name = str(team.logo.name)
    folder, _, file = name.rpartition("/")

    assert storage.exists(name)
    assert not storage.exists("avatars/nobody")
    assert storage.size(name) == len(service.assets[name].data)
    assert abs(storage.get_modified_time(name).timestamp() - time.time()) < 5
    assert storage.listdir("avatars") == ([folder.rpartition("/")[2]], [])
    assert storage.listdir(folder) == ([], [file])
    assert storage.listdir("") == (["avatars"], [])
    with pytest.raises(FileNotFoundError, match="Cloudinary has no picture 'avatars/nobody'"):
        storage.open("avatars/nobody")
    service.faults = [503, 503]
    with pytest.raises(Exception, match="Cloudinary answered 503"):
        storage.open(name)


def test_a_listing_goes_on_where_a_page_ends(storage: Any, service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avatars.contrib.cloudinary.PAGE", 2)
    for number in range(5):
        storage.save(f"many/{number}", ContentFile(pictures_webp()))
    service.requests.clear()

    assert len(list(storage.walk("many"))) == 5
    assert len(service.asked("GET")) == 3


def test_another_picture_under_the_same_public_id_is_not_overwritten(storage: Any, service: StandIn) -> None:
    storage.save("one", ContentFile(pictures_webp()))
    storage.save("one", ContentFile(upload(10).read()))

    assert service.assets["one"].data == pictures_webp()


def test_pictures_from_files_become_single_masters_when_they_are_rebuilt(
    team: Team, storage: Any, service: StandIn
) -> None:
    name = f"avatars/x/{naming.new_token()}_512-64.webp"
    with storage.open(team.logo.name) as file:
        storage.save(name, ContentFile(file.read()))
    Team.objects.filter(pk=team.pk).update(logo=name)

    call_command("avatars_rebuild", verbosity=0)

    rebuilt = naming.parse(Team.objects.get().logo.name)
    assert rebuilt is not None
    assert rebuilt.sizes == ()


@pytest.mark.parametrize(
    ("fields", "recorded"),
    [
        ({"timestamp": ["1795176345"]}, "cceb4506f263ce6509b31f07c06d989711ece770"),
        (
            {"timestamp": ["1795176346"], "type": ["upload"], "invalidate": ["1"], "public_id": ["avatars/u1"]},
            "d981b25c5327d3a1c03697f741d88622f8f45c0a",
        ),
        (
            {"timestamp": ["1795176346"], "context": ["k=v"], "public_ids[]": ["avatars/u1"], "command": ["add"]},
            "54d6b3ffb615836b5f30874b5fcc40b6c886ea6d",
        ),
    ],
)
def test_the_stand_in_signs_as_recorded_requests_of_the_sdk_do(fields: dict[str, list[str]], recorded: str) -> None:
    assert cloudinary_standin.signature(fields) == recorded


def test_the_stand_in_refuses_what_the_service_refuses(storage: Any, service: StandIn) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n--x--\r\n'
    for field, value, message in ((b"api_key", b"1", b"Unknown API key"), (b"api_key", b"111222", b"Stale request")):
        data = body.replace(b"--x--", b'--x\r\nContent-Disposition: form-data; name="timestamp"\r\n\r\n1\r\n--x--') % (
            field,
            value,
        )
        request = urllib.request.Request(
            f"http://{service.address}/v1_1/demo/image/upload",
            data,
            {"Content-Type": "multipart/form-data; boundary=x"},
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as answer:
            assert message in answer.read()
    with pytest.raises(Exception, match="Invalid credentials"):
        CloudinaryAvatarStorage(**{**service.config, "api_secret": "wrong"}).exists("one")


def test_importing_it_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "django_avatars.contrib.cloudinary")
    monkeypatch.setitem(sys.modules, "cloudinary", None)

    with pytest.raises(ImproperlyConfigured) as caught:
        runpy.run_module("django_avatars.contrib.cloudinary")

    assert str(caught.value) == (
        "Using CloudinaryAvatarStorage, but the 'cloudinary' package is not installed. "
        "Install it with `pip install django-avatars[cloudinary]`."
    )
