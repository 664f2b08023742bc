"""A change of a picture in a request of a project."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import RequestFactory
from pytest_django import Settings

from django_avatars import intake, services
from django_avatars.actors import current_actor
from django_avatars.exceptions import Busy
from tests import pictures
from tests.app.models import Profile, Team, User
from tests.storing import upload

pytestmark = pytest.mark.django_db

LOGO: Any = Team._meta.get_field("logo")
BROKEN = {
    "default": {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"saves": 1}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


class Claims:
    """A user that a token describes: a key, and no row."""

    is_authenticated = True

    def __init__(self, pk: object) -> None:
        self.pk = pk


def sent(user: Any, data: Any = None, **more: Any) -> Any:
    """A form with a logo."""
    photo = pictures.photo(96, 96) if data is None else data
    request: Any = RequestFactory().post("/", {"logo": SimpleUploadedFile("a.jpg", photo), **more})
    request.user = user
    return request


def as_json(user: Any, text: str | None = None, **body: Any) -> Any:
    """A body of JSON."""
    request: Any = RequestFactory().post("/", text or json.dumps(body), content_type="application/json")
    request.user = user
    return request


def data_url(data: bytes) -> str:
    """A ``data:`` address."""
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"


@pytest.fixture
def team() -> Team:
    """A row with two pictures."""
    return Team.objects.create(name="Reds")


def problem(request: Any, team: Team | None = None) -> intake.Problem:
    """What goes wrong when this is set."""
    with pytest.raises(intake.Problem) as caught, intake.change(request, LOGO, holder=team) as change:
        change.set(change.file("logo"))
    return caught.value


def nobody(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return "Not here."


def test_a_view_of_a_project_sets_and_removes_the_picture_of_a_row(user: User, team: Team) -> None:
    with intake.change(sent(user, **{"logo-crop": "v1;r=0;x=0;y=0;s=.5"}), LOGO, holder=team) as change:
        assert change.set(change.file("logo")) == team
        assert current_actor() == user
    stored = Team.objects.get()
    with intake.change(sent(user), LOGO, holder=team, throttle=False) as change:
        removed = change.remove()

    assert (stored.logo.width, removed, current_actor()) == (48, True, None)
    assert not Team.objects.get().logo


def test_without_a_row_it_is_the_picture_of_who_asks(user: User) -> None:
    with intake.change(as_json(user, avatar=data_url(pictures.photo(96, 96)))) as change:
        holder = change.set(change.file())
    with intake.change(as_json(user, avatar=None)) as change:
        assert change.file() is None
        assert change.remove()

    assert holder == Profile.objects.get(user=user)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "required"),
        ({"logo": None}, "required"),
        ({"logo": "https://example.com/a.jpg"}, "invalid"),
        ({"text": "{"}, "bad_request"),
        ({"text": "[]"}, "bad_request"),
        ({"logo": data_url(b"text")}, "not_an_image"),
    ],
)
def test_json_that_has_no_picture_is_a_problem(user: User, team: Team, body: dict[str, Any], code: str) -> None:
    found = problem(as_json(user, **body), team)

    assert (found.status, found.code, found.headers) == (400, code, {})
    assert str(found) == found.text


def test_json_over_the_limit_is_413(user: User, team: Team, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MAX_BYTES": 1000}

    assert problem(as_json(user, logo=data_url(bytes(200_000))), team).status == 413


def test_a_form_without_the_file_is_a_problem(user: User, team: Team) -> None:
    request: Any = RequestFactory().post("/", {})
    request.user = user

    assert problem(request, team).code == "required"


def test_everything_that_goes_wrong_has_its_status(user: User, team: Team, settings: Settings) -> None:
    refused = problem(sent(user, b"text"), team)
    two = problem(sent(user, more=SimpleUploadedFile("b.jpg", b"")), team)
    large = problem(sent(user, x="x" * 3_000_000), team)
    settings.STORAGES = BROKEN
    failed = problem(sent(user), team)
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/d"}
    limited = problem(sent(user), team)
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": None, "POLICY": f"{__name__}.nobody"}
    denied = problem(sent(user), team)
    with pytest.raises(intake.Problem) as busy, intake.change(sent(user), LOGO, holder=team):
        raise Busy(7)

    found = [refused, two, large, failed, limited, denied, busy.value]
    assert [(one.status, one.code) for one in found] == [
        (400, "not_an_image"),
        (400, "bad_request"),
        (413, "bad_request"),
        (503, "storage_unavailable"),
        (429, "rate_limited"),
        (403, "not_allowed"),
        (503, "busy"),
    ]
    assert failed.headers == {"Retry-After": "30"}
    assert busy.value.retry_after == 7
    assert denied.text == "Not here."
    assert not Team.objects.get().logo


def test_what_a_model_finds_wrong_in_its_fields_when_it_is_saved_is_told() -> None:
    found = intake.problem_of(ValidationError({"name": [ValidationError("It is too short.", code="short")]}))

    assert found is not None
    assert (found.status, found.code, found.text) == (400, "short", "It is too short.")


def test_a_policy_is_asked_about_a_profile_that_is_not_there_yet(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nobody"}

    with pytest.raises(intake.Problem), intake.change(sent(user)) as change:
        change.set(change.file("logo"))

    assert not Profile.objects.exists()
    assert not hasattr(user, "profile")


def only_users(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy that lets nobody change the picture of a team."""
    return f"Not for {holder}." if isinstance(holder, Team) else None


def test_a_view_can_ask_the_policy_about_a_row_before_it_reads_anything(
    user: User, team: Team, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.only_users"}

    with pytest.raises(intake.Problem) as denied, intake.change(sent(user), LOGO, holder=team) as change:
        change.ask("set")
    with intake.change(sent(user), LOGO, holder=user) as change:
        change.ask("set")

    assert (denied.value.status, denied.value.text) == (403, f"Not for {team}.")


def test_a_stranger_is_denied(team: Team) -> None:
    with pytest.raises(PermissionDenied), intake.change(sent(AnonymousUser()), throttle=False) as change:
        change.set(change.file("logo"))


def test_what_has_nothing_to_do_with_pictures_stays_what_it_is(user: User, team: Team) -> None:
    with pytest.raises(ZeroDivisionError), intake.change(sent(user), LOGO, holder=team):
        1 // 0  # noqa: B018


def test_a_user_of_a_token_is_the_person_behind_it(user: User) -> None:
    with intake.change(sent(Claims(user.pk))) as change:
        change.set(change.file("logo"))
    shown = services.describe(Claims(user.pk))
    with intake.change(sent(Claims(user.pk))) as change:
        removed = change.remove()

    assert shown["url"] is not None
    assert (removed, shown["label"]) == (True, "Jane Doe")
    assert not Profile.objects.get().profile_pic


def test_somebody_who_was_deleted_meanwhile_is_denied_before_the_commit(user: User) -> None:
    request = sent(user)
    User.objects.filter(pk=user.pk).delete()

    with transaction.atomic(), pytest.raises(PermissionDenied), intake.change(request) as change:
        change.set(change.file("logo"))

    assert not Profile.objects.exists()


def test_a_row_without_a_picture_is_told_what_to_pass(profile: Profile) -> None:
    with pytest.raises(TypeError, match="Session has no AvatarField"):
        services.set_picture(Session(), file=upload())

    services.set_picture(profile, file=upload(), actor=profile.user)
    assert Profile.objects.get().profile_pic
    assert services.remove_picture(profile)


def test_a_user_may_be_passed_where_the_picture_is_in_a_profile(user: User) -> None:
    services.set_picture(user, file=upload())
    assert Profile.objects.get(user=user).profile_pic

    assert services.remove_picture(user)
    assert not Profile.objects.get(user=user).profile_pic
