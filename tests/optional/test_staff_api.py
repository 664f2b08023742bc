"""The API for moderators: REST framework and ninja answer alike."""

from __future__ import annotations

import datetime
import json
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

pytest.importorskip("ninja", reason="django-ninja is not installed")
pytest.importorskip("rest_framework", reason="djangorestframework is not installed")

from django_avatars import moderation, services
from django_avatars.history.models import PictureVersion
from django_avatars.moderation import cases, verbs
from django_avatars.moderation.models import PictureLock
from tests import spectacular
from tests.app.models import Place, Profile, Team, User
from tests.storing import upload

pytestmark = [
    pytest.mark.django_db(databases=["default", "other"]),
    pytest.mark.urls("tests.optional.staff_urls"),
]

both = pytest.mark.parametrize("room", ["rest", "ninja"])


@pytest.fixture(autouse=True)
def everything_waits(settings: Settings) -> None:
    """So that there is a queue."""
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "APPROVAL": "all"}


class Desk:
    """Somebody's browser, at one of the two APIs."""

    def __init__(self, room: str, user: User) -> None:
        self.room = room
        self.user = user
        self.client = Client()
        self.client.force_login(user)

    def at(self, path: str) -> str:
        """The address of a path: those of REST framework end with a slash."""
        return f"/rest/{path}/" if self.room == "rest" else f"/ninja/{path}"

    def call(self, method: str, path: str, data: Any = None) -> Any:
        """What is answered."""
        return getattr(self.client, method)(self.at(path), data=data and json.dumps(data), **as_json(method))

    def may(self, *names: str) -> None:
        """Give permissions."""
        self.user.user_permissions.set(Permission.objects.filter(codename__in=names))


def as_json(method: str) -> dict[str, str]:
    """What is sent is JSON."""
    return {} if method == "get" else {"content_type": "application/json"}


@pytest.fixture
def desk(db: None, room: str) -> Desk:
    """That of a clerk, who has no permission yet."""
    return Desk(room, User.objects.create_user("clerk"))


@pytest.fixture
def waiting(profile: Profile, user: User) -> PictureVersion:
    """What Jane has sent."""
    services.set_own(user, upload(), actor=user)
    return moderation.waiting(user).get()


REASON = {"reason": "Not a person"}


@both
def test_the_queue_says_what_waits_and_who_may_looks_at_it(
    room: str, desk: Desk, waiting: PictureVersion, user: User
) -> None:
    desk.may("approve_picture")

    answer = desk.call("get", "queue")

    [found] = answer.json()["pictures"]
    assert answer.json()["waiting"] == 1
    assert list(found) == ["id", "user", "model", "key", "field", "by", "reason", "sizes", "shown"]
    assert [found[name] for name in ("id", "user", "model", "key", "field", "by", "reason")] == [
        str(waiting.pk), str(user.pk), "app.profile", waiting.object_id, "profile_pic", str(user.pk), "",
    ]  # fmt: skip
    assert (found["shown"]["url"], found["shown"]["label"]) == (None, "Jane Doe")
    assert list(found["sizes"]) == ["96", "64"]
    assert found["sizes"]["64"] == f"http://testserver{desk.at(f'queue/{waiting.pk}/64')}"
    file = desk.client.get(found["sizes"]["64"])
    assert (file.status_code, file["Content-Type"], file["X-Content-Type-Options"]) == (200, "image/webp", "nosniff")
    for one in (answer, file):
        assert one["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert desk.call("get", f"queue/{waiting.pk + 1}/64").status_code == 404


@both
def test_the_queue_goes_on_after_what_is_known(room: str, desk: Desk, waiting: PictureVersion) -> None:
    desk.may("approve_picture")
    team = Team.objects.create(logo=upload())
    services.set_picture(team, file=upload(seed=2), actor=desk.user)

    answer = desk.client.get(desk.at("queue"), {"after": waiting.pk})

    [found] = answer.json()["pictures"]
    assert (answer.json()["waiting"], found["user"], found["model"]) == (2, None, "app.team")
    for wrong in ("x", "-1", "9" * 30, "²", "other:"):
        answer = desk.client.get(desk.at("queue"), {"after": wrong})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@both
@pytest.mark.django_db(databases=["default", "other"])
def test_the_queue_is_that_of_every_database(
    room: str, desk: Desk, waiting: PictureVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cases, "PAGE", 2)
    desk.may("approve_picture")
    for name in ("Rome", "Oslo"):
        for using in ("default", "other"):
            services.set_picture(Place.objects.using(using).create(name=name), file=upload(), actor=desk.user)

    first = desk.call("get", "queue").json()
    second, third, last = (pages_after(desk, first["pictures"][-1]["id"], pages) for pages in (1, 2, 3))

    others = [f"other:{version.pk}" for version in PictureVersion.objects.using("other").order_by("pk")]
    home = [str(version.pk) for version in PictureVersion.objects.order_by("pk")]
    assert first["waiting"] == 5
    assert pages_after(desk, "nowhere:1", 1)["pictures"] == []
    assert [[one["id"] for one in page["pictures"]] for page in (first, second, third, last)] == [
        home[:2], [home[2], others[0]], [others[1]], [],
    ]  # fmt: skip
    assert desk.client.get(third["pictures"][0]["sizes"]["64"])["Content-Type"] == "image/webp"
    assert desk.call("post", f"queue/{others[1]}/approve").status_code == 204
    assert desk.call("post", f"queue/{others[0]}/reject", REASON).status_code == 204
    assert [bool(place.photo) for place in Place.objects.using("other").order_by("pk")] == [False, True]


def pages_after(desk: Desk, known: str, count: int) -> Any:
    """The page that comes so many pages after what is known."""
    for _ in range(count):
        page = desk.client.get(desk.at("queue"), {"after": known}).json()
        known = page["pictures"][-1]["id"] if page["pictures"] else known
    return page


@both
def test_a_size_that_is_no_number_is_not_there(room: str, desk: Desk, waiting: PictureVersion) -> None:
    desk.may("approve_picture")

    assert [desk.call("get", f"queue/{waiting.pk}/{size}").status_code for size in ("64", "-1", "x", "²")] == [
        200, 404, 404, 404,
    ]  # fmt: skip


@both
def test_a_picture_is_approved_once_and_it_is_logged(
    room: str, desk: Desk, waiting: PictureVersion, profile: Profile
) -> None:
    desk.may("approve_picture")

    answers = [desk.call("post", f"queue/{waiting.pk}/approve") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 404]
    assert answers[1].json() == {"detail": "This was not found.", "code": "not_found"}
    assert Profile.objects.get().profile_pic.name == waiting.picture.name
    assert [(one.user, one.object_id, one.change_message) for one in LogEntry.objects.all()] == [
        (desk.user, str(profile.pk), "Picture approved.")
    ]


@both
def test_a_picture_is_rejected_once_with_a_reason(room: str, desk: Desk, waiting: PictureVersion) -> None:
    desk.may("approve_picture")
    there = f"queue/{waiting.pk}/reject"

    bad = [desk.call("post", there, data) for data in ({}, {"reason": " "}, {"reason": 5}, {"reason": "x" * 501})]
    answers = [desk.call("post", there, REASON), desk.call("post", there, REASON)]

    assert [(answer.status_code, answer.json()["code"]) for answer in bad] == [
        (422, "required"), (422, "required"), (422, "invalid"), (422, "max_length"),
    ]  # fmt: skip
    assert bad[0].json()["detail"] == "Choose or write a reason."
    assert [answer.status_code for answer in answers] == [204, 409]
    assert answers[1].json()["code"] == "decided"
    assert PictureVersion.objects.get().reason == "Not a person"


@both
def test_what_is_decided_meanwhile_is_a_conflict(room: str, desk: Desk, monkeypatch: pytest.MonkeyPatch,
                                                 waiting: PictureVersion) -> None:  # fmt: skip
    desk.may("approve_picture")

    def faster(version: PictureVersion, actor: Any) -> None:
        raise PictureVersion.DoesNotExist

    monkeypatch.setattr(verbs, "approve", faster)

    answer = desk.call("post", f"queue/{waiting.pk}/approve")

    assert (answer.status_code, answer.json()["code"]) == (409, "decided")
    assert not LogEntry.objects.exists()


@both
def test_the_row_of_a_picture_that_waits_may_be_gone(room: str, desk: Desk, waiting: PictureVersion) -> None:
    desk.may("approve_picture")
    Profile.objects.all()._raw_delete("default")

    assert desk.call("get", "queue").json()["pictures"] == []
    assert desk.call("post", f"queue/{waiting.pk}/approve").status_code == 404


@both
def test_a_reason_that_no_database_takes_is_refused(room: str, desk: Desk, profile: Profile, user: User) -> None:
    desk.may("take_down_picture", "lock_picture")
    profile.profile_pic = upload()
    profile.save()

    for method, path in (("post", "take-down"), ("put", "lock")):
        for text in ("\ud800", "No \udfff.", "\0"):
            answer = desk.call(method, f"people/{user.pk}/{path}", {"reason": text})
            assert (answer.status_code, answer.json()["detail"] != "") == (422, True), (path, text)

    assert Profile.objects.get().profile_pic
    assert not PictureLock.objects.exists()


@both
@pytest.mark.parametrize("body", ["{", "[]", "1", '"reason"', "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_what_is_no_json_object_is_a_bad_request(
    room: str, body: str, desk: Desk, profile: Profile, user: User
) -> None:
    desk.may("take_down_picture", "lock_picture")

    for method, path in (("post", "take-down"), ("put", "lock")):
        answer = getattr(desk.client, method)(
            desk.at(f"people/{user.pk}/{path}"), body, content_type="application/json"
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")

    assert not PictureLock.objects.exists()


@both
def test_a_picture_is_taken_down_with_a_reason(room: str, desk: Desk, profile: Profile, user: User) -> None:
    desk.may("take_down_picture")
    profile.profile_pic = upload()
    profile.save()
    there = f"people/{user.pk}/take-down"

    answers = [desk.call("post", there, {}), desk.call("post", there, REASON), desk.call("post", there, REASON)]

    assert [answer.status_code for answer in answers] == [422, 204, 404]
    assert not Profile.objects.get().profile_pic
    assert PictureVersion.objects.get(state="taken_down").reason == "Not a person"
    assert LogEntry.objects.get().change_message == "Picture taken down."


@both
def test_a_picture_is_locked_until_a_date_and_unlocked(room: str, desk: Desk, user: User) -> None:
    desk.may("lock_picture")
    there, until = f"people/{user.pk}/lock", timezone.now().replace(microsecond=0) + datetime.timedelta(days=1)

    locked = desk.call("put", there, {**REASON, "until": until.isoformat()})
    lock = PictureLock.objects.get()
    for_good = desk.call("put", there, {**REASON, "until": None})
    unlocked = [desk.call("delete", there), desk.call("delete", there)]

    assert (locked.status_code, locked.json()["reason"]) == (200, "Not a person")
    assert datetime.datetime.fromisoformat(locked.json()["until"]) == lock.until == until
    assert (lock.by, lock.reason) == (desk.user, "Not a person")
    assert for_good.json() == {"reason": "Not a person", "until": None}
    assert [answer.status_code for answer in unlocked] == [204, 204]
    assert not PictureLock.objects.exists()
    assert LogEntry.objects.count() == 3


@both
def test_a_lock_until_a_time_of_another_zone_ends_then_also_where_the_project_has_no_zones(
    room: str, desk: Desk, user: User, settings: Settings
) -> None:
    settings.USE_TZ, settings.TIME_ZONE = False, "Europe/Berlin"
    desk.may("lock_picture")

    answer = desk.call("put", f"people/{user.pk}/lock", {**REASON, "until": "2100-01-01T00:00:00-05:00"})

    assert answer.status_code == 200
    assert PictureLock.objects.get().until == datetime.datetime(2100, 1, 1, 6)  # noqa: DTZ001 - that is the point


@both
@pytest.mark.parametrize("has_zones", [True, False])
@pytest.mark.parametrize(
    "until",
    [
        "2020-01-01T00:00:00Z", "tomorrow", 1_900_000_000, ["2030-01-01"],
        "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-05:00",  # in the year 10000 here
    ],
)  # fmt: skip
def test_a_lock_without_a_time_that_can_be_is_refused(
    room: str, desk: Desk, user: User, until: Any, has_zones: bool, settings: Settings
) -> None:
    settings.USE_TZ, settings.TIME_ZONE = has_zones, "Europe/Berlin"
    desk.may("lock_picture")

    answer = desk.call("put", f"people/{user.pk}/lock", {**REASON, "until": until})

    assert answer.status_code == 422
    assert not PictureLock.objects.exists()


@both
@pytest.mark.parametrize("body", ["[]", "no JSON", "[" * 100_000])
def test_a_body_that_is_no_object_is_a_bad_request(room: str, desk: Desk, user: User, body: str) -> None:
    desk.may("take_down_picture")

    answer = desk.client.post(desk.at(f"people/{user.pk}/take-down"), body, content_type="application/json")

    assert answer.status_code == 400


DOORS = [
    ("get", "queue", None),
    ("get", "queue/{version}/64", None),
    ("post", "queue/{version}/approve", None),
    ("post", "queue/{version}/reject", REASON),
    ("post", "people/{user}/take-down", REASON),
    ("put", "people/{user}/lock", REASON),
    ("delete", "people/{user}/lock", None),
    ("get", "people/{user}/avatar", None),
]


@both
@pytest.mark.parametrize(("method", "path", "data"), DOORS)
def test_who_has_no_permission_learns_nothing(
    room: str, desk: Desk, waiting: PictureVersion, user: User, method: str, path: str, data: Any
) -> None:
    strange, owner = Desk(room, desk.user), Desk(room, user)
    strange.client.logout()
    there, nowhere = path.format(version=waiting.pk, user=user.pk), path.format(version=0, user=0)

    answers = [one.call(method, to, data) for one in (desk, owner) for to in (there, nowhere)]

    assert {answer.status_code for answer in answers} == {403}
    assert {answer.json()["detail"] for answer in answers} == {"You have no permission to do this."}
    assert strange.call(method, there, data).status_code in (401, 403)
    assert not PictureLock.objects.exists()
    assert moderation.waiting(user).get() == waiting


@both
@pytest.mark.parametrize(("method", "path", "data"), [door for door in DOORS if door[0] != "get"])
def test_a_session_without_the_token_changes_nothing(
    room: str, desk: Desk, waiting: PictureVersion, user: User, method: str, path: str, data: Any
) -> None:
    desk.may("approve_picture", "take_down_picture", "lock_picture")
    desk.client.handler.enforce_csrf_checks = True

    answer = desk.call(method, path.format(version=waiting.pk, user=user.pk), data)

    assert answer.status_code == 403
    assert moderation.waiting(user).get() == waiting
    assert not PictureLock.objects.exists()


@both
def test_nothing_is_logged_where_there_is_no_admin(
    room: str, desk: Desk, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.may("lock_picture")
    # The others stay: what is imported first here, such as the addresses of allauth, is made from those there are.
    installed = apps.is_installed
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "django.contrib.admin" and installed(name))

    assert desk.call("put", f"people/{user.pk}/lock", REASON).status_code == 200
    assert not LogEntry.objects.exists()


def test_both_documents_say_what_is_sent_and_answered(settings: Settings) -> None:
    from tests.optional.staff_urls import api as ninja

    of_rest = spectacular.described(settings)
    of_ninja: Any = ninja.get_openapi_schema()

    operations = [
        {
            (method, path.rstrip("/").split(start, 1)[-1].replace("{id}", "{pk}")): operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if start in path and not path.rstrip("/").endswith("avatar")
        }
        for document, start in ((of_rest, "/rest/"), (of_ninja, "/ninja/"))
    ]
    assert operations[0].keys() == operations[1].keys()
    for key, operation in operations[0].items():
        other = operations[1][key]
        assert {int(code) for code in operation["responses"]} == set(other["responses"]) | (
            {200} if key[1].endswith("{size}") else set()
        ), key
        assert operation.get("requestBody", {}).get("required") == other.get("requestBody", {}).get("required"), key


@both
def test_what_is_no_problem_of_pictures_stays_one(
    room: str, desk: Desk, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.may("lock_picture")

    def broken(*args: Any, **kwargs: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(verbs, "lock", broken)

    with pytest.raises(ZeroDivisionError):
        desk.call("put", f"people/{user.pk}/lock", REASON)


def test_without_spectacular_everything_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "django_avatars.moderation.rest"

    spectacular.check_without(monkeypatch, name, f"{name}_schema")
