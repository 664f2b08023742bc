"""Moving house: copy, switch, copy the rest, and no picture is missing at any moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage, storages
from django.core.management import CommandError, call_command

from django_avatars import naming
from django_avatars.contrib.moving import MovingStorage
from django_avatars.exceptions import StorageRenames, StorageUnavailable
from django_avatars.lifecycle import listing, moving
from django_avatars.lifecycle.prune import Sweep
from django_avatars.storages import adapter_for, urls
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


def test_files_whose_names_are_not_utf8_stay(team: Team, new: RecordingStorage, media: Path, tmp_path: Path) -> None:
    (media / str(team.logo.name)).with_name("\udcff.jpg").write_bytes(b"?")

    assert move() == "4 files copied, 0 were there already."

    assert on_disk(tmp_path / "new") == files_of(team.logo.name)


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


# Whole files, or none


class Full(FileSystemStorage):
    """Has room for half of each file."""

    is_full = True

    def _save(self, name: str, content: Any) -> str:
        if self.is_full:
            super()._save(name, ContentFile(content.read()[:50]))  # type: ignore[misc]
            raise OSError("No space left on device")
        return str(super()._save(name, content))  # type: ignore[misc]


class FullMemory(InMemoryStorage):
    """As `Full`, in memory."""

    is_full = True

    def _save(self, name: str, content: Any) -> str:
        if self.is_full:
            super()._save(name, ContentFile(content.read()[:50]))  # type: ignore[misc]
            raise OSError("No space left on device")
        return str(super()._save(name, content))  # type: ignore[misc]


@pytest.mark.parametrize("kind", [Full, FullMemory])
def test_nothing_is_left_of_a_file_that_could_not_be_written(
    kind: Any, team: Team, use: Callable[..., Any], media: Path, tmp_path: Path
) -> None:
    target = use(Full(tmp_path / "full", "/new/") if kind is Full else FullMemory(), "new")

    with pytest.raises(CommandError, match=r"^0 files are missing and 4 could not be copied"):
        move()
    target.is_full = False

    assert move() == "4 files copied, 0 were there already."
    for name in on_disk(media):
        with target.open(name) as file:
            assert file.read() == (media / name).read_bytes()
    assert len(target.listdir(str(Path(team.logo.name or "").parent))[1]) == 4


def test_half_a_file_that_a_dead_process_left_is_copied_again(
    team: Team, new: RecordingStorage, media: Path, tmp_path: Path
) -> None:
    move()
    for name in on_disk(tmp_path / "new"):
        (tmp_path / "new" / name).write_bytes((media / name).read_bytes()[:50])

    assert move() == "4 files copied, 0 were there already."
    for name in on_disk(media):
        assert (tmp_path / "new" / name).read_bytes() == (media / name).read_bytes()


def test_a_storage_whose_listing_has_no_sizes_is_asked_for_them(
    team: Team, use: Callable[..., Any], media: Path
) -> None:
    memory = use(InMemoryStorage(), "new")
    move()
    name = str(team.logo.name)
    memory.delete(name)
    memory.save(name, ContentFile(b"half"))

    assert move() == "1 files copied, 3 were there already."
    assert memory.open(name).read() == (media / name).read_bytes()


class Sizeless(InMemoryStorage):
    """Does not know how large files are."""

    def size(self, name: str) -> int:
        raise NotImplementedError


def test_a_storage_that_cannot_say_sizes_is_believed(team: Team, use: Callable[..., Any]) -> None:
    use(Sizeless(), "new")
    move()

    assert move() == "0 files copied, 4 were there already."


def test_what_cannot_be_written_anew_stays_as_it_was(team: Team, use: Callable[..., Any]) -> None:
    class Picky(InMemoryStorage):
        def _save(self, name: str, content: Any) -> str:
            if content.read() != b"live":
                raise OSError("Quota exceeded")
            return str(super()._save(name, content))  # type: ignore[misc]

    target = use(Picky(), "new")
    target.save(str(team.logo.name), ContentFile(b"live"))

    for arguments in ([], ["--verify"]):
        with pytest.raises(CommandError, match="4 could not be copied"):
            move(*arguments)
        assert target.open(str(team.logo.name)).read() == b"live"


def test_what_cannot_be_read_and_not_be_written_anew_is_said(team: Team, use: Callable[..., Any]) -> None:
    class Gone(InMemoryStorage):
        def _open(self, name: str, mode: str = "rb") -> Any:
            raise FileNotFoundError(name)

        def exists(self, name: str) -> bool:
            return False

        def _save(self, name: str, content: Any) -> str:
            raise OSError("Quota exceeded")

        def walk(self, folder: str) -> Any:
            yield str(team.logo.name), None

        def size(self, name: str) -> int:
            return 4

    use(Gone(), "new")

    with pytest.raises(CommandError, match="4 could not be copied"):
        move()


@pytest.mark.s3
def test_a_file_on_s3_is_written_over_in_one_request(
    team: Team, new: RecordingStorage, use: Callable[..., Any]
) -> None:
    bucket = use(services.s3(), "new")
    move()
    bucket.bucket.Object(team.logo.name).put(Body=b"half")
    requests = services.Requests(bucket)

    assert move() == "1 files copied, 3 were there already."

    assert [one.partition(" ")[0] for one in requests] == ["GET", "GET", "PUT"]
    assert all("list-type=2" in one for one in requests[:2])


# What is not of our making


@pytest.fixture
def country(new: RecordingStorage, media: Path) -> Country:
    """A row with a file of another making."""
    (media / "old").mkdir()
    (media / "old/face.jpg").write_bytes(b"\xff\xd8\xff face")
    return Country.objects.create(name="Utopia", flag="old/face.jpg")


@pytest.mark.parametrize("arguments", [[], ["--verify"]])
@pytest.mark.parametrize("folder", ["old", "avatars"])
def test_a_file_of_the_host_is_never_written_over(
    arguments: list[str], folder: str, country: Country, media: Path, tmp_path: Path
) -> None:
    for root, data in ((media, b"old design"), (tmp_path / "new", b"a new design of the host")):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "face.jpg").write_bytes(data)
    Country.objects.update(flag=f"{folder}/face.jpg")

    assert move(*arguments) == (
        f"0 files copied, 0 were there already.\n{folder}/face.jpg: not of our making, and another file in each "
        "storage; both are left as they are"
    )
    assert (tmp_path / "new" / folder / "face.jpg").read_bytes() == b"a new design of the host"


def test_a_default_that_is_in_no_storage_is_no_failure(new: RecordingStorage) -> None:
    Country.objects.create(name="Utopia")

    assert move() == (
        "0 files copied, 0 were there already.\n"
        "defaults/flag.png: a default that is in neither storage, nothing to copy"
    )


def test_how_far_it_has_come_is_said(team: Team, new: RecordingStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int, int]] = []
    Country.objects.create(name="Utopia")
    monkeypatch.setattr(moving, "PIECE", 2)

    with moving.Move(storages["default"], new, on_progress=lambda *said: told.append(said)) as one:
        one.run()

    assert told == [("files looked at", 2, 5), ("files looked at", 4, 5), ("files looked at", 5, 5)]


def test_a_source_that_lies_elsewhere_is_none_of_those_that_are_counted(
    new: RecordingStorage, settings: Any, tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    elsewhere = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "private")},
    }
    settings.STORAGES = {**settings.STORAGES, "private": elsewhere}
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True, "PRIVATE_STORAGE": "private"}
    team = Team.objects.create(name="Reds", logo=upload(600))
    assert str(team.logo.name).endswith("_src.webp")

    with moving.Move(storages["default"], new, on_progress=lambda *said: told.append(said)) as one:
        done = one.run()

    assert (done.copied, done.missing) == (4, [])
    assert told == [("files looked at", 4, 4)]


# At no moment is a picture missing


class Moving:
    """Rows come, change and go while a move goes on; after each step every picture must be where its address leads."""

    def __init__(self, old: Any, new: Any, settings: Any) -> None:
        self.old, self.new, self.settings = old, new, settings
        self.seen = self.made = 0
        for seed in range(8):
            Team.objects.create(name="Old", logo=upload(600, seed=50 + seed))

    def use(self, alias: str) -> None:
        """Deploy: from now on uploads go there, and addresses lead there."""
        self.settings.AVATARS = {**self.settings.AVATARS, "STORAGE": alias}
        self.look()

    def live(self) -> None:
        """Somebody uploads, replaces and removes a picture."""
        self.made += 1
        Team.objects.create(name=f"{self.made}", logo=upload(600, seed=self.made))
        old = Team.objects.filter(name="Old")[0]
        old.name, old.logo = "Replaced", upload(600, seed=100 + self.made)
        old.save()
        if self.made % 2:
            Team.objects.latest("pk").delete()
        self.look()

    def look(self) -> None:
        """Every file of every row is in the storage that its address belongs to."""
        for team in Team.objects.all():
            leads_to = self.new if team.logo.url.startswith("/new/") else self.old
            for file in files_of(team.logo.name):
                assert leads_to.exists(file), f"{team.logo.url} is missing"
                self.seen += 1


@pytest.mark.parametrize("order", [("new",), ("turned", "new")])
def test_no_picture_is_missing_at_any_moment(
    order: tuple[str, ...], team: Team, new: RecordingStorage, use: Callable[..., Any], settings: Any
) -> None:
    house = Moving(storages["default"], new, settings)
    use(MovingStorage(old="default", new="new"), "moving")
    use(MovingStorage(old="new", new="default"), "turned")
    new.on_save = house.look
    house.live()

    house.use("moving")
    house.live()
    copies: list[int] = []

    def between() -> None:  # somebody uploads while files are copied
        house.look()
        if len(copies) < 3:
            copies.append(house.made)
            new.on_save = house.look
            house.live()
            new.on_save = between

    new.on_save = between
    assert not move().startswith("0 files copied")
    assert len(copies) == 3
    new.on_save = house.look
    for alias in order:
        house.use(alias)
        house.live()

    assert house.seen > 100
    assert "/new/" in Team.objects.all()[0].logo.url


class Suffixing(InMemoryStorage):
    """Keeps a second file of the same name under another one, as storages do that this package does not know."""

    on_save: Callable[[str], object] = list

    def save(self, name: Any, content: Any, max_length: int | None = None) -> str:
        """As the base."""
        self.on_save(name)
        return super().save(name, content, max_length)


def test_what_somebody_uploads_to_both_while_files_are_copied_stays_in_both(
    team: Team, use: Callable[..., Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving, "PIECE", 4)  # so that the second column is read once the first is copied
    new: Any = use(Suffixing(), "new")
    use(MovingStorage(old="default", new="new"), "moving")
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "moving"}
    late: list[str] = []

    def upload_another(name: str) -> None:
        new.on_save = list
        late.append(str(Team.objects.create(name="Blues", banner=upload(600, seed=1)).banner.name))

    new.on_save = upload_another

    assert move() == "4 files copied, 4 were there already."
    assert {name for name, _ in listing.walk(new, "")} == files_of(team.logo.name, *late)


def test_a_file_that_comes_in_the_moment_before_it_is_copied_is_not_erased(team: Team, use: Callable[..., Any]) -> None:
    new: Any = use(Suffixing(), "new")

    def come(name: str) -> None:
        new.on_save = list
        new.save(name, ContentFile(b"what an upload has written"))

    new.on_save = come

    with pytest.raises(CommandError, match="1 could not be copied"):
        move()
    assert {name for name, _ in listing.walk(new, "")} == files_of(team.logo.name)


def test_while_both_are_written_to_a_switch_may_take_its_time(
    team: Team, new: RecordingStorage, use: Callable[..., Any], settings: Any
) -> None:
    house = Moving(storages["default"], new, settings)
    use(MovingStorage(old="default", new="new"), "moving")
    use(MovingStorage(old="new", new="default"), "turned")
    house.use("moving")
    move()

    for alias in ("turned", "moving", "turned", "moving"):  # some processes are new, others not yet
        house.use(alias)
        house.live()


def test_both_storages_have_the_same_files(
    team: Team, new: RecordingStorage, use: Callable[..., Any], settings: Any, media: Path, tmp_path: Path
) -> None:
    use(MovingStorage(old="default", new="new"), "moving")
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "moving"}
    move()
    late = Team.objects.create(name="Late", logo=upload(600, seed=9))
    assert on_disk(media) == on_disk(tmp_path / "new") == files_of(team.logo.name, late.logo.name)

    late.delete()

    assert on_disk(media) == on_disk(tmp_path / "new") == files_of(team.logo.name)


def test_an_upload_that_one_of_them_refuses_is_in_neither(
    new: RecordingStorage, use: Callable[..., Any], settings: Any, media: Path, tmp_path: Path
) -> None:
    use(BrokenStorage(tmp_path / "broken", saves=2), "new")
    use(MovingStorage(old="default", new="new"), "moving")
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "moving"}

    with pytest.raises(StorageUnavailable):
        Team.objects.create(name="Reds", logo=upload(600))
    with pytest.raises(OSError, match="No space left"):
        storages["moving"].save("one.txt", ContentFile(b"text"))

    assert on_disk(media) == on_disk(tmp_path / "broken") == set()


def test_an_upload_that_one_of_them_renames_is_in_neither(
    new: RecordingStorage, use: Callable[..., Any], settings: Any, media: Path
) -> None:
    renaming = use(Renaming(), "new")
    use(MovingStorage(old="default", new="new"), "moving")
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "moving"}

    with pytest.raises(StorageRenames):
        Team.objects.create(name="Reds", logo=upload(600))
    with pytest.raises(StorageRenames, match=r"^'one.txt' is kept as 'one.txt.renamed' by one of"):
        storages["moving"].save("one.txt", ContentFile(b"text"))

    assert on_disk(media) == set()
    assert list(listing.walk(renaming, "")) == []


def test_a_file_is_deleted_from_the_new_storage_also_when_the_old_one_refuses(
    new: RecordingStorage, use: Callable[..., Any], media: Path, tmp_path: Path
) -> None:
    use(BrokenStorage(tmp_path / "broken", deletes=False), "default")
    moving_storage = use(MovingStorage(old="default", new="new"), "moving")
    moving_storage.save("one.txt", ContentFile(b"text"))

    with pytest.raises(OSError, match="Permission denied"):
        moving_storage.delete("one.txt")

    assert not new.exists("one.txt")


def test_leftovers_of_both_are_swept(
    team: Team, new: RecordingStorage, use: Callable[..., Any], settings: Any, tmp_path: Path, media: Path
) -> None:
    use(MovingStorage(old="default", new="new"), "moving")
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "moving"}
    lost = str(naming.new_name("avatars/lost", sizes=(64,), formats=("webp",)))
    new.save(lost, ContentFile(b"x"))

    with Sweep(grace=-5) as sweep:
        assert sweep.find().unused == 1
        assert sweep.delete() == (1, 0)

    assert on_disk(media) == files_of(team.logo.name)
    assert on_disk(tmp_path / "new") == set()


def test_two_aliases_must_be_two() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^MovingStorage was given 'old' twice. Give two aliases"):
        MovingStorage(old="old", new="old")


def test_it_is_asked_as_the_old_storage_is(new: RecordingStorage, use: Callable[..., Any], media: Path) -> None:
    storage = use(MovingStorage(old="default", new="new"), "moving")

    storage.save("folder/one.txt", ContentFile(b"text"))

    assert storage.path("folder/one.txt") == str(media / "folder/one.txt")
    assert storage.listdir("folder") == ([], ["one.txt"])
    assert storage.size("folder/one.txt") == 4
    assert storage.exists("folder/one.txt")
    assert storage.url("folder/one.txt") == "/media/folder/one.txt"
    assert storage.get_modified_time("folder/one.txt").year >= 2026
    with storage.open("folder/one.txt") as file:
        assert file.read() == b"text"
    assert storage.resizes_by_url is False


def test_from_a_storage_that_resizes_it_resizes(use: Callable[..., Any], new: RecordingStorage) -> None:
    class Resizing(InMemoryStorage):
        resizes_by_url = True

        def url_for(self, name: str, size: int) -> str:
            return f"https://resize.example/{size}/{name}"

    use(Resizing(), "resizing")
    storage = use(MovingStorage(old="resizing", new="new"), "moving")
    name = str(naming.new_name("avatars/x"))

    assert urls.url_for(storage, name, 64) == f"https://resize.example/64/{name}"


@pytest.mark.s3
def test_to_s3_both_get_the_fewest_requests(
    team: Team, new: RecordingStorage, use: Callable[..., Any], settings: Any
) -> None:
    bucket = use(services.s3(), "new")
    use(services.s3(custom_domain="cdn.example", querystring_auth=False), "old")
    storage = use(MovingStorage(old="old", new="new"), "moving")
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "moving"}
    requests = services.Requests(bucket)

    late = Team.objects.create(name="Late", logo=upload(600, seed=9))
    assert [one.partition(" ")[0] for one in requests] == ["PUT"] * 4
    assert bucket.bucket.Object(late.logo.name).get()["CacheControl"] == "public, max-age=31536000, immutable"
    requests.clear()

    late.delete()
    assert [one.partition(" ")[0] for one in requests] == ["POST"]
    assert urls.base_url(storage) == "https://cdn.example/"
    assert adapter_for(storage).parallel == 4
    assert adapter_for(storage).url_lifetime == float("inf")
    assert adapter_for(storage).place == adapter_for(storages["old"]).place


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
        assert urls.url_for(back, master, 64) == f"/back/{master}"

        call_command("avatars_rebuild", verbosity=0)
        assert Team.objects.get().logo.sizes == (512, 256, 128, 64)


@pytest.mark.s3
def test_from_disk_to_s3_with_the_right_headers(team: Team, new: RecordingStorage, use: Callable[..., Any]) -> None:
    bucket = use(services.s3(), "new")

    assert move("--verify") == "4 files copied, 0 were there already."

    head = bucket.bucket.Object(team.logo.name).get()
    assert (head["ContentType"], head["CacheControl"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert naming.parse(team.logo.name) is not None
