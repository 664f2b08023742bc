"""The whole picture, kept beside the renditions for another crop: ``KEEP_SOURCE``."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from PIL import Image
from pytest_django import Settings

from django_avatars import naming
from django_avatars.exceptions import StorageUnavailable
from django_avatars.forms import AvatarForm
from django_avatars.imaging.spec import Crop
from tests import pictures
from tests.app.models import Profile, User
from tests.storing import files_of, on_disk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def keeping(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}


def saved(profile: Profile, data: bytes, crop: str = "") -> naming.StoredName:
    """Save a picture, and give its name."""
    file = ContentFile(data, "photo.jpg")
    file.avatar_crop = Crop.parse(crop)  # type: ignore[attr-defined]
    profile.profile_pic = file
    profile.save()
    parsed = naming.parse(profile.profile_pic.name or "")
    assert parsed is not None
    return parsed


def source(media: Path, name: naming.StoredName) -> Image.Image:
    """What was kept."""
    return Image.open(io.BytesIO((media / name.source).read_bytes()))


def test_the_name_says_that_there_is_a_source_and_not_where(profile: Profile, media: Path) -> None:
    name = saved(profile, pictures.photo(800, 600))

    assert str(name).endswith("_512-256-128-64_src.webp")
    assert name.has_source
    assert on_disk(media) == files_of(str(name))
    assert len(on_disk(media)) == 5
    assert naming.parse(name.source) == naming.StoredName(name.base)


def test_the_secret_follows_from_the_key_of_the_site(profile: Profile, settings: Settings) -> None:
    name = naming.new_name("a", sizes=(64,), formats=("webp", "avif"), has_source=True)
    before = name.source

    assert naming.parse(str(name)) == name
    assert name.file(0, "src") == name.source == before
    settings.SECRET_KEY = "another"
    assert name.source != before


@pytest.mark.parametrize("name", ["_64_src-avif.webp", "_64_src-src.webp", "_src.webp", "_src-abc.webp"])
def test_only_the_last_of_the_formats_may_say_so(name: str) -> None:
    assert naming.parse(naming.new_token() + name) is None


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_source_is_whole_upright_and_bare(profile: Profile, media: Path, orientation: int) -> None:
    name = saved(profile, pictures.photo(400, 300, orientation=orientation, gps=True), "v1;r=90;x=0;y=0;s=.5")

    kept = source(media, name)
    assert kept.size == ((400, 300) if orientation < 5 else (300, 400))
    assert kept.format == "WEBP"
    assert not kept.info.get("exif")
    assert pictures.CAMERA not in (media / name.source).read_bytes()


def test_the_source_is_capped(profile: Profile, media: Path) -> None:
    name = saved(profile, pictures.photo(4200, 2100))

    assert source(media, name).size == (2048, 1024)


def test_the_source_goes_with_the_picture(profile: Profile, media: Path) -> None:
    saved(profile, pictures.photo(300, 300))
    second = saved(profile, pictures.photo(301, 301))
    assert on_disk(media) == files_of(str(second))

    profile.delete()
    assert on_disk(media) == set()


def test_the_sweep_finds_sources_that_nobody_names(profile: Profile, media: Path) -> None:
    saved(profile, pictures.photo(300, 300))
    Profile.objects.all()._raw_delete("default")

    call_command("avatars_prune", "--delete", "--grace", "0", "--force", verbosity=0)

    assert on_disk(media) == set()


def test_a_rebuild_takes_the_source_along(profile: Profile, media: Path, settings: Settings) -> None:
    before = saved(profile, pictures.photo(300, 200))
    data = (media / before.source).read_bytes()
    settings.AVATARS = {**settings.AVATARS, "SIZES": (128, 32)}

    call_command("avatars_rebuild", verbosity=0)

    after = naming.parse(Profile.objects.get().profile_pic.name or "")
    assert after is not None
    assert after.sizes == (128, 32)
    assert (media / after.source).read_bytes() == data


def test_a_rebuild_goes_on_without_a_source_that_was_lost(profile: Profile, media: Path, settings: Settings) -> None:
    before = saved(profile, pictures.photo(300, 200))
    (media / before.source).unlink()
    settings.AVATARS = {**settings.AVATARS, "SIZES": (128, 32)}

    call_command("avatars_rebuild", verbosity=0)

    after = naming.parse(Profile.objects.get().profile_pic.name or "")
    assert after is not None
    assert (after.sizes, after.has_source) == ((128, 32), False)


# For its owner


def test_its_owner_gets_the_source_and_nobody_else(profile: Profile, user: User, media: Path, client: Client) -> None:
    name = saved(profile, pictures.photo(300, 200))
    assert client.get(reverse("avatars:source")).status_code == 302

    client.force_login(user)
    response = client.get(reverse("avatars:source"))
    assert response.content == (media / name.source).read_bytes()
    assert response.headers["Content-Type"] == "image/webp"
    assert "no-store" in response.headers["Cache-Control"]
    assert f'data-source="{reverse("avatars:source")}"' in client.get(reverse("avatars:edit")).content.decode()

    client.force_login(User.objects.create_user("other"))
    assert client.get(reverse("avatars:source")).status_code == 404


def test_a_picture_without_a_source_has_none_to_give(
    profile: Profile, user: User, client: Client, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": False}
    name = saved(profile, pictures.photo(300, 200))
    client.force_login(user)

    assert not name.has_source
    assert client.get(reverse("avatars:source")).status_code == 404
    assert "data-source" not in client.get(reverse("avatars:edit")).content.decode()


def test_a_source_that_was_lost_is_not_found(profile: Profile, user: User, client: Client, settings: Settings) -> None:
    saved(profile, pictures.photo(300, 200))
    settings.SECRET_KEY = "another"
    client.force_login(user)

    assert client.get(reverse("avatars:source")).status_code == 404


def test_a_project_with_pages_of_its_own_has_no_address_for_it(
    profile: Profile, user: User, settings: Settings
) -> None:
    saved(profile, pictures.photo(300, 200))
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    form = AvatarForm(
        picture_field=Profile.profile_pic.field,
        target=user,
        initial={"avatar": profile.profile_pic},
    )

    assert "data-source" not in str(form)


# Coming back for another crop


NO_WEBP = ("JPEG", "PNG")


def back(media: Path, name: naming.StoredName, *, called: str = "picture") -> SimpleUploadedFile:
    """The source, as the script sends it."""
    return SimpleUploadedFile(called, (media / name.source).read_bytes(), "image/webp")


def sent(file: SimpleUploadedFile, profile: Profile | None) -> AvatarForm:
    """The form with this file, for somebody with this picture."""
    field: Any = Profile.profile_pic.field
    initial = {"avatar": profile.profile_pic} if profile else {}
    file.seek(0)
    return AvatarForm({}, MultiValueDict({"avatar": [file]}), picture_field=field, target=None, initial=initial)


def test_the_source_may_come_back_where_its_format_may_not_be_sent(
    client: Client, profile: Profile, media: Path, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "INPUT_FORMATS": NO_WEBP}
    name = saved(profile, pictures.photo(800, 600))
    client.force_login(profile.user)

    answer = client.post(reverse("avatars:edit"), {"avatar": back(media, name), "avatar-crop": "v1;r=0;x=0;y=0;s=.5"})

    assert answer.status_code == 302
    after = naming.parse(Profile.objects.get().profile_pic.name or "")
    assert after is not None
    assert after.sizes[0] == 300
    assert source(media, after).size == (800, 600)


def test_a_storage_that_does_not_answer_is_no_error_of_the_page(
    client: Client, profile: Profile, media: Path, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "INPUT_FORMATS": NO_WEBP}
    name = saved(profile, pictures.photo(800, 600))
    sent = {"avatar": back(media, name)}
    client.force_login(profile.user)
    broken = {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"reads": False}}
    settings.STORAGES = {**settings.STORAGES, "default": broken}

    answers = client.post(reverse("avatars:edit"), sent), client.get(reverse("avatars:source"))

    assert [answer.status_code for answer in answers] == [503, 503]
    assert Profile.objects.get().profile_pic.name == str(name)


def test_another_file_of_that_format_may_not(profile: Profile, media: Path, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "INPUT_FORMATS": NO_WEBP}
    name = saved(profile, pictures.photo(800, 600))
    other = SimpleUploadedFile("picture", pictures.photo(100, 100, format="WEBP"), "image/webp")
    data = (media / name.source).read_bytes()
    changed = SimpleUploadedFile("picture", data[:-1] + bytes([data[-1] ^ 1]), "image/webp")

    assert sent(back(media, name), profile).is_valid()
    for file, owner in ((other, profile), (changed, profile), (back(media, name), None)):
        assert sent(file, owner).has_error("avatar", "unsupported_format")
    renamed = sent(back(media, name, called="a.webp"), profile)
    assert not renamed.is_valid()


def test_without_a_source_there_is_nothing_to_come_back(profile: Profile, media: Path, settings: Settings) -> None:
    name = saved(profile, pictures.photo(800, 600))
    file = back(media, name)
    settings.AVATARS = {**settings.AVATARS, "INPUT_FORMATS": NO_WEBP}
    (media / name.source).unlink()
    assert sent(file, profile).has_error("avatar", "unsupported_format")

    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": False}
    saved(profile, pictures.photo(300, 300))
    assert sent(file, profile).has_error("avatar", "unsupported_format")


# Keys that were used before


def rotated(settings: Settings) -> None:
    """The site has a new key, and lets the old one hold."""
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]


def test_a_source_of_an_older_key_is_found(profile: Profile, client: Client, settings: Settings) -> None:
    saved(profile, pictures.photo(800, 600))
    client.force_login(profile.user)
    before = client.get(reverse("avatars:source")).content

    rotated(settings)
    client.force_login(profile.user)

    assert client.get(reverse("avatars:source")).content == before


def test_a_source_of_an_older_key_is_deleted_with_its_picture(
    profile: Profile, media: Path, settings: Settings
) -> None:
    saved(profile, pictures.photo(800, 600))
    rotated(settings)

    new = saved(profile, pictures.photo(640, 480))

    assert on_disk(media) == {name for name in new.files() if name not in new.sources[1:]}
    profile.delete()
    assert on_disk(media) == set()


def test_without_the_older_key_a_source_is_not_found(profile: Profile, client: Client, settings: Settings) -> None:
    saved(profile, pictures.photo(800, 600))
    settings.SECRET_KEY = "a new one"
    client.force_login(profile.user)

    assert client.get(reverse("avatars:source")).status_code == 404


def test_a_rebuild_finds_a_source_of_an_older_key(profile: Profile, media: Path, settings: Settings) -> None:
    name = saved(profile, pictures.photo(800, 600))
    before = source(media, name).size
    rotated(settings)
    settings.AVATARS = {**settings.AVATARS, "SIZES": (64,)}

    call_command("avatars_rebuild", stdout=io.StringIO(), stderr=io.StringIO())

    profile.refresh_from_db()
    again = naming.parse(profile.profile_pic.name or "")
    assert again is not None
    assert source(media, again).size == before


# A storage of its own


@pytest.fixture
def private(settings: Settings, tmp_path: Path) -> Path:
    """A folder that no web server shows."""
    folder = tmp_path / "private"
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "private": backend}
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": "private"}
    return folder


def test_a_source_goes_to_the_private_storage_and_renditions_do_not(
    private: Path, profile: Profile, media: Path, client: Client
) -> None:
    name = saved(profile, pictures.photo(800, 600))
    client.force_login(profile.user)

    assert on_disk(private) == {name.source}
    assert on_disk(media) == set(name.files()) - {name.source}
    assert client.get(reverse("avatars:source")).content == (private / name.source).read_bytes()


def test_it_goes_from_there_with_its_picture(private: Path, profile: Profile, media: Path) -> None:
    saved(profile, pictures.photo(800, 600))
    new = saved(profile, pictures.photo(640, 480))

    assert on_disk(private) == {new.source}
    profile.delete()
    assert on_disk(private) == on_disk(media) == set()


def test_what_was_kept_before_there_was_a_private_storage_is_found_and_deleted(
    profile: Profile, media: Path, client: Client, request: pytest.FixtureRequest
) -> None:
    name = saved(profile, pictures.photo(800, 600))
    request.getfixturevalue("private")
    client.force_login(profile.user)

    assert client.get(reverse("avatars:source")).content == (media / name.source).read_bytes()
    profile.delete()
    assert on_disk(media) == set()


def test_the_private_storage_is_swept_too(private: Path, profile: Profile, media: Path) -> None:
    kept = saved(profile, pictures.photo(800, 600))
    lost = private / naming.new_name("avatars/x", sizes=(64,), formats=("webp",), has_source=True).source
    lost.parent.mkdir(parents=True)
    lost.write_bytes(b"lost")

    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO(), stderr=io.StringIO())

    assert on_disk(private) == {kept.source}


def test_a_private_storage_that_fails_takes_the_renditions_back(private: Path, profile: Profile, media: Path) -> None:
    private.write_bytes(b"no folder")

    with pytest.raises(StorageUnavailable):
        saved(profile, pictures.photo(800, 600))

    assert on_disk(media) == set()
