"""What the log says: one line an event; who, code, format, size."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from django_avatars import audit, services
from django_avatars.exceptions import InvalidImage, StorageUnavailable
from tests import pictures
from tests.app.models import Profile, User
from tests.storing import upload

PICTURE = Profile._meta.get_field("profile_pic")
BROKEN = {
    "default": {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"saves": 1}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "django_avatars")


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Level and text of each event."""
    return [f"{record.levelname} {record.message}" for record in caplog.records if record.name == "django_avatars"]


@pytest.mark.django_db
def test_what_happens_to_a_picture_is_one_line_each(
    profile: Profile, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    photo, who = upload(), f"app.user:{profile.user.pk}"

    services.set_own(profile.user, photo)
    services.remove_own(profile.user)
    with pytest.raises(InvalidImage):
        services.set_own(profile.user, ContentFile(b"text", "/private/jane.jpg"))
    settings.STORAGES = BROKEN
    with pytest.raises(StorageUnavailable):
        services.set_own(profile.user, upload())

    assert lines(caplog) == [
        f"INFO picture saved: of={who} format=webp size={photo.size}",
        f"INFO picture removed: of={who}",
        f"INFO picture refused: of={who} code=not_an_image size=4",
        f"ERROR picture failed: of={who} code=storage_unavailable size={photo.size}",
    ]


@pytest.mark.django_db
def test_the_pages_say_what_they_refused(user: User, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    client, who = Client(), f"app.user:{user.pk}"
    client.force_login(user)

    client.post("/avatars/", {"avatar": SimpleUploadedFile("secret.svg", pictures.SVG)})
    client.post("/avatars/remove/")

    assert lines(caplog) == [
        f"INFO picture refused: of={who} code=unsupported_format size={len(pictures.SVG)}",
        f"WARNING picture limited: of={who} code=rate_limited",
    ]


def test_no_key_makes_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    audit.record("removed", "1\r\nERROR all is lost")

    assert lines(caplog) == ["INFO picture removed: of=1??ERROR?all?is?lost"]
