"""Pictures of a private storage that are not shown any more, or not yet."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from django_avatars import history, moderation, naming, services
from django_avatars.history.models import PictureVersion
from django_avatars.lifecycle import references
from django_avatars.storages import sources
from tests.app.models import Place, Profile, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where everything goes."""
    folder = tmp_path / "private"
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "STORAGE": "private", "PRIVATE_STORAGE": "private"}
    return folder


def visit(user: User) -> Client:
    """The browser of somebody."""
    client = Client()
    client.force_login(user)
    return client


def test_an_earlier_picture_is_for_its_owner_and_who_may_view_it(profile: Profile, user: User) -> None:
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    version = history.versions(user).get()
    member, clerk = User.objects.create_user("joe"), User.objects.create_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pictureversion"))
    url = version.picture.url

    assert [visit(one).get(url).status_code for one in (user, clerk, member)] == [200, 200, 404]
    assert Client().get(url).status_code == 404
    assert Client().get(profile.profile_pic.url).status_code == 200  # nobody has said who may not
    Profile.objects.all()._raw_delete("default")
    assert visit(user).get(url).status_code == 404


def test_the_web_server_sends_what_waits_to_who_may_see_it(profile: Profile, user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all", "PRIVATE_FILES": "X-Accel-Redirect: /private/"}
    services.set_own(user, upload(), actor=user)
    version = moderation.waiting().get()
    url = reverse("avatars_moderation:picture", args=[version.pk, 64])

    answer, refused = visit(user).get(url), visit(User.objects.create_user("joe")).get(url)

    assert answer["X-Accel-Redirect"].startswith("/private/")
    assert answer["X-Accel-Redirect"].endswith("_64.webp")
    assert "no-store" in answer["Cache-Control"]
    assert (refused.status_code, "X-Accel-Redirect" in refused) == (404, False)
    assert PictureVersion.objects.get().state == "waiting"


def test_who_views_earlier_pictures_is_not_shown_what_waits_or_was_taken_down(profile: Profile, user: User) -> None:
    clerk = User.objects.create_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pictureversion"))
    services.set_picture(profile, file=upload())
    version = moderation.take_down(user, actor=clerk, reason="No")
    assert version is not None

    assert [visit(one).get(version.picture.url).status_code for one in (user, clerk)] == [200, 404]


def test_an_earlier_picture_that_was_reported_is_still_an_earlier_one(profile: Profile, user: User) -> None:
    clerk = User.objects.create_user("clerk")
    clerk.user_permissions.set(Permission.objects.filter(codename="view_pictureversion"))
    services.set_picture(profile, file=upload())
    services.set_picture(profile, file=upload(seed=1))
    version = history.versions(user).get()
    moderation.report(user, actor=clerk, name=str(version.picture.name))

    assert [visit(one).get(version.picture.url).status_code for one in (user, clerk)] == [200, 200]


def test_no_file_of_an_earlier_picture_is_missing_whichever_storage_it_is_in(
    profile: Profile, user: User, settings: Settings, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "PRIVATE_STORAGE": "private"}
    for seed in (1, 2, 3):
        services.set_picture(profile, file=upload(seed=seed))
    moderation.take_down(user, actor=None, reason="No")
    assert [version.alias for version in PictureVersion.objects.exclude(picture="")] == ["private", "", ""]

    call_command("avatars_missing")

    assert capsys.readouterr().out == "3 pictures are named: 0 of them have no file.\n"
    for file in folder.rglob("*.webp"):
        file.unlink()
    call_command("avatars_missing", empty=True, force=True)
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "3 pictures are named: 1 of them have no file.",
        "1 rows emptied.",
    ]
    assert PictureVersion.objects.exclude(picture="").count() == 2


def delete_files(version: PictureVersion) -> None:
    """Lose what a backup did not have."""
    for file in naming.parse(str(version.picture.name)).files():  # type: ignore[union-attr]  # it is ours
        version.storage.delete(file)


@pytest.mark.parametrize("private", ["private", None])
def test_a_lost_picture_leaves_its_queue_and_the_one_that_is_shown_stays(
    private: str | None, profile: Profile, user: User, settings: Settings
) -> None:
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "PRIVATE_STORAGE": private}
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    reported = str(history.versions(user).get().picture.name)
    moderation.report(user, actor=None, reason="", name=reported)
    services.set_picture(profile, file=upload(seed=3))
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    services.set_own(user, upload(seed=4), actor=user)
    shown = Profile.objects.get().profile_pic.name
    lost = list(PictureVersion.objects.exclude(picture=""))
    assert sorted(version.state for version in lost) == ["past", "past", "reported", "waiting"]
    for version in lost:
        delete_files(version)

    call_command("avatars_missing", empty=True, force=True, verbosity=0)

    assert not moderation.waiting()
    assert not moderation.reported()
    assert [list(history.versions(user)), history.undo(user)] == [[], False]
    for version in lost:
        with pytest.raises(PictureVersion.DoesNotExist):
            moderation.approve(version, None)
    assert moderation.take_down(user, actor=None, reason="No", name="") is None
    assert moderation.report(user, actor=None, reason="", name="") is None
    assert Profile.objects.get().profile_pic.name == shown


def examined(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """The codes of what the doctor finds, with their levels."""
    with contextlib.suppress(SystemExit):
        call_command("avatars_doctor", "--json")
    reports = json.loads(capsys.readouterr().out)
    return {found["code"]: found["level"] for report in reports for found in report["findings"]}


@pytest.fixture
def earlier(profile: Profile, user: User, settings: Settings) -> PictureVersion:
    """An earlier picture, where the field has its files: only what is hidden is in the private storage."""
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "PRIVATE_STORAGE": "private"}
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    return history.versions(user).get()


def test_the_doctor_looks_for_an_earlier_picture_where_it_is(
    earlier: PictureVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    assert earlier.alias == ""

    assert "rows" not in examined(capsys)
    delete_files(earlier)
    assert examined(capsys)["rows"] == "problem"


@pytest.mark.parametrize(("way", "expected"), [("read", None), ("X-Sendfile", "problem")])
def test_the_doctor_lets_nobody_into_the_private_storage_but_a_web_server_that_sends_it(
    way: str, expected: str | None, folder: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_FILES": way}
    folder.mkdir(mode=0o700)

    found = examined(capsys)

    assert found.get("permissions") == expected
    assert "address" not in found


@pytest.mark.parametrize(("source", "target", "count"), [("default", "new", 3), ("private", "elsewhere", 1)])
def test_earlier_pictures_move_with_the_storage_that_they_are_in(
    profile: Profile, user: User, settings: Settings, tmp_path: Path, source: str, target: str, count: int
) -> None:
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "new")}}
    settings.STORAGES = {**settings.STORAGES, target: there}
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "PRIVATE_STORAGE": "private"}
    for seed in (1, 2, 3):
        services.set_picture(profile, file=upload(seed=seed))
    moderation.take_down(user, actor=None, reason="No")
    services.set_picture(profile, file=upload())

    call_command("avatars_move", "--from", source, "--to", target, verbosity=0)

    named = [profile.profile_pic.name, *(str(one.picture.name) for one in history.versions(user))]
    taken_down = str(PictureVersion.objects.get(state="taken_down").picture.name)
    assert on_disk(tmp_path / "new") == files_of(*named if source == "default" else [taken_down])
    assert len(named) == 3


def test_sources_of_public_pictures_move_with_the_private_storage(
    profile: Profile, settings: Settings, tmp_path: Path, folder: Path
) -> None:
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "new")}}
    settings.STORAGES = {**settings.STORAGES, "new": there}
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "PRIVATE_STORAGE": "private", "KEEP_SOURCE": True}
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    before = on_disk(folder)

    call_command("avatars_move", "--from", "private", "--to", "new", verbosity=0)

    assert on_disk(tmp_path / "new") == before
    assert len(before) == 2  # of the picture that is shown, and of the earlier one
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": "new"}
    parsed = naming.parse(profile.profile_pic.name or "")
    assert parsed
    assert sources.read(profile.profile_pic.storage, parsed)


def test_an_earlier_picture_outside_of_todays_folders_is_missing_if_its_storage_says_so(
    earlier: PictureVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    PictureVersion.objects.filter(pk=earlier.pk).update(picture=f"old/{earlier.picture.name}")

    call_command("avatars_missing")

    assert f"PictureVersion.picture of {earlier.pk} in default: old/" in capsys.readouterr().out


@pytest.fixture
def history_elsewhere(transactional_db: None) -> Iterator[None]:
    """The default database has no table for versions yet; another one has."""
    references._tables.clear()
    with connection.schema_editor() as editor:
        editor.delete_model(PictureVersion)
    yield
    with connection.schema_editor() as editor:
        editor.create_model(PictureVersion)


def test_a_database_without_the_table_of_versions_does_not_end_the_search(
    history_elsewhere: None, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic"}
    place = Place.objects.using("other").create(name="Rome", photo=upload(seed=1))
    services.set_picture(place, file=upload(seed=2))
    version = history.versions(place).get()
    PictureVersion.objects.using("other").update(picture=f"old/{version.picture.name}")

    call_command("avatars_missing")
    call_command("avatars_prune", "--delete")

    assert f"PictureVersion.picture of {version.pk} in other: old/" in capsys.readouterr().out
