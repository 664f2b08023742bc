"""How far one has to read: calls into the package for what a site does most."""

from __future__ import annotations

import gc
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.signals import request_started
from django.test import Client
from django.urls import reverse

import django_avatars
from django_avatars.lifecycle import references
from tests import pictures
from tests.app.models import Profile

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = str(Path(django_avatars.__file__).parent)


def counted(work: Callable[[], Any]) -> int:
    """Calls of functions of the package while `work` is done; comprehensions are calls on Python 3.11 alone."""
    return len(rooms_of(work))


def rooms_of(work: Callable[[], Any]) -> list[str]:
    """The module or the folder of the package that each call of one of its functions goes to."""
    rooms: list[str] = []

    def look(frame: FrameType, event: str, arg: Any) -> None:  # pragma: no cover - nothing is traced inside a profiler
        code = frame.f_code
        if event == "call" and not code.co_name.startswith("<") and code.co_filename.startswith(PACKAGE):
            rooms.append(Path(code.co_filename).relative_to(PACKAGE).parts[0])

    gc.collect()
    gc.disable()  # what earlier tests left behind must not be counted
    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return rooms


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose only pictures are those of profiles, and with one database."""
    fields = references.own_fields(Profile)
    monkeypatch.setattr(references, "fields", lambda: iter(fields))
    monkeypatch.setattr(references, "primaries", lambda home: [home])
    request_started.disconnect(dispatch_uid="django_avatars.targets")  # or what a test in DEBUG has left is counted


def photo(seed: int = 0) -> SimpleUploadedFile:
    """An upload."""
    return SimpleUploadedFile("me.jpg", pictures.photo(96, 96 + seed))


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """Somebody with a picture, when everything has been loaded that is loaded once."""
    for seed in (1, 2):
        profile.profile_pic = photo(seed)
        profile.save()
    return Profile.objects.get()


def test_a_save_that_touches_no_picture(alone: None, pictured: Profile, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        calls = counted(pictured.save)

    assert calls <= 12


def test_a_delete(alone: None, pictured: Profile) -> None:
    calls = counted(pictured.delete)

    assert calls <= 60


def test_a_picture_that_takes_the_place_of_another(alone: None, pictured: Profile) -> None:
    def replace() -> None:
        pictured.profile_pic = photo(3)
        pictured.save()

    rooms = rooms_of(replace)

    assert len(rooms) <= 179
    assert len(list(itertools.groupby(rooms))) <= 20  # where the way goes from one room into another


def test_a_picture_that_is_sent_to_the_page(alone: None, pictured: Profile, client: Client) -> None:
    client.force_login(pictured.user)
    address = reverse("avatars:edit")
    client.post(address, {"avatar": photo(3)})  # loads what is loaded once

    rooms = rooms_of(lambda: client.post(address, {"avatar": photo(4)}))

    assert len(rooms) <= 246
    assert len(list(itertools.groupby(rooms))) <= 40
