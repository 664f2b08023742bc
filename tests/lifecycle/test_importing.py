"""Taking over pictures from an ImageField and from django-avatar."""

from __future__ import annotations

import datetime
import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_avatars import naming
from django_avatars.exceptions import InvalidImage
from django_avatars.lifecycle import importing
from tests.app.models import Country, Person, Profile, User, Veteran
from tests.avatar.models import Avatar
from tests.storing import files_of, on_disk, upload

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
    assert f"app.Veteran.picture of {bad.pk}: InvalidImage" in out.getvalue()


def test_a_row_that_got_a_picture_meanwhile_keeps_it(media: Path) -> None:
    veteran = Veteran.objects.create(photo=upload())
    target = Veteran._meta.get_field("picture")
    old = next(importing.from_field(Veteran._meta.get_field("photo"), target, "default"))
    veteran.picture = upload(70)
    veteran.save()

    assert importing.take(target, old) is False

    assert Veteran.objects.get().picture.name == veteran.picture.name
    assert on_disk(media) == {veteran.photo.name, *files_of(veteran.picture.name)}


def test_an_unsafe_old_file_raises_what_an_upload_would() -> None:
    Veteran.objects.create(photo=ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x.svg"))
    target = Veteran._meta.get_field("picture")
    old = next(importing.from_field(Veteran._meta.get_field("photo"), target, "default"))

    with pytest.raises(InvalidImage) as refused:
        importing.take(target, old)

    assert refused.value.code == "unsupported_format"


def test_of_django_avatar_the_primary_picture_is_taken_else_the_newest(media: Path) -> None:
    jane, bo = User.objects.create_user("jane"), User.objects.create_user("bo")
    long_ago = timezone.now() - datetime.timedelta(days=9)
    Avatar.objects.create(user=jane, avatar=upload(70, name="new.jpg"))
    Avatar.objects.create(user=jane, avatar=upload(80, name="primary.jpg"), primary=True, date_uploaded=long_ago)
    Avatar.objects.create(user=bo, avatar=upload(90, name="newest.jpg"))
    Avatar.objects.create(user=bo, avatar=upload(66, name="older.jpg"), date_uploaded=long_ago)
    Profile.objects.create(user=bo, bio="kept")

    said = run("django-avatar")

    assert said == "2 pictures taken over.\n"
    assert Profile.objects.get(user=jane).profile_pic.sizes == (80, 64)
    assert Profile.objects.get(user=bo).profile_pic.sizes == (90, 64)
    assert Profile.objects.get(user=bo).bio == "kept"
    assert run("django-avatar", dry_run=True) == "0 pictures would be taken over.\n"


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
        (["app.Person.username", "--to", "app.Person.picture"], "app.Person.username is no file field of the model of"),
        (["app.Veteran.photo", "--to", "app.Person.picture"], "app.Veteran.photo is no file field of the model of"),
        (["django-avatar", "--to", "app.Person.picture"], "app.Person.picture is not on a model with a OneToOneField"),
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
