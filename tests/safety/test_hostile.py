"""Every hostile file through every door: what it becomes, what it costs, and that a refusal leaves no trace."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from PIL import Image

from django_avatars import naming
from django_avatars.signals import avatar_saved
from tests import pictures
from tests.app.models import Profile
from tests.imaging.making import made
from tests.pictures import HOSTILE, ORDINARY, Case
from tests.storing import on_disk, upload

from .conftest import Ear
from .doors import DOORS
from .inspection import assert_bare, opened, raw_and_inflated
from .trials import CLEANED, UNREADABLE, assert_accepted, assert_refused

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.safety.doors")]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", [case for case in HOSTILE if case.code], ids=lambda case: case.id)
def test_what_is_refused_changes_nothing(
    case: Case, door: str, pictured: Profile, visitor: Client, media: Path, ear: Ear, temporary: Path
) -> None:
    if door != "save" and case.name in CLEANED:
        return
    assert_refused(case, DOORS[door], pictured, visitor, media=media, ear=ear, temporary=temporary)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("case", [case for case in (*HOSTILE, *ORDINARY) if not case.code], ids=lambda case: case.id)
def test_what_is_accepted_is_nothing_but_its_pixels(
    case: Case, door: str, pictured: Profile, visitor: Client, media: Path, ear: Ear, temporary: Path
) -> None:
    if door in ("page", "admin") and case.name in UNREADABLE:
        return
    assert_accepted(case, DOORS[door], pictured, visitor, media=media, ear=ear, temporary=temporary)


@pytest.mark.parametrize("door", [door for door in DOORS if door != "save"])
@pytest.mark.parametrize("name", sorted(CLEANED))
def test_a_name_with_a_nul_is_never_stored(
    name: str, door: str, pictured: Profile, visitor: Client, media: Path
) -> None:
    assert DOORS[door](pictured, pictures.photo(), name, visitor) in (None, "extension_not_allowed")

    assert naming.parse(Profile.objects.get().profile_pic.name or "")
    assert all(naming.parse(file) for file in on_disk(media))


@pytest.mark.parametrize("door", ["page", "admin"])
@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_a_name_that_is_no_text_is_no_file(
    name: str, door: str, pictured: Profile, visitor: Client, media: Path
) -> None:
    files = on_disk(media)

    assert DOORS[door](pictured, pictures.photo(), name, visitor) in (None, "required")

    assert Profile.objects.get().profile_pic == pictured.profile_pic
    assert on_disk(media) == files


ROTATED = pictures.rotated_primaries()
MIDDLES = ((128, 128), (384, 128), (128, 384), (384, 384))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_a_phones_picture_is_stored_upright_and_in_its_colors(
    format: str, door: str, pictured: Profile, visitor: Client, media: Path
) -> None:
    image = pictures.quadrants(640, 640)
    if format != "WEBP":  # which nobody turns
        image = image.transpose(Image.Transpose.ROTATE_90)  # what a camera held sideways stores
    options = {"quality": 95} if format == "JPEG" else {"lossless": True} if format == "WEBP" else {}
    data = pictures.photo(image=image, format=format, orientation=6, gps=True, icc=ROTATED, **options)

    assert DOORS[door](pictured, data, f"IMG_1.{format}", visitor) is None

    stored = (media / (Profile.objects.get().profile_pic.name or "")).read_bytes()
    assert pictures.CAMERA in data
    assert_bare(stored, "webp")
    shown = opened(stored)
    for (red, green, blue), place in zip(pictures.QUADRANTS, MIDDLES, strict=True):
        # That profile calls what is stored as red green, as green blue, and as blue red.
        assert far(shown.getpixel(place), (blue, red, green)) < 40, place
        assert far(shown.getpixel(place), (red, green, blue)) > 40, place


def far(one: Any, other: tuple[int, int, int]) -> int:
    """The sum of the differences of two colors."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def test_stored_files_cannot_be_executed(pictured: Profile, media: Path) -> None:
    for file in on_disk(media):
        assert (media / file).stat().st_mode & 0o777 == 0o644


def test_folders_can_be_entered_and_are_written_by_their_owner_alone(profile: Profile, media: Path) -> None:
    before = os.umask(0o022)
    profile.profile_pic = upload(130)
    profile.save()
    os.umask(before)

    folder = (media / (profile.profile_pic.name or "")).parent
    assert folder != media
    assert folder.stat().st_mode & 0o7777 == 0o755


@pytest.mark.parametrize("format", ["webp", "png", "jpg"])
def test_every_format_that_can_be_stored_is_bare(format: str) -> None:
    for build in (pictures.payload_in_jpeg, pictures.payload_everywhere):
        for rendition in made(build(), output_formats=(format,)).renditions:
            assert_bare(rendition.data, format)


def test_the_inspection_finds_what_it_looks_for() -> None:
    payload = pictures.payload_everywhere().removesuffix(pictures.PAYLOAD)

    assert any(pictures.PAYLOAD in form for form in list(raw_and_inflated(payload))[1:])
    with pytest.raises(AssertionError):
        assert_bare(payload, "png")
    with pytest.raises(AssertionError):
        assert_bare(pictures.payload_in_jpeg(), "jpg")
    with pytest.raises(AssertionError):
        assert_bare(pictures.photo(format="WEBP") + pictures.PAYLOAD, "webp")


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_is_accepted_is_heard_of(pictured: Profile, ear: Ear) -> None:
    """So that nothing heard of a refused one means something."""
    pictured.profile_pic = upload(150)
    pictured.save()

    assert [signal["signal"] for signal in ear.signals] == [avatar_saved]
