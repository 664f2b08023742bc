"""The contract: what the document of this system says, line by line. Run by `python -m pytest example_project`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conftest import PASSWORD, bearer, heavy_file, image_file, stored
from example.roles import NOT_AN_IMAGE
from talent.models import TalentUserProfile

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django.fixtures import SettingsWrapper

URL = "/api/profile/talent/"
ROOT = Path(__file__).resolve().parent.parent
PROFILE_KEYS = {
    "id", "user", "profile_picture", "aboutyou", "city", "country", "gender", "date_of_birth", "phone", "is_verified",
    "profile_complete", "account_type", "profile_score",
}  # fmt: skip


class Talent:
    """A front end with the token and the header of a talent."""

    def __init__(self, username: str) -> None:
        self.browser = Client(enforce_csrf_checks=True)
        self.headers = {**bearer(self.browser, username), "is-talent": "true"}

    def get(self, **kwargs: Any) -> HttpResponse:
        return self.browser.get(URL, headers=self.headers, **kwargs)

    def post(self, data: Any = None, *, url: str = URL, **kwargs: Any) -> HttpResponse:
        return self.browser.post(url, data or {}, headers=self.headers, **kwargs)

    def upload(self, file: Any = None, **data: Any) -> HttpResponse:
        return self.post({"profile_picture": file or image_file(), **data})


@pytest.fixture
def person(transactional_db: None) -> User:
    return User.objects.create_user("talent@example.com", email="talent@example.com", password=PASSWORD)


@pytest.fixture
def profile(person: User) -> TalentUserProfile:
    return TalentUserProfile.objects.create(user=person)


@pytest.fixture
def talent(profile: TalentUserProfile) -> Talent:
    return Talent("talent@example.com")


# Authentication


def test_without_a_token_it_is_401(profile: TalentUserProfile, visitor: Client) -> None:
    for headers in ({"is-talent": "true"}, {"is-talent": "true", "Authorization": "Bearer nonsense"}):
        for method in (visitor.get, visitor.post):
            response = method(URL, headers=headers)
            assert response.status_code == 401
            assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_password_gives_no_token(profile: TalentUserProfile, visitor: Client) -> None:
    answer = visitor.post("/api/token/", {"username": "talent@example.com", "password": "wrong"})

    assert answer.status_code == 401


@pytest.mark.parametrize("value", [None, "", "false", "1", "yes"])
def test_without_the_header_it_is_403(talent: Talent, value: str | None) -> None:
    if value is None:
        del talent.headers["is-talent"]
    else:
        talent.headers["is-talent"] = value

    assert [talent.get().status_code, talent.upload().status_code] == [403, 403]
    assert not TalentUserProfile.objects.get().profile_picture


@pytest.mark.parametrize("value", ["true", "True", " true "])
def test_the_header_says_true(talent: Talent, value: str) -> None:
    talent.headers["is-talent"] = value

    assert talent.get().status_code == 200


def test_who_is_no_talent_is_403_whatever_the_header_says(alice: User) -> None:
    stranger = Talent("alice")

    assert [stranger.get().status_code, stranger.upload().status_code] == [403, 403]
    assert not TalentUserProfile.objects.exists()


def test_a_session_is_no_token(profile: TalentUserProfile, visitor: Client) -> None:
    visitor.force_login(profile.user)

    assert visitor.get(URL, headers={"is-talent": "true"}).status_code == 401


def test_no_csrf_token_is_needed(talent: Talent) -> None:
    assert talent.upload().status_code == 200


# Upload


def test_the_answer_to_an_upload_is_that_of_the_document(talent: Talent, profile: TalentUserProfile) -> None:
    response = talent.upload(
        first_name="John", last_name="Doe", aboutyou="Description about yourself", city="New York", country="USA",
        gender="Male", date_of_birth="1990-01-01", phone="+1234567890",
    )  # fmt: skip

    stored_profile = TalentUserProfile.objects.get()
    assert response.status_code == 200
    assert response.json() == {
        "message": "Profile updated successfully",
        "profile": {
            "id": profile.pk,
            "user": {
                "id": profile.user.pk,
                "email": "talent@example.com",
                "first_name": "John",
                "last_name": "Doe",
            },
            "profile_picture": f"http://testserver{stored_profile.profile_picture.url}",
            "aboutyou": "Description about yourself",
            "city": "New York",
            "country": "USA",
            "gender": "Male",
            "date_of_birth": "1990-01-01",
            "phone": "+1234567890",
            "is_verified": False,
            "profile_complete": True,
            "account_type": "free",
            "profile_score": 85,
        },
    }
    assert User.objects.get(username="talent@example.com").first_name == "John"


def test_a_picture_alone_is_enough(talent: Talent) -> None:
    response = talent.upload()

    assert response.status_code == 200
    assert response.json()["profile"].keys() == PROFILE_KEYS


@pytest.mark.parametrize(
    ("format", "name"),
    [("JPEG", "a.jpg"), ("JPEG", "a.jpeg"), ("PNG", "a.png"), ("GIF", "a.gif"), ("WEBP", "a.webp")],
)
def test_jpg_jpeg_png_gif_and_webp_are_accepted(talent: Talent, format: str, name: str) -> None:
    assert talent.upload(image_file(format, name)).status_code == 200


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.jpg", b"no picture"),
        SimpleUploadedFile("a.jpg", image_file().read()[:500]),
        SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        SimpleUploadedFile("a.pdf", b"%PDF-1.7"),
        image_file("BMP", "a.bmp"),
        image_file("TIFF", "a.jpg"),
        SimpleUploadedFile("a.php", image_file().read()),
    ],
    ids=["text", "cut", "svg", "pdf", "bmp", "tiff", "php"],
)
def test_what_is_no_picture_is_400_in_the_words_of_the_document(talent: Talent, media: Path, file: Any) -> None:
    file.seek(0)

    response = talent.upload(file, aboutyou="Not saved either")

    assert response.status_code == 400
    assert response.json() == {"profile_picture": [NOT_AN_IMAGE]}
    assert response.json()["profile_picture"] == [
        "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
    ]
    assert TalentUserProfile.objects.get().aboutyou == ""
    assert stored(media) == []


def test_a_file_over_the_limit_says_the_limit(talent: Talent) -> None:
    response = talent.upload(SimpleUploadedFile("a.jpg", bytes(5 * 1024 * 1024 + 1)))

    assert response.status_code == 400
    assert response.json() == {"profile_picture": ["This picture is more than 5 MB. The limit is 5 MB."]}


def test_other_fields_are_validated(talent: Talent) -> None:
    response = talent.post({"gender": "x", "date_of_birth": "1.1.1990"})

    assert response.status_code == 400
    assert response.json().keys() == {"gender", "date_of_birth"}


@pytest.mark.parametrize("value", ["19900101", "1990-1-1", "1990-W01-1", "3000-01-01", "1990-02-30"])
def test_a_day_of_birth_is_written_in_one_way_and_past(talent: Talent, value: str) -> None:
    response = talent.post({"date_of_birth": value}, content_type="application/json")

    assert (response.status_code, list(response.json())) == (400, ["date_of_birth"])


@pytest.mark.parametrize("value", ["", None])
def test_a_day_of_birth_can_be_taken_back(talent: Talent, value: str | None) -> None:
    talent.post({"date_of_birth": "1990-01-01"})

    response = talent.post({"date_of_birth": value}, content_type="application/json")

    assert response.json()["profile"]["date_of_birth"] is None


@pytest.mark.parametrize("size", [3_000_000, 5 * 1024 * 1024])
def test_a_picture_may_have_as_much_as_the_limit_says(talent: Talent, size: int) -> None:
    assert talent.upload(heavy_file(size)).status_code == 200


# Storage, cleanup, logging


def test_pictures_are_below_media_profile_pictures(talent: Talent, media: Path) -> None:
    address = talent.upload().json()["profile"]["profile_picture"]

    assert address.startswith("http://testserver/media/profile_pictures/")
    assert {Path(name).parent.as_posix() for name in stored(media)} == {"profile_pictures"}


def test_on_spaces_the_address_is_that_of_the_cdn(tmp_path: Path) -> None:
    pytest.importorskip("storages", reason="django-storages is not installed")
    code = (
        "import django; django.setup()\n"
        "from talent.models import TalentUserProfile as T\n"
        "print(T(profile_picture='profile_pictures/user_123_profile.jpg').profile_picture.url)\n"
        "name = 'profile_pictures/' + 'a' * 26 + '_512-64.webp'\n"
        "print(T(profile_picture=name).profile_picture.url_for(64))"
    )

    printed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
            "DJANGO_SETTINGS_MODULE": "example.settings",
            "EXAMPLE_DATA_DIR": str(tmp_path),
            "EXAMPLE_STORAGE": "s3",
        },
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    cdn = "https://gan7club-spaces.fra1.cdn.digitaloceanspaces.com/media/profile_pictures/"
    assert printed == [f"{cdn}user_123_profile.jpg", f"{cdn}{'a' * 26}_64.webp"]


def test_a_new_picture_takes_the_place_of_the_old_files(talent: Talent, media: Path) -> None:
    talent.upload()
    old = set(stored(media))

    talent.upload(image_file(color="#a54769"))

    assert len(stored(media)) == len(old) == 3
    assert not old & set(stored(media))


def test_old_files_that_cannot_be_deleted_are_no_error(talent: Talent, media: Path, undeletable: None) -> None:
    talent.upload()

    response = talent.upload(image_file(color="#a54769"))

    assert response.status_code == 200
    assert response.json()["profile"]["profile_picture"].endswith(TalentUserProfile.objects.get().profile_picture.url)


def test_operations_are_logged_with_path_and_outcome(
    talent: Talent, profile: TalentUserProfile, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    talent.upload(image_file(name="me at home.jpg"))
    name = TalentUserProfile.objects.get().profile_picture.name
    talent.post(json.dumps({"profile_picture": None}), content_type="application/json")

    lines = [record.message for record in caplog.records if record.name == "example"]
    assert lines == [
        f"Profile picture of user {profile.user.pk} is now {name}",
        f"Profile picture of user {profile.user.pk} is now gone",
    ]
    assert "home" not in caplog.text


def test_a_storage_that_fails_is_503_and_nothing_changes(talent: Talent, media: Path, broken: None) -> None:
    response = talent.upload(first_name="Nobody")

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "Nothing has changed." in response.json()["detail"]
    assert User.objects.get().first_name == ""
    assert stored(media) == []


def test_too_many_changes_are_429(talent: Talent, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    talent.upload()

    response = talent.upload()

    assert response.status_code == 429
    assert response["Retry-After"]
    assert talent.get().status_code == 200


# Current profile


def test_the_profile_is_shown_flat_with_the_limits_beside_it(talent: Talent, profile: TalentUserProfile) -> None:
    address = talent.upload().json()["profile"]["profile_picture"]

    response = talent.get()

    assert response.status_code == 200
    assert response.json().keys() == PROFILE_KEYS | {"file_limits"}
    assert response.json()["id"] == profile.pk
    assert response.json()["profile_picture"] == address
    assert response.json()["file_limits"] == {
        "max_image_size": 5242880,
        "max_video_size": 104857600,
        "allowed_image_types": ["jpg", "jpeg", "png", "gif", "webp"],
        "allowed_video_types": ["mp4", "mov", "avi"],
    }


def test_the_limits_are_those_that_hold(talent: Talent, monkeypatch: pytest.MonkeyPatch) -> None:
    field = TalentUserProfile._meta.get_field("profile_picture")
    monkeypatch.setitem(field._options, "max_bytes", 1000)
    monkeypatch.setitem(field._options, "input_formats", ("PNG",))

    assert talent.get().json()["file_limits"]["max_image_size"] == 1000
    assert talent.get().json()["file_limits"]["allowed_image_types"] == ["png"]
    assert talent.upload().status_code == 400


def test_without_a_picture_the_address_is_null(talent: Talent) -> None:
    assert talent.get().json()["profile_picture"] is None


def test_the_score_grows_with_the_profile(talent: Talent) -> None:
    scores = [talent.get().json()["profile_score"]]
    scores.append(talent.upload().json()["profile"]["profile_score"])
    scores.append(talent.post({"city": "Rome"}).json()["profile"]["profile_score"])

    assert scores == [15, 25, 35]


# Partial updates


def test_with_partial_nothing_but_the_picture_changes(talent: Talent) -> None:
    talent.post({"city": "Rome", "first_name": "Ann"})

    response = talent.post({"profile_picture": image_file()}, url=f"{URL}?partial=true")

    assert response.status_code == 200
    assert response.json()["profile"]["city"] == "Rome"
    assert response.json()["profile"]["user"]["first_name"] == "Ann"


def test_with_partial_nothing_but_one_field_changes(talent: Talent) -> None:
    address = talent.upload().json()["profile"]["profile_picture"]

    response = talent.post({"city": "Rome"}, url=f"{URL}?partial=true")

    assert response.json()["profile"]["profile_picture"] == address


def test_other_fields_can_be_sent_as_json(talent: Talent) -> None:
    address = talent.upload().json()["profile"]["profile_picture"]

    response = talent.post(json.dumps({"city": "Rome", "last_name": "Doe"}), content_type="application/json")

    assert response.status_code == 200
    assert response.json()["profile"]["city"] == "Rome"
    assert response.json()["profile"]["user"]["last_name"] == "Doe"
    assert response.json()["profile"]["profile_picture"] == address


@pytest.mark.parametrize("body", ["[]", "7", '"text"', "{", '{"profile_picture": "https://example.com/a.jpg"}'])
def test_json_that_is_no_profile_is_400(talent: Talent, body: str) -> None:
    assert talent.post(body, content_type="application/json").status_code == 400


def test_what_is_not_for_the_talent_to_decide_stays(talent: Talent, profile: TalentUserProfile, alice: User) -> None:
    talent.post(
        {
            "id": 999,
            "user": alice.pk,
            "user_id": alice.pk,
            "is_verified": "true",
            "account_type": "gold",
            "profile_score": 100,
        }
    )

    stored_profile = TalentUserProfile.objects.get()
    assert stored_profile.pk == profile.pk
    assert stored_profile.user == profile.user
    assert not stored_profile.is_verified
    assert stored_profile.account_type == "free"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_there_is_nothing_but_get_and_post(talent: Talent, method: str) -> None:
    assert getattr(talent.browser, method)(URL, headers=talent.headers).status_code == 405
