"""The contract: what the document of this system says, line by line. Run by `python -m pytest example_project`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from conftest import bearer, heavy_file, image_file, stored
from django_avatars import services
from django_avatars.exceptions import StorageUnavailable
from profileimages.models import ProfileImage

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django.fixtures import SettingsWrapper

URL, ME = "/users/me/profile-image", "/users/me"


def upload(browser: Client, file: Any = None, **kwargs: Any) -> HttpResponse:
    return browser.post(URL, {"file": file or image_file()}, **kwargs)


# Upload


def test_an_upload_answers_200_with_the_address_of_the_image(client: Client, media: Path) -> None:
    response = upload(client)

    image = ProfileImage.objects.get().image
    assert response.status_code == 200
    assert response.json() == {"image_url": f"http://testserver{image.url}"}
    assert image.name in stored(media)


@pytest.mark.parametrize(
    ("format", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("GIF", "a.gif"), ("WEBP", "a.webp")]
)
def test_jpeg_png_and_the_like_are_accepted(client: Client, format: str, name: str) -> None:
    assert upload(client, image_file(format, name)).status_code == 200


def test_the_bearer_of_a_token_needs_no_session_and_no_csrf_token(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    token = bearer(browser, "alice")

    response = upload(browser, headers=token)

    assert response.status_code == 200
    assert ProfileImage.objects.get().user == alice
    assert browser.get(ME, headers=token).json()["image_url"] == response.json()["image_url"]
    assert browser.delete(URL, headers=token).status_code == 200


def test_a_refreshed_token_is_as_good(alice: User) -> None:
    browser = Client()
    answer = browser.post("/api/token/", {"username": "alice", "password": "correct horse battery"}).json()
    assert answer.keys() == {"access", "refresh"}

    access = browser.post("/api/token/refresh/", {"refresh": answer["refresh"]}).json()["access"]

    assert browser.get(ME, headers={"Authorization": f"Bearer {access}"}).status_code == 200


@pytest.mark.parametrize("method", ["post", "delete"])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic YWxpY2U6eA=="}])
def test_authentication_is_required(visitor: Client, media: Path, method: str, headers: dict[str, str]) -> None:
    data = {"data": {"file": image_file()}} if method == "post" else {}

    response = getattr(visitor, method)(URL, headers=headers, **data)

    assert (response.status_code, response.json()) == (401, {"detail": "Unauthorized"})
    assert stored(media) == []


def test_a_stranger_is_told_to_log_in_and_not_that_a_token_is_missing(transactional_db: None) -> None:
    assert upload(Client(enforce_csrf_checks=True)).status_code == 401


def test_another_site_cannot_use_a_session(alice: User, media: Path) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    assert upload(browser).status_code == 403
    assert stored(media) == []


@pytest.mark.parametrize(
    "file",
    [
        SimpleUploadedFile("a.jpg", b"no picture"),
        SimpleUploadedFile("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        SimpleUploadedFile("a.jpg", b""),
        SimpleUploadedFile("a.php", image_file().read()),
        SimpleUploadedFile("a.jpg", image_file().read()[:500]),
    ],
    ids=["text", "svg", "empty", "php", "cut"],
)
def test_an_invalid_file_is_400_in_the_words_of_the_document(client: Client, media: Path, file: Any) -> None:
    file.seek(0)

    response = upload(client, file)

    assert (response.status_code, response.json()) == (400, {"detail": "Invalid file format"})
    assert not ProfileImage.objects.exists()
    assert stored(media) == []


def test_no_file_two_files_and_encoded_files_are_400(client: Client) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n'
    body += b"Content-Transfer-Encoding: base64\r\n\r\neHg=\r\n--x--\r\n"

    responses = [
        client.post(URL),
        client.post(URL, {"file": image_file(), "more": image_file()}),
        client.post(URL, body, content_type="multipart/form-data; boundary=x"),
    ]

    assert [response.status_code for response in responses] == [400, 400, 400]
    assert {response.json()["detail"] for response in responses} == {"Invalid file format"}


def test_json_without_an_image_is_400(client: Client) -> None:
    response = client.post(URL, {"file": None}, content_type="application/json")

    assert (response.status_code, response.json()) == (400, {"detail": "Invalid file format"})
    assert not ProfileImage.objects.exists()


@pytest.mark.parametrize("is_bearer", [False, True])
def test_too_many_and_too_large_fields_are_400(client: Client, visitor: Client, is_bearer: bool) -> None:
    browser, headers = (visitor, bearer(visitor, "alice")) if is_bearer else (client, {})
    many = {"file": image_file(), **{f"x{number}": "" for number in range(1001)}}
    large = {"x": "x" * 3_000_000, "file": image_file()}

    for data in (many, large):
        response = browser.post(URL, data, headers=headers)

        assert (response.status_code, response.json()) == (400, {"detail": "Invalid file format"})


@pytest.mark.parametrize("size", [3_000_000, 10 * 1024 * 1024])
def test_a_file_may_have_as_much_as_the_limit_says(client: Client, size: int) -> None:
    assert upload(client, heavy_file(size)).status_code == 200


def test_a_file_over_the_limit_is_413_with_the_limit(client: Client) -> None:
    response = upload(client, SimpleUploadedFile("a.jpg", bytes(11 * 1024 * 1024)))

    assert response.status_code == 413
    assert response.json() == {"detail": "This picture is more than 10 MB. The limit is 10 MB."}


def test_a_storage_that_fails_is_500_in_the_words_of_the_document(client: Client, media: Path, broken: None) -> None:
    response = upload(client)

    assert (response.status_code, response.json()) == (500, {"detail": "Error uploading image"})
    assert response["Retry-After"] == "30"
    assert stored(media) == []


def test_too_many_changes_are_429(client: Client, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}
    assert [upload(client, image_file()).status_code for _ in range(2)] == [200, 200]

    refused = upload(client)

    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert client.delete(URL).status_code == 200


def test_nobody_changes_the_image_of_somebody_else(client: Client, alice: User) -> None:
    bob = User.objects.create(username="bob")

    client.post(f"{URL}?user_id={bob.pk}", {"file": image_file(), "user_id": bob.pk, "user": bob.pk})

    assert [image.user for image in ProfileImage.objects.all()] == [alice]


# Delete


def test_deleting_answers_200_in_the_words_of_the_document(client: Client, media: Path) -> None:
    upload(client)
    assert stored(media)

    response = client.delete(URL)

    assert (response.status_code, response.json()) == (200, {"message": "Profile image deleted successfully"})
    assert stored(media) == []


def test_deleting_what_is_not_there_is_404(client: Client) -> None:
    never = client.delete(URL)
    upload(client)
    client.delete(URL)
    again = client.delete(URL)

    for response in (never, again):
        assert (response.status_code, response.json()) == (404, {"detail": "User has no profile image"})


def test_deleting_what_is_not_there_is_no_change(client: Client, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}

    statuses = [client.delete(URL).status_code for _ in range(4)] + [upload(client).status_code]

    assert statuses == [404, 404, 404, 404, 200]


def test_a_removal_that_fails_is_500_in_the_words_of_the_document(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any, **kwargs: Any) -> bool:
        raise StorageUnavailable

    upload(client)
    monkeypatch.setattr(services, "remove_picture", fail)

    response = client.delete(URL)

    assert (response.status_code, response.json()) == (500, {"detail": "Error deleting image from Cloudinary"})
    assert ProfileImage.objects.get().image


def test_files_that_cannot_be_deleted_do_not_keep_the_image_from_going(
    client: Client, media: Path, undeletable: None
) -> None:
    upload(client)

    assert client.delete(URL).status_code == 200

    assert client.get(ME).json()["image_url"] is None
    assert stored(media)  # what `avatars_prune` is for


@pytest.mark.parametrize("method", ["get", "put", "patch"])
def test_there_is_nothing_but_post_and_delete(client: Client, method: str) -> None:
    assert getattr(client, method)(URL).status_code == 405


# Implementation details


def test_images_are_in_their_folder_under_names_that_are_never_used_again(client: Client) -> None:
    names = []
    for _ in range(3):
        upload(client)
        names.append(ProfileImage.objects.get().image.name)

    assert {Path(name).parent.as_posix() for name in names} == {"profile_images"}
    assert len(set(names)) == 3
    assert not any("photo" in name or "alice" in name for name in names)


def test_access_is_public_by_the_address(client: Client, visitor: Client) -> None:
    address = upload(client).json()["image_url"].removeprefix("http://testserver")

    assert address == ProfileImage.objects.get().image.url


def test_a_new_image_takes_the_place_of_the_old_one(client: Client, media: Path) -> None:
    upload(client)
    old = set(stored(media))

    upload(client, image_file(color="#a54769"))

    assert len(stored(media)) == len(old)
    assert not old & set(stored(media))


# The image in the profile


def test_who_is_logged_in_is_told_with_the_address_of_the_image(client: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.com", first_name="Alice", last_name="Liddell")
    without = client.get(ME)
    image_url = upload(client).json()["image_url"]

    assert without.status_code == 200
    assert without.json() == {
        "id": alice.pk,
        "username": "alice",
        "email": "alice@example.com",
        "first_name": "Alice",
        "last_name": "Liddell",
        "image_url": None,
    }
    assert client.get(ME).json()["image_url"] == image_url


def test_a_stranger_is_nobody(visitor: Client) -> None:
    assert visitor.get(ME).status_code == 401
