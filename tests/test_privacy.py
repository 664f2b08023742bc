"""People get a copy of their pictures, and can have them forgotten."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any
from zipfile import ZipFile

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, Group
from django.contrib.messages import get_messages
from django.contrib.messages.storage.fallback import FallbackStorage
from django.core.exceptions import PermissionDenied
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import CommandError, call_command
from django.db import transaction
from django.template.loader import render_to_string
from django.test import RequestFactory
from pytest_django import Settings

from django_avatars import admin_rights, privacy, services, signals
from django_avatars.admin import PrivacyAdminMixin
from django_avatars.lifecycle import replace, staging
from tests.app.models import Place, Profile, Staff, User
from tests.storing import BrokenStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def jane(profile: Profile) -> User:
    """Somebody with a picture on the profile, and another one in the staff list."""
    services.set_picture(profile, file=upload())
    Staff.objects.create(user=profile.user, number=1, portrait=upload(seed=1))
    return profile.user


def exported(user: User) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What is in an export: its JSON, and the content of every file."""
    file = io.BytesIO()
    privacy.export(user, file)
    with ZipFile(file) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return json.loads(files["avatars.json"]), files


def run(*arguments: str) -> list[str]:
    """What a command says."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().splitlines()


def test_an_export_has_every_file_of_every_picture_of_the_user(jane: User, media: Path) -> None:
    Profile.objects.create(user=User.objects.create_user("joe"), profile_pic=upload(seed=2))

    said, files = exported(jane)

    assert said["user"] == f"app.user:{jane.pk}"
    assert [(one["of"], one["field"], one["state"]) for one in said["pictures"]] == [
        (f"app.profile:{jane.profile.pk}", "profile_pic", "shown"),
        (f"app.staff:{jane.staff.pk}", "portrait", "shown"),
    ]
    packed = [files[name] for one in said["pictures"] for name in one["files"]]
    names = files_of(jane.profile.profile_pic.name, jane.staff.portrait.name)
    assert sorted(packed) == sorted((media / name).read_bytes() for name in names)


def test_an_export_says_what_its_json_looks_like(jane: User) -> None:
    said, files = exported(jane)
    schema = json.loads(files["schema.json"])
    assert said["$schema"] == "schema.json"
    assert set(schema["required"]) <= set(said)
    one = schema["properties"]["pictures"]["items"]
    assert all(set(picture) == set(one["required"]) == set(one["properties"]) for picture in said["pictures"])


def test_an_export_has_the_whole_picture_where_it_is_kept(profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": 1024}
    services.set_picture(profile, file=upload())
    said, files = exported(profile.user)
    assert said["pictures"][0]["files"][-1] == "pictures/1/whole.webp"
    assert files["pictures/1/whole.webp"].startswith(b"RIFF")


def test_an_export_names_what_is_gone_and_has_what_is_of_other_making(profile: Profile, media: Path) -> None:
    (media / "old.png").write_bytes(b"old")
    Profile.objects.update(profile_pic="old.png")
    Staff.objects.create(user=profile.user, number=1, portrait=upload())
    lost = Staff.objects.get().portrait.name
    (media / str(lost)).unlink()

    said, files = exported(profile.user)

    assert files["pictures/1/old.png"] == b"old"
    assert (said["pictures"][1]["files"], said["pictures"][1]["missing"]) == ([], [lost])


def test_an_export_of_somebody_without_pictures_is_empty(profile: Profile) -> None:
    assert exported(profile.user)[0]["pictures"] == []


def test_erasing_deletes_every_picture_and_says_which(jane: User, media: Path) -> None:
    other = Profile.objects.create(user=User.objects.create_user("joe"), profile_pic=upload(seed=2))
    names = [jane.profile.profile_pic.name, jane.staff.portrait.name]

    report = privacy.erase(jane)

    assert (report.deleted, report.failed, report.kept) == (names, [], [])
    assert on_disk(media) == files_of(other.profile_pic.name)
    assert not Profile.objects.get(user=jane).profile_pic
    assert not Staff.objects.get().portrait
    assert privacy.erase(jane) == privacy.Report()


def test_what_a_storage_refuses_to_delete_is_reported_and_tried_again(
    profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenStorage(location=str(media), deletes=False)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    services.set_picture(profile, file=upload())
    name = profile.profile_pic.name

    report = privacy.erase(profile.user)
    assert (report.deleted, report.failed) == ([], [name])
    assert Profile.objects.get().profile_pic == name

    broken.deletes = True
    report = privacy.erase(profile.user)
    assert (report.deleted, report.failed) == ([name], [])
    assert on_disk(media) == set()


def test_erasing_takes_what_rebuilding_has_left(profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    services.set_picture(profile, file=upload())
    call_command("avatars_rebuild", "--all", verbosity=0)
    name = Profile.objects.get().profile_pic.name
    listdir = FileSystemStorage.listdir

    monkeypatch.setattr(FileSystemStorage, "listdir", lambda self, folder: 1 / 0)
    report = privacy.erase(profile.user)
    assert (report.deleted, report.failed) == ([], [name])
    assert on_disk(media) == files_of(profile.profile_pic.name)

    monkeypatch.setattr(FileSystemStorage, "listdir", listdir)
    report = privacy.erase(profile.user)
    assert (report.deleted, report.failed) == ([name], [])
    assert on_disk(media) == set()


def test_erasing_takes_what_an_interrupted_rebuild_has_left(
    profile: Profile, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.set_picture(profile, file=upload())
    with monkeypatch.context() as killed:
        killed.setattr(transaction, "atomic", lambda **options: 1 / 0)
        killed.setattr(staging.StagedFiles, "discard", lambda self: None)
        with pytest.raises(CommandError):
            call_command("avatars_rebuild", "--all", stdout=io.StringIO(), stderr=io.StringIO())
    assert on_disk(media) > files_of(profile.profile_pic.name)

    assert privacy.erase(profile.user).deleted == [profile.profile_pic.name]
    assert on_disk(media) == set()


@pytest.mark.parametrize("lost", [True, False])
def test_erasing_takes_whole_pictures_that_rebuilding_has_left(
    lost: bool, profile: Profile, media: Path, settings: Settings, tmp_path: Path
) -> None:
    there = {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": "private", "KEEP_SOURCE": True}
    services.set_picture(profile, file=upload())
    call_command("avatars_rebuild", "--all", verbosity=0)
    name = Profile.objects.get().profile_pic.name
    private: Any = storages["private"]
    assert len(on_disk(tmp_path / "private")) == 2
    if lost:
        (media / str(profile.profile_pic.name)).unlink()
    else:
        private.deletes = False
        assert privacy.erase(profile.user).failed == [name]
        private.deletes = True

    assert privacy.erase(profile.user).deleted == [name]
    assert on_disk(media) == on_disk(tmp_path / "private") == set()


def test_erasing_keeps_the_files_that_another_row_names(profile: Profile, media: Path) -> None:
    place = Place.objects.create(photo=upload())
    Profile.objects.update(profile_pic=place.photo.name)
    report = privacy.erase(profile.user)
    assert (report.deleted, report.kept) == ([], [place.photo.name])
    assert on_disk(media) == files_of(place.photo.name)
    assert not Profile.objects.get().profile_pic


def test_what_two_rows_of_the_user_name_is_reported_once(profile: Profile, media: Path) -> None:
    services.set_picture(profile, file=upload())
    Staff.objects.create(user=profile.user, number=1)
    Staff.objects.update(portrait=profile.profile_pic.name)

    report = privacy.erase(profile.user)

    assert (report.deleted, report.failed, report.kept) == ([profile.profile_pic.name], [], [])
    assert on_disk(media) == set()


def test_erasing_leaves_files_of_other_making_to_the_project(profile: Profile, media: Path) -> None:
    (media / "old.png").write_bytes(b"old")
    Profile.objects.update(profile_pic="old.png")
    assert privacy.erase(profile.user).kept == ["old.png"]
    assert on_disk(media) == {"old.png"}
    assert not Profile.objects.get().profile_pic


def test_erasing_takes_the_description_with_the_picture(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "alt_field", "bio")
    services.set_picture(profile, file=upload())
    Profile.objects.update(bio="Me at the lake")
    assert exported(profile.user)[0]["pictures"][0]["description"] == "Me at the lake"
    privacy.erase(profile.user)
    assert Profile.objects.get().bio == ""


def test_erasing_leaves_ready_pictures_to_all_who_chose_them(profile: Profile) -> None:
    Profile.objects.update(profile_pic=f"avatars-gallery/{'a' * 26}_64.webp")
    assert privacy.erase(profile.user) == privacy.Report()
    assert not Profile.objects.get().profile_pic


@pytest.mark.parametrize("verb", [privacy.erase, lambda user: privacy.export(user, io.BytesIO())])
def test_whoever_is_no_saved_user_is_refused_whatever_key_it_has(verb: Callable[[Any], Any], jane: User) -> None:
    before = Profile.objects.get().profile_pic.name
    same_key: Any = Group(name="editors")
    same_key.pk = jane.pk

    for given in (None, AnonymousUser(), same_key, jane.profile, jane.username, jane.pk):
        with pytest.raises(TypeError, match=re.escape(f"{given!r} is no user")):
            verb(given)
    with pytest.raises(ValueError, match=r"has no primary key, .* Give a user that is saved\."):
        verb(User(pk=None, username="nobody"))
    assert Profile.objects.get().profile_pic.name == before


def test_whom_a_token_describes_is_the_user_with_that_key(jane: User) -> None:
    assert len(privacy.erase(SimpleNamespace(is_authenticated=True, pk=jane.pk)).deleted) == 2


def test_within_a_transaction_nothing_is_erased(jane: User, media: Path) -> None:
    before = on_disk(media)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        privacy.erase(jane)
    assert on_disk(media) == before
    assert Profile.objects.get(user=jane).profile_pic


def test_a_row_that_is_deleted_meanwhile_is_passed_over(jane: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replace, "lock", lambda *args: False)
    assert privacy.erase(jane) == privacy.Report()


def test_signals_say_who_erased(jane: User) -> None:
    actors = []

    def hear(actor: Any, **kwargs: Any) -> None:
        actors.append(actor)

    signals.avatar_removed.connect(hear)
    privacy.erase(jane, actor=jane)
    signals.avatar_removed.disconnect(hear)
    assert actors == [jane, jane]


@pytest.mark.parametrize("by", ["username", "pk", "email"])
def test_the_command_writes_the_export(jane: User, tmp_path: Path, by: str) -> None:
    path = str(tmp_path / "jane.zip")
    assert run("avatars_export", str(getattr(jane, by)), path) == [f"2 pictures written to {path}."]
    with ZipFile(path) as archive:
        assert json.loads(archive.read("avatars.json"))["user"] == f"app.user:{jane.pk}"


def test_the_command_overwrites_no_file(jane: User, tmp_path: Path) -> None:
    path = tmp_path / "jane.zip"
    path.write_bytes(b"mine")
    with pytest.raises(CommandError, match="cannot be written"):
        run("avatars_export", "jane", str(path))
    assert path.read_bytes() == b"mine"


def test_an_export_that_fails_leaves_no_file(jane: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(BrokenStorage):
        """Opens nothing."""

        def _open(self, name: str, mode: str = "rb") -> Any:
            raise ConnectionError("no answer")

    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", Silent())
    with pytest.raises(CommandError, match=r"ConnectionError: no answer\. Nothing was written"):
        run("avatars_export", "jane", str(tmp_path / "jane.zip"))
    assert not (tmp_path / "jane.zip").exists()


def test_an_export_that_is_interrupted_leaves_no_file(
    jane: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(person: User, file: IO[bytes]) -> int:
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(privacy, "export", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run("avatars_export", "jane", str(tmp_path / "jane.zip"))
    assert not (tmp_path / "jane.zip").exists()


def test_the_command_erases_and_appends_its_report_to_a_file(jane: User, tmp_path: Path, media: Path) -> None:
    report = tmp_path / "erased.jsonl"
    Profile.objects.filter(user=jane).update(profile_pic="old.png")

    assert run("avatars_erase", "jane", "--report", str(report)) == [
        "old.png stays: another row names it, or it is not of our making.",
        "1 pictures deleted.",
    ]
    run("avatars_erase", "jane", "--report", str(report))

    first, second = map(json.loads, report.read_text().splitlines())
    assert (first["user"], first["deleted"], first["kept"]) == (
        f"app.user:{jane.pk}",
        [jane.staff.portrait.name],
        ["old.png"],
    )
    assert second["deleted"] == second["failed"] == []


def test_without_a_place_for_the_report_nothing_is_erased(jane: User, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        run("avatars_erase", "jane", "--report", str(tmp_path / "none" / "erased.jsonl"))
    assert Profile.objects.get(user=jane).profile_pic


def test_the_command_fails_where_a_picture_is_left(jane: User, media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = BrokenStorage(location=str(media), deletes=False)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    with pytest.raises(CommandError, match="1 pictures could not be deleted"):
        run("avatars_erase", "jane")


def test_commands_say_that_there_is_no_such_user(transactional_db: None) -> None:
    User.objects.create_user("without an address")
    for name in ("nobody", "no\0body", ""):
        with pytest.raises(CommandError, match=f"There is no user {re.escape(repr(name))}"):
            run("avatars_erase", name)


def test_commands_find_users_who_have_no_e_mail_address(
    jane: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "EMAIL_FIELD", "mail")
    assert run("avatars_export", "jane", str(tmp_path / "jane.zip"))
    with pytest.raises(CommandError, match=r"There is no user 'jane@example\.com'"):
        run("avatars_export", "jane@example.com", str(tmp_path / "jane.zip"))


def test_commands_ask_which_user_is_meant(jane: User, tmp_path: Path) -> None:
    other = User.objects.create_user(str(jane.pk))
    with pytest.raises(CommandError, match="could be several users"):
        run("avatars_erase", str(jane.pk))
    run("avatars_export", str(jane.pk), str(tmp_path / "other.zip"), "--by", "username")
    with ZipFile(tmp_path / "other.zip") as archive:
        assert json.loads(archive.read("avatars.json"))["user"] == f"app.user:{other.pk}"


@pytest.fixture
def listed(jane: User, rf: RequestFactory) -> Callable[..., Any]:
    """What an action of the list of profiles answers, and what it says."""
    chief = User.objects.create_superuser("chief")
    site = admin.AdminSite()
    profiles = type("ProfileAdmin", (PrivacyAdminMixin, admin.ModelAdmin), {})(Profile, site)

    def act(action: str, **data: str) -> tuple[Any, list[str]]:
        request = rf.post("/", data)
        request.user = chief
        request.session = {}  # type: ignore[assignment]
        request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
        answer = getattr(profiles, action)(request, Profile.objects.all())
        return answer, [str(message) for message in get_messages(request)]

    return act


def test_the_admin_hands_out_an_export_for_each_person(listed: Callable[..., Any], jane: User) -> None:
    answer, _said = listed("export_avatars")
    with ZipFile(io.BytesIO(answer.content)) as archive:
        (name,) = archive.namelist()
        assert name == f"{jane.profile.pk}.zip"
        with ZipFile(io.BytesIO(archive.read(name))) as inner:
            assert json.loads(inner.read("avatars.json"))["user"] == f"app.user:{jane.pk}"


def test_the_admin_asks_before_it_erases(listed: Callable[..., Any], jane: User) -> None:
    answer, said = listed("erase_avatars")
    assert (answer.template_name, said) == ("django_avatars/admin/confirm_erase.html", [])
    assert [row.pk for row in answer.context_data["rows"]] == [jane.profile.pk]
    assert Profile.objects.get().profile_pic


def test_the_admin_erases_and_writes_to_the_log(listed: Callable[..., Any], media: Path) -> None:
    answer, said = listed("erase_avatars", post="yes")
    assert (answer, said) == (None, ["2 pictures were removed."])
    assert on_disk(media) == set()
    assert LogEntry.objects.get().user.username == "chief"


def test_the_admin_says_whose_pictures_could_not_be_deleted(
    listed: Callable[..., Any], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenStorage(location=str(media), deletes=False)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    _answer, said = listed("erase_avatars", post="yes")
    assert said[0].startswith("jane: ")
    assert said[1] == "1 picture was removed."


@pytest.mark.parametrize("action", ["export_avatars", "erase_avatars"])
def test_the_admin_asks_for_the_permission_to_delete_each_row(
    jane: User, rf: RequestFactory, media: Path, action: str
) -> None:
    class Careful(PrivacyAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]  # Django's is no generic at run time
        def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
            return obj is None

    request, before = rf.post("/", {"post": "yes"}), on_disk(media)
    request.user = User.objects.create_superuser("chief")
    with pytest.raises(PermissionDenied):
        getattr(Careful(Profile, admin.AdminSite()), action)(request, Profile.objects.all())
    assert on_disk(media) == before


def test_the_admin_says_that_an_export_failed(
    listed: Callable[..., Any], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenStorage(location=str(media), reads=False)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    answer, (said,) = listed("export_avatars")
    assert answer is None
    assert said.startswith("The place where pictures are kept did not answer.")


def test_the_confirmation_can_be_read(listed: Callable[..., Any]) -> None:
    answer, _said = listed("erase_avatars")
    context = {**answer.context_data, "opts": Group._meta, "title": "Delete for good"}
    text = render_to_string("django_avatars/admin/confirm_erase.html", context)
    assert "also earlier ones and those that wait" in text
    assert 'name="_selected_action"' in text


def test_a_key_that_looks_like_a_path_stays_within_the_export(jane: User) -> None:
    person = SimpleNamespace(pk="../../jane")

    with ZipFile(io.BytesIO(admin_rights._exported([(person, jane)]))) as archive:  # type: ignore[list-item]
        assert archive.namelist() == ["..%2F..%2Fjane.zip"]
