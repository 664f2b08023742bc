"""The storage's own list in the place of a listing."""

from __future__ import annotations

import gzip
import io
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.core.files.storage import InMemoryStorage, Storage
from django.core.management import CommandError, call_command

from django_avatars import naming
from django_avatars.lifecycle import inventories, listing
from tests.app.models import Member, Place
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def lost(media: Path) -> str:
    """A file that no row names, in the place of pictures."""
    name = str(naming.new_name("avatars/nobody", sizes=(64,), formats=("webp",)))
    (media / name).parent.mkdir(parents=True, exist_ok=True)
    (media / name).write_bytes(b"lost")
    return name


def written(path: Path, *lines: str, age: float = 7200) -> str:
    """A list, made some seconds ago."""
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    os.utime(path, (time.time() - age,) * 2)
    return str(path)


def run(*arguments: str) -> str:
    """What the command says."""
    output = io.StringIO()
    call_command("avatars_prune", *arguments, stdout=output, stderr=io.StringIO())
    return output.getvalue()


@pytest.fixture
def place(media: Path, transactional_db: None) -> Place:
    """A row with a picture."""
    return Place.objects.create(photo=upload())


@pytest.fixture
def unlisted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No storage can be listed."""
    monkeypatch.setattr(listing, "walk", None)


@pytest.mark.parametrize("name", ["list.txt", "list.txt.gz"])
def test_what_a_plain_list_names_and_no_row_does_is_deleted(
    name: str, unlisted: None, media: Path, tmp_path: Path, place: Place
) -> None:
    listed, unknown = lost(media), lost(media)
    path = written(tmp_path / name, *files_of(place.photo.name), listed, "static/site.css")

    assert "2 pictures: 1 in use, 0 too young to tell, 1 unused (1 files)." in run("--delete", "--inventory", path)
    assert on_disk(media) == files_of(place.photo.name) | {unknown}


def test_a_plain_list_is_as_old_as_its_file(unlisted: None, media: Path, tmp_path: Path, place: Place) -> None:
    path = written(tmp_path / "list.txt", lost(media), age=60)

    assert "1 too young to tell, 0 unused" in run("--inventory", path)


def test_several_lists_are_one(unlisted: None, media: Path, tmp_path: Path, place: Place) -> None:
    paths = [written(tmp_path / f"{number}.txt", lost(media)) for number in range(2)]

    assert "2 files deleted." in run("--delete", "--inventory", paths[0], "--inventory", paths[1])


class Bucket(Storage):
    """Stands for S3."""

    bucket_name = "faces"
    location = "media"


def test_a_list_of_s3_says_when_each_file_was_written(
    unlisted: None, use: Callable[..., Any], tmp_path: Path, transactional_db: None
) -> None:
    storage = use(Bucket())
    used = str(naming.new_name("avatars/x", sizes=(64,), formats=("webp",)))
    Place.objects.create(photo=used)
    names = [str(naming.new_name("avatars/a b", sizes=(64,), formats=("webp",))) for _ in range(3)]
    now = datetime.now(UTC)

    def line(name: str, age: float, *, version: str = "", folder: str = "media") -> str:
        moment = (now - timedelta(seconds=age)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return f'"faces","{quote_plus(f"{folder}/{name}", safe="/")}",{version}"4711","{moment}"'

    latest, older, deleted = ('"v1","true","false",', '"v0","false","false",', '"v2","true","true",')
    # Without its manifest, the list says by its first line which columns it has.
    path = written(
        tmp_path / "data.csv.gz",
        line(used, 9000, version=latest),
        line(names[0], 7200, version=latest),
        line(names[1], 60, version=latest),
        line(names[2], 7200, version=older),
        line(names[2], 7200, version=deleted),
        line(names[2], 7200, version=latest, folder="other"),
        '"faces","media/readme.txt","v1","true","false"',
    )

    assert run("--inventory", path).splitlines()[0] == (
        "3 pictures: 1 in use, 1 too young to tell, 1 unused (1 files)."
    )
    assert [name for name, _ in inventories.walk([path], storage, "avatars")][1:] == names[:2]


@pytest.mark.parametrize("line", ['"other","avatars/x"', '"faces"', '"faces","x","2026","2026-11-28Tx"'])
def test_a_list_of_another_bucket_is_refused(
    line: str, use: Callable[..., Any], tmp_path: Path, transactional_db: None
) -> None:
    use(Bucket())
    path = written(tmp_path / "data.csv", line)

    if line.count(",") > 1:
        assert "0 pictures" in run("--inventory", path)
        return
    with pytest.raises(CommandError) as caught:
        run("--delete", "--inventory", path)
    assert str(caught.value).startswith(f"{path} has a line that begins with {line.replace(chr(34), '')!r}, ")
    assert "must be of the bucket 'faces'" in str(caught.value)


def names_of(count: int) -> list[str]:
    """Names of pictures."""
    return [str(naming.new_name("avatars/ä b", sizes=(64,), formats=("webp",))) for _ in range(count)]


def read(path: str, storage: Storage) -> list[tuple[str, float | None]]:
    """What the list names in the place of pictures."""
    return list(inventories.walk([path], storage, "avatars"))


MOMENT = datetime(2026, 11, 28, 10, tzinfo=UTC).timestamp()

# In the order in which Amazon S3 writes the columns.
SCHEMA = (
    "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded"
)


def of_s3(name: str, *, latest: bool = True, marker: bool = False) -> str:
    """A line of an inventory with all versions. A delete marker has no size and no ETag."""
    key, flags = quote_plus(f"media/{name}", safe="/"), f'"{str(latest).lower()}","{str(marker).lower()}"'
    size, etag = ("", "") if marker else ("4711", "6f5902ac237024bdd0c176cb93063dc4")
    return f'"faces","{key}","v1",{flags},"{size}","2026-11-28T10:00:00.000Z","{etag}","STANDARD","false"'


def manifest_of_s3(folder: Path, *files: str) -> Path:
    """A manifest where `aws s3 sync` puts it."""
    path = folder / "2026-11-28T01-00Z" / "manifest.json"
    path.parent.mkdir(parents=True)
    keys = [{"key": f"lists/faces/daily/data/{file}", "size": 4, "MD5checksum": "f111"} for file in files]
    path.write_text(json.dumps({"sourceBucket": "faces", "fileFormat": "CSV", "fileSchema": SCHEMA, "files": keys}))
    return path


def test_a_manifest_of_s3_names_parts_and_columns(tmp_path: Path) -> None:
    names = names_of(4)
    (tmp_path / "data").mkdir()
    # The first line of the second part would be taken for that of a list without versions.
    written(tmp_path / "data" / "1.csv.gz", of_s3(names[0]), of_s3(names[1], latest=False))
    written(tmp_path / "data" / "2.csv.gz", of_s3(names[2], marker=True), of_s3(names[3]))
    manifest = manifest_of_s3(tmp_path, "1.csv.gz", "2.csv.gz")

    assert read(str(manifest), Bucket()) == [(names[0], MOMENT), (names[3], MOMENT)]


def test_parts_beside_their_manifest_are_found_and_a_missing_one_stops_all(tmp_path: Path) -> None:
    [name] = names_of(1)
    manifest = manifest_of_s3(tmp_path, "1.csv", "2.csv")
    written(manifest.parent / "1.csv", of_s3(name))

    with pytest.raises(inventories.UnreadableInventory) as caught:
        read(str(manifest), Bucket())
    assert str(caught.value) == (
        f"{manifest} names lists/faces/daily/data/2.csv, which is not here. Copy all files of the list, in the folders "
        "that the bucket has them in, or give some of them instead of the manifest."
    )
    written(manifest.parent / "2.csv")
    assert read(str(manifest), Bucket()) == [(name, MOMENT)]


@pytest.mark.parametrize("text", ["[]", "{", '{"files": [{}]}', '{"files": [1]}'])
def test_what_is_no_manifest_is_said(text: str, tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)

    with pytest.raises(inventories.UnreadableInventory, match=r"manifest.json is no manifest of an inventory: "):
        read(str(path), Bucket())


@pytest.mark.parametrize("mark", [",", ";", "|", "\t"])
def test_a_report_of_google_has_its_columns_in_the_first_line(mark: str, tmp_path: Path) -> None:
    names = names_of(3)
    rows = [
        ["project", "bucket", "name", "timeDeleted", "updated"],
        ["47", "faces", f"media/{names[0]}", "", "2026-11-28 10:00:00.000000 UTC"],
        ["47", "faces", f"media/{names[1]}", "2026-11-28 11:00:00 UTC", "2026-11-28 10:00:00 UTC"],
        ["47", "faces", f"media/{names[2]}", "", "2026-11-28T10:00:00+00:00"],
    ]
    written(tmp_path / "id_2026_0.csv", *(mark.join(row) for row in rows))
    (tmp_path / "id_2026_manifest.json").write_text(json.dumps({"report_shards_file_names": ["id_2026_0.csv"]}))

    found = read(str(tmp_path / "id_2026_manifest.json"), Bucket())

    assert found == [(names[0], MOMENT), (names[2], MOMENT)]


def test_a_report_of_google_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "id_2026_0.csv", f"47,faces,media/{names_of(1)[0]}")

    with pytest.raises(inventories.UnreadableInventory, match="with the names of its columns in the first line"):
        read(path, Bucket())


class Container(Storage):
    """Stands for Azure."""

    azure_container = "faces"
    location = "media"


def test_an_inventory_of_azure_names_all_containers_of_the_account(tmp_path: Path) -> None:
    names = names_of(6)
    rows = [
        "Name,Last-Modified,Deleted,Snapshot,VersionId,IsCurrentVersion",
        f"faces/media/{names[0]},2026-11-28T10:00:00Z,,,v1,true",
        f"other/media/{names[1]},2026-11-28T10:00:00Z,,,v1,true",
        f"faces/media/{names[2]},2026-11-28T10:00:00Z,,,v1,false",
        f"faces/media/{names[3]},2026-11-28T10:00:00Z,true,,v1,",
        f"faces/media/{names[4]},2026-11-28T10:00:00Z,,2026-11-28T10:30:00Z,,",
        f"faces/media/{names[5]},2026-11-28T10:00:00Z,,,,",
        "$logs",
        "",
    ]
    written(tmp_path / "Rule_1_1000000_0.csv", *rows)
    files = [{"blob": "2026/11/28/11-00-00/Rule_1/Rule_1_1000000_0.csv", "size": 4}]
    manifest = tmp_path / "Rule_1-manifest.json"
    manifest.write_text(json.dumps({"destinationContainer": "lists", "files": files, "status": "Succeeded"}))

    assert read(str(manifest), Container()) == [(names[0], MOMENT), (names[5], MOMENT)]


def test_the_bucket_may_be_called_like_a_column(tmp_path: Path) -> None:
    storage = Bucket()
    storage.bucket_name = "name"
    [name] = names_of(1)
    path = written(tmp_path / "data.csv", f'"name","media/{quote_plus(name, safe="/")}","2026-11-28T10:00:00.000Z"', "")

    assert read(path, storage) == [(name, MOMENT)]


@pytest.mark.parametrize(("content", "name"), [(b"PAR1\x15\x04", "Parquet"), (b"ORC\x12", "ORC")])
def test_other_formats_are_refused_by_their_content(content: bytes, name: str, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)

    with pytest.raises(
        inventories.UnreadableInventory, match=f"data.csv is {name}. Have the inventory written as CSV."
    ):
        read(str(path), Bucket())


@pytest.mark.parametrize("content", [gzip.compress(b"avatars/x\n" * 99, mtime=0)[:-9], b"\xff\xfe\x00"])
def test_a_list_that_is_not_whole_is_said(
    content: bytes, unlisted: None, media: Path, tmp_path: Path, place: Place
) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(content)

    with pytest.raises(
        CommandError, match=r"list.txt cannot be read to its end: .* Copy it again. Nothing was deleted"
    ):
        run("--delete", "--inventory", str(path))


def test_an_empty_part_names_nothing(tmp_path: Path) -> None:
    assert read(written(tmp_path / "data.csv"), Bucket()) == []


def test_a_list_that_is_not_there_is_said(tmp_path: Path, transactional_db: None) -> None:
    with pytest.raises(CommandError, match=r"No such file or directory: .*nowhere.csv"):
        run("--inventory", str(tmp_path / "nowhere.csv"))


def test_one_list_does_not_stand_for_several_storages(
    tmp_path: Path, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Member._meta.get_field("photo"), "_storage_source", InMemoryStorage())

    with pytest.raises(CommandError, match=r"^An inventory is the list of one storage, and pictures are in several"):
        run("--inventory", str(tmp_path / "list.txt"))


def test_a_moment_that_is_none_is_none() -> None:
    assert inventories._moment("2026-13-45T10:00:00.000Z") is None


def test_without_a_list_what_a_storage_raises_stays_as_it_is(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(storage: object, folder: str) -> object:
        raise OSError("down")

    monkeypatch.setattr(listing, "walk", fail)

    with pytest.raises(OSError, match="down"):
        run()
