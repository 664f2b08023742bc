"""Taking over pictures from an ImageField and from django-avatar."""

from __future__ import annotations

import datetime
import io
import json
import re
import signal
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, default_storage
from django.core.management import CommandError, call_command
from django.db import connection, migrations, models, transaction
from django.test.utils import isolate_apps
from django.utils import timezone
from PIL import Image

from django_avatars import naming
from django_avatars.fields import AvatarField
from django_avatars.lifecycle import importing, replace
from django_avatars.management.commands import avatars_import
from django_avatars.profile.models import Profile as ReadyProfile
from tests import pictures
from tests.app.models import Country, Person, Profile, Scrapbook, Seat, Staff, User, Veteran
from tests.avatar.models import Avatar
from tests.storing import RecordingStorage, files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

PHOTOS = (
    importing.Source(Veteran._meta.get_field("photo"), "pk", "default"),
    importing.Target(Veteran._meta.get_field("picture"), "pk", "default"),
)
"""From the old column of a row to the new one."""

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def run(*arguments: str, **options: object) -> str:
    """What the command says."""
    out = io.StringIO()
    call_command("avatars_import", *arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_pictures_of_an_image_field_become_pictures_of_ours_and_the_old_files_stay(media: Path) -> None:
    veteran = Veteran.objects.create(photo=upload(200, name="Old Photo.JPG"))

    said = run("app.Veteran.photo", to="app.Veteran.picture")

    veteran.refresh_from_db()
    assert said == "1 pictures taken over.\n"
    assert veteran.picture.sizes == (200, 128, 64)
    assert veteran.photo.name in on_disk(media)
    assert veteran.picture.name in on_disk(media)


def test_a_field_that_was_changed_in_place_is_its_own_source(media: Path) -> None:
    old = default_storage.save("photos/me.jpg", upload(100))
    person = Person.objects.create(username="bo", picture=old)

    run("app.Person.picture")

    person.refresh_from_db()
    assert naming.parse(person.picture.name)
    assert old in on_disk(media)


def test_the_fields_default_is_not_taken_for_a_picture() -> None:
    Veteran.objects.create()
    Country.objects.create(name="A")

    assert run("app.Veteran.picture") == "0 pictures taken over.\n"
    assert run("app.Country.flag") == "0 pictures taken over.\n"


def test_a_second_run_finds_nothing_to_do(media: Path) -> None:
    Veteran.objects.create(photo=upload())
    run("app.Veteran.photo", to="app.Veteran.picture")
    before = on_disk(media)

    assert run("app.Veteran.photo", to="app.Veteran.picture") == "0 pictures taken over.\n"
    assert on_disk(media) == before


def test_a_dry_run_counts_and_changes_nothing(media: Path) -> None:
    Veteran.objects.create(photo=upload())
    before = on_disk(media)

    assert run("app.Veteran.photo", to="app.Veteran.picture", dry_run=True) == "1 pictures would be taken over.\n"
    assert on_disk(media) == before


def test_a_bad_file_is_reported_and_does_not_stop_the_rest(media: Path) -> None:
    bad = Veteran.objects.create(photo=ContentFile(b"no picture", "bad.jpg"))
    good = Veteran.objects.create(photo=upload())
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"1 pictures could not be taken over; these rows are unchanged\."):
        call_command("avatars_import", "app.Veteran.photo", to="app.Veteran.picture", stdout=out, stderr=out)

    good.refresh_from_db()
    bad.refresh_from_db()
    assert good.picture.sizes == (96, 64)
    assert bad.picture.name == "defaults/veteran.png"
    assert f"app.Veteran {bad.pk}: {bad.photo.name}: This file is not a picture" in out.getvalue()


def test_a_row_that_got_a_picture_meanwhile_keeps_it(media: Path) -> None:
    veteran = Veteran.objects.create(photo=upload())
    person = next(importing.people(*PHOTOS, []))
    choice, _ = importing.choose(PHOTOS[1], person)
    assert choice is not None
    veteran.picture = upload(70)
    veteran.save()

    assert importing.take(PHOTOS[1], person, choice.picture) is False

    assert Veteran.objects.get().picture.name == veteran.picture.name
    assert on_disk(media) == {veteran.photo.name, *files_of(veteran.picture.name)}


def test_a_row_that_is_changed_or_deleted_at_the_last_moment_is_left_alone(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    veteran = Veteran.objects.create(photo=upload())
    person = next(importing.people(*PHOTOS, []))
    choice, _ = importing.choose(PHOTOS[1], person)
    assert choice is not None
    monkeypatch.setattr(AvatarField, "folder", lambda *_: Veteran.objects.update(picture="other.png") and "avatars")

    assert importing.take(PHOTOS[1], person, choice.picture) is False
    assert on_disk(media) == {veteran.photo.name}
    Veteran.objects.all().delete()
    assert importing.take(PHOTOS[1], person, choice.picture) is False


def test_an_unsafe_old_file_is_refused_as_an_upload_would_be() -> None:
    Veteran.objects.create(photo=ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg"))

    choice, refused = importing.choose(PHOTOS[1], next(importing.people(*PHOTOS, [])))

    assert choice is None
    assert [one.why.endswith("(unsupported_format)") for one in refused] == [True]


def test_of_django_avatar_the_primary_picture_is_taken_else_the_newest(media: Path) -> None:
    jane, bo = User.objects.create_user("jane"), User.objects.create_user("bo")
    long_ago = timezone.now() - datetime.timedelta(days=9)
    Avatar.objects.create(user=jane, avatar=upload(70, name="new.jpg"))
    Avatar.objects.create(user=jane, avatar=upload(80, name="primary.jpg"), primary=True, date_uploaded=long_ago)
    Avatar.objects.create(user=bo, avatar=upload(90, name="newest.jpg"))
    Avatar.objects.create(user=bo, avatar=upload(66, name="older.jpg"), date_uploaded=long_ago)
    Profile.objects.create(user=bo, bio="kept")

    said = run("django-avatar")

    assert said.endswith("\n2 pictures taken over.\n")
    assert "2 further pictures of these people are not taken over" in said
    assert Profile.objects.get(user=jane).profile_pic.sizes == (80, 64)
    assert Profile.objects.get(user=bo).profile_pic.sizes == (90, 64)
    assert Profile.objects.get(user=bo).bio == "kept"
    assert run("django-avatar", dry_run=True) == "0 pictures would be taken over.\n"


def test_the_square_is_taken_about_the_middle_as_it_was_shown_before(media: Path) -> None:
    bands = Image.new("RGB", (1, 3))
    bands.putdata([(250, 0, 0), (0, 250, 0), (0, 0, 250)])
    tall = pictures.saved(bands.resize((70, 210), Image.Resampling.NEAREST))
    Avatar.objects.create(user=User.objects.create_user("jane"), avatar=ContentFile(tall, "tall.png"))

    run("django-avatar")

    with default_storage.open(Profile.objects.get().profile_pic.stored_name) as file:
        color: Any = Image.open(file).convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    red, green, blue = color
    assert green > 200
    assert max(red, blue) < 30


def test_an_empty_row_of_django_avatar_gives_no_picture() -> None:
    Avatar.objects.create(user=User.objects.create_user("jane"))

    assert run("django-avatar") == "0 pictures taken over.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["app.Veteran.photo"], "app.Veteran.photo is no AvatarField. Name the one that shall get the pictures"),
        (["app.Nobody.photo"], "'app.Nobody.photo' is no field: "),
        (["app.Veteran.face"], "'app.Veteran.face' is no field: "),
        (["photo"], "'photo' is no field: "),
        (["app.Person.username", "--to", "app.Person.picture"], "app.Person.username is a CharField. Name a field"),
        (["app.Profile.user", "--to", "app.Profile.profile_pic"], "app.Profile.user is a OneToOneField. Name a field"),
        (["app.Veteran.photo", "--to", "app.Person.picture"], "app.Veteran.photo is not on the model of app.Person.p"),
        ([], "Name either a SOURCE"),
        (["app.Veteran.photo", "--zip", "a.zip"], "Name either a SOURCE"),
        (["--zip", "nowhere.zip"], "nowhere.zip cannot be read as a ZIP file: "),
        (["django-avatar", "--accept", "SVG,JPEG"], "--accept has SVG. Name some of: JPEG"),
        (["app.Staff.photo", "--to", "app.Person.picture"], "app.Staff.photo is not on the model of app.Person.pict"),
        (["django-avatar", "--to", "app.Person.picture"], "app.Person.picture is not on the user, nor"),
    ],
)
def test_a_wrong_field_is_refused_with_the_way_out(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError) as refused:
        run(*arguments)

    assert str(refused.value).startswith(said)


def test_without_django_avatar_the_command_says_what_is_missing(settings: object) -> None:
    from django.test import override_settings

    apps = [app for app in settings.INSTALLED_APPS if app != "tests.avatar"]  # type: ignore[attr-defined]
    with override_settings(INSTALLED_APPS=apps), pytest.raises(CommandError, match="django-avatar is not installed"):
        run("django-avatar")


# Whose picture it is


def report(*arguments: str, **options: object) -> dict[str, Any]:
    """What the command says to programs."""
    return cast("dict[str, Any]", json.loads(run(*arguments, json=True, **options)))


def staff(name: str, photo: object) -> Staff:
    """Somebody with an old picture."""
    return Staff.objects.create(user=User.objects.create_user(name), number=7, photo=photo)


def test_rows_of_another_model_are_matched_by_the_user(media: Path) -> None:
    staff("jane", upload(70))
    staff("bo", upload(80))
    Profile.objects.create(user=User.objects.get(username="bo"), bio="kept")

    assert run("app.Staff.photo", to="app.Profile.profile_pic") == "2 pictures taken over.\n"

    assert Profile.objects.get(user__username="jane").profile_pic.sizes == (70, 64)
    assert Profile.objects.get(user__username="bo").profile_pic.sizes == (80, 64)
    assert Profile.objects.get(user__username="bo").bio == "kept"


def test_an_empty_column_that_is_null_takes_a_picture(media: Path) -> None:
    old = staff("jane", upload(70))
    Staff.objects.update(portrait=None)

    run("app.Staff.photo", to="app.Staff.portrait")

    old.refresh_from_db()
    assert old.portrait.sizes == (64,)


def test_a_row_that_cannot_be_made_is_reported_and_the_next_one_is_taken(media: Path) -> None:
    for name in ("ann", "bo"):
        Avatar.objects.create(user=User.objects.create_user(name), avatar=upload())
    Staff.objects.create(user=User.objects.get(username="bo"), number=1)
    preview = report("django-avatar", to="app.Staff.portrait", dry_run=True)
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 pictures could not be taken over"):
        call_command("avatars_import", "django-avatar", to="app.Staff.portrait", stdout=out, stderr=out)

    assert "ann: avatars/1/photo" in out.getvalue()
    assert "IntegrityError" in out.getvalue()
    assert Staff.objects.get().portrait.sizes == (64,)
    assert (preview["taken"], preview["failed"]) == (1, 1)
    assert preview["problems"][0]["who"] == "ann"


def test_a_preview_makes_no_rows_and_says_what_the_real_run_will_say(media: Path) -> None:
    for number, content in enumerate((upload(), ContentFile(b"no picture", "x.jpg"), upload(90))):
        Avatar.objects.create(user=User.objects.create_user(f"user{number}"), avatar=content)
    before = on_disk(media)

    preview = report("django-avatar", dry_run=True)

    assert (Profile.objects.count(), on_disk(media)) == (0, before)
    assert "1 pictures could not be taken over.\n" in run("django-avatar", dry_run=True)
    with pytest.raises(CommandError):
        run("django-avatar")
    assert preview["taken"] == Profile.objects.exclude(profile_pic="").count() == 2


# What is nobody's own picture


def test_a_default_and_what_many_rows_share_are_left_out_and_reported(media: Path) -> None:
    for number in range(3):
        staff(
            f"default{number}",
            default_storage.save("staff/nobody.png", upload()) if number == 0 else "staff/nobody.png",
        )
        staff(f"shared{number}", "staff/shared.png")
        staff(f"own{number}", upload(70 + number))
    default_storage.save("staff/shared.png", upload())

    said = run("app.Staff.photo", to="app.Profile.profile_pic")

    assert Profile.objects.count() == 3
    assert said.splitlines() == [
        "staff/nobody.png: 3 rows name it, the default. It is left out, and they show initials.",
        "staff/shared.png: 3 rows name it, shared by many rows. It is left out, and they show initials.",
        "3 pictures taken over.",
    ]
    assert run("app.Staff.photo", to="app.Profile.profile_pic", shared=True).endswith("3 pictures taken over.\n")
    assert Profile.objects.count() == 6


def test_a_default_of_earlier_days_that_stands_in_the_field_itself_is_cleared(media: Path) -> None:
    default_storage.save("default.jpg", upload())
    for number in range(70):
        Person.objects.create(username=f"p{number}", picture="default.jpg")
    for number in range(30):
        name = default_storage.save(f"photos/{number}.jpg", upload(64))
        Person.objects.create(username=f"q{number}", picture=name)

    run("app.Person.picture", dry_run=True)
    assert Person.objects.filter(picture="default.jpg").count() == 70
    run("app.Person.picture")

    assert Person.objects.filter(picture="").count() == 70
    assert sum(1 for person in Person.objects.all() if person.picture.sizes == (64,)) == 30


def somebody() -> str:
    """A default as a tutorial writes it."""
    return "called/default.png"


def test_defaults_are_also_looked_for_in_the_migrations() -> None:
    source = importing.Source(ReadyProfile._meta.get_field("picture"), "user_id", "default")
    made, added, altered, other = (models.ImageField(default=f"{number}.png") for number in range(4))
    past = importing._past(
        source.field,
        [
            migrations.CreateModel("Member", [("photo", made), ("user", models.TextField())]),
            migrations.AddField("Member", "picture", other),
            migrations.RemoveField("Member", "picture"),
            migrations.SeparateDatabaseAndState([], [migrations.AlterField("Member", "photo", added)]),
            migrations.RenameField("Member", "photo", "picture"),
            migrations.RenameField("Member", "user", "owner"),
            migrations.AlterField("Profile", "picture", other),
            migrations.RenameModel("Member", "Profile"),
            migrations.RenameModel("Club", "Team"),
            migrations.AlterField("Profile", "picture", altered),
        ],
    )

    assert list(past) == [altered, added, made]
    assert importing.left_out(source) == []


@pytest.mark.parametrize(
    ("field", "default"),
    [
        (models.ImageField(default=somebody), "called/default.png"),
        (models.ImageField(db_default="of-the-database.png"), "of-the-database.png"),
        (models.ImageField(db_default=models.Value("value.png")), "value.png"),
        (models.ImageField(), ""),
    ],
)
def test_a_default_may_be_called_and_may_be_that_of_the_database(field: models.ImageField, default: str) -> None:
    assert importing._default_of(field) == default


# Files that cannot be taken


def saved(name: str, content: bytes) -> str:
    """A file in the storage, under exactly this name."""
    return default_storage.save(name, ContentFile(content))


def avatar(user: User, name: str, *, days: int = 0) -> Avatar:
    """A row of django-avatar whose file is `name`, uploaded some days ago."""
    return Avatar.objects.create(user=user, avatar=name, date_uploaded=timezone.now() - datetime.timedelta(days=days))


def test_a_missing_original_gives_way_to_its_largest_rendition_and_then_to_the_next_avatar(media: Path) -> None:
    jane, bo = User.objects.create_user("jane"), User.objects.create_user("bo")
    avatar(jane, "avatars/1/odd näme.jpg")
    for side in (40, 80, 300):
        saved(f"avatars/1/resized/{side}/{side}/odd näme.png", pictures.photo(side, side))
    saved("avatars/1/resized/300/300/another.png", pictures.photo(90, 90))
    avatar(jane, saved("avatars/1/next.jpg", pictures.photo(99, 99)), days=9)
    avatar(bo, "avatars/2/gone.jpg")
    avatar(bo, saved("avatars/2/next.jpg", pictures.photo(120, 120)), days=9)

    said = run("django-avatar")

    assert Profile.objects.get(user=jane).profile_pic.sizes == (300, 256, 128, 64)
    assert Profile.objects.get(user=bo).profile_pic.sizes == (120, 64)
    assert "bo: avatars/2/gone.jpg: The file is missing. Instead: avatars/2/next.jpg\n" in said


def test_a_square_rendition_is_preferred_to_a_larger_one_of_another_shape(media: Path) -> None:
    avatar(User.objects.create_user("jane"), "avatars/1/me.jpg")
    for width, height in ((400, 300), (70, 70), (80, 80), (60, 500)):
        saved(f"avatars/1/resized/{width}/{height}/me.png", pictures.photo(width, height))

    run("django-avatar")

    assert Profile.objects.get().profile_pic.sizes == (80, 64)


def test_renditions_of_old_versions_of_django_avatar_are_found(media: Path) -> None:
    avatar(User.objects.create_user("jane"), "avatars/jane/me.jpg")
    saved("avatars/jane/resized/70/me.jpg", pictures.photo(70, 70))

    run("django-avatar")

    assert Profile.objects.get().profile_pic.sizes == (70, 64)


MORE = [
    *(("BMP", "RGB"), ("TIFF", "RGB"), ("TIFF", "LA"), ("TIFF", "CMYK"), ("AVIF", "RGB"), ("JPEG2000", "RGBA")),
    *(("ICO", "RGBA"), ("PPM", "RGB"), ("PPM", "L"), ("TGA", "RGBA"), ("PCX", "P")),
]


@pytest.mark.parametrize(("format", "mode"), MORE)
def test_more_formats_can_be_accepted_for_the_import_alone(format: str, mode: str, media: Path) -> None:
    data = io.BytesIO()
    Image.open(io.BytesIO(pictures.photo(64, 64))).convert(mode).save(data, format)
    avatar(User.objects.create_user("jane"), saved("avatars/1/me.bin", data.getvalue()))

    assert "0 pictures would" in run("django-avatar", dry_run=True)
    run("django-avatar", accept=f"{format.lower()}, heic")

    assert Profile.objects.get().profile_pic.sizes == (64,)
    assert Profile.objects.get().profile_pic.stored_name.endswith(".webp")


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"II*\0 and no more", "(truncated)"),
        (b"II*\0" + bytes(3000), "(too_large)"),
        (None, "It has 60 × 60 pixels, which are too many for its format."),
        (b"8BPS" + bytes(100), "(unsupported_format)"),
        (b"no picture at all", "(not_an_image)"),
    ],
)
def test_a_bad_file_of_such_a_format_is_refused(data: bytes | None, why: str, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 2500, "MAX_PIXELS": {"PNG": 3000}}
    if data is None:
        out = io.BytesIO()
        Image.new("1", (60, 60)).save(out, "TIFF")
        data = out.getvalue()
    avatar(User.objects.create_user("jane"), saved("avatars/1/me.tif", data))

    found = report("django-avatar", accept="TIFF", dry_run=True)

    assert found["problems"][0]["why"].endswith(why)


def test_an_icon_is_as_large_as_what_is_in_it(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_PIXELS": {"PNG": 3000}}
    icon, inside = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (16, 16)).save(icon, "ICO", sizes=[(16, 16)])
    Image.new("RGB", (600, 600)).save(inside, "PNG")
    # The directory of an icon: at 14 the length of the file inside, which begins at 22.
    data = icon.getvalue()[:14] + len(inside.getvalue()).to_bytes(4, "little") + icon.getvalue()[18:22]
    avatar(User.objects.create_user("jane"), saved("avatars/1/me.ico", data + inside.getvalue()))

    found = report("django-avatar", accept="ICO", dry_run=True)

    assert found["problems"][0]["why"].startswith("It has 600 × 600 pixels")


def test_a_tiff_may_have_more_pixels_than_the_limit_has_bytes(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 9000}
    out = io.BytesIO()
    Image.new("RGB", (100, 100), "teal").save(out, "TIFF", compression="tiff_lzw")
    avatar(User.objects.create_user("jane"), saved("avatars/1/me.tif", out.getvalue()))

    assert report("django-avatar", accept="all", dry_run=True)["taken"] == 1


def test_a_file_that_is_too_large_is_not_read(recording: RecordingStorage, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 2000}
    avatar(User.objects.create_user("jane"), saved("avatars/1/huge.jpg", bytes(100_000)))

    found = report("django-avatar", dry_run=True)

    assert found["problems"][0]["why"] == "This picture is 97.7 kB. The limit is 2 kB. (too_large)"
    assert recording.of("open") == []


def test_no_link_and_no_name_leads_out_of_the_storage(media: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(pictures.photo(80, 80))
    (media / "avatars").mkdir()
    (media / "avatars" / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    (media / "avatars" / "inside.jpg").write_bytes(pictures.photo(80, 80))
    (media / "avatars" / "within.jpg").symlink_to("inside.jpg")
    for number, name in enumerate(("avatars/link.jpg", "../secret.jpg", "avatars", "avatars/within.jpg")):
        avatar(User.objects.create_user(f"user{number}"), name)

    found = report("django-avatar", dry_run=True)

    assert {one["file"]: one["why"] for one in found["problems"]} == {
        "avatars/link.jpg": "The file is a link that leads out of the storage.",
        "../secret.jpg": "The name leads out of the storage.",
        "avatars": "The file is missing.",
    }
    assert found["taken"] == 1


def test_a_name_with_a_slash_before_it_is_read_as_django_serves_it(media: Path) -> None:
    saved("photos/me.jpg", pictures.photo(80, 80))
    saved("photos/you.jpg", pictures.photo(70, 70))
    for name in ("/photos/me.jpg", f"{media}/photos/you.jpg"):
        Person.objects.create(username="jane", picture=name)

    found = report("app.Person.picture", delete_old=True)

    assert found["old"] == ["photos/me.jpg", "photos/you.jpg"]
    assert [one.picture.sizes for one in Person.objects.order_by("pk")] == [(80, 64), (70, 64)]
    assert not list((media / "photos").iterdir())


def test_nothing_is_deleted_where_a_link_or_a_name_leads_out_of_the_storage(media: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(pictures.photo(80, 80))
    (media / "elsewhere").symlink_to(tmp_path)
    for number, name in enumerate(("elsewhere/secret.jpg", "../secret.jpg", saved("inside.jpg", b"text"))):
        avatar(User.objects.create_user(f"user{number}"), name)

    assert report("django-avatar", only_old=True, delete_old=True)["old"] == ["inside.jpg"]

    assert secret.exists()
    assert not (media / "inside.jpg").exists()


def test_a_storage_that_does_not_answer_is_no_missing_file(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jane = User.objects.create_user("jane")
    avatar(jane, saved("avatars/1/a.jpg", pictures.photo(80, 80)))
    avatar(jane, saved("avatars/1/b.jpg", pictures.photo(80, 80)), days=9)

    def fails(*_: object) -> int:
        raise OSError("connection reset")

    monkeypatch.setattr(FileSystemStorage, "size", fails)
    found = report("django-avatar", dry_run=True)

    assert (found["taken"], found["failed"]) == (0, 1)
    assert found["problems"][0]["why"] == "OSError: connection reset"


@pytest.mark.parametrize("as_json", [False, True])
def test_what_is_done_when_somebody_interrupts_is_said_and_the_next_run_goes_on(
    as_json: bool, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    veterans = [Veteran.objects.create(photo=upload(seed=seed)) for seed in range(3)]
    opened = FileSystemStorage.open

    def interrupted(self: FileSystemStorage, name: str, mode: str = "rb") -> Any:
        if name == veterans[1].photo.name:
            raise KeyboardInterrupt
        return opened(self, name, mode)

    out = io.StringIO()
    with monkeypatch.context() as patch, pytest.raises(CommandError, match=r"Interrupted\. Run the command") as raised:
        patch.setattr(FileSystemStorage, "open", interrupted)
        call_command(
            "avatars_import", "app.Veteran.photo", to="app.Veteran.picture", stdout=out, delete_old=True, json=as_json
        )

    old = veterans[0].photo.name
    assert raised.value.returncode == 130
    if as_json:
        told = json.loads(out.getvalue())
        assert (told["interrupted"], told["taken"], told["old"]) == (True, 1, [old])
    else:
        assert out.getvalue() == f"{old}\n1 old files were deleted.\n1 pictures taken over.\n"
    assert old not in on_disk(media)
    assert run("app.Veteran.photo", to="app.Veteran.picture") == "2 pictures taken over.\n"


@pytest.fixture
def keyboard() -> Iterator[None]:
    """Ctrl+C as a terminal gives it: where tests run side by side, they ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("keyboard")
@pytest.mark.parametrize("fails", [False, True])
def test_ctrl_c_waits_until_what_became_of_a_picture_is_noted(
    fails: bool, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    veteran, _ = (Veteran.objects.create(photo=upload(seed=seed)) for seed in range(2))
    take = importing.take

    def pressed(*given: Any) -> bool:
        taken = take(*given)
        signal.raise_signal(signal.SIGINT)
        if fails:
            raise OSError("connection reset")
        return taken

    monkeypatch.setattr(importing, "take", pressed)
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"Interrupted\.") as raised:
        call_command(
            "avatars_import", "app.Veteran.photo", to="app.Veteran.picture", stdout=out, list_old=True, json=True
        )

    told = json.loads(out.getvalue())
    assert raised.value.returncode == 130
    assert (told["taken"], told["failed"]) == ((0, 1) if fails else (1, 0))
    assert told["old"] == ([] if fails else [veteran.photo.name])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("keyboard")
def test_a_second_ctrl_c_does_not_wait() -> None:
    with pytest.raises(KeyboardInterrupt), avatars_import._interrupt_waits():
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("keyboard")
def test_another_thread_leaves_ctrl_c_as_it_is() -> None:
    seen: list[Any] = []

    def work() -> None:
        with avatars_import._interrupt_waits():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [signal.default_int_handler]


def test_a_storage_that_is_not_on_a_disk_has_no_links() -> None:
    storage = InMemoryStorage()
    storage.save("a.jpg", ContentFile(b"0123456789"))

    assert importing.StoredFile(storage, "a.jpg").read(20) == b"0123456789"


def test_rectangles_are_said_with_their_numbers(settings: Settings) -> None:
    settings.AVATAR_AUTO_GENERATE_SIZES = (80, (200, 100), (60, 60))

    assert "AVATAR_AUTO_GENERATE_SIZES has 200 × 100 pixels. Pictures are square here: 200 × 200.\n" in run(
        "django-avatar"
    )


def test_whoever_chose_a_picture_during_the_import_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    Veteran.objects.create(photo=upload())
    monkeypatch.setattr(importing, "take", lambda *_: False)

    assert run("app.Veteran.photo", to="app.Veteran.picture") == "0 pictures taken over.\n"


def test_whose_a_row_is_follows_from_its_relation_to_a_user() -> None:
    assert [avatars_import._user_column(model) for model in (User, Avatar, Scrapbook)] == ["pk", "user_id", None]


@isolate_apps("tests.app")
@pytest.mark.parametrize("own", [models.OneToOneField, partial(models.ForeignKey, unique=True)])
def test_a_row_belongs_to_the_only_user_that_has_no_other_and_not_to_whom_another_relation_names_first(
    own: Callable[..., Any],
) -> None:
    class Guest(models.Model):
        invited_by = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
        user = own(User, models.CASCADE, related_name="+")

        class Meta:
            app_label = "app"

    assert avatars_import._user_column(Guest) == "user_id"


@isolate_apps("tests.app")
def test_of_several_relations_of_a_kind_none_is_guessed_to_be_the_owner() -> None:
    class Sitting(models.Model):
        photographer = models.ForeignKey(User, models.CASCADE, related_name="+")
        sitter = models.ForeignKey(User, models.CASCADE, related_name="+")

        class Meta:
            app_label = "app"

    with pytest.raises(CommandError, match=r"app\.Sitting names users by photographer and sitter, .* --zip FILE\."):
        avatars_import._user_column(Sitting)


@isolate_apps("tests.app")
def test_a_picture_of_nobody_is_reported(media: Path, user: User) -> None:
    class Card(models.Model):
        user = models.OneToOneField(User, models.CASCADE, null=True, related_name="+")
        photo = models.ImageField(default="cards/default.jpg")

        class Meta:
            app_label = "app"

    with connection.schema_editor() as editor:
        editor.create_model(Card)
    try:
        Card._default_manager.create(user=user, photo=saved("cards/own.jpg", pictures.photo(80, 80)))
        Card._default_manager.create(photo=saved("cards/of-nobody.jpg", pictures.photo(80, 80)))
        Card._default_manager.create()
        source = importing.Source(Card._meta.get_field("photo"), "user_id", "default")

        assert list(importing.ownerless(source, ["cards/default.jpg"])) == [
            importing.Refused("cards/of-nobody.jpg", "It belongs to nobody: its row names no user.")
        ]
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Card)


def test_what_belongs_to_nobody_counts_as_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "ownerless", lambda *_: [importing.Refused("a.jpg", "It belongs to nobody.")])

    found = report("app.Staff.photo", to="app.Profile.profile_pic", dry_run=True)

    assert (found["taken"], found["failed"]) == (0, 1)
    assert found["problems"] == [{"who": "a.jpg", "file": "a.jpg", "why": "It belongs to nobody.", "instead": None}]


# What becomes of the old files


def two_people() -> None:
    """One with two avatars and a rendition, one whose file is no picture."""
    jane = User.objects.create_user("jane")
    avatar(jane, saved("avatars/1/me.jpg", pictures.photo(80, 80)))
    saved("avatars/1/resized/40/40/me.png", pictures.photo(40, 40))
    avatar(jane, saved("avatars/1/old.jpg", pictures.photo(70, 70)), days=9)
    avatar(User.objects.create_user("bo"), saved("avatars/2/bad.jpg", b"no picture"))


TAKEN = {"avatars/1/me.jpg", "avatars/1/resized/40/40/me.png"}


def test_old_files_that_are_needed_no_more_are_listed_and_deleted_in_the_same_run(media: Path) -> None:
    two_people()
    before = on_disk(media)

    listed = report("django-avatar", list_old=True, dry_run=True)
    assert on_disk(media) == before
    with pytest.raises(CommandError):
        run("django-avatar", delete_old=True)

    assert set(listed["old"]) == TAKEN
    assert before - on_disk(media) == TAKEN
    assert Profile.objects.get().profile_pic.sizes == (80, 64)


@pytest.mark.parametrize("as_json", [False, True])
def test_no_name_of_an_old_file_ends_the_run_where_it_cannot_be_written(as_json: bool, media: Path) -> None:
    name = saved("photos/Łódź.jpg", pictures.photo(80, 80))
    Person.objects.create(username="bo", picture=name)
    written = io.BytesIO()

    with io.TextIOWrapper(written, "cp1252") as out:
        call_command("avatars_import", "app.Person.picture", stdout=out, list_old=True, json=as_json)
        out.flush()
        said = written.getvalue().decode("cp1252")

    if as_json:
        assert json.loads(said)["old"] == [name]
    else:
        assert said == "photos/\\u0141ód\\u017a.jpg\n1 pictures taken over.\n"


def test_old_files_can_be_deleted_later_where_what_was_taken_over_is_still_shown(media: Path) -> None:
    two_people()
    ann = User.objects.create_user("ann")
    avatar(ann, saved("avatars/3/ann.jpg", pictures.photo(90, 90)))
    avatar(bad := User.objects.create_user("bad"), saved("avatars/5/bad.jpg", b"no picture"))
    Profile.objects.create(user=bad, profile_pic=upload())
    gone = User.objects.create_user("gone")
    avatar(gone, saved("avatars/4/gone.jpg", pictures.photo(90, 91)))
    with pytest.raises(CommandError):
        run("django-avatar")
    profile = Profile.objects.get(user=ann)
    profile.profile_pic = upload(77)
    profile.save()
    (media / Profile.objects.get(user=gone).profile_pic.stored_name).unlink()
    before = on_disk(media)

    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("avatars_import", "django-avatar", delete_old=True, stdout=out, stderr=out)

    assert before - on_disk(media) == TAKEN
    assert "2 old files were deleted.\n" in out.getvalue()


def test_an_old_file_that_cannot_be_read_is_named_and_keeps_nobody_from_being_taken(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jane, bo = User.objects.create_user("jane"), User.objects.create_user("bo")
    avatar(jane, saved("avatars/1/me.jpg", pictures.photo(80, 80)))
    run("django-avatar")
    avatar(bo, saved("avatars/2/me.jpg", pictures.photo(90, 90)))
    original: Any = FileSystemStorage._open  # type: ignore[attr-defined]  # django-stubs lack it

    def refuse(self: FileSystemStorage, name: str, mode: str = "rb") -> Any:
        if name.startswith("avatars/1/"):
            raise PermissionError("not yours")
        return original(self, name, mode)

    monkeypatch.setattr(FileSystemStorage, "_open", refuse)

    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("avatars_import", "django-avatar", delete_old=True, stdout=out, stderr=out)

    assert "PermissionError: not yours" in out.getvalue()
    assert Profile.objects.get(user=bo).profile_pic
    assert (media / "avatars/1/me.jpg").exists()


def test_every_old_file_can_be_deleted_without_an_import(media: Path) -> None:
    jane, bo = User.objects.create_user("jane"), User.objects.create_user("bo")
    avatar(jane, saved("avatars/1/me.jpg", pictures.photo(80, 80)))
    avatar(jane, saved("avatars/1/second.jpg", pictures.photo(80, 80)), days=9)
    avatar(bo, saved("avatars/2/me.jpg", pictures.photo(80, 80)))
    saved("avatars/2/resized/80/80/me.png", pictures.photo(80, 80))
    avatar(bo, saved("avatars/2/also.jpg", pictures.photo(80, 80)))
    Veteran.objects.create(photo="avatars/2/also.jpg")
    run("django-avatar")
    Profile.objects.get(user=bo).profile_pic.delete()

    listed = run("django-avatar", only_old=True, list_old=True)
    said = run("django-avatar", only_old=True, delete_old=True)

    assert set(listed.splitlines()[:-1]) == {
        *("avatars/1/me.jpg", "avatars/1/second.jpg", "avatars/2/me.jpg", "avatars/2/resized/80/80/me.png")
    }
    assert "4 old files were deleted.\n0 pictures taken over.\n" in said
    assert not Profile.objects.get(user=bo).profile_pic
    assert on_disk(media) == {"avatars/2/also.jpg", *files_of(Profile.objects.get(user=jane).profile_pic.name)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["app.Person.picture", "--delete-old"], "app.Person.picture has no old files, since what it names is shown."),
        (["django-avatar"], "--only-old goes with --list-old or --delete-old."),
        (
            ["--zip", "people.zip", "--delete-old"],
            "A ZIP file has no old files: leave --list-old and --delete-old out.",
        ),
    ],
)
def test_only_old_files_of_another_field_can_be_asked_for(arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=re.escape(said)):
        run(*arguments, "--only-old")


def test_a_file_that_another_row_names_is_not_deleted(media: Path) -> None:
    old = saved("photos/me.jpg", pictures.photo(80, 80))
    Person.objects.create(username="jane", picture=old)
    Scrapbook.objects.create(cover=old)

    run("app.Person.picture", delete_old=True)
    assert old in on_disk(media)
    Scrapbook.objects.all().delete()
    Person.objects.create(username="bo", picture=old)
    run("app.Person.picture", delete_old=True)

    assert old not in on_disk(media)


@pytest.mark.parametrize(
    ("own", "other"),
    [
        ("photos/me.jpg", "photos//me.jpg"),
        ("photos/me.jpg", "/photos/me.jpg"),
        ("photos/me.jpg", "./photos/me.jpg"),
        ("photos/me.jpg", "photos/../photos/me.jpg"),
        ("photos/me.jpg", "{media}/photos/me.jpg"),
        ("photos//me.jpg", "photos/me.jpg"),
        ("/photos/me.jpg", "photos/me.jpg"),
        ("photos/./me.jpg", "photos//me.jpg"),
    ],
)
def test_a_file_stays_as_long_as_a_row_names_it_in_another_spelling(own: str, other: str, media: Path) -> None:
    saved("photos/me.jpg", pictures.photo(80, 80))
    Person.objects.create(username="jane", picture=own)
    Scrapbook.objects.create(cover=other.format(media=media))

    run("app.Person.picture", delete_old=True)

    assert Person.objects.get().picture.sizes == (80, 64)
    assert (media / "photos/me.jpg").exists()


def test_a_file_that_two_people_spell_in_two_ways_is_deleted_with_the_second(media: Path) -> None:
    saved("photos/me.jpg", pictures.photo(80, 80))
    for name in ("photos//me.jpg", "photos/./me.jpg"):
        Person.objects.create(username="jane", picture=name)

    found = report("app.Person.picture", delete_old=True)

    assert (found["taken"], found["old"]) == (2, ["photos/./me.jpg"])
    assert not (media / "photos/me.jpg").exists()


@pytest.mark.parametrize("storage", [FileSystemStorage, InMemoryStorage])
def test_a_name_has_one_plain_spelling(storage: type[Any]) -> None:
    names = ("a/b.jpg", "/a/b.jpg", "a//b.jpg", "./a/b.jpg", "a/../a/b.jpg")

    assert {importing._plain(storage(), name) for name in names} == {"a/b.jpg"}
    assert importing._plain(storage(), "../b.jpg") == "../b.jpg"


def test_old_files_stay_where_the_transaction_rolls_back(media: Path) -> None:
    old = saved("photos/me.jpg", pictures.photo(80, 80))
    Person.objects.create(username="jane", picture=old)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        run("app.Person.picture", delete_old=True)
        raise ZeroDivisionError

    assert on_disk(media) == {old}
    assert Person.objects.get().picture.name == old


# Earlier pictures


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What a history was asked to remember."""
    told: list[tuple[Any, ...]] = []
    monkeypatch.setattr(importing, "remember", lambda: lambda *given: told.append(given))
    return told


def test_the_other_avatars_go_into_the_history_with_the_time_of_their_upload(
    kept: list[tuple[Any, ...]], media: Path
) -> None:
    jane = User.objects.create_user("jane")
    avatar(jane, saved("avatars/1/new.jpg", pictures.photo(80, 80)))
    older = avatar(jane, saved("avatars/1/old.jpg", pictures.photo(70, 70)), days=9)
    avatar(jane, saved("avatars/1/bad.jpg", b"no picture"), days=99)

    said = run("django-avatar", list_old=True)

    ((holder, field, name, since),) = kept
    assert (holder, field, since) == (Profile.objects.get(), importing_field(), older.date_uploaded)
    assert naming.parse(name)
    assert "1 pictures, and 1 earlier ones taken over.\n" in said
    assert "avatars/1/old.jpg\n" in said
    assert "1 further pictures" in said


def importing_field() -> AvatarField:
    """The field of users."""
    return Profile._meta.get_field("profile_pic")


@pytest.mark.parametrize(("histories", "asked"), [([print], print), ([], None)])
def test_a_history_is_asked_where_there_is_one(
    histories: list[Any], asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replace, "histories", histories)

    assert importing.remember() is asked


# ZIP files


@pytest.fixture
def archive(tmp_path: Path) -> Callable[..., str]:
    """Makes a ZIP file."""

    def make(**files: bytes) -> str:
        path = tmp_path / "people.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
            for name, data in files.items():
                opened.writestr(name, data)
        return str(path)

    return make


@pytest.mark.parametrize("by", ["username", "email", "pk"])
def test_a_zip_file_gives_each_user_the_picture_that_is_named_so(by: str, archive: Callable[..., str]) -> None:
    jane = User.objects.create_user("jane.doe", email="jane@example.com")
    name = {"username": "jane.doe", "email": "JANE@example.com", "pk": str(jane.pk)}[by]

    assert run(zip=archive(**{f"class 7/{name}.jpg": pictures.photo(80, 80)}), by=by) == "1 pictures taken over.\n"

    assert Profile.objects.get(user=jane).profile_pic.sizes == (80, 64)


def test_a_file_of_whoever_is_deleted_meanwhile_is_reported_and_the_others_are_taken_over(
    archive: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    User.objects.create_user("jane")
    User.objects.create_user("joe")
    path = archive(**{f"{name}.jpg": pictures.photo(80, 80) for name in ("jane", "joe")})
    called = importing.called

    def called_later(*args: Any) -> Any:
        User.objects.filter(username="jane").delete()
        return called(*args)

    monkeypatch.setattr(importing, "called", called_later)

    with pytest.raises(CommandError, match=r"^1 pictures could not be taken over; these rows are unchanged\.$"):
        run(zip=path)

    assert Profile.objects.get().user.username == "joe"


def test_a_zip_file_of_a_version_that_there_is_not_is_said_to_be_none_that_can_be_read(
    archive: Callable[..., str],
) -> None:
    path = Path(archive(**{"jane.jpg": pictures.photo(80, 80)}))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 6] = 255  # the version that is needed
    path.write_bytes(data)

    with pytest.raises(CommandError, match=r"cannot be read as a ZIP file: .*version"):
        run(zip=str(path))


def test_users_without_an_address_cannot_be_found_by_it(
    archive: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "EMAIL_FIELD", "mail")

    with pytest.raises(CommandError, match=r"app\.User has no field 'mail'\. Call the files by --by username or pk\."):
        run(zip=archive(**{"jane@example.com.jpg": pictures.photo(80, 80)}), by="email")


def test_what_is_wrong_with_a_zip_file_is_reported(archive: Callable[..., str], settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 100_000}
    for name in ("jane", "bo", "ann", "bomb", "done"):
        User.objects.create_user(name, email="same@example.com")
    Profile.objects.create(user=User.objects.get(username="done"), profile_pic=upload())
    good = pictures.photo(80, 80)
    names = {"a/": b"", "a/jane.jpg": good, "b/jane.png": good, "../../bo.jpg": good, "bomb.png": bytes(50_000_000)}
    path = archive(**names, **{"nobody.jpg": good, "__MACOSX/jane.jpg": b"", ".DS_Store": b"", "done.jpg": good})

    found = report(zip=path, dry_run=True)
    by_mail = report(zip=archive(**{"same@example.com.jpg": good}), by="email", dry_run=True)
    by_key = report(zip=archive(**{"jane.jpg": good}), by="pk", dry_run=True)

    assert [(one["file"], one["why"].partition(".")[0]) for one in found["problems"]] == [
        ("nobody.jpg", "Nobody is called that"),
        ("a/jane.jpg", "There are several files for this person"),
        ("b/jane.png", "There are several files for this person"),
        ("bomb.png", found["problems"][3]["why"].partition(".")[0]),
    ]
    assert "(too_large)" in found["problems"][3]["why"]
    assert found["taken"] == 1
    assert by_mail["problems"][0]["why"] == "Several people are called that."
    assert by_key["problems"][0]["why"] == "Nobody is called that."


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("jane", "JANE.JPG"),
        ("Zoë", "Zoe\u0308.jpg"),
        ("ﬁona", "ﬁona.jpg"),
        ("jane@example.com", "jane@example.com"),
        ("jane.doe", "class\\jane.doe.jpeg"),
        (".dot", "class/.dot.jpg"),
    ],
)
def test_a_name_is_found_as_systems_write_it(user: str, name: str, archive: Callable[..., str]) -> None:
    someone = User.objects.create_user(user)

    run(zip=archive(**{name: pictures.photo(80, 80)}))

    assert Profile.objects.get().user == someone


def test_a_file_without_an_ending_is_not_taken_for_one_of_somebody_with_a_shorter_name(
    archive: Callable[..., str],
) -> None:
    for name in ("jane", "jane.doe"):
        User.objects.create_user(name)

    run(zip=archive(**{"jane.doe": pictures.photo(80, 80)}))

    assert Profile.objects.get().user.username == "jane.doe"


def test_small_and_capital_letters_tell_people_apart_who_are_called_alike(archive: Callable[..., str]) -> None:
    for name in ("jane", "Jane"):
        User.objects.create_user(name)
    good = pictures.photo(80, 80)

    run(zip=archive(**{"Jane.jpg": good}))
    found = report(zip=archive(**{"JANE.jpg": good}), dry_run=True)

    assert Profile.objects.get().user.username == "Jane"
    assert found["problems"][0]["why"] == "Several people are called that."


@pytest.mark.parametrize("script", ["utf-8", "cp437"])
def test_a_name_is_found_where_the_archive_does_not_say_in_which_script_it_is(
    script: str, archive: Callable[..., str]
) -> None:
    User.objects.create_user("Zoë")
    name = "Zoë.jpg".encode(script)
    stands_in = "Z".ljust(len(name), "_")  # in ASCII, so that nothing is said of it
    path = Path(archive(**{stands_in: pictures.photo(80, 80)}))
    path.write_bytes(path.read_bytes().replace(stands_in.encode(), name))

    assert report(zip=str(path), dry_run=True)["taken"] == 1


def test_what_systems_add_to_folders_is_no_picture(archive: Callable[..., str]) -> None:
    names = ("__MACOSX/._jane.jpg", "a/__MACOSX/jane.jpg", "a/._jane.jpg", "a/.DS_Store", "Thumbs.db", "a/Desktop.ini")

    assert report(zip=archive(**dict.fromkeys(names, b"")))["problems"] == []


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_can_only_be_unpacked_at_once_is_not_unpacked(way: int, tmp_path: Path) -> None:
    User.objects.create_user("jane")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", way) as archive:
        archive.writestr("jane.png", bytes(1000))

    found = report(zip=str(tmp_path / "bomb.zip"), dry_run=True)

    assert found["problems"][0]["why"].startswith("It is encrypted, or packed in an unusual way.")


def test_what_is_encrypted_is_reported(archive: Callable[..., str]) -> None:
    User.objects.create_user("jane")
    path = Path(archive(**{"jane.jpg": pictures.photo(80, 80)}))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1  # the flags in the directory
    path.write_bytes(data)

    found = report(zip=str(path), dry_run=True)

    assert found["problems"][0]["why"].startswith("It is encrypted")


def test_a_damaged_member_of_a_zip_file_is_reported(archive: Callable[..., str]) -> None:
    User.objects.create_user("jane")
    path = Path(archive(**{"jane.jpg": pictures.photo(80, 80)}))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)

    found = report(zip=str(path), dry_run=True)

    assert found["problems"][0]["why"].startswith("It cannot be unpacked: ")
    assert (found["taken"], found["failed"]) == (0, 1)


def test_rows_with_a_key_of_two_columns_keep_their_pictures(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "PIECE", 2)
    for number in range(5):
        name = default_storage.save(f"seats/{number}.jpg", upload(64 + number))
        Seat.objects.create(row="ab"[number % 2], number=number)
        Seat.objects.filter(number=number).update(view=name)

    assert run("app.Seat.view", dry_run=True) == "5 pictures would be taken over.\n"
    run("app.Seat.view", delete_old=True)

    assert [seat.view.sizes[0] for seat in Seat.objects.order_by("number")] == [64, 65, 66, 67, 68]
    assert not list((media / "seats").iterdir())


@isolate_apps("tests.app")
def test_a_row_that_knows_its_user_by_another_column_than_the_key_gets_the_pictures_of_that_user(user: User) -> None:
    class Card(models.Model):
        user = models.OneToOneField(User, models.CASCADE, to_field="username", related_name="card")
        photo = AvatarField()

        class Meta:
            app_label = "app"

    Avatar.objects.create(user=user, avatar=upload(70, name="old.jpg"))
    with connection.schema_editor() as editor:
        editor.create_model(Card)
    try:
        for has_row in (False, True):
            source, target = avatars_import._pair("django-avatar", Card._meta.get_field("photo"), None)
            (person,) = importing.people(source, target, ())
            choice, _ = importing.choose(target, person)
            assert choice is not None
            assert (person.has_row, importing.take(target, person, choice.picture)) == (has_row, True)
            card = Card._default_manager.get()
            assert (card.user, bool(card.photo)) == (user, True)
            Card._default_manager.update(photo="")
        assert avatars_import._user_column(Card) == "user__pk"
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Card)


@isolate_apps("tests.app")
def test_another_picture_of_the_row_that_is_missing_does_not_matter(media: Path) -> None:
    class Stage(models.Model):
        photo = models.ImageField(upload_to="photos")
        backdrop = models.ImageField(width_field="width")
        width = models.IntegerField(null=True)
        picture = AvatarField()

        class Meta:
            app_label = "app"

    with connection.schema_editor() as editor:
        editor.create_model(Stage)
    try:
        name = saved("photos/me.jpg", pictures.photo(80, 80))
        rows = Stage._default_manager
        rows.bulk_create([Stage(photo=name, picture="")])
        rows.update(backdrop="gone.jpg")
        source, target = (
            importing.Source(Stage._meta.get_field("photo"), "pk", "default"),
            importing.Target(Stage._meta.get_field("picture"), "pk", "default"),
        )
        (person,) = importing.people(source, target, ())
        choice, _ = importing.choose(target, person)
        assert choice is not None

        assert importing.take(target, person, choice.picture)
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Stage)
