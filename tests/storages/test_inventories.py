"""The storage's own list in the place of a listing."""

from __future__ import annotations

import gzip
import io
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
    path = written(
        tmp_path / "data.csv.gz",
        line(used, 9000),
        line(names[0], 7200, version=latest),
        line(names[1], 60),
        line(names[2], 7200, version=older),
        line(names[2], 7200, version=deleted),
        line(names[2], 7200, folder="other"),
        '"faces","media/readme.txt"',
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
    assert str(caught.value).startswith(f"Line 1 of {path} is ")
    assert "must be of the bucket 'faces'" in str(caught.value)


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
