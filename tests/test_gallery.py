"""Ready pictures, which all who choose one share, and letters on a color."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.template import Context, Template
from django.test import Client
from django.urls import path
from PIL import Image, ImageColor
from pytest_django import Settings

from django_avatars import gallery, naming, services, signals
from django_avatars.exceptions import InvalidImage, NotAllowed, StorageRenames, StorageUnavailable
from django_avatars.lifecycle import rebuild
from django_avatars.providers import fonts
from django_avatars.uploads import throttling
from django_avatars.views import EditAvatarView, ReadyPictureView
from tests import pictures
from tests.app.models import Place, Profile, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db

EDIT, LETTERS = "/avatars/", "/avatars/letters/"
FIELD: Any = Profile.profile_pic.field
RECORDING = {"default": {"BACKEND": "tests.storing.RecordingStorage"}}


@pytest.fixture
def fox(settings: Settings, tmp_path: Path) -> gallery.ReadyPicture:
    """The first of two ready pictures."""
    for seed, name in enumerate(("fox", "owl")):
        (tmp_path / f"{name}.jpg").write_bytes(pictures.photo(300, 300 + seed))
    settings.AVATARS = {
        **settings.AVATARS,
        "GALLERY": [
            {"file": tmp_path / "fox.jpg", "name": "Fox", "credit": "Fox by Bo, CC BY 4.0"},
            {"file": str(tmp_path / "owl.jpg"), "name": "Owl"},
        ],
    }
    return gallery.pictures()[0]


@pytest.fixture
def client(user: User) -> Client:
    """The browser of `user`, signed in."""
    client = Client()
    client.force_login(user)
    return client


def address(picture: gallery.ReadyPicture) -> str:
    """Where a picture is seen, and chosen."""
    return f"/avatars/gallery/{picture.key}/"


def stored() -> list[str]:
    """What the rows name."""
    return [str(name) for name in Profile.objects.order_by("pk").values_list("profile_pic", flat=True)]


# Named by its content


def test_a_ready_picture_is_stored_once_under_a_name_of_its_content(
    fox: gallery.ReadyPicture, profile: Profile, media: Path
) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"))

    for person in (profile.user, other.user):
        services.choose_own(person, fox)

    first, second = stored()
    assert first == second
    assert re.fullmatch(rf"avatars-gallery/{fox.key}[a-z2-7]{{10}}_300-256-128-64\.webp", first)
    assert on_disk(media) == files_of(first)


def test_a_ready_picture_is_decoded_once_for_all(
    fox: gallery.ReadyPicture, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[object] = []
    process_stored = FIELD.process_stored
    monkeypatch.setattr(gallery, "_names", {})

    def counted(file: ContentFile[bytes]) -> object:
        decoded.append(file)
        return process_stored(file)

    monkeypatch.setattr(FIELD, "process_stored", counted)
    other = Profile.objects.create(user=User.objects.create_user("bo"))

    for person in (profile.user, other.user):
        services.choose_own(person, fox)

    assert len(decoded) == 1


def test_what_is_made_of_it_is_part_of_the_name(
    fox: gallery.ReadyPicture, profile: Profile, settings: Settings, media: Path
) -> None:
    services.choose_own(profile.user, fox)
    settings.AVATARS = {**settings.AVATARS, "QUALITY": {"webp": 30}}
    services.choose_own(profile.user, fox)

    assert len(on_disk(media)) == 8
    assert gallery.credit_of(profile) == "Fox by Bo, CC BY 4.0"


def test_a_storage_that_resizes_by_url_keeps_one_master(
    fox: gallery.ReadyPicture, profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storages["default"].__class__, "resizes_by_url", True, raising=False)

    services.choose_own(profile.user, fox)

    assert stored() == [f"avatars-gallery/{naming.ready_key(stored()[0])}{stored()[0][-10:]}"]
    assert on_disk(media) == set(stored())


def test_somebody_without_a_profile_gets_one(fox: gallery.ReadyPicture, user: User) -> None:
    services.choose_own(user, fox)

    assert gallery.credit_of(User.objects.get()) == "Fox by Bo, CC BY 4.0"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_row", [True, False])
def test_a_choice_is_told_whether_or_not_there_was_a_row(
    fox: gallery.ReadyPicture, user: User, caplog: pytest.LogCaptureFixture, has_row: bool
) -> None:
    if has_row:
        Profile.objects.create(user=user)
    told: list[tuple[str, str]] = []

    def hear(name: str, old_name: str, **kwargs: Any) -> None:
        told.append((name, old_name))

    signals.avatar_changing.connect(hear)
    signals.avatar_saved.connect(hear)
    try:
        with caplog.at_level("INFO", logger="django_avatars"):
            services.choose_own(user, fox)
    finally:
        signals.avatar_changing.disconnect(hear)
        signals.avatar_saved.disconnect(hear)

    assert told == [(stored()[0], "")] * 2
    assert [record.getMessage().split(" of=")[0] for record in caplog.records] == ["picture saved:"]


# Shared by all


@pytest.mark.django_db(transaction=True)
def test_a_chosen_picture_survives_whatever_others_do_with_theirs(
    fox: gallery.ReadyPicture, profile: Profile, media: Path
) -> None:
    people = [User.objects.create_user(name) for name in ("bo", "cy", "di")]
    for person in (profile.user, *people):
        services.choose_own(person, fox)
    name = stored()[0]

    services.set_own(people[0], upload())
    services.remove_own(people[1])
    people[2].delete()
    services.remove_own(people[0])
    assert on_disk(media) == files_of(name)

    services.remove_own(profile.user)
    for arguments in ([], ["--delete", "--force"]):
        call_command("avatars_prune", *arguments, grace=0, stdout=io.StringIO(), stderr=io.StringIO())
    assert on_disk(media) == files_of(name)
    assert not any(stored())


@pytest.mark.django_db(transaction=True)
def test_the_sweep_of_a_whole_storage_passes_ready_pictures_by(
    fox: gallery.ReadyPicture, profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FIELD, "upload_to", "")
    services.choose_own(profile.user, fox)
    services.set_own(profile.user, upload())
    lost = media / f"{naming.new_token()}_64.webp"
    lost.write_bytes(b"")

    call_command("avatars_prune", "--delete", "--force", grace=0, stdout=io.StringIO(), stderr=io.StringIO())

    assert not lost.exists()
    assert len([name for name in on_disk(media) if naming.ready_key(name) or name.startswith(naming.GALLERY)]) == 4


@pytest.mark.django_db(transaction=True)
def test_rebuilding_leaves_it_to_all_who_have_it(
    fox: gallery.ReadyPicture, profile: Profile, media: Path, settings: Settings
) -> None:
    services.choose_own(profile.user, fox)
    before = stored()
    settings.AVATARS = {**settings.AVATARS, "SIZES": (96,)}

    call_command("avatars_rebuild", "--all", stdout=io.StringIO(), stderr=io.StringIO())

    assert stored() == before
    assert not rebuild.is_outdated(FIELD, before[0])
    assert on_disk(media) == files_of(*before)


@pytest.mark.django_db(transaction=True)
def test_another_row_may_take_it_over(fox: gallery.ReadyPicture, profile: Profile, media: Path) -> None:
    services.choose_own(profile.user, fox)
    place = Place.objects.create()

    place.photo = profile.profile_pic
    place.save()
    place.delete()

    assert on_disk(media) == files_of(*stored())


@pytest.mark.django_db(transaction=True)
def test_a_choice_that_is_rolled_back_takes_nothing_from_the_others(
    fox: gallery.ReadyPicture, profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.choose_own(profile.user, fox)
    Profile.objects.create(user=(other := User.objects.create_user("bo")))
    monkeypatch.setattr(Profile, "save", lambda self, **kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        services.choose_own(other, fox)

    assert on_disk(media) == files_of(stored()[0])


# Written the explicit way


def test_files_that_are_gone_are_made_again_by_the_next_choice(
    fox: gallery.ReadyPicture, profile: Profile, media: Path
) -> None:
    services.choose_own(profile.user, fox)
    files = on_disk(media)
    (media / stored()[0]).unlink()

    services.choose_own(User.objects.create_user("bo"), fox)

    assert on_disk(media) == files


def test_whoever_writes_at_the_same_time_is_no_trouble(
    fox: gallery.ReadyPicture, profile: Profile, media: Path, settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, **RECORDING}
    storage: Any = storages["default"]
    others: list[bytes] = [b"theirs"]

    def somebody_else() -> None:
        file = Path(storage.path(storage.of("save")[-1]))
        if others:
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(others.pop())

    storage.on_save = somebody_else
    services.choose_own(profile.user, fox)

    assert on_disk(media) == files_of(*stored())


def test_a_storage_that_renames_is_said(
    fox: gallery.ReadyPicture, profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storages["default"].__class__, "get_available_name", lambda self, name, **kwargs: f"{name}.1")

    with pytest.raises(StorageRenames):
        services.choose_own(profile.user, fox)

    assert on_disk(media) == set()


def test_a_storage_that_fails_is_said(
    fox: gallery.ReadyPicture, client: Client, settings: Settings, profile: Profile
) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"saves": 1}},
    }

    with pytest.raises(StorageUnavailable):
        services.choose_own(profile.user, fox)
    shown, chosen = client.get(address(fox)), client.post(address(fox))

    assert (shown.status_code, shown["Retry-After"]) == (503, "30")
    assert (chosen.status_code, stored()) == (503, [""])


def test_a_file_that_is_no_picture_is_said(fox: gallery.ReadyPicture, profile: Profile) -> None:
    Path(fox.file).write_bytes(b"words")

    with pytest.raises(InvalidImage):
        services.choose_own(profile.user, fox)


# The page


def test_the_page_offers_the_pictures_and_a_click_makes_one_ones_own(
    fox: gallery.ReadyPicture, client: Client, profile: Profile
) -> None:
    html = client.get(EDIT, {"next": "/home/"}).content.decode()
    assert f'formaction="{address(fox)}" title="Fox · Fox by Bo, CC BY 4.0"' in html
    assert f'<img src="{address(fox)}" width="64" height="64" alt="Fox"' in html
    assert 'title="Owl"' in html

    response = client.post(address(fox), {"next": "/home/"})

    assert (response.status_code, response["Location"]) == (302, "/home/")
    assert naming.ready_key(stored()[0]) == fox.key
    assert '<p class="avatars-credit">Fox by Bo, CC BY 4.0</p>' in client.get(EDIT).content.decode()


def test_a_picture_is_made_for_whoever_looks_first(fox: gallery.ReadyPicture, client: Client, media: Path) -> None:
    response = client.get(address(fox))

    assert (response.status_code, response["Cache-Control"]) == (302, "private, max-age=300")
    assert (media / response["Location"].removeprefix("/media/")).exists()
    assert response["Location"].endswith("_128.webp")


def test_without_a_gallery_nothing_is_offered(client: Client) -> None:
    html = client.get(EDIT).content.decode()

    assert "Ready pictures" not in html
    assert "Letters on a color" not in html


urlpatterns = [
    path("own/", EditAvatarView.as_view(edit_url="/own/", remove_url="/own/")),
    path("own/<slug:key>/", ReadyPictureView.as_view(edit_url="/own/")),
]


@pytest.mark.urls(__name__)
def test_a_page_of_ones_own_without_our_addresses_offers_none_of_it(fox: gallery.ReadyPicture, client: Client) -> None:
    html = client.get("/own/").content.decode()

    assert "Your profile picture" in html
    assert "Ready pictures" not in html


@pytest.mark.urls(__name__)
def test_after_the_log_in_whoever_chose_comes_to_the_page_of_ones_own(fox: gallery.ReadyPicture) -> None:
    response = Client().post(f"/own/{fox.key}/")

    assert (response.status_code, response["Location"]) == (302, "/login/?next=/own/")


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_no_ready_picture_is_not_found(fox: gallery.ReadyPicture, client: Client, method: str) -> None:
    assert getattr(client, method)("/avatars/gallery/nothing/").status_code == 404


def test_strangers_are_sent_to_the_log_in(fox: gallery.ReadyPicture, db: None) -> None:
    assert Client().post(address(fox)).status_code == Client().post(LETTERS).status_code == 302


def no(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return f"No {action} today."


def test_the_policy_is_asked(
    fox: gallery.ReadyPicture, client: Client, profile: Profile, settings: Settings, media: Path
) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.no"}

    response = client.post(address(fox))
    with pytest.raises(NotAllowed):
        services.choose_own(profile.user, fox, actor=profile.user)

    assert response.status_code == 403
    assert "No set today." in response.content.decode()
    assert on_disk(media) == set()


def test_choosing_counts_as_a_change(fox: gallery.ReadyPicture, client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/h"}

    assert [client.post(address(fox)).status_code for _ in range(2)] == [302, 302]
    assert client.post(address(gallery.pictures()[1])).status_code == 429
    assert naming.ready_key(stored()[0]) == fox.key


def test_what_others_have_counted_meanwhile_is_seen_before_anything_is_done(
    fox: gallery.ReadyPicture, client: Client, settings: Settings, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/h"}
    count = throttling._Count(profile.user.pk, "1/h")
    monkeypatch.setattr(throttling, "check", lambda request: setattr(request, "_avatars_count", count))

    assert [client.post(address(fox)).status_code, client.post(address(gallery.pictures()[1])).status_code] == [
        302,
        429,
    ]
    assert naming.ready_key(stored()[0]) == fox.key


# Credit


def test_a_tag_names_who_made_it(fox: gallery.ReadyPicture, profile: Profile, settings: Settings) -> None:
    def shown(obj: Any) -> str:
        return Template("{% load avatars %}{% avatar_credit obj %}").render(Context({"obj": obj}))

    services.choose_own(profile.user, fox)
    assert shown(profile) == shown(profile.user) == "Fox by Bo, CC BY 4.0"

    services.choose_own(profile.user, gallery.pictures()[1])
    assert shown(profile) == ""
    services.set_own(profile.user, upload())
    assert shown(profile) == shown(None) == ""

    services.choose_own(profile.user, fox)
    settings.AVATARS = {}
    assert shown(profile) == ""


# Letters


@pytest.fixture
def lettered(settings: Settings) -> None:
    """A site that offers letters, and takes JPEG alone."""
    settings.AVATARS = {**settings.AVATARS, "LETTERS": True, "INPUT_FORMATS": ("JPEG",)}


@pytest.mark.usefixtures("lettered")
def test_letters_on_a_color_become_a_picture(client: Client, profile: Profile, media: Path) -> None:
    html = client.get(EDIT).content.decode()
    assert 'value="JD"' in html
    assert len(re.findall(r'type="radio" name="color" value="(#[0-9a-f]{6})"', html)) == 12
    assert html.count(" checked") == 1

    response = client.post(LETTERS, {"letters": " a b c", "color": "#880545"})

    assert (response.status_code, response["Location"]) == (302, EDIT)
    with Image.open(media / stored()[0]) as picture:
        red, green, blue = picture.convert("RGB").getpixel((4, 4))  # type: ignore[misc]  # a pixel of three
        assert picture.size == (512, 512)
    assert max(abs(red - 0x88), abs(green - 0x05), abs(blue - 0x45)) < 12


@pytest.mark.usefixtures("lettered")
def test_no_color_is_chosen_beside_a_picture_and_without_one_letters_stand_on_that_of_the_initials(
    client: Client, profile: Profile, media: Path
) -> None:
    html = client.get(EDIT).content.decode()
    own = re.findall(r'value="(#[0-9a-f]{6})" checked', html)

    client.post(LETTERS, {"letters": "A"})

    with Image.open(media / stored()[0]) as picture:
        seen: Any = picture.convert("RGB").getpixel((4, 4))
    assert len(own) == 1
    assert max(abs(a - b) for a, b in zip(seen, ImageColor.getrgb(own[0]), strict=True)) < 12
    assert " checked" not in client.get(EDIT).content.decode()


@pytest.mark.usefixtures("lettered")
@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"letters": "", "color": "#880545"}, "This field is required."),
        ({"letters": "A", "color": "red"}, "Select a valid choice. red is not one of the available choices."),
    ],
)
def test_letters_that_are_none_are_said(client: Client, profile: Profile, data: dict[str, str], text: str) -> None:
    response = client.post(LETTERS, data)

    assert response.status_code == 400
    assert text in response.content.decode()
    assert stored() == [""]


@pytest.mark.usefixtures("lettered")
def test_letters_that_no_font_has_are_said(client: Client, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "lettering", lambda text, named: fonts.Lettering("", None))

    response = client.post(LETTERS, {"letters": "A", "color": "#880545"})

    assert "These letters cannot be drawn. Choose others." in response.content.decode()


@pytest.mark.usefixtures("lettered")
def test_letters_that_are_refused_count_as_a_refused_file_does(
    client: Client, profile: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    monkeypatch.setattr(fonts, "lettering", lambda text, named: fonts.Lettering("", None))

    def statuses(letters: str, count: int) -> set[int]:
        sent = {"letters": letters, "color": "#880545"}
        return {client.post(LETTERS, sent).status_code for _ in range(count)}

    assert statuses("", 20) == {400}
    assert statuses("A", 1) == {400}
    assert statuses("A", 1) == {429}


def test_where_letters_are_not_offered_there_are_none(client: Client) -> None:
    assert client.post(LETTERS, {"letters": "A", "color": "#880545"}).status_code == 404


def test_letters_are_drawn_as_large_as_a_picture_must_be(client: Client, profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "LETTERS": True, "MIN_SIZE": 600}

    assert client.post(LETTERS, {"letters": "A", "color": "#880545"}).status_code == 302
    assert stored() != [""]


def test_looking_at_a_file_that_is_no_picture_is_no_error_of_the_server(
    fox: gallery.ReadyPicture, client: Client
) -> None:
    Path(fox.file).write_bytes(b"no picture")

    assert client.get(address(fox)).status_code == 400


def test_a_file_that_has_gone_leaves_the_page_and_the_others(fox: gallery.ReadyPicture, client: Client) -> None:
    owl = gallery.pictures()[1]
    Path(fox.file).unlink()

    html = client.get(EDIT).content.decode()

    assert 'alt="Owl"' in html
    assert 'alt="Fox"' not in html
    assert client.get(address(owl)).status_code == 302
