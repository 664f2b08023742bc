"""Moving house: copy, switch, copy the rest, and no picture is missing at any moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.management import CommandError, call_command

from django_avatars import files, naming
from tests.app.models import Country, Team
from tests.storages import cloudinary_standin, services
from tests.storing import BrokenStorage, RecordingStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def move(*arguments: str) -> str:
    """From the old storage to the new one."""
    out = StringIO()
    call_command("avatars_move", "--from", "default", "--to", "new", *arguments, stdout=out, stderr=out, no_color=True)
    return out.getvalue().strip()


@pytest.fixture
def new(use: Callable[..., Any], media: Path, tmp_path: Path) -> RecordingStorage:
    """An empty storage to move to."""
    use(FileSystemStorage(media, "/media/"))
    storage: RecordingStorage = use(RecordingStorage(tmp_path / "new", "/new/"), "new")
    return storage


@pytest.fixture
def team(new: RecordingStorage) -> Team:
    """A row with a picture in the old storage."""
    return Team.objects.create(name="Reds", logo=upload(600))


def test_every_file_is_copied_under_its_name(team: Team, new: RecordingStorage, media: Path, tmp_path: Path) -> None:
    assert move() == "4 files copied, 0 were there already."

    assert on_disk(tmp_path / "new") == files_of(team.logo.name) == on_disk(media)
    for name in on_disk(media):
        assert (media / name).read_bytes() == (tmp_path / "new" / name).read_bytes()
    assert str(Team.objects.get().logo.name) == str(team.logo.name)


def test_what_is_there_is_not_copied_again(team: Team, new: RecordingStorage) -> None:
    move()
    new.calls.clear()

    assert move() == "0 files copied, 4 were there already."
    assert new.of("save") == []


def test_a_move_that_was_interrupted_goes_on(team: Team, new: RecordingStorage) -> None:
    move()
    new.delete(str(team.logo.name))

    assert move() == "1 files copied, 3 were there already."


def test_what_was_uploaded_before_the_switch_is_copied_after_it(
    team: Team, new: RecordingStorage, use: Callable[..., Any], media: Path, settings: Any
) -> None:
    move()
    Team.objects.create(name="Blues", logo=upload(600, seed=1))
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "new"}
    late = Team.objects.create(name="Greens", logo=upload(600, seed=2))

    assert move() == "4 files copied, 8 were there already."

    for found in Team.objects.all():
        assert new.exists(str(found.logo.name))
    assert not (media / str(late.logo.name)).exists()


def test_pictures_of_another_making_move_too(new: RecordingStorage, media: Path) -> None:
    (media / "old").mkdir()
    (media / "old/face.jpg").write_bytes(b"\xff\xd8\xff face")
    Country.objects.create(name="Utopia", flag="old/face.jpg")

    assert move() == "1 files copied, 0 were there already."
    assert move() == "0 files copied, 1 were there already."


def test_a_dry_run_changes_nothing(team: Team, new: RecordingStorage, tmp_path: Path) -> None:
    assert move("--dry-run") == "4 files would be copied."
    assert on_disk(tmp_path / "new") == set()


def test_what_is_in_neither_storage_is_said(team: Team, new: RecordingStorage, media: Path) -> None:
    (media / str(team.logo.name)).unlink()

    with pytest.raises(
        CommandError, match=r"^1 files are missing and 0 could not be copied. See above, and run it again.$"
    ):
        move()


def test_a_file_that_only_the_new_storage_has_is_not_missing(team: Team, new: RecordingStorage, media: Path) -> None:
    move()
    (media / str(team.logo.name)).unlink()

    assert move("--verify") == "0 files copied, 4 were there already."


def test_verifying_finds_what_differs_and_copies_it_again(
    team: Team, new: RecordingStorage, media: Path, tmp_path: Path
) -> None:
    move()
    (tmp_path / "new" / str(team.logo.name)).write_bytes(b"half")

    assert move("--verify") == "1 files copied, 3 were there already."
    assert (tmp_path / "new" / str(team.logo.name)).read_bytes() == (media / str(team.logo.name)).read_bytes()


class Changing(InMemoryStorage):
    """Does not give back what it was given."""

    def _save(self, name: str, content: Any) -> str:
        return str(super()._save(name, ContentFile(b"other")))  # type: ignore[misc]  # the stubs have none


class Renaming(InMemoryStorage):
    """Adds something to every name."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return f"{name}.renamed"


@pytest.mark.parametrize(
    ("storage", "arguments"), [(Changing(), ["--verify"]), (Renaming(), [])], ids=["changes files", "renames files"]
)
def test_a_storage_that_cannot_be_trusted_is_said(
    storage: Any, arguments: list[str], team: Team, use: Callable[..., Any]
) -> None:
    use(storage, "new")

    with pytest.raises(CommandError, match=r"^0 files are missing and 4 could not be copied"):
        move(*arguments)


def test_one_file_that_cannot_be_written_does_not_stop_the_rest(
    team: Team, use: Callable[..., Any], tmp_path: Path
) -> None:
    use(BrokenStorage(tmp_path / "broken", saves=3), "new")

    with pytest.raises(CommandError, match=r"^0 files are missing and 1 could not be copied"):
        move()


def test_a_file_that_cannot_be_read_is_not_missing(
    team: Team, new: RecordingStorage, use: Callable[..., Any], media: Path
) -> None:
    class Unreadable(FileSystemStorage):
        def _open(self, name: str, mode: str = "rb") -> Any:
            raise PermissionError(name)

    use(Unreadable(media, "/media/"))

    with pytest.raises(CommandError, match=r"^0 files are missing and 4 could not be copied"):
        move()


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("default", "default", "--from and --to are both 'default'. Give two aliases of STORAGES."),
        ("default", "no", "STORAGES has no usable alias 'no' (Could not find config for 'no' in settings.STORAGES.)."),
        ("a", "b", "No AvatarField stores its pictures in 'a' or 'b'. Check AVATARS['STORAGE']."),
    ],
)
def test_aliases_that_make_no_sense_are_refused(
    source: str, target: str, message: str, use: Callable[..., Any]
) -> None:
    use(InMemoryStorage(), "a")
    use(InMemoryStorage(), "b")

    with pytest.raises(CommandError, match=f"^{re.escape(message)}$"):
        call_command("avatars_move", "--from", source, "--to", target)


def test_from_disk_to_cloudinary_and_back(
    team: Team, new: RecordingStorage, use: Callable[..., Any], settings: Any
) -> None:
    pytest.importorskip("cloudinary")
    from django_avatars.contrib.cloudinary import CloudinaryAvatarStorage

    with cloudinary_standin.running() as service:
        cloud = use(CloudinaryAvatarStorage(**service.config), "new")
        assert move() == "4 files copied, 0 were there already."
        assert move() == "0 files copied, 4 were there already."
        settings.AVATARS = {**settings.AVATARS, "STORAGE": "new"}
        assert "c_fill" in Team.objects.get().logo.url_for(64)

        call_command("avatars_rebuild", verbosity=0)
        master = str(Team.objects.get().logo.name)
        assert master in service.assets

        back = use(InMemoryStorage(base_url="/back/"), "back")
        call_command("avatars_move", "--from", "new", "--to", "back", verbosity=0, stdout=StringIO())
        assert back.open(master).read() == cloud.open(master).read()
        settings.AVATARS = {**settings.AVATARS, "STORAGE": "back"}
        assert files.url_for(back, master, 64) == f"/back/{master}"

        call_command("avatars_rebuild", verbosity=0)
        assert Team.objects.get().logo.sizes == (512, 256, 128, 64)


@pytest.mark.s3
def test_from_disk_to_s3_with_the_right_headers(team: Team, new: RecordingStorage, use: Callable[..., Any]) -> None:
    bucket = use(services.s3(), "new")

    assert move("--verify") == "4 files copied, 0 were there already."

    head = bucket.bucket.Object(team.logo.name).get()
    assert (head["ContentType"], head["CacheControl"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert naming.parse(team.logo.name) is not None
