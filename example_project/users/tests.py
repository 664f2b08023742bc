"""The contract: what the document of this system says, line by line. Run by `python -m pytest example_project`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from conftest import heavy_file, image_file, stored
from django_avatars.fields import AvatarField
from example.people import add_default_picture
from users.forms import UserProfileUpdateForm
from users.models import UserProfile

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django.fixtures import SettingsWrapper

UPDATE, API = "/users/profile/update/", "/upload-profile-pic/"
TOO_MUCH = SimpleUploadedFile("a.jpg", bytes(11 * 1024 * 1024))


@pytest.fixture
def profile(alice: User) -> UserProfile:
    return UserProfile.objects.create(user=alice)


@pytest.fixture
def staff(transactional_db: None) -> Client:
    """The browser of somebody who looks after the site."""
    browser = Client()
    browser.force_login(User.objects.create_user("ada", is_staff=True))
    return browser


def update(browser: Client, **data: Any) -> HttpResponse:
    return browser.post(UPDATE, {"city": "Turin", **data})


# Model


def test_the_model_is_the_one_of_the_document() -> None:
    user, picture = (UserProfile._meta.get_field(name) for name in ("user", "profile_pic"))

    assert user.one_to_one
    assert user.remote_field.related_name == "profile"
    assert isinstance(picture, AvatarField)
    assert (picture.verbose_name, picture.default) == ("image", "profile_pics/default.png")
    assert picture.blank
    assert picture.null


def test_everybody_starts_with_the_default_picture(profile: UserProfile) -> None:
    assert profile.profile_pic.name == "profile_pics/default.png"
    assert profile.imageURL == profile.profile_pic.url == "/media/profile_pics/default.png"


def test_the_default_picture_is_there_and_nobody_who_replaces_it_deletes_it(
    client: Client, profile: UserProfile, media: Path
) -> None:
    add_default_picture()
    add_default_picture()
    assert stored(media) == ["profile_pics/default.png"]

    update(client, profile_pic=image_file())

    assert "profile_pics/default.png" in stored(media)
    assert len(stored(media)) == 4


def test_the_image_url_is_empty_without_a_picture(profile: UserProfile) -> None:
    profile.profile_pic = None
    profile.save()

    assert UserProfile.objects.get().imageURL == ""


# Form


def test_the_form_has_the_fields_of_the_document_in_their_order() -> None:
    assert list(UserProfileUpdateForm().fields) == [
        "phone", "gender", "profile_pic", "address", "city", "state", "zipcode",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["IMG_0001.HEIC", "photo"])
def test_photos_are_taken_as_phones_make_them(client: Client, profile: UserProfile, name: str) -> None:
    heif, file = pytest.importorskip("pillow_heif"), io.BytesIO()
    heif.from_pillow(Image.new("RGB", (300, 200), "#3f4fd0")).save(file)

    page = client.get(UPDATE).content.decode()
    update(client, profile_pic=SimpleUploadedFile(name, file.getvalue()))

    assert "image/heic" in page
    profile.refresh_from_db()
    assert profile.profile_pic.sizes == (200, 128, 64)


# Upload view


def test_the_view_wants_a_log_in(visitor: Client) -> None:
    response = visitor.get(UPDATE)

    assert (response.status_code, response["Location"]) == (302, f"/login/?next={UPDATE}")


def test_the_view_makes_a_profile_for_whoever_has_none(client: Client, alice: User) -> None:
    assert client.get(UPDATE).status_code == 200

    assert UserProfile.objects.get().user == alice


def test_a_valid_form_is_saved_and_leads_to_the_profile(client: Client, profile: UserProfile, media: Path) -> None:
    response = update(client, profile_pic=image_file())

    assert (response.status_code, response["Location"]) == (302, "/users/profile/")
    changed = UserProfile.objects.get()
    assert changed.city == "Turin"
    assert changed.profile_pic.sizes == (200, 128, 64)
    assert {Path(name).parent.as_posix() for name in stored(media)} == {"profile_pics"}


def test_the_form_of_the_page_is_multipart_has_the_token_the_input_and_the_button(client: Client) -> None:
    page = client.get(UPDATE).content.decode()

    assert '<form class="form" method="POST" enctype="multipart/form-data">' in page
    assert 'name="csrfmiddlewaretoken"' in page
    assert '<input type="file" name="profile_pic"' in page
    assert ">Update Profile</button>" in page
    assert "avatars-field.css" in page


@pytest.mark.parametrize(
    ("file", "status", "code"),
    [
        (SimpleUploadedFile("a.jpg", b"no picture"), 400, "not_an_image"),
        (SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), 400, "unsupported_format"),
        (TOO_MUCH, 413, "too_large"),
    ],
    ids=["text", "svg", "too much"],
)
def test_a_picture_that_cannot_be_used_is_said_beside_the_input(
    client: Client, profile: UserProfile, media: Path, file: Any, status: int, code: str
) -> None:
    file.seek(0)
    response = update(client, profile_pic=file)

    assert response.status_code == status
    assert response.context["form"].has_error("profile_pic", code)
    assert UserProfile.objects.get().city == ""
    assert stored(media) == []


@pytest.mark.parametrize("size", [3_000_000, 10 * 1024 * 1024])
def test_a_picture_may_have_as_much_as_the_limit_says(client: Client, profile: UserProfile, size: int) -> None:
    assert update(client, profile_pic=heavy_file(size)).status_code == 302


def test_the_page_shows_the_picture_by_its_image_url(client: Client, profile: UserProfile) -> None:
    update(client, profile_pic=image_file())

    page = client.get("/users/profile/").content.decode()

    assert f'<img class="face" src="{UserProfile.objects.get().imageURL}" alt="alice"' in page


def test_the_page_falls_back_to_the_static_picture(client: Client, alice: User) -> None:
    page = client.get("/users/profile/").content.decode()

    assert '<img class="face" src="/static/images/default-avatar.png" alt="Default"' in page


def test_a_new_picture_takes_the_place_of_the_old_files(client: Client, profile: UserProfile, media: Path) -> None:
    update(client, profile_pic=image_file())
    old = set(stored(media))

    update(client, profile_pic=image_file(color="#a54769"))

    assert len(stored(media)) == len(old) == 3
    assert not old & set(stored(media))


def test_another_site_cannot_change_a_profile(profile: UserProfile, media: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(profile.user)

    assert update(browser, profile_pic=image_file()).status_code == 403
    assert stored(media) == []


def test_a_storage_that_fails_is_said_and_nothing_changes(client: Client, profile: UserProfile, broken: None) -> None:
    response = update(client, profile_pic=image_file())

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "Nothing has changed." in response.content.decode()
    assert UserProfile.objects.get().profile_pic.name == "profile_pics/default.png"


def test_too_many_changes_are_said(client: Client, profile: UserProfile, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    update(client, profile_pic=image_file())

    response = update(client, profile_pic=image_file())

    assert response.status_code == 429
    assert f"Try again in {response['Retry-After']} seconds." in response.content.decode()


# API upload (for admin dashboard)


def test_staff_set_the_picture_of_somebody_and_get_its_address(
    staff: Client, profile: UserProfile, media: Path
) -> None:
    response = staff.post(API, {"user_id": profile.user.pk, "image": image_file()})

    assert response.status_code == 200
    picture = UserProfile.objects.get().profile_pic
    assert response.json() == {"url": f"http://testserver{picture.url}"}
    assert picture.name.startswith("profile_pics/")
    assert picture.name in stored(media)


def test_somebody_without_a_profile_gets_one(staff: Client, alice: User) -> None:
    response = staff.post(API, {"user_id": alice.pk, "image": image_file()})

    assert response.status_code == 200
    assert UserProfile.objects.get(user=alice).profile_pic.sizes


def test_nobody_else_may(visitor: Client, client: Client, profile: UserProfile, media: Path) -> None:
    data = {"user_id": profile.user.pk}

    refused = [browser.post(API, {**data, "image": image_file()}) for browser in (visitor, client)]

    assert [response.status_code for response in refused] == [401, 403]
    assert [response.json() for response in refused] == [
        {"error": "Log in first."},
        {"error": "Only staff may do this."},
    ]
    assert stored(media) == []


def test_who_has_no_session_is_told_so_whatever_else_is_missing(profile: UserProfile) -> None:
    response = Client(enforce_csrf_checks=True).post(API, {"user_id": profile.user.pk, "image": image_file()})

    assert (response.status_code, response.json()) == (401, {"error": "Log in first."})


def test_staff_have_a_limit_too(staff: Client, profile: UserProfile, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    data = {"user_id": profile.user.pk}

    responses = [staff.post(API, {**data, "image": image_file()}) for _ in range(2)]

    assert [response.status_code for response in responses] == [200, 429]
    assert responses[1].json()["code"] == "rate_limited"
    assert 1 <= int(responses[1]["Retry-After"]) <= 60


def test_another_site_cannot_make_staff_do_it(profile: UserProfile) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.create_user("ada", is_staff=True))

    assert browser.post(API, {"user_id": profile.user.pk, "image": image_file()}).status_code == 403
    assert not UserProfile.objects.get().profile_pic.sizes


@pytest.mark.parametrize("user_id", ["", "0", "999999", "-1", "x", "9" * 40, "²"])
def test_a_user_that_is_not_there_is_not_found(staff: Client, user_id: str) -> None:
    response = staff.post(API, {"user_id": user_id, "image": image_file()})

    assert (response.status_code, response.json()) == (404, {"error": "There is no such user."})


@pytest.mark.parametrize(
    ("image", "status", "code"),
    [
        (None, 400, "required"),
        (SimpleUploadedFile("a.jpg", b"no picture"), 400, "not_an_image"),
        (TOO_MUCH, 413, "too_large"),
    ],
    ids=["none", "text", "too much"],
)
def test_an_upload_that_cannot_be_used_is_said_with_its_code(
    staff: Client, profile: UserProfile, image: Any, status: int, code: str
) -> None:
    data = {"user_id": profile.user.pk}
    if image:
        image.seek(0)
        data["image"] = image

    response = staff.post(API, data)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert UserProfile.objects.get().profile_pic.name == "profile_pics/default.png"


def test_the_order_of_the_fields_does_not_matter(staff: Client, profile: UserProfile) -> None:
    TOO_MUCH.seek(0)
    too_much = staff.post(API, {"image": TOO_MUCH, "user_id": profile.user.pk})
    fine = staff.post(API, {"image": heavy_file(10 * 1024 * 1024), "user_id": profile.user.pk})

    assert (too_much.status_code, too_much.json()["code"]) == (413, "too_large")
    assert fine.status_code == 200


def test_a_storage_that_fails_is_503_there_too(staff: Client, profile: UserProfile, broken: None) -> None:
    response = staff.post(API, {"user_id": profile.user.pk, "image": image_file()})

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response.json()["code"] == "storage_unavailable"


def test_only_post_uploads(staff: Client) -> None:
    assert staff.get(API).status_code == 405


def test_the_page_of_the_dashboard_is_for_staff(staff: Client, client: Client) -> None:
    assert f'action="{API}"' in staff.get("/users/dashboard-upload/").content.decode()
    assert client.get("/users/dashboard-upload/").status_code == 403
