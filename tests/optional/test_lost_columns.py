"""Earlier pictures of a column, or of a model, that the project has renamed or removed."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from django_avatars import history, moderation, privacy, services
from django_avatars.history.models import PictureVersion
from django_avatars.moderation.models import PictureLock, PictureReport
from tests.app.models import Profile, Team, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

QUEUE = "/admin/avatars_moderation/waitingpicture/"


@pytest.fixture
def changed(profile: Profile) -> Profile:
    """Somebody with an earlier picture."""
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    return profile


@pytest.fixture
def waits(profile: Profile, settings: Settings) -> PictureVersion:
    """A picture that waits."""
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    services.set_own(profile.user, upload(), actor=profile.user)
    return moderation.waiting(profile).get()


def rename() -> list[str]:
    """Give the column another name, which is what the history does not hear of; what it knows pictures of."""
    PictureReport.objects.update(field="old_pic")
    PictureVersion.objects.update(field="old_pic")
    return list(PictureVersion.objects.exclude(picture="").values_list("picture", flat=True))


def remove_model() -> None:
    """Take the model away, whose content type stays until somebody removes what is stale."""
    gone, _ = ContentType.objects.get_or_create(app_label="gone", model="profile")
    PictureVersion.objects.update(content_type=gone)
    PictureLock.objects.update(content_type=gone)
    PictureReport.objects.update(content_type=gone)


def sweep() -> None:
    """Sweep, and trust nobody's grace."""
    call_command("avatars_prune", delete=True, grace=0, force=True, verbosity=0)


def test_the_sweep_keeps_pictures_of_a_column_that_was_renamed_and_says_how_they_follow(
    changed: Profile, media: Path, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    there, (earlier,) = on_disk(media), rename()
    sweep()

    assert on_disk(media) == there
    assert "app.Profile.old_pic, which is no AvatarField any more" in caplog.text
    PictureVersion.objects.filter(content_type__model="profile", field="old_pic").update(field="profile_pic")
    assert history.versions(changed).get().picture.name == earlier


def test_pictures_of_a_column_that_was_removed_go_when_they_are_too_old(
    changed: Profile, media: Path, settings: Settings
) -> None:
    rename()
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"DAYS": 0}}
    sweep()

    assert on_disk(media) == files_of(changed.profile_pic.name)


def test_pictures_of_a_model_that_was_removed_go_with_the_next_sweep(
    changed: Profile, media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    remove_model()
    sweep()

    assert on_disk(media) == files_of(changed.profile_pic.name)
    assert "the model gone.profile, which there is no more" in caplog.text
    assert not PictureVersion.objects.exists()


@pytest.mark.parametrize("command", ["avatars_prune", "avatars_missing"])
def test_what_is_only_looked_at_stays_and_is_named(
    changed: Profile, media: Path, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    there, _ = on_disk(media), rename()
    PictureVersion.objects.update(until=timezone.now() - datetime.timedelta(days=100))
    call_command(command, verbosity=0)

    assert (on_disk(media), PictureVersion.objects.exclude(picture="").count()) == (there, 1)
    assert "app.Profile.old_pic, which is no AvatarField any more" in caplog.text


@pytest.mark.parametrize("lose", [rename, remove_model])
def test_what_waited_for_a_column_that_is_gone_is_not_in_the_queue(
    waits: PictureVersion, admin_client: Client, lose: Any
) -> None:
    lose()

    assert "0 pictures wait" in admin_client.get(QUEUE).content.decode()
    assert admin_client.post(QUEUE, {"approve": waits.pk}, headers={"accept": "application/json"}).json() == {
        "done": [str(waits.pk)],
        "problems": [],
    }
    for decide in (lambda: moderation.approve(waits, None), lambda: moderation.reject(waits, None, "")):
        with pytest.raises(PictureVersion.DoesNotExist, match="There is no AvatarField"):
            decide()
    assert admin_client.get(f"/avatars/review/{waits.pk}/72/").status_code == 200


def test_a_picture_that_nothing_says_the_format_of_is_not_found(waits: PictureVersion, admin_client: Client) -> None:
    PictureVersion.objects.update(field="old_pic", picture="old/photo")

    assert admin_client.get(f"/avatars/review/{waits.pk}/72/").status_code == 404


def test_what_was_taken_down_of_a_model_that_was_removed_is_still_listed(
    changed: Profile, admin_client: Client
) -> None:
    taken: Any = moderation.take_down(changed, actor=None, reason="Of a model that is gone.")
    remove_model()

    for page in ("", f"{taken.pk}/change/"):
        answer = admin_client.get(f"/admin/avatars_moderation/takendownpicture/{page}")
        assert "Of a model that is gone." in answer.content.decode()


def test_locks_of_a_model_that_was_removed_are_still_listed(profile: Profile, admin_client: Client) -> None:
    moderation.lock(profile, actor=None, reason="")
    remove_model()

    assert PictureLock.objects.get().holder is None
    assert admin_client.get("/admin/avatars_moderation/picturelock/").status_code == 200


def test_an_earlier_picture_of_a_lost_column_can_be_deleted_and_not_be_restored(changed: Profile, media: Path) -> None:
    rename()
    version = PictureVersion.objects.exclude(picture="").get()
    assert version.holder == changed

    with pytest.raises(PictureVersion.DoesNotExist, match="There is no AvatarField 'old_pic'"):
        history.restore(version)
    history.delete(version)
    assert on_disk(media) == files_of(changed.profile_pic.name)


def test_people_get_a_copy_of_pictures_of_lost_columns_too(changed: Profile) -> None:
    (earlier,) = rename()
    file = io.BytesIO()
    privacy.export(changed.user, file)

    with ZipFile(file) as archive:
        shown, past = json.loads(archive.read("avatars.json"))["pictures"]
        assert set(past["files"]) <= set(archive.namelist())
    assert (shown["state"], shown["field"]) == ("shown", "profile_pic")
    assert (past["state"], past["field"], past["name"], past["missing"]) == ("past", "old_pic", earlier, [])
    assert past["of"] == shown["of"]
    assert past["files"]


def test_pictures_of_lost_columns_are_erased_with_all_others(changed: Profile, media: Path) -> None:
    team = Team.objects.create(name="Reds", logo=upload(seed=5))
    services.set_picture(team, file=upload(seed=6))
    earlier = [version.picture.name for version in history.versions(changed)]
    of_team = [team.logo.name, *(str(version.picture.name) for version in history.versions(team))]
    rename()
    shown = changed.profile_pic.name

    report = privacy.erase(changed.user)

    assert report.deleted == [shown, *earlier]
    assert on_disk(media) == files_of(*of_team)
    assert not PictureVersion.objects.filter(content_type__model="profile").exists()


@pytest.mark.parametrize("lose", [rename, remove_model])
def test_what_was_said_of_pictures_of_a_lost_column_is_part_of_the_rights_too(changed: Profile, lose: Any) -> None:
    reporter = User.objects.create_user("joe")
    moderation.report(changed, actor=reporter, text="A dog.")
    lose()
    file = io.BytesIO()
    privacy.export(reporter, file)

    with ZipFile(file) as archive:
        (said,) = json.loads(archive.read("avatars.json"))["reports"]
    of = f"profile:{changed.pk}"
    assert said["of"] in (f"app.{of}", f"gone.{of}")
    privacy.erase(changed.user if lose is rename else reporter)
    assert not PictureReport.objects.exists()


def test_pictures_of_a_model_that_was_removed_are_said_to_be_out_of_reach(
    changed: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    remove_model()
    privacy.erase(changed.user)

    assert "belong to nobody who can be found: avatars_prune --delete deletes them" in caplog.text


def test_pictures_are_found_where_they_are_when_their_place_is_named_no_more(
    waits: PictureVersion, settings: Settings, tmp_path: Path, media: Path
) -> None:
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    PictureVersion.objects.update(alias="elsewhere", field="profile_pic")
    version = PictureVersion.objects.get()

    assert version.storage.exists(str(version.picture.name))
    history.delete(version)
    assert on_disk(media) == set()


def test_a_user_whose_database_has_no_history_has_no_lost_columns(user: User, settings: Settings) -> None:
    settings.DATABASE_ROUTERS = [f"{__name__}.HistoryElsewhere"]

    assert privacy.erase(user) == privacy.Report()


class HistoryElsewhere:
    """Keeps the history in the other database alone."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Only there."""
        return db == "other" if app_label == "avatars_history" else None
