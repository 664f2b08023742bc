"""What the log says: one line an event; who, code, format, size."""

from __future__ import annotations

import errno
from collections.abc import Iterator
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
from django_avatars.signals import avatar_event
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


def test_who_it_was_takes_no_query(
    profile: Profile, caplog: pytest.LogCaptureFixture, django_assert_num_queries: Any
) -> None:
    User.objects.create_user("chief")
    user, chief = User.objects.get(pk=profile.user_id), User.objects.get(username="chief")

    with django_assert_num_queries(0):
        audit.record("refused", user, by=chief, code="too_large")

    assert lines(caplog) == [f"INFO picture refused: of=app.user:{user.pk} by=app.user:{chief.pk} code=too_large"]


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


# Metrics


@pytest.fixture
def events() -> Iterator[list[dict[str, Any]]]:
    """What `avatar_event` says, without the sender."""
    heard: list[dict[str, Any]] = []

    def hear(*, signal: Any, sender: Any, **facts: Any) -> None:
        heard.append(facts)

    avatar_event.connect(hear)
    yield heard
    avatar_event.disconnect(hear)


@pytest.mark.django_db(transaction=True)
def test_metrics_hear_of_each_event_with_bytes_and_seconds(
    user: User, client: Client, events: list[dict[str, Any]]
) -> None:
    file, broken = sent(), sent(b"no picture")
    size = file.size
    client.post("/avatars/", {"avatar": file})
    client.post("/avatars/", {"avatar": broken})

    assert all(event.pop("seconds") > 0 for event in events)
    assert events == [
        {"event": "saved", "door": "page", "code": "", "bytes": size, "actor_kind": "owner"},
        {"event": "refused", "door": "page", "code": "not_an_image", "bytes": 10, "actor_kind": "owner"},
    ]


@pytest.mark.django_db(transaction=True)
def test_metrics_do_not_depend_on_what_is_logged(
    profile: Profile, events: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING", "django_avatars")  # as Django has it where a project configures nothing

    services.set_own(profile.user, upload())

    assert [event["event"] for event in events] == ["saved"]


@pytest.mark.django_db(transaction=True)
def test_metrics_tell_who_changes_pictures_by_kind_alone(profile: Profile, events: list[dict[str, Any]]) -> None:
    chief, joe = User.objects.create_superuser("chief"), User.objects.create_user("joe")
    for actor in (None, profile.user, chief, joe):
        services.set_own(profile.user, upload(), actor=actor)

    assert [event["actor_kind"] for event in events] == ["nobody", "owner", "staff", "member"]
    assert {(event["door"], event["bytes"], event["seconds"]) for event in events} == {("code", None, None)}


@pytest.mark.django_db(transaction=True)
def test_metrics_that_fail_reach_nobody(profile: Profile) -> None:
    def fail(**facts: Any) -> None:
        raise RuntimeError("no metrics today")

    avatar_event.connect(fail)
    try:
        services.set_own(profile.user, upload())
    finally:
        avatar_event.disconnect(fail)

    assert Profile.objects.get().profile_pic
