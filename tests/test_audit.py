"""What the log says: one line an event; who, code, format, size."""

from __future__ import annotations

import errno
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from django_avatars import acting, audit, services
from django_avatars.exceptions import StorageUnavailable
from tests import pictures
from tests.app.models import Profile, User
from tests.storing import upload

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


@pytest.fixture
def client(user: User) -> Client:
    """The browser of `user`, signed in."""
    client = Client()
    client.force_login(user)
    return client


def sent(data: bytes = b"", name: str = "secret.jpg") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, data or pictures.photo(96, 96))


@pytest.mark.django_db(transaction=True)
def test_a_start_that_is_repeated_logs_nothing_twice(profile: Profile, caplog: pytest.LogCaptureFixture) -> None:
    apps.get_app_config("django_avatars").ready()  # as where INSTALLED_APPS is overridden

    services.set_own(profile.user, upload())

    assert len(lines(caplog)) == 1


@pytest.mark.django_db(transaction=True)
def test_what_changes_is_one_line_each_from_every_door(
    profile: Profile, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    who, chief = f"app.user:{profile.user.pk}", User.objects.create_superuser("chief")
    by = f"by=app.user:{chief.pk}"

    services.set_own(profile.user, upload())
    services.remove_own(profile.user, actor=chief)
    client.post("/avatars/", {"avatar": sent()})
    profile.refresh_from_db()
    profile.profile_pic = ""
    with acting(chief):
        profile.save()

    assert lines(caplog) == [
        f"INFO picture saved: of={who} format=webp",
        f"INFO picture removed: of={who} {by}",
        f"INFO picture saved: of={who} format=webp",
        f"INFO picture removed: of={who} {by}",
    ]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_not_in_the_log(profile: Profile, caplog: pytest.LogCaptureFixture) -> None:
    with suppress(RuntimeError), transaction.atomic():
        services.set_own(profile.user, upload())
        raise RuntimeError

    assert lines(caplog) == []


@pytest.mark.django_db(transaction=True)
def test_a_master_without_an_ending_has_no_format(
    profile: Profile, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.STORAGES = {**BROKEN, "default": {"BACKEND": "tests.test_services.Resizing"}}

    services.set_own(profile.user, upload())

    assert lines(caplog) == [f"INFO picture saved: of=app.user:{profile.user.pk}"]


@pytest.mark.django_db
def test_the_pages_say_what_they_refused(
    client: Client, user: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    who, photo = f"app.user:{user.pk}", sent()

    client.post("/avatars/", {"avatar": sent(pictures.SVG, "secret.svg")})
    client.post("/avatars/", {"avatar": sent(), "more": sent()})
    client.post("/avatars/", {})
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    client.post("/avatars/", {"avatar": photo})
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": None}
    settings.STORAGES = BROKEN
    client.post("/avatars/", {"avatar": sent()})

    assert lines(caplog) == [
        f"INFO picture refused: of={who} code=unsupported_format size={len(pictures.SVG)}",
        f"INFO picture refused: of={who} code=bad_request",
        f"INFO picture refused: of={who} code=required",
        f"WARNING picture limited: of={who} code=rate_limited",
        f"ERROR picture failed: of={who} code=storage_unavailable cause=builtins.OSError size={photo.size}",
    ]


class ClientError(Exception):
    """As botocore raises it."""

    response: ClassVar[Any] = {"Error": {"Code": "NoSuchBucket", "Message": "jane.jpg"}}


class HttpResponseError(Exception):
    """As Azure raises it: with a response of its own, and a code of an enumeration or a text."""

    response = "403 of https://jane.example.com/"
    error_code = SimpleNamespace(value="AuthenticationFailed")


class Chatty(Exception):
    """Has a text where others have a code."""

    code = "no room for jane.jpg"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (OSError(errno.ENOSPC, "No space left", "/media/jane.jpg"), "builtins.OSError:ENOSPC"),
        (OSError("jane.jpg"), "builtins.OSError"),
        (OSError(123456, "jane.jpg"), "builtins.OSError"),
        (ClientError("jane.jpg"), "tests.ClientError:NoSuchBucket"),
        (HttpResponseError("jane.jpg"), "tests.HttpResponseError:AuthenticationFailed"),
        (Chatty("jane.jpg"), "tests.Chatty"),
        (None, ""),
    ],
)
def test_a_failure_says_which_error_it_was_and_nothing_of_its_text(cause: Exception | None, said: str) -> None:
    failed = StorageUnavailable("jane.jpg")
    failed.__cause__ = cause

    assert audit.cause_of(failed) == said


def test_no_key_makes_a_line_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    audit.record("removed", "1\r\nERROR all is lost")

    assert lines(caplog) == ["INFO picture removed: of=1??ERROR?all?is?lost"]
