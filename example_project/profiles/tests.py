"""The contract: what the document of this system says, line by line. Run by `python -m pytest example_project`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from conftest import PASSWORD, bearer, heavy_file, image_file, stored
from profiles.models import BackGroundJobsProfile, Item

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django.fixtures import SettingsWrapper

URL = "/api/profile/background/"
PROFILE_KEYS = {
    "id", "email", "username", "profile_picture", "country", "date_of_birth", "gender", "account_type", "profile_score",
}  # fmt: skip
NOT_AN_IMAGE = "Upload a valid image. The file you uploaded was either not an image or a corrupted image."


class FrontEnd:
    """With the token and the header of somebody behind the scenes."""

    def __init__(self, username: str) -> None:
        self.browser = Client(enforce_csrf_checks=True)
        self.headers = {**bearer(self.browser, username), "is-background": "true"}

    def get(self) -> HttpResponse:
        return self.browser.get(URL, headers=self.headers)

    def post(self, data: Any = None, *, url: str = URL, **kwargs: Any) -> HttpResponse:
        return self.browser.post(url, data or {}, headers=self.headers, **kwargs)

    def upload(self, file: Any = None, **data: Any) -> HttpResponse:
        return self.post({"profile_picture": file or image_file(), **data})


@pytest.fixture
def profile(transactional_db: None) -> BackGroundJobsProfile:
    """Somebody with a subscription, and five items of three kinds."""
    name = "background@example.com"
    person = User.objects.create_user(name, email=name, password=PASSWORD)
    made = BackGroundJobsProfile.objects.create(
        user=person, subscribed_until=timezone.localdate() + dt.timedelta(days=9)
    )
    for kind in ("costume", "costume", "prop", "prop", "vehicle"):
        Item.objects.create(profile=made, kind=kind, name=f"A {kind}")
    return made


@pytest.fixture
def background(profile: BackGroundJobsProfile) -> FrontEnd:
    return FrontEnd("background@example.com")


# Authentication


def test_without_a_token_it_is_401(profile: BackGroundJobsProfile, visitor: Client) -> None:
    for headers in ({"is-background": "true"}, {"is-background": "true", "Authorization": "Bearer nonsense"}):
        assert visitor.get(URL, headers=headers).status_code == 401
        assert visitor.post(URL, headers=headers).status_code == 401


@pytest.mark.parametrize("header", [None, "false", ""])
def test_without_the_header_it_is_403(background: FrontEnd, header: str | None) -> None:
    del background.headers["is-background"]
    if header is not None:
        background.headers["is-background"] = header

    assert [background.get().status_code, background.upload().status_code] == [403, 403]


def test_the_header_of_a_talent_is_another(background: FrontEnd) -> None:
    del background.headers["is-background"]
    background.headers["is-talent"] = "true"

    assert background.get().status_code == 403
    assert background.browser.get("/api/profile/talent/", headers=background.headers).status_code == 403


def test_who_does_not_work_behind_the_scenes_is_403(alice: User) -> None:
    stranger = FrontEnd("alice")

    assert [stranger.get().status_code, stranger.upload().status_code] == [403, 403]


# The profile


def test_the_answer_to_get_is_that_of_the_document(background: FrontEnd, profile: BackGroundJobsProfile) -> None:
    background.upload(country="USA", date_of_birth="1985-05-15", gender="Male")

    response = background.get()

    until = (timezone.localdate() + dt.timedelta(days=9)).isoformat()
    assert response.status_code == 200
    assert response.json() == {
        "profile": {
            "id": profile.pk,
            "email": "background@example.com",
            "username": "background@example.com",
            "profile_picture": f"http://testserver{BackGroundJobsProfile.objects.get().profile_picture.url}",
            "country": "USA",
            "date_of_birth": "1985-05-15",
            "gender": "Male",
            "account_type": "back_ground_jobs",
            "profile_score": 75,
        },
        "profile_score": {
            "total": 75,
            "account_tier": 25,
            "profile_completion": 30,
            "item_diversity": 15,
            "item_quantity": 5,
            "details": {
                "filled": {"profile_picture": True, "country": True, "date_of_birth": True, "gender": True},
                "kinds": ["costume", "prop", "vehicle"],
                "items": 5,
            },
        },
        "subscription_status": {
            "has_subscription": True,
            "can_access_features": True,
            "message": "Active subscription",
            "subscription": {"type": "back_ground_jobs", "until": until},
        },
        "restrictions": {"max_items": None, "items": 5, "can_add_items": True, "can_upload_picture": True},
    }


def test_without_a_subscription_there_are_restrictions(background: FrontEnd) -> None:
    BackGroundJobsProfile.objects.update(subscribed_until=timezone.localdate() - dt.timedelta(days=1))

    answer = background.get().json()

    assert answer["subscription_status"] == {
        "has_subscription": False,
        "can_access_features": False,
        "message": "No active subscription",
        "subscription": None,
    }
    assert answer["restrictions"] == {"max_items": 3, "items": 5, "can_add_items": False, "can_upload_picture": True}
    assert answer["profile_score"]["account_tier"] == 0


def test_without_a_picture_the_address_is_null_and_the_front_end_has_one_of_its_own(background: FrontEnd) -> None:
    assert background.get().json()["profile"]["profile_picture"] is None

    response = background.browser.get("/default-background-avatar.png")
    assert (response.status_code, response["Location"]) == (302, "/static/profiles/default-background-avatar.png")


# Upload and update


def test_the_answer_to_an_upload_is_that_of_the_document(background: FrontEnd, profile: BackGroundJobsProfile) -> None:
    BackGroundJobsProfile.objects.update(date_of_birth="1985-05-15")

    response = background.upload(country="Canada", gender="Female")

    assert response.status_code == 200
    assert response.json() == {
        "message": "Background profile updated successfully",
        "profile": {
            "id": profile.pk,
            "email": "background@example.com",
            "username": "background@example.com",
            "profile_picture": f"http://testserver{BackGroundJobsProfile.objects.get().profile_picture.url}",
            "country": "Canada",
            "date_of_birth": "1985-05-15",
            "gender": "Female",
            "account_type": "back_ground_jobs",
            "profile_score": 75,
        },
    }


def test_the_score_moves_when_the_profile_is_filled(background: FrontEnd) -> None:
    changes = (
        {"country": "Canada"},
        {"gender": "Other"},
        {"date_of_birth": "1985-05-15"},
        {"profile_picture": image_file()},
    )
    scores = [background.get().json()["profile_score"]["total"]]

    scores += [background.post(change).json()["profile"]["profile_score"] for change in changes]

    assert scores == [45, 50, 55, 60, 75]


def test_with_partial_nothing_but_the_picture_changes(background: FrontEnd) -> None:
    background.post({"country": "Canada"})

    response = background.post({"profile_picture": image_file()}, url=f"{URL}?partial=true")

    assert response.status_code == 200
    assert response.json()["profile"]["country"] == "Canada"
    assert response.json()["profile"]["profile_picture"]


@pytest.mark.parametrize("size", [3_000_000, 5 * 1024 * 1024])
def test_a_picture_may_have_as_much_as_the_limit_says(background: FrontEnd, size: int) -> None:
    assert background.upload(heavy_file(size)).status_code == 200


@pytest.mark.parametrize("gender", ["Male", "Female", "Other"])
def test_a_gender_of_the_document_is_accepted(background: FrontEnd, gender: str) -> None:
    assert background.post({"gender": gender}).json()["profile"]["gender"] == gender


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gender", "male"),
        ("gender", "x"),
        ("date_of_birth", "15.05.1985"),
        ("date_of_birth", "1985-13-01"),
        ("country", "x" * 101),
    ],
)
def test_other_values_are_400_and_change_nothing(background: FrontEnd, field: str, value: str) -> None:
    response = background.post({field: value, "profile_picture": image_file()})

    assert response.status_code == 400
    assert list(response.json()) == [field]
    assert not BackGroundJobsProfile.objects.get().profile_picture


def test_what_is_not_in_the_list_cannot_be_updated(background: FrontEnd, profile: BackGroundJobsProfile) -> None:
    background.post({"id": 9, "email": "x@example.com", "username": "x", "account_type": "gold", "profile_score": 100})

    kept = BackGroundJobsProfile.objects.get()
    assert (kept.pk, kept.account_type) == (profile.pk, "back_ground_jobs")
    assert (kept.user.username, kept.user.email) == ("background@example.com", "background@example.com")


def test_json_updates_the_other_fields(background: FrontEnd) -> None:
    response = background.post(json.dumps({"country": "Canada"}), content_type="application/json")

    assert response.json()["profile"]["country"] == "Canada"


@pytest.mark.parametrize(("format", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("GIF", "a.gif")])
def test_jpg_png_and_gif_are_accepted(background: FrontEnd, format: str, name: str) -> None:
    assert background.upload(image_file(format, name)).status_code == 200


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.jpg", b"no picture"),
        SimpleUploadedFile("a.mp4", b"\0\0\0\x18ftypmp42"),
        SimpleUploadedFile("a.jpg", image_file().read()[:500]),
    ],
    ids=["text", "film", "cut"],
)
def test_what_is_no_picture_is_400_in_the_words_of_the_document(background: FrontEnd, media: Path, file: Any) -> None:
    file.seek(0)

    response = background.upload(file)

    assert (response.status_code, response.json()) == (400, {"profile_picture": [NOT_AN_IMAGE]})
    assert stored(media) == []


def test_a_file_over_the_limit_says_the_limit(background: FrontEnd) -> None:
    response = background.upload(SimpleUploadedFile("a.jpg", bytes(5 * 1024 * 1024 + 1)))

    assert response.status_code == 400
    assert response.json() == {"profile_picture": ["This picture is more than 5 MB. The limit is 5 MB."]}


# Storage, cleanup, logging


def test_pictures_have_a_folder_of_their_own(background: FrontEnd, media: Path) -> None:
    address = background.upload().json()["profile"]["profile_picture"]

    assert address.startswith("http://testserver/media/background_profile_pictures/")
    assert {Path(name).parent.as_posix() for name in stored(media)} == {"background_profile_pictures"}


def test_a_new_picture_takes_the_place_of_the_old_files(background: FrontEnd, media: Path) -> None:
    background.upload()
    old = set(stored(media))

    background.upload(image_file(color="#a54769"))

    assert len(stored(media)) == len(old) == 3
    assert not old & set(stored(media))


def test_old_files_that_cannot_be_deleted_are_no_error(background: FrontEnd, undeletable: None) -> None:
    background.upload()

    assert background.upload(image_file(color="#a54769")).status_code == 200


def test_a_storage_that_fails_is_503_and_nothing_changes(background: FrontEnd, media: Path, broken: None) -> None:
    response = background.upload(country="Canada")

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert BackGroundJobsProfile.objects.get().country == ""
    assert stored(media) == []


def test_operations_are_logged(background: FrontEnd, profile: BackGroundJobsProfile, caplog: Any) -> None:
    caplog.set_level("INFO")

    background.upload()

    name = BackGroundJobsProfile.objects.get().profile_picture.name
    assert f"Profile picture of user {profile.user.pk} is now {name}" in caplog.messages


def test_too_many_changes_are_429(background: FrontEnd, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    background.upload()

    assert background.upload().status_code == 429


# The migration


def test_the_migration_adds_the_picture_to_the_table(transactional_db: None) -> None:
    def columns() -> set[str]:
        with connection.cursor() as cursor:
            return {
                column.name
                for column in connection.introspection.get_table_description(
                    cursor, BackGroundJobsProfile._meta.db_table
                )
            }

    call_command("migrate", "profiles", "0001", verbosity=0)
    before = columns()
    call_command("migrate", "profiles", verbosity=0)

    assert columns() - before == {"profile_picture"}
