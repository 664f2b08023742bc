"""The contract: what the document of this system says, line by line. Run by `python -m pytest example_project`."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django.utils.formats import localize
from PIL import Image

from conftest import PASSWORD, image_file
from loginsystem.models import UserDetails

if TYPE_CHECKING:
    from django.http import HttpResponse
    from pytest_django.fixtures import SettingsWrapper

UPLOAD = "/upload-profile-picture/"
REMOVE = "/remove-profile-picture/"
MEGABYTE = 1024 * 1024


def upload(browser: Client, file: Any = None, **kwargs: Any) -> HttpResponse:
    return browser.post(UPLOAD, {"profile_picture": file or image_file()}, **kwargs)


def stored(media: Path) -> list[str]:
    """Names of all files below the media folder."""
    return sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())


def shown(response: HttpResponse) -> list[str]:
    """Addresses of the uploaded pictures on a page."""
    return re.findall(r'<img src="(/media/[^"]+)"', response.content.decode())


def texts(response: HttpResponse) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def code(response: HttpResponse) -> str:
    """The code of the only error on the profile page."""
    [error] = response.context["form"].errors.as_data()["profile_picture"]
    return error.code


# 1. The model


def test_details_have_a_picture_that_may_be_empty_and_two_times(alice: User) -> None:
    before = timezone.now()

    details = UserDetails(user=alice)
    details.full_clean()
    details.save()

    assert not details.profile_picture
    assert before <= details.created_at <= details.updated_at <= timezone.now()


def test_uploading_and_removing_set_the_time_of_the_update(client: Client, alice: User) -> None:
    long_ago = timezone.now() - timedelta(days=9)
    UserDetails.objects.create(user=alice)
    times = []

    for change in (lambda: upload(client), lambda: client.post(REMOVE)):
        UserDetails.objects.update(updated_at=long_ago, created_at=long_ago)
        change()
        times.append(UserDetails.objects.get().updated_at)

    assert min(times) > long_ago + timedelta(days=8)
    assert UserDetails.objects.get().created_at == long_ago


def test_settings_are_those_of_the_document(settings: SettingsWrapper) -> None:
    from example import settings as written

    assert written.MEDIA_URL == "/media/"
    assert written.MEDIA_ROOT.name == "media"
    assert written.STATIC_ROOT.name == "staticfiles"


# 2. Files: where they are, and when they go


def test_files_are_in_a_folder_of_the_user_below_profile_pictures(client: Client, media: Path) -> None:
    upload(client)

    assert {str(Path(name).parent) for name in stored(media)} == {"profile_pictures/alice"}
    assert UserDetails.objects.get().profile_picture.url.startswith("/media/profile_pictures/alice/")


@pytest.mark.parametrize("username", ["../../etc", "..", "Bob", "bob@example.com", "Ольга"])
def test_no_username_leads_out_of_profile_pictures(visitor: Client, media: Path, username: str) -> None:
    visitor.force_login(User.objects.create(username=username))

    response = upload(visitor)

    assert response.status_code == 302
    assert {Path(name).parts[0] for name in stored(media)} == {"profile_pictures"}
    assert {len(Path(name).parts) for name in stored(media)} == {3}


def test_the_name_of_the_uploaded_file_is_not_kept(client: Client, media: Path) -> None:
    upload(client, image_file(name="me at Karl-Marx-Straße 12.jpg"))

    assert stored(media)
    assert "karl" not in " ".join(stored(media)).lower()


def test_a_new_picture_takes_the_place_of_the_old_files(client: Client, media: Path) -> None:
    upload(client)
    old = set(stored(media))

    upload(client, image_file(color="#a54769"))

    assert len(stored(media)) == len(old) > 0
    assert not old & set(stored(media))


def test_removing_deletes_the_files_and_clears_the_field(client: Client, media: Path) -> None:
    upload(client)
    assert stored(media)

    client.post(REMOVE)

    assert stored(media) == []
    assert not UserDetails.objects.get().profile_picture


def test_the_files_of_a_deleted_user_go_too(client: Client, alice: User, media: Path) -> None:
    upload(client)

    alice.delete()

    assert stored(media) == []


# 3. The endpoints


def test_uploading_answers_with_a_message_and_leads_to_the_profile(client: Client) -> None:
    response = upload(client)

    assert (response.status_code, response["Location"]) == (302, "/profile/")
    assert texts(response) == ["Profile picture uploaded."]


def test_removing_answers_with_a_message_and_leads_to_the_profile(client: Client) -> None:
    upload(client)

    response = client.post(REMOVE)

    assert (response.status_code, response["Location"]) == (302, "/profile/")
    assert texts(response)[-1] == "Profile picture removed."


def test_removing_what_is_not_there_is_no_error(client: Client) -> None:
    response = client.post(REMOVE)

    assert (response.status_code, response["Location"]) == (302, "/profile/")
    assert texts(response) == []


@pytest.mark.parametrize("path", [UPLOAD, REMOVE])
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_post_changes_a_picture(client: Client, path: str, method: str) -> None:
    response = getattr(client, method)(path)

    assert response.status_code == 405
    assert response["Allow"] == "POST"


@pytest.mark.parametrize("path", [UPLOAD, REMOVE])
def test_a_change_without_a_session_leads_to_the_log_in_and_then_to_the_profile(
    visitor: Client, media: Path, path: str
) -> None:
    response = visitor.post(path, {"profile_picture": image_file()})

    assert (response.status_code, response["Location"]) == (302, "/login/?next=/profile/")
    assert stored(media) == []


@pytest.mark.parametrize("path", ["/profile/", "/dashboard/", "/success/"])
def test_pages_about_people_want_a_session(visitor: Client, path: str) -> None:
    response = visitor.get(path)

    assert (response.status_code, response["Location"]) == (302, f"/login/?next={path}")


@pytest.mark.parametrize("path", [UPLOAD, REMOVE])
def test_another_site_cannot_change_a_picture(alice: User, media: Path, path: str) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    response = browser.post(path, {"profile_picture": image_file()})

    assert response.status_code == 403
    assert stored(media) == []


def test_the_form_on_the_profile_is_let_through(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    browser.get("/profile/")

    response = browser.post(
        UPLOAD, {"csrfmiddlewaretoken": browser.cookies["csrftoken"].value, "profile_picture": image_file()}
    )

    assert response["Location"] == "/profile/"
    assert UserDetails.objects.get().profile_picture


def test_nobody_can_change_the_picture_of_somebody_else(client: Client, alice: User) -> None:
    bob = User.objects.create(username="bob")

    client.post(UPLOAD, {"profile_picture": image_file(), "user": bob.pk, "username": "bob", "id": bob.pk})

    assert [details.user for details in UserDetails.objects.exclude(profile_picture="")] == [alice]


# 4. What is accepted


@pytest.mark.parametrize(
    ("format", "name"),
    [
        ("JPEG", "a.jpg"),
        ("JPEG", "a.jpeg"),
        ("JPEG", "A.JPG"),
        ("PNG", "a.png"),
        ("GIF", "a.gif"),
        ("BMP", "a.bmp"),
        ("WEBP", "a.webp"),
    ],
)
def test_jpg_jpeg_png_gif_bmp_and_webp_are_accepted(client: Client, media: Path, format: str, name: str) -> None:
    response = upload(client, image_file(format, name))

    assert response.status_code == 302
    with Image.open(media / UserDetails.objects.get().profile_picture.name) as picture:
        assert picture.size == (200, 200)


@pytest.mark.parametrize(
    ("format", "name"), [("AVIF", "a.avif"), ("TIFF", "a.tiff"), ("AVIF", "a.jpg"), ("TIFF", "a.png")]
)
def test_other_formats_are_refused_whatever_they_call_themselves(
    client: Client, media: Path, format: str, name: str
) -> None:
    response = upload(client, image_file(format, name))

    assert response.status_code == 400
    assert code(response) in {"unsupported_format", "extension_not_allowed"}
    assert stored(media) == []


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.txt", b"no picture", "not_an_image"),
        ("a.jpg", b"no picture", "not_an_image"),
        ("a.php", image_file().read(), "extension_not_allowed"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        ("a.jpg", b"", "empty"),
        ("a.jpg", image_file().read()[:500], "truncated"),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_changes(
    client: Client, media: Path, name: str, content: bytes, expected: str
) -> None:
    upload(client)
    before = stored(media), UserDetails.objects.get().profile_picture.name

    response = upload(client, SimpleUploadedFile(name, content))

    assert response.status_code == 400
    assert code(response) == expected
    assert (stored(media), UserDetails.objects.get().profile_picture.name) == before
    assert shown(response)[-1:] == shown(client.get("/profile/"))[-1:] != []


def test_sending_no_file_is_refused_and_keeps_the_picture(client: Client, media: Path) -> None:
    upload(client)
    before = stored(media)

    response = client.post(UPLOAD)

    assert response.status_code == 400
    assert code(response) == "required"
    assert "Choose a picture first." in response.content.decode()
    assert stored(media) == before


def test_five_megabytes_are_accepted_and_one_byte_more_is_not(client: Client, media: Path) -> None:
    photo = image_file().read()
    fits = photo + bytes(5 * MEGABYTE - len(photo))

    assert upload(client, SimpleUploadedFile("a.jpg", fits)).status_code == 302
    before = stored(media)
    response = upload(client, SimpleUploadedFile("a.jpg", fits + b"\0"))

    assert response.status_code == 413
    assert code(response) == "too_large"
    assert "This picture is more than 5 MB. The limit is 5 MB." in response.content.decode()
    assert stored(media) == before != []


def test_an_error_is_read_out_with_the_input_that_caused_it(client: Client) -> None:
    page = upload(client, SimpleUploadedFile("a.jpg", b"no picture")).content.decode()

    [control] = re.findall(r'<input type="file"[^>]*>', page)
    [described_by] = re.findall(r'aria-describedby="([^"]+)"', control)
    assert 'aria-invalid="true"' in control
    assert " autofocus" in control
    assert all(f'id="{id}"' in page for id in described_by.split())
    assert "id_profile_picture_error" in described_by.split()
    assert "<title>Error: Your profile" in page


def test_a_storage_that_fails_is_a_page_that_says_so_and_nothing_changes(
    client: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> str:
        raise OSError(28, "No space left on device")

    upload(client)
    before = stored(media), UserDetails.objects.get().profile_picture.name
    monkeypatch.setattr(FileSystemStorage, "_save", fail)

    response = upload(client)

    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "Nothing has changed." in response.content.decode()
    assert (stored(media), UserDetails.objects.get().profile_picture.name) == before


# 5. The pages


def test_the_profile_says_what_may_be_uploaded_and_takes_a_drop(client: Client) -> None:
    page = client.get("/profile/").content.decode()

    [control] = re.findall(r'<input type="file"[^>]*>', page)
    assert 'name="profile_picture"' in control
    assert 'accept="image/jpeg,image/png,image/gif,image/bmp,image/webp"' in control
    assert 'enctype="multipart/form-data"' in page
    assert re.search(r"<label[^>]*>Choose Image File</label>", page)
    assert "📤 Upload Picture" in page
    assert "JPEG, PNG, GIF, BMP or WebP, up to 5 MB." in page
    assert "Drop a picture here" in page


def test_the_profile_says_whether_there_is_a_picture(client: Client) -> None:
    without = client.get("/profile/").content.decode()
    upload(client)
    with_one = client.get("/profile/").content.decode()

    assert "No picture yet" in without
    assert "🗑️ Remove Picture" not in without
    assert f"Picture set on {localize(timezone.localdate())}<" in with_one
    assert "🗑️ Remove Picture" in with_one


def test_removing_asks_first_without_a_script(client: Client) -> None:
    upload(client)

    page = client.get("/profile/").content.decode()

    assert re.search(r'<button[^>]* type="button" popovertarget="remove">🗑️ Remove Picture</button>', page)
    [dialog] = re.findall(r'<div[^>]* id="remove" popover role="alertdialog".*?</div>', page, re.DOTALL)
    assert f'<form class="actions" method="post" action="{REMOVE}">' in dialog
    assert "Keep picture" in dialog


@pytest.mark.parametrize(("path", "size"), [("/profile/", 256), ("/success/", 128), ("/dashboard/", 36), ("/", 36)])
def test_a_picture_is_shown_at_once_on_every_page_in_its_size(client: Client, path: str, size: int) -> None:
    upload(client)

    response = client.get(path)

    picture = UserDetails.objects.get().profile_picture
    shown_in_size = re.findall(rf'<img src="([^"]+)"[^>]* width="{size}" height="{size}"', response.content.decode())
    assert set(shown_in_size) == {picture.url_for(size)}


@pytest.mark.parametrize(("path", "size"), [("/profile/", 256), ("/success/", 128), ("/dashboard/", 36), ("/", 36)])
def test_the_first_letter_of_the_username_stands_in_for_a_picture(client: Client, path: str, size: int) -> None:
    page = client.get(path).content.decode()

    [letters] = {
        re.sub("<[^>]+>", "", drawing)
        for drawing in re.findall(rf'<svg[^>]*class="avatar__fallback"[^>]*width="{size}".*?</svg>', page, re.DOTALL)
    }
    assert letters == "A"


def test_a_removed_picture_gives_way_to_the_letter(client: Client) -> None:
    upload(client)
    assert shown(client.get("/dashboard/"))

    client.post(REMOVE)

    assert shown(client.get("/dashboard/")) == []


def test_signing_up_begins_with_the_name(visitor: Client) -> None:
    [focused] = re.findall("<input[^>]* autofocus[^>]*>", visitor.get("/signup/").content.decode())

    assert 'name="first_name"' in focused


def test_logging_in_and_signing_up_lead_to_the_success_page(visitor: Client, alice: User) -> None:
    login = visitor.post("/login/", {"username": "alice", "password": PASSWORD})
    visitor.post("/logout/")
    signup = visitor.post("/signup/", {"username": "bob", "password1": PASSWORD, "password2": PASSWORD})

    assert (login.status_code, login["Location"]) == (302, "/success/")
    assert (signup.status_code, signup["Location"]) == (302, "/success/")
    assert "Welcome, <bdi>bob</bdi>!" in visitor.get("/success/").content.decode()


def test_somebody_new_can_upload_at_once(visitor: Client) -> None:
    visitor.post("/signup/", {"username": "bob", "password1": PASSWORD, "password2": PASSWORD})

    response = upload(visitor, follow=True)

    assert response.redirect_chain == [("/profile/", 302)]
    assert shown(response)


def test_logging_out_takes_a_post_and_ends_the_session(client: Client) -> None:
    assert client.get("/logout/").status_code == 405

    response = client.post("/logout/")

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.get("/dashboard/").status_code == 302


def test_the_dashboard_takes_the_same_queries_for_many_as_for_one(
    client: Client, django_assert_num_queries: Any
) -> None:
    queries = 5  # session, user, members, their number, and the details of the one who looks
    with django_assert_num_queries(queries, exact=False):
        client.get("/dashboard/")
    for number in range(30):
        UserDetails.objects.create(user=User.objects.create(username=f"user{number}"))

    with django_assert_num_queries(queries, exact=False):
        page = client.get("/dashboard/").content.decode()

    assert 'Members <span class="count">31</span>' in page
    assert "26 more" in page


# Next possible enhancements: what the library brings


def test_staff_remove_many_pictures_at_once_after_a_question(client: Client, alice: User, media: Path) -> None:
    User.objects.filter(pk=alice.pk).update(is_staff=True, is_superuser=True)
    for username in ("bob", "carol"):
        UserDetails.objects.create(user=User.objects.create(username=username), profile_picture=image_file())
    chosen = {"action": "remove_avatars", "_selected_action": list(UserDetails.objects.values_list("pk", flat=True))}
    address = "/admin/loginsystem/userdetails/"

    listed = client.get(address)
    question = client.post(address, chosen)
    assert len(shown(listed)) == 2
    assert "Remove 2 pictures?" in question.content.decode()
    assert stored(media)
    client.post(address, {**chosen, "post": "yes"})

    assert stored(media) == []
    assert UserDetails.objects.exclude(profile_picture="").count() == 0


def test_pictures_are_cropped_resized_and_compressed(client: Client, media: Path) -> None:
    upload(client, image_file("BMP", "a.bmp"))

    sides = []
    for name in stored(media):
        with Image.open(media / name) as picture:
            sides.append((picture.format, *picture.size))
    assert sorted(sides) == [("WEBP", 64, 64), ("WEBP", 128, 128), ("WEBP", 200, 200)]
    assert sum((media / name).stat().st_size for name in stored(media)) < 10_000
