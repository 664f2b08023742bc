"""
What is counted rather than timed: queries, storage calls, files and bytes of everyday work.

Times belong to `benchmarks`, which reports and does not gate. A number here may fall at any time;
whoever raises one says why. Modules are in `test_setup`, requests to S3 in `storages.test_s3`.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import django_avatars
from django_avatars import naming
from django_avatars.querysets import with_avatars
from tests import pictures
from tests.app.models import Profile, User
from tests.storing import RecordingStorage, on_disk

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django.fixtures import Settings

PAGE = "{% load avatars %}{% for user in users %}{% avatar user 48 %}{% endfor %}"
STATIC = Path(django_avatars.__file__).parent / "static" / "django_avatars"


@pytest.fixture
def recording(settings: Settings) -> RecordingStorage:
    """The default storage, writing down what it is asked."""
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.storing.RecordingStorage"}}
    return storages["default"]  # type: ignore[return-value]


@pytest.fixture
def fifty(db: None) -> list[User]:
    """Half with a picture, half without a profile."""
    people = User.objects.bulk_create(User(username=f"user{n}", first_name="Ada", last_name=f"{n}") for n in range(50))
    names = [str(naming.new_name("avatars/abcd", sizes=(512, 256, 128, 64), formats=("webp",))) for _ in range(25)]
    Profile.objects.bulk_create(Profile(user=user, profile_pic=name) for user, name in zip(people, names, strict=False))
    return people


def render(users: Any) -> str:
    """A page of these people."""
    return Template(PAGE).render(Context({"users": users}))


def statements(captured: CaptureQueriesContext) -> list[str]:
    """The verbs of what was sent to the database, without those of transactions."""
    verbs = [query["sql"].split()[0] for query in captured]
    return [verb for verb in verbs if verb in ("SELECT", "INSERT", "UPDATE", "DELETE")]


def test_a_page_of_fifty_is_one_query_and_no_storage_call(recording: RecordingStorage, fifty: list[User]) -> None:
    with CaptureQueriesContext(connection) as captured:
        page = render(with_avatars(User.objects.order_by("username")))

    assert page.count("<img") == 25
    assert page.count('class="avatar"') == 50
    assert statements(captured) == ["SELECT"]
    assert recording.calls == []


def test_the_markup_of_a_picture_is_small(fifty: list[User]) -> None:
    users = list(with_avatars(User.objects.order_by("pk")))
    photos, drawings = ([user for user in users if hasattr(user, "profile") is shown] for shown in (True, False))

    assert len(photos) == len(drawings) == 25
    assert len(render(photos)) / 25 <= 640
    assert len(render(drawings)) / 25 <= 360


@pytest.mark.django_db(transaction=True)
def test_an_upload_writes_each_file_once_and_looks_at_nothing(
    recording: RecordingStorage, client: Client, user: User, jpeg: bytes
) -> None:
    client.force_login(user)

    with CaptureQueriesContext(connection) as captured:
        response = client.post(reverse("avatars:edit"), {"avatar": SimpleUploadedFile("me.jpg", jpeg)})

    name = Profile.objects.get().profile_pic.name
    assert response.status_code == 302
    assert {verb for verb, _ in recording.calls} == {"save"}
    assert sorted(recording.of("save")) == sorted(naming.parse(name).files())  # type: ignore[union-attr]
    assert len(recording.of("save")) == 4
    assert len(statements(captured)) <= 8, captured.captured_queries


def test_the_files_of_a_photo_are_small(media: Path, profile: Profile) -> None:
    photo = pictures.photo(2400, 1800)

    profile.profile_pic = SimpleUploadedFile("me.jpg", photo)
    profile.save()

    sizes = {name.rpartition("_")[2]: (media / name).stat().st_size for name in on_disk(media)}
    assert sorted(sizes) == ["128.webp", "256.webp", "512-256-128-64.webp", "64.webp"]
    assert sizes["64.webp"] <= 1_500
    assert sum(sizes.values()) <= 40_000


def test_the_scripts_of_the_picker_are_small() -> None:
    scripts = [len(gzip.compress(file.read_bytes(), 9, mtime=0)) for file in STATIC.rglob("*.js")]

    assert 0 < sum(scripts) <= 14_000
