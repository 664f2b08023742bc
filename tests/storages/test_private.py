"""Files of a private storage: they are sent to who may see them, in the way that the settings say."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connections
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_avatars import acting, naming, rendering, services
from django_avatars.lifecycle import references
from tests.app.models import Artist, Profile, User
from tests.ports import free_port, listens
from tests.storages import services as servers
from tests.storing import on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def members_only(viewer: Any, holder: Any) -> bool:
    """A rule of a project."""
    return viewer is not None and viewer.is_authenticated


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    """Where no web server looks; every picture goes there."""
    folder = tmp_path / "private"
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    settings.AVATARS = {
        **settings.AVATARS,
        "STORAGE": "private",
        "PRIVATE_STORAGE": "private",
        "VISIBLE": f"{__name__}.members_only",
    }
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django_avatars.middleware.ActorMiddleware"]
    return folder


@pytest.fixture
def shown(folder: Path, profile: Profile) -> Profile:
    """Somebody with a picture."""
    services.set_picture(profile, file=upload())
    return profile


@pytest.fixture
def member(db: None) -> Client:
    """Somebody who is logged in."""
    client = Client()
    client.force_login(User.objects.create_user("joe"))
    return client


def test_pages_from_before_a_rebuild_still_have_the_files_and_nobody_has_the_whole_picture(
    folder: Path, profile: Profile, member: Client, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    services.set_picture(profile, file=upload())
    old = naming.parse(profile.profile_pic.name or "")
    assert old
    call_command("avatars_rebuild", "--all", verbosity=0)
    profile.refresh_from_db()

    answers = {file: member.get(f"/avatars/file/{file}").status_code for file in old.files()}

    assert not str(profile.profile_pic.name).startswith(old.base)
    assert answers == {file: 404 if file == old.source else 200 for file in old.files()}
    assert Client().get(f"/avatars/file/{old}").status_code == 404
    profile.profile_pic.delete()
    assert member.get(f"/avatars/file/{old}").status_code == 404
    assert not on_disk(folder)


def test_of_rows_that_once_shared_a_picture_each_decides_about_its_own_file(
    folder: Path, profile: Profile, member: Client, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.only_that_of_jim"}
    jim = Profile.objects.create(user=User.objects.create_user("jim"))
    services.set_picture(profile, file=upload())
    jim.profile_pic = profile.profile_pic
    jim.save()
    call_command("avatars_rebuild", "--all", verbosity=0)
    profile.refresh_from_db()
    jim.refresh_from_db()

    assert member.get(jim.profile_pic.url).status_code == 200
    assert member.get(profile.profile_pic.url).status_code == 404


def only_that_of_jim(viewer: Any, holder: Any) -> bool:
    """A rule of a project."""
    return str(holder.user.username) == "jim"


def test_members_are_sent_every_file_and_strangers_none(
    shown: Profile, folder: Path, media: Path, member: Client
) -> None:
    stored = naming.parse(shown.profile_pic.name or "")
    assert stored
    assert on_disk(folder) == set(stored.files())
    assert not on_disk(media)

    for size in stored.sizes:
        url = shown.profile_pic.url_for(size)
        assert url == f"/avatars/file/{stored.file(size)}"
        answer, refused = member.get(url), Client().get(url)
        assert (answer.status_code, refused.status_code) == (200, 404)
        assert answer.content == (folder / stored.file(size)).read_bytes()
        assert answer["Content-Type"] == "image/webp"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Cache-Control"] == "private, max-age=300"
        assert {"Cookie", "Authorization"} <= set(answer["Vary"].split(", "))


def test_tags_and_descriptions_give_these_addresses(shown: Profile) -> None:
    url = shown.profile_pic.url_for(64)

    with acting(shown.user):
        html, said = str(rendering.avatar(shown.user, 48)), services.describe(shown.user, size=64)

    assert f'src="{url}"' in html
    assert said["url"] == url
    assert "<img" not in str(rendering.avatar(shown.user, 48))  # nobody is known to look


def test_who_asks_for_something_else_is_sent_nothing(shown: Profile, folder: Path, member: Client) -> None:
    name = str(shown.profile_pic.name)
    base = name.partition("_")[0]
    (folder / "secret.txt").write_text("x")

    for other in ("secret.txt", "../secret.txt", f"{base}_77.webp", f"{base}_64.jpg", base, "x" * 300, "a\0b",
                  f"a\0b/{base}",
                  base[:-1] + ("a" if base[-1] != "a" else "b")):  # fmt: skip
        assert member.get(f"/avatars/file/{other}").status_code == 404

    services.remove_picture(shown)
    assert member.get(f"/avatars/file/{name}").status_code == 404


@pytest.mark.parametrize("in_transaction", [False, True])
def test_a_model_without_a_table_is_passed_over(
    in_transaction: bool, shown: Profile, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Artist._meta, "db_table", "not_migrated_yet")
    references._tables.clear()
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", in_transaction)

    assert member.get(shown.profile_pic.url).status_code == 200


def test_the_whole_picture_is_not_among_them(shown: Profile, settings: Settings, member: Client) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    services.set_picture(shown, file=upload(seed=1))
    stored = naming.parse(shown.profile_pic.name or "")
    assert stored

    assert stored.has_source
    assert member.get(f"/avatars/file/{stored.source}").status_code == 404
    assert member.get(f"/avatars/file/{stored}").status_code == 200


def test_files_that_are_gone_are_404_and_storages_that_fail_503(
    shown: Profile, folder: Path, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = shown.profile_pic.url
    monkeypatch.setattr(type(storages["private"]), "open", broken)
    failed = member.get(url)
    monkeypatch.undo()
    shutil.rmtree(folder)

    assert (failed.status_code, failed["Retry-After"]) == (503, "30")
    assert member.get(url).status_code == 404


def broken(*args: Any, **kwargs: Any) -> Any:
    """A storage that fails."""
    raise OSError("gone away")


def test_another_storage_is_not_behind_this_view(settings: Settings, folder: Path, profile: Profile,
                                                 member: Client) -> None:  # fmt: skip
    settings.AVATARS = {**settings.AVATARS, "STORAGE": "default"}
    services.set_picture(profile, file=upload())

    assert profile.profile_pic.url == f"/media/{profile.profile_pic.name}"
    assert member.get(f"/avatars/file/{profile.profile_pic.name}").status_code == 404


# By somebody else


@pytest.mark.parametrize("way", ["X-Sendfile", "X-Accel-Redirect: /private/"])
def test_the_web_server_is_told_where_the_file_is(
    shown: Profile, folder: Path, settings: Settings, member: Client, way: str
) -> None:
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_FILES": way}
    name, url = str(shown.profile_pic.name), shown.profile_pic.url

    answer, refused = member.get(url), Client().get(url)

    header, _, prefix = way.partition(": ")
    assert answer[header] == (f"{prefix}{name}" if prefix else str(folder / name))
    assert (answer.content, answer["Content-Type"]) == (b"", "image/webp")
    assert answer["Cache-Control"] == "private, max-age=300"
    assert (refused.status_code, header in refused) == (404, False)


@pytest.fixture
def nginx(folder: Path, live_server: LiveServer, tmp_path: Path) -> Iterator[str]:
    """The address of a real one, in front of this site."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    program = shutil.which("nginx", path=path) or pytest.skip("needs nginx: see .ci/run")
    folder.mkdir(exist_ok=True)
    config = tmp_path / "nginx.conf"
    port = free_port()
    config.write_text(f"""
        user {getpass.getuser()}; daemon off; pid {tmp_path}/nginx.pid; error_log stderr; events {{}}
        http {{
            access_log off;
            client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;
            fastcgi_temp_path {tmp_path}/fastcgi; uwsgi_temp_path {tmp_path}/uwsgi; scgi_temp_path {tmp_path}/scgi;
            server {{
                listen 127.0.0.1:{port};
                location / {{ proxy_pass {live_server.url}; }}
                location /private/ {{ internal; alias {folder}/; }}
            }}
        }}
    """)
    process = subprocess.Popen([program, "-p", str(tmp_path), "-c", str(config)], stderr=subprocess.DEVNULL)
    give_up = time.monotonic() + 10
    while not listens(port) and time.monotonic() < give_up:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


def test_nginx_sends_the_file_itself_and_only_by_way_of_the_site(
    nginx: str, shown: Profile, folder: Path, settings: Settings, member: Client
) -> None:
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_FILES": "X-Accel-Redirect: /private/"}
    name = str(shown.profile_pic.name)
    cookie = {"Cookie": f"sessionid={member.cookies['sessionid'].value}"}

    def get(path: str, **headers: str) -> Any:
        try:
            return urllib.request.urlopen(urllib.request.Request(f"{nginx}{path}", headers=headers))
        except urllib.error.HTTPError as refused:
            return refused

    sent = get(shown.profile_pic.url, **cookie)

    assert (sent.status, sent.read()) == (200, (folder / name).read_bytes())
    assert sent.headers["Server"].startswith("nginx")
    assert sent.headers["Content-Type"] == "image/webp"
    assert sent.headers["Cache-Control"] == "private, max-age=300"
    assert "X-Accel-Redirect" not in sent.headers
    for refused in (get(shown.profile_pic.url), get(f"/private/{name}", **cookie)):
        with refused:
            assert refused.status == 404


def test_a_bucket_is_opened_by_an_address_that_soon_ends(
    folder: Path, settings: Settings, profile: Profile, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = servers.s3(querystring_auth=True)
    bucket.connection.create_bucket(Bucket=bucket.bucket_name)
    monkeypatch.setitem(storages._storages, "private", bucket)  # type: ignore[attr-defined]
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_FILES": "redirect"}
    services.set_picture(profile, file=upload())
    url = profile.profile_pic.url

    answer = member.get(url)

    address = answer["Location"]
    assert (answer.status_code, Client().get(url).status_code) == (302, 404)
    assert "X-Amz-Expires=60&" in address
    with urllib.request.urlopen(address) as file:
        assert (file.status, file.headers["Content-Type"]) == (200, "image/webp")
    with pytest.raises(urllib.error.HTTPError, match="403") as caught:
        urllib.request.urlopen(address.partition("?")[0])
    caught.value.close()


def test_any_storage_that_gives_addresses_will_do(shown: Profile, settings: Settings, member: Client) -> None:
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_FILES": "redirect"}

    assert member.get(shown.profile_pic.url)["Location"] == f"/media/{shown.profile_pic.name}"


def test_a_redirect_is_not_kept_for_longer_than_its_address_can_be_opened(
    shown: Profile, settings: Settings, member: Client
) -> None:
    assert member.get(shown.profile_pic.url)["Cache-Control"] == "private, max-age=300"

    settings.AVATARS = {**settings.AVATARS, "PRIVATE_FILES": "redirect"}

    assert member.get(shown.profile_pic.url)["Cache-Control"] == "private, max-age=30"
