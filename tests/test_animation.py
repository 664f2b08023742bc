"""Pictures that move, from the upload to the page: ``AVATARS["ANIMATION"]``."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages
from django.core.management import call_command
from django.template import Context, Template
from PIL import Image
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import naming, privacy, rendering, services
from django_avatars.lifecycle.moving import Move
from django_avatars.lifecycle.staging import RenditionFile
from tests.app.models import Profile, User
from tests.pictures import moving
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True)

GIF = moving.gif([moving.Part(0, (0, 0, 100, 100)), moving.Part(1, (0, 0, 100, 100))], size=100)


@pytest.fixture(autouse=True)
def animated(settings: Settings) -> None:
    """What this is about."""
    settings.AVATARS = {**settings.AVATARS, "ANIMATION": True}


@pytest.fixture
def dancer(profile: Profile) -> Profile:
    """Somebody whose picture moves."""
    return save(profile)


def save(profile: Profile, data: bytes = GIF) -> Profile:
    """Save a picture."""
    profile.profile_pic = ContentFile(data, "dance.gif")
    profile.save()
    return profile


def moves(data: bytes) -> bool:
    """Whether a file is animated."""
    return bool(getattr(Image.open(io.BytesIO(data)), "is_animated", False))


def test_the_name_says_that_the_picture_moves(dancer: Profile, media: Path) -> None:
    name = str(dancer.profile_pic.name)
    parsed = naming.parse(name)

    assert parsed is not None
    assert name.endswith("_100-64_anim.webp")
    assert (parsed.has_animation, parsed.formats, parsed.sizes) == (True, ("webp",), (100, 64))
    assert parsed.file(64, "anim") == parsed.animation == f"{parsed.base}_anim.webp"
    assert on_disk(media) == files_of(name) == {name, f"{parsed.base}_64.webp", parsed.animation}
    assert len(moving.frames((media / parsed.animation).read_bytes())) == 2
    assert not moves((media / name).read_bytes())


def test_formats_an_animation_and_a_source_stand_in_one_name() -> None:
    name = naming.new_name("a", sizes=(64,), formats=("webp", "jpg"), has_source=True, has_animation=True)

    assert str(name).endswith("_64_jpg-anim-src.webp")
    assert naming.parse(str(name)) == name
    assert naming.parse(name.animation) == naming.StoredName(name.base)


@pytest.mark.parametrize("name", ["_64_src-anim.webp", "_64_anim-jpg.webp", "_64_anim-anim.webp", "_anim.gif"])
def test_no_other_name_says_so(name: str) -> None:
    assert naming.parse(naming.new_token() + name) is None


@pytest.mark.parametrize("name", ["", "photo.gif", "a" * 26 + "_64.webp", "a" * 26])
def test_other_pictures_do_not_move(name: str) -> None:
    assert naming.animation(name) == ""


def test_without_the_setting_nothing_is_another(profile: Profile, media: Path, settings: Settings) -> None:
    settings.AVATARS = {key: value for key, value in settings.AVATARS.items() if key != "ANIMATION"}
    name = str(save(profile).profile_pic.name)

    assert name.endswith("_100-64.webp")
    assert on_disk(media) == files_of(name)
    assert profile.profile_pic.animated_url is None
    assert "prefers-reduced-motion" not in rendering.avatar(profile, 128)


def test_a_picture_of_a_limit_passed_is_still(profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "ANIMATION": {"FRAMES": 1}}

    assert str(save(profile).profile_pic.name).endswith("_100-64.webp")


def test_the_animation_goes_with_the_picture(dancer: Profile, media: Path) -> None:
    dancer.profile_pic = upload()
    dancer.save()
    assert on_disk(media) == files_of(dancer.profile_pic.name)

    save(dancer).profile_pic.delete()
    assert on_disk(media) == set()


def test_the_sweep_keeps_what_is_named_and_takes_what_is_not(dancer: Profile, media: Path) -> None:
    files = on_disk(media)
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert on_disk(media) == files

    Profile.objects.update(profile_pic="")
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert on_disk(media) == set()


def test_a_rebuild_keeps_the_animation_where_it_is_there(dancer: Profile, media: Path, settings: Settings) -> None:
    before = naming.parse(str(dancer.profile_pic.name))
    assert before is not None
    settings.AVATARS = {**settings.AVATARS, "SIZES": (100, 32), "ANIMATION": False}
    call_command("avatars_rebuild", verbosity=0)
    dancer.refresh_from_db()
    after = naming.parse(str(dancer.profile_pic.name))

    assert after is not None
    assert str(after).endswith("_100-32_anim.webp")
    assert (media / after.animation).read_bytes() == (media / before.animation).read_bytes()

    (media / after.animation).unlink()
    settings.AVATARS = {**settings.AVATARS, "SIZES": (100,)}
    call_command("avatars_rebuild", verbosity=0)
    dancer.refresh_from_db()
    assert str(dancer.profile_pic.name).endswith("_100.webp")


def test_an_export_has_it(dancer: Profile, user: User) -> None:
    archive = io.BytesIO()
    privacy.export(user, archive)

    names = zipfile.ZipFile(archive).namelist()
    [file] = [name for name in names if name.endswith("/moving.webp")]
    assert len(moving.frames(zipfile.ZipFile(archive).read(file))) == 2


def test_it_moves_to_another_storage(dancer: Profile, media: Path, tmp_path: Path) -> None:
    with Move(dancer.profile_pic.storage, FileSystemStorage(tmp_path / "new")) as move:
        move.run()

    assert on_disk(tmp_path / "new") == on_disk(media)


def test_a_storage_that_resizes_by_url_keeps_the_still_picture_alone(
    profile: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Resizing(InMemoryStorage):
        resizes_by_url = True

    monkeypatch.setitem(storages._storages, "default", Resizing())  # type: ignore[attr-defined]

    name = str(save(profile).profile_pic.name)

    assert naming.parse(name) == naming.StoredName(name)
    with storages["default"].open(name) as file:
        assert not moves(file.read())


def test_storages_are_told_what_it_is(profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    types: dict[str, str] = {}
    plain: Callable[..., str] = FileSystemStorage.save

    def noting(self: Any, name: str, content: RenditionFile, *args: Any, **kwargs: Any) -> str:
        types[name] = content.content_type
        return plain(self, name, content, *args, **kwargs)

    monkeypatch.setattr(FileSystemStorage, "save", noting)

    files = files_of(save(profile).profile_pic.name)

    assert types == dict.fromkeys(files, "image/webp")


SOURCE = '<picture><source media="(prefers-reduced-motion: no-preference)" type="image/webp" srcset="{}"><img src="{}"'


def test_who_asks_for_less_motion_gets_the_still_picture(dancer: Profile) -> None:
    file = dancer.profile_pic

    assert SOURCE.format(file.animated_url, file.url) in rendering.avatar(dancer, rendering.MOVING)


@pytest.mark.parametrize(
    ("arguments", "is_moving"),
    [
        ("48", False),
        ("95", False),
        ("96", True),
        ("48 animated=True", True),
        ("96 animated=False", False),
        ("96 label=True", True),
    ],
)
def test_small_pictures_move_only_where_a_template_says_so(dancer: Profile, arguments: str, is_moving: bool) -> None:
    html = Template(f"{{% load avatars %}}{{% avatar who {arguments} %}}").render(Context({"who": dancer}))

    assert ("prefers-reduced-motion" in html) == is_moving


def test_other_formats_are_offered_behind_it(profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "OUTPUT_FORMATS": ("webp", "jpg")}
    html = rendering.avatar(save(profile), 96)

    assert html.index("_anim.webp") < html.index("_100.webp" if "_100.webp" in html else "-64_") < html.index("<img")
    assert html.count("<source") == 2


def test_nothing_moves_in_a_stack_or_a_group(dancer: Profile, user: User) -> None:
    other = User.objects.create_user("other")

    assert "reduced-motion" not in rendering.avatar_stack([user, other], size=128)
    assert "reduced-motion" not in rendering.avatar_group([user, other], 256)


def test_the_apis_have_its_address_and_emails_do_not(dancer: Profile) -> None:
    described = services.describe(dancer, absolute="https://example.com{}".format)

    assert described["animated"] == f"https://example.com{dancer.profile_pic.animated_url}"
    assert "anim" not in str(described["sizes"][64])
    assert rendering.avatar_url(dancer, 96) == dancer.profile_pic.url_for(96)


def test_who_may_not_see_the_picture_does_not_see_it_move(dancer: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.nobody"}

    assert services.describe(dancer)["animated"] is None
    assert "reduced-motion" not in rendering.avatar(dancer, 128)


def nobody(viewer: object, holder: object) -> bool:
    """Who may see pictures."""
    return False


def test_pictures_stop_where_the_setting_is_taken_back(dancer: Profile, settings: Settings) -> None:
    assert "reduced-motion" in rendering.avatar(dancer, 128)
    settings.AVATARS = {**settings.AVATARS, "ANIMATION": False}

    assert "reduced-motion" not in rendering.avatar(dancer, 128)
    assert dancer.profile_pic.animated_url is None


def test_a_page_of_it_costs_no_query_and_asks_no_storage(
    dancer: Profile, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileSystemStorage, "exists", None)
    monkeypatch.setattr(FileSystemStorage, "_open", None)
    with django_assert_num_queries(0):
        assert "reduced-motion" in rendering.avatar(dancer, 128)
