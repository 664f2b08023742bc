"""The site around the systems, and `manage.py demo` as a newcomer starts it."""

from __future__ import annotations

import http.cookiejar
import io
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import Client
from PIL import Image

from conftest import PASSWORD, image_file
from django_avatars import history, moderation
from example import paintings, people, storing
from example.data import data_folder, secret_key
from loginsystem.models import UserDetails
from tests.demo import running_demo

if TYPE_CHECKING:
    from pytest_django.fixtures import SettingsWrapper

PUBLIC = ["/", "/gallery/", "/moderation/", "/login/", "/signup/", "/systems/"]
PRIVATE = [
    "/playground/",
    "/success/",
    "/dashboard/",
    "/profile/",
    "/avatars/",
    "/users/profile/",
    "/users/profile/update/",
]


# Every page


@pytest.mark.parametrize("path", PUBLIC)
def test_every_page_leads_to_where_pictures_are_reported(client: Client, path: str) -> None:
    assert '<a href="/moderation/">' in client.get(path, follow=True).content.decode()


@pytest.mark.parametrize("path", PUBLIC + PRIVATE)
def test_every_page_keeps_the_strictest_policy(client: Client, path: str) -> None:
    response = client.get(path, follow=True)
    page = response.content.decode()

    assert response.status_code == 200
    assert response["Content-Security-Policy"].startswith("default-src 'self';")
    assert not re.search(
        r"<script(?![^>]*(?: src=| type=\"application/json\"))|<style|\sstyle=|\son[a-z]+=|javascript:|=\"data:| (?:src|href|action)=\"https?://",
        page,
    )


@pytest.mark.parametrize("path", PUBLIC + PRIVATE)
def test_every_page_says_its_language_direction_and_title(client: Client, path: str) -> None:
    page = client.get(path, follow=True).content.decode()

    assert '<html lang="en" dir="ltr">' in page
    assert re.search(r"<title>[^·]+ · Loginify</title>", page)
    assert page.count("<h1") == 1
    assert len(ids := re.findall(r'\sid="([^"]+)"', page)) == len(set(ids))


@pytest.mark.parametrize("path", PRIVATE)
def test_every_page_links_to_the_profile_by_the_picture_in_its_header(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    [badge] = re.findall(r'<a class="badge" href="/profile/".*?</a>', page, re.DOTALL)
    assert 'class="avatar"' in badge
    assert ": your profile" in badge


def test_the_library_pages_stand_in_the_layout_of_the_site(client: Client) -> None:
    page = client.get("/avatars/").content.decode()

    assert 'class="brand"' in page
    assert "JPEG, PNG, GIF, BMP or WebP, up to 5 MB." in page


# The pages around


def test_a_visitor_is_somebody_with_one_click_and_has_the_picture_before_them(visitor: Client) -> None:
    list(people.add_missing())
    page = visitor.get("/").content.decode()
    forms = re.findall(r'<form method="post" action="/login/">.*?</form>', page, re.DOTALL)
    assert [re.findall("<small>(.*?)</small>", form) for form in forms] == [
        ["runs the site"],
        ["has a picture"],
        ["has none yet"],
    ]

    [ada] = re.findall(
        '<form class="orbit__me".*? name="username" value="([^"]+)".*?aria-label="Try it as Ada"', page, re.DOTALL
    )
    assert ada == "ada"

    [_, _, talent] = [dict(re.findall(r'name="(\w+)" value="([^"]+)"', form)) for form in forms]
    page = visitor.post("/login/", talent, follow=True).content.decode()

    assert '<avatar-field class="avatar-field avatar-field--alone"' in page
    assert '<input type="hidden" name="next" value="/">' in page
    assert '<a href="/avatars/">Choose a ready picture</a>' in page
    assert "Try it as" not in page


def test_the_picture_of_the_front_page_is_saved_and_seen_there(client: Client) -> None:
    response = client.post("/avatars/", {"avatar": image_file(), "next": "/"}, follow=True)

    assert response.redirect_chain == [("/", 302)]
    assert '<a href="/avatars/">Remove it, or choose a ready picture</a>' in response.content.decode()
    assert "/media/profile_pictures/alice/" in response.content.decode()


def test_ada_restores_what_somebody_has_replaced(visitor: Client, settings: SettingsWrapper) -> None:
    list(people.add_missing())
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 3}}
    as_person("nia").post("/avatars/", {"avatar": image_file()})
    nia, ada = history.versions(User.objects.get(username="nia")).get(), as_person("ada")
    page = ada.get(f"/admin/loginsystem/userdetails/{nia.object_id}/change/").content.decode()
    [address] = re.findall('formaction="([^"]+/restore/)"', page)

    ada.post(address)

    assert UserDetails.objects.get(pk=nia.object_id).profile_picture.name == nia.picture.name


def test_a_change_is_taken_back_where_it_was_made(client: Client, settings: SettingsWrapper) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 3}}
    assert "Undo the last change" not in client.get("/").content.decode()
    client.post("/avatars/", {"avatar": image_file(), "next": "/"})
    page = client.get("/").content.decode()
    assert '<button class="button button--quiet button--small" type="submit" form="undo">' in page
    [address] = re.findall('<form id="undo" method="post" action="([^"]+)">', page)

    response = client.post(address, {"next": "/"}, follow=True)

    assert response.redirect_chain == [("/", 302)]
    assert "Your last change was undone." in response.content.decode()
    assert "/media/profile_pictures/alice/" not in response.content.decode()


def test_the_gallery_shows_what_every_tag_draws_and_how_it_is_written(visitor: Client) -> None:
    list(people.add_missing())
    page = visitor.get("/gallery/").content.decode()

    assert '<html lang="en" dir="ltr">' in page
    assert page.count("<li>") > len(people.NAMES) == 60
    assert page.count('class="avatar-stack ') == 4
    assert "+34</text>" in page
    assert f"/media/profile_pictures/nobody/{'a' * 26}_64.webp" in page
    for tag in ("avatar user 64", "avatar_stack users size=48 max=6", "avatar_group users 56", "avatar name 48"):
        assert f"<code>{{% {tag} %}}" in page


@pytest.mark.parametrize(
    ("query", "start"),
    [
        ("?theme=dark&dir=rtl", '<html lang="en" dir="rtl" data-theme="dark">'),
        ("?theme=pink&dir=up", '<html lang="en" dir="ltr">'),
    ],
)
def test_the_gallery_is_seen_in_each_light_and_direction(visitor: Client, query: str, start: str) -> None:
    assert start in visitor.get(f"/gallery/{query}").content.decode()


def test_a_language_holds_on_every_page_with_its_direction(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "he"})

    for path in ("/gallery/", "/avatars/"):
        assert '<html lang="he" dir="rtl">' in client.get(path).content.decode()


def test_the_playground_has_every_source_and_comes_back_to_itself(client: Client, media: Path) -> None:
    User.objects.update(email="alice@example.com")
    page = client.get("/playground/").content.decode()
    [fox] = re.findall(r'formaction="([^"]+)" title="Fox', page)

    chosen = client.post(fox, {"next": "/playground/"}, follow=True)

    assert "Take a photo" in page
    assert "Letters on a color" in page
    assert "Use my picture from Gravatar" in page
    assert "Gravatar is told a hash of your e-mail address." in page
    assert chosen.redirect_chain == [("/playground/", 302)]
    assert "Drawn for this example, free to use</p>" in chosen.content.decode()


def test_whoever_signs_up_with_a_name_is_shown_by_more_than_one_letter(visitor: Client) -> None:
    data = {"username": "zoe", "first_name": "Zoë Ångström", "password1": PASSWORD, "password2": PASSWORD}
    page = visitor.post("/signup/", data, follow=True).content.decode()

    assert ">ZÅ</text>" in page


# Moderation


def as_person(username: str) -> Client:
    """The browser of one of the people."""
    browser = Client()
    browser.force_login(User.objects.get(username=username))
    return browser


def test_there_is_a_picture_that_waits_one_taken_down_one_locked_and_one_reported(visitor: Client) -> None:
    list(people.add_missing())

    said = {name: as_person(name).get("/avatars/").content.decode() for name in ("kshitij", "olga", "leila")}
    assert "Your new picture is shown once somebody has approved it." in said["kshitij"]
    assert "It does not show you." in said["olga"]
    assert "You may not change this picture. Three pictures were taken down." in said["leila"]
    own_page = as_person("leila").get("/profile/").content.decode()
    assert "Three pictures were taken down." in own_page
    assert "Upload Picture" not in own_page
    assert "Remove Picture" not in own_page
    assert moderation.waiting().get().holder.user.username == "kshitij"
    assert moderation.reported().get().holder.user.username == "nia"
    page = visitor.get("/moderation/").content.decode()
    assert page.count('<form class="actions" method="post" action="/moderation/">') == 5
    assert "Report picture" not in page


def test_a_visitor_is_each_of_these_people_with_one_click(visitor: Client) -> None:
    list(people.add_missing())

    leads = [visitor.post("/moderation/", {"username": name})["Location"] for name in ("olga", "jose", "ada", "nobody")]

    assert leads == ["/avatars/", "/moderation/", "/moderation/", "/login/"]
    assert "Be Ada" not in visitor.get("/moderation/").content.decode()


def test_a_member_reports_and_ada_finds_it_in_the_queue(visitor: Client) -> None:
    list(people.add_missing())
    page = as_person("minjun").get("/moderation/").content.decode()
    [address] = re.findall('class="avatar-report" href="([^"]+)"', page)

    answer = as_person("minjun").post(address, {"text": "An advertisement."})

    assert "Thank you." in answer.content.decode()
    ada = as_person("ada")
    assert "/admin/avatars_moderation/reportedpicture/" in ada.get("/moderation/").content.decode()
    queue = ada.get("/admin/avatars_moderation/reportedpicture/").content.decode()
    assert "It shows somebody else. I know that painting." in queue
    assert "An advertisement." in queue


# Data


def test_a_folder_that_cannot_be_written_ends_the_start_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EXAMPLE_DATA_DIR", str(tmp_path / "file" / "data"))

    with pytest.raises(SystemExit, match=r"data, which cannot be written \(Not a directory\)\. Set EXAMPLE_DATA_DIR"):
        data_folder(tmp_path)


def test_the_secret_key_is_made_once_for_a_folder_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first, again, other = (secret_key(tmp_path / name) for name in ("one", "one", "two"))

    assert len(first) >= 50
    assert first == again != other
    assert (tmp_path / "one").stat().st_mode & 0o077 == 0


def test_half_of_the_people_have_pictures_and_the_three_to_log_in_as_are_there(transactional_db: None) -> None:
    made = list(people.add_missing())

    assert len(made) == User.objects.count() == len(people.PEOPLE)
    assert UserDetails.objects.exclude(profile_picture="").count() == 7
    ada, talent, background = (
        User.objects.get(username=name) for name in ("ada", "talent@example.com", "background@example.com")
    )
    assert ada.is_staff
    assert ada.is_superuser
    assert not talent.details.profile_picture
    assert background.details.profile_picture
    assert talent.talent.profile_score == 45
    assert background.background.profile_picture
    assert background.background.score()["total"] == 60
    assert all(user.check_password(people.PASSWORD) for user in (ada, talent, background))


def test_starting_again_keeps_what_people_changed(transactional_db: None) -> None:
    list(people.add_missing())
    ada = User.objects.get(username="ada")
    ada.details.profile_picture.delete()
    ada.set_password("my own")
    ada.save()
    before = list(User.objects.values_list()), list(UserDetails.objects.values_list())

    list(people.add_missing())

    assert (list(User.objects.values_list()), list(UserDetails.objects.values_list())) == before


def test_what_a_first_start_left_undone_is_done_by_the_next(transactional_db: None) -> None:
    next(people.add_missing())

    list(people.add_missing())

    assert User.objects.count() == UserDetails.objects.count() == len(people.PEOPLE)


def test_the_phone_photo_is_what_phones_write() -> None:
    with Image.open(io.BytesIO(paintings.phone_photo())) as photo:
        exif = photo.getexif()

        assert photo.size == (4000, 3000)
        assert exif[0x0112] == 6
        assert exif.get_ifd(0x8825)[2] == (59.0, 20.0, 24.0)
        assert b"Display P3" in photo.info["icc_profile"]


def test_paintings_are_the_same_every_time() -> None:
    assert (
        paintings.portrait(3, 60).tobytes()
        == paintings.portrait(3, 60).tobytes()
        != paintings.portrait(4, 60).tobytes()
    )


# Storages


def test_pictures_are_in_a_folder_unless_something_else_is_said() -> None:
    assert storing.backend({}) == {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    assert storing.image_hosts({}) == ()


def test_spaces_are_those_of_the_documents_unless_others_are_named() -> None:
    options = storing.s3_options({})

    assert options["bucket_name"] == "gan7club-spaces"
    assert options["endpoint_url"] == "https://fra1.digitaloceanspaces.com"
    assert (options["custom_domain"], options["url_protocol"]) == (
        "gan7club-spaces.fra1.cdn.digitaloceanspaces.com",
        "https:",
    )
    assert (options["location"], options["querystring_auth"]) == ("media", False)
    assert storing.image_hosts({"EXAMPLE_STORAGE": "s3"}) == (
        "https://gan7club-spaces.fra1.cdn.digitaloceanspaces.com",
    )


def test_every_part_of_spaces_can_be_named() -> None:
    named = {
        "EXAMPLE_STORAGE": "s3",
        "EXAMPLE_S3_BUCKET": "ours",
        "EXAMPLE_S3_REGION": "ams3",
        "EXAMPLE_S3_ENDPOINT": "http://127.0.0.1:9000",
        "EXAMPLE_S3_KEY": "key",
        "EXAMPLE_S3_SECRET": "secret",
        "EXAMPLE_S3_CDN": "http://127.0.0.1:9000/ours",
    }

    options = storing.backend(named)["OPTIONS"]

    assert (options["bucket_name"], options["region_name"], options["endpoint_url"]) == (
        "ours",
        "ams3",
        "http://127.0.0.1:9000",
    )
    assert (options["access_key"], options["secret_key"]) == ("key", "secret")
    assert (options["custom_domain"], options["url_protocol"]) == ("127.0.0.1:9000/ours", "http:")
    assert storing.image_hosts(named) == ("http://127.0.0.1:9000",)


def test_cloudinary_is_reached_as_its_url_says() -> None:
    real = {"EXAMPLE_STORAGE": "cloudinary", "CLOUDINARY_URL": "cloudinary://key:secret@cloud"}
    local = {**real, "CLOUDINARY_URL": "cloudinary://key:secret@cloud?secure=false&cname=127.0.0.1:9"}
    backend = "django_avatars.contrib.cloudinary.CloudinaryAvatarStorage"

    assert storing.backend(real) == {"BACKEND": backend, "OPTIONS": {}}
    assert storing.backend(local) == {"BACKEND": backend, "OPTIONS": {"secure": False}}
    assert storing.image_hosts(real) == ("https://res.cloudinary.com",)
    assert storing.image_hosts(local) == ("http://127.0.0.1:9",)


def test_a_storage_that_nobody_knows_is_said_with_those_there_are() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        storing.backend({"EXAMPLE_STORAGE": "ftp"})

    assert str(caught.value) == "EXAMPLE_STORAGE is 'ftp', must be nothing, 's3' or 'cloudinary'."


def test_pages_may_show_pictures_from_the_storage(visitor: Client, settings: SettingsWrapper) -> None:
    settings.IMAGE_HOSTS = ("https://cdn.example.com",)

    assert visitor.get("/")["Content-Security-Policy"].endswith("; img-src 'self' https://cdn.example.com")


# The command


def test_a_busy_port_is_said_before_anything_is_done(db: None) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]

        with pytest.raises(CommandError) as caught:
            call_command("demo", port=port)

    assert re.fullmatch(
        rf"Port {port} on 127\.0\.0\.1 cannot be used \(.*in use\)\. Choose another one: manage\.py demo --port \d+",
        str(caught.value),
    )
    assert not User.objects.exists()


class Browser:
    """As little of one as it takes: cookies, forms, redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        return self.read(path).decode()

    def read(self, path: str, data: bytes | None = None, **headers: str) -> bytes:
        """The body of the page in the end."""
        request = urllib.request.Request(self.address + path, data, headers)  # noqa: S310 - our own address
        with self.opener.open(request, timeout=30) as response:
            self.at = urllib.parse.urlsplit(response.url).path
            return response.read()

    def post(self, path: str, file: tuple[str, bytes] | None = None, **fields: str) -> str:
        """Send a form with the token that the site has given."""
        fields["csrfmiddlewaretoken"] = next(
            cookie.value or "" for cookie in self.cookies if cookie.name == "csrftoken"
        )
        boundary = uuid4().hex
        parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
        if file:
            parts.append(f'name="profile_picture"; filename="{file[0]}"\r\n\r\n'.encode() + file[1])
        begin = f"--{boundary}\r\nContent-Disposition: form-data; ".encode()
        body = b"".join(begin + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
        return self.read(path, body, **{"Content-Type": f"multipart/form-data; boundary={boundary}"}).decode()


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    """The address of a running demo with data of its own."""
    with running_demo(tmp_path / "demo") as address:
        text = (tmp_path / "demo" / "log").read_text()
        assert f"The example is ready: {address}/" in text
        assert all(word in text for word in ("ada", "talent@example.com", "background@example.com", people.PASSWORD))
        yield address


@pytest.mark.demo
def test_a_newcomer_uploads_a_phone_photo_sees_it_everywhere_removes_it_and_takes_that_back(
    demo: str, tmp_path: Path
) -> None:
    browser = Browser(demo)
    browser.get("/login/")
    page = browser.post("/login/", username="talent@example.com", password=people.PASSWORD)
    assert browser.at == "/success/"
    assert "/media/" not in page

    page = browser.post("/upload-profile-picture/", ("IMG_0001.JPG", paintings.phone_photo(1)))
    assert browser.at == "/profile/"
    assert "Profile picture uploaded." in page
    for path in ("/profile/", "/success/", "/dashboard/"):
        assert "/media/profile_pictures/talent-example-com/" in browser.get(path), path
    address = max(set(re.findall(r"/media/profile_pictures/talent-example-com/[^ \"]+", page)), key=len)
    with Image.open(io.BytesIO(browser.read(address))) as picture:
        red_above, blue_above = (picture.convert("RGB").getpixel((256, 5))[channel] for channel in (0, 2))
        green_below = picture.convert("RGB").getpixel((256, 505))
        assert picture.size == (512, 512)
        assert not picture.getexif()
        assert blue_above > red_above  # the sky is above: the photo stands upright
        assert max(green_below) < 110  # and the wood below

    page = browser.post("/remove-profile-picture/")
    assert browser.at == "/profile/"
    assert "Profile picture removed." in page
    assert "talent-example-com" not in browser.get("/dashboard/")

    page = browser.post("/avatars/undo/")
    assert "Your last change was undone." in page
    assert "/media/profile_pictures/talent-example-com/" in browser.get("/dashboard/")

    assert "Your picture was deleted for good." in browser.post("/avatars/remove/for-good/")
    with pytest.raises(urllib.error.HTTPError) as gone:
        browser.read(address)
    assert gone.value.code == 404
    gone.value.close()


def test_a_name_that_only_screen_readers_get_does_not_widen_a_narrow_page() -> None:
    narrow = (Path(__file__).parent / "static/example/site.css").read_text().partition("@media (max-width: 34rem)")[2]

    assert re.search(r"\.badge \{\s*position: relative;", narrow)
    assert re.search(r"\.badge__name \{\s*position: absolute;", narrow)
