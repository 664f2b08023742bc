"""How far one has to read: calls into the package for what a site does most."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

import django_avatars
from django_avatars.lifecycle import references
from tests import pictures
from tests.app.models import Profile

pytestmark = pytest.mark.django_db(transaction=True)

PACKAGE = str(Path(django_avatars.__file__).parent)


def counted(work: Callable[[], Any]) -> int:
    """Calls of functions of the package while `work` is done; comprehensions are calls on Python 3.11 alone."""
    calls = 0

    def look(frame: FrameType, event: str, arg: Any) -> None:  # pragma: no cover - nothing is traced inside a profiler
        nonlocal calls
        is_function = not frame.f_code.co_name.startswith("<")
        calls += event == "call" and is_function and frame.f_code.co_filename.startswith(PACKAGE)

    sys.setprofile(look)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose only pictures are those of profiles, and with one database."""
    fields = references.own_fields(Profile)
    monkeypatch.setattr(references, "fields", lambda: iter(fields))
    monkeypatch.setattr(references, "primaries", lambda home: [home])


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

    assert calls <= 16


def test_a_delete(alone: None, pictured: Profile) -> None:
    calls = counted(pictured.delete)

    assert calls <= 74
