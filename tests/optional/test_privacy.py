"""People's rights reach what the history has, in every state and wherever it lies."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

import django_avatars
from django_avatars import history, moderation, privacy, services, signals
from django_avatars.history import rights
from django_avatars.history.models import PictureVersion
from tests.app.models import Place, Profile, User
from tests.storing import BrokenStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

STATE = PictureVersion.State


def exported(user: User) -> list[dict[str, Any]]:
    """What an export says of each picture."""
    file = io.BytesIO()
    privacy.export(user, file)
    with ZipFile(file) as archive:
        pictures: list[dict[str, Any]] = json.loads(archive.read("avatars.json"))["pictures"]
        assert {name for one in pictures for name in one["files"]} <= set(archive.namelist())
    return pictures


@pytest.fixture
def private(settings: Settings, tmp_path: Path) -> Path:
    """Where the public does not reach."""
    folder = tmp_path / "private"
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(folder), "base_url": None},
        },
    }
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": "private"}
    return folder


@pytest.fixture
def boss(transactional_db: None) -> User:
    """Somebody who moderates."""
    return User.objects.create_user("boss", is_staff=True)


@pytest.fixture
def jane(profile: Profile, boss: User, private: Path, settings: Settings) -> User:
    """Somebody with a picture of each state."""
    services.set_picture(profile, file=upload())
    moderation.take_down(profile, actor=boss, reason="Not you.")
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed), actor=profile.user)
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    for seed in (3, 4):
        services.set_picture(profile, file=upload(seed=seed), actor=profile.user)
        if seed == 3:
            moderation.reject(moderation.waiting(profile).get(), boss, "Blurred.")
    return profile.user


def test_an_export_has_the_pictures_of_every_state(jane: User, boss: User) -> None:
    pictures = exported(jane)
    assert [(one["state"], one["set_by"], one["ended_by"], one["reason"]) for one in pictures] == [
        ("shown", str(jane.pk), None, None),
        ("waiting", str(jane.pk), None, ""),
        ("rejected", str(jane.pk), str(boss.pk), "Blurred."),
        ("past", str(jane.pk), str(jane.pk), ""),
        ("taken_down", None, str(boss.pk), "Not you."),
    ]
    assert all(one["files"] and not one["missing"] for one in pictures)
    assert pictures[0]["since"] == pictures[3]["until"]


def test_erasing_leaves_no_file_and_no_row_of_any_state(jane: User, media: Path, private: Path) -> None:
    assert on_disk(private)
    report = privacy.erase(jane)
    assert (len(report.deleted), report.failed, report.kept) == (5, [], [])
    assert on_disk(media) == on_disk(private) == set()
    assert not PictureVersion.objects.exists()


def test_what_a_storage_refuses_to_delete_stays_named_and_is_tried_again(
    profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenStorage(location=str(media))
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    for seed in (1, 2):
        services.set_picture(profile, file=upload(seed=seed))
    names = {profile.profile_pic.name, *history.versions(profile).values_list("picture", flat=True)}
    files = on_disk(media)
    broken.deletes = False

    report = privacy.erase(profile.user)
    assert (report.deleted, set(report.failed)) == ([], names)
    assert set(PictureVersion.objects.values_list("state", "picture")) == {(STATE.ERASING, name) for name in names}
    assert not Profile.objects.get().profile_pic
    assert not history.versions(profile).exists()
    PictureVersion.objects.update(until=timezone.now() - datetime.timedelta(days=99))
    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO())
    assert on_disk(media) == files

    broken.deletes = True
    report = privacy.erase(profile.user)
    assert (set(report.deleted), report.failed) == (names, [])
    assert on_disk(media) == set()
    assert not PictureVersion.objects.exists()


def test_erasing_keeps_files_that_another_row_names(profile: Profile, media: Path) -> None:
    services.set_picture(profile, file=upload())
    place = Place.objects.create(photo="")
    place.photo = profile.profile_pic
    place.save()
    report = privacy.erase(profile.user)
    assert (report.deleted, report.kept) == ([], [place.photo.name])
    assert on_disk(media) == files_of(place.photo.name)
    assert not history.versions(profile).exists()


def test_a_picture_that_another_row_takes_over_while_it_is_erased_stays(profile: Profile, media: Path) -> None:
    services.set_picture(profile, file=upload())
    place = Place.objects.create(photo="")
    place.photo = Profile.objects.get().profile_pic

    def take_over(**kwargs: Any) -> None:
        place.save()

    signals.avatar_removed.connect(take_over)  # after the commit, before the files go
    report = privacy.erase(profile.user)
    signals.avatar_removed.disconnect(take_over)

    name = Place.objects.get().photo.name
    assert (report.deleted, report.kept) == ([], [name])
    assert on_disk(media) == files_of(name)


def test_erasing_marks_what_the_history_does_not_keep(
    profile: Profile, media: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 0}}
    broken = BrokenStorage(location=str(media), deletes=False)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    services.set_picture(profile, file=upload())
    assert privacy.erase(profile.user).failed == [profile.profile_pic.name]
    assert PictureVersion.objects.get().state == STATE.ERASING


def test_what_is_being_erased_is_exported_as_such(profile: Profile, media: Path) -> None:
    services.set_picture(profile, file=upload())
    with django_avatars.acting(profile.user):
        services.remove_picture(profile)
    PictureVersion.objects.update(state=STATE.ERASING)
    assert [one["state"] for one in exported(profile.user)] == ["erasing"]


def test_a_lock_keeps_nobody_from_being_forgotten(profile: Profile, boss: User, media: Path) -> None:
    services.set_picture(profile, file=upload())
    moderation.lock(profile, actor=boss, reason="Wait.")
    assert privacy.erase(profile.user, actor=profile.user).failed == []
    assert on_disk(media) == set()


def test_pictures_from_before_the_history_are_exported_and_erased(profile: Profile, media: Path) -> None:
    services.set_picture(profile, file=upload())
    PictureVersion.objects.all().delete()
    assert [(one["state"], one["since"]) for one in exported(profile.user)] == [("shown", None)]
    assert privacy.erase(profile.user).deleted == [profile.profile_pic.name]
    assert on_disk(media) == set()


def test_a_database_without_a_history_is_erased_too(
    profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.set_picture(profile, file=upload())
    monkeypatch.setattr(rights, "knows", lambda row: False)
    assert privacy.erase(profile.user).deleted == []
    assert [one["state"] for one in exported(profile.user)] == []


def test_nobody_sees_what_is_being_erased(jane: User, boss: User, client: Client, private: Path) -> None:
    version = PictureVersion.objects.get(state=STATE.TAKEN_DOWN)
    boss.is_superuser = True
    boss.save()
    client.force_login(boss)
    address = reverse("avatars_moderation:picture", args=[version.pk, 64])
    assert client.get(address).status_code == 200

    PictureVersion.objects.update(state=STATE.ERASING)

    assert client.get(address).status_code == 404
    of_the_queue = "admin:avatars_moderation_waitingpicture_picture"
    assert client.get(reverse(of_the_queue, args=[version.pk, 64])).status_code == 404
    listed = client.get(reverse("admin:avatars_history_pictureversion_changelist")).content.decode()
    assert "Being erased" in listed
    names = PictureVersion.objects.exclude(picture="").values_list("picture", flat=True)
    assert not [name for name in names if str(name).partition("_")[0] in listed]


@pytest.mark.parametrize("seed", [0, 4, 16])
def test_whatever_happened_before_erasing_leaves_nothing(
    profile: Profile, boss: User, media: Path, private: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    random = Random(seed)
    storage = BrokenStorage(location=str(media))
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", storage)
    user = profile.user

    def erase() -> object:
        storage.deletes = random.random() < 0.5
        report = privacy.erase(user)
        storage.deletes = True
        return report

    deeds = [
        lambda: services.set_own(user, upload(seed=random.randrange(20))),
        lambda: services.remove_own(user),
        lambda: history.undo(user),
        lambda: moderation.take_down(user, actor=boss, reason="No."),
        lambda: call_command("avatars_prune", "--delete", "--grace", "0", "--force", stdout=io.StringIO()),
        erase,
    ]
    for _step in range(40):
        random.choices(deeds, [5, 2, 2, 1, 1, 2])[0]()
        user = User.objects.get(pk=user.pk)
        shown, past = Profile.objects.get().profile_pic, history.versions(user)
        assert files_of(shown.name, *past.values_list("picture", flat=True)) <= on_disk(media)

    assert privacy.erase(user).failed == []
    assert on_disk(media) | on_disk(private) == set()
    assert not PictureVersion.objects.exists()


def test_an_export_of_every_state_is_as_its_schema_says(jane: User, boss: User) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    moderation.report(jane, actor=boss, reason="It hurts")
    services.set_picture(boss, file=upload(seed=5))
    moderation.report(boss, actor=jane, text="Is that a person?")
    file = io.BytesIO()
    privacy.export(jane, file)
    with ZipFile(file) as archive:
        said, schema = (json.loads(archive.read(name)) for name in ("avatars.json", "schema.json"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(said)
    assert {one["state"] for one in said["pictures"]} == {"shown", "past", "waiting", "rejected", "taken_down"}
    assert len(said["reports"]) == 1
