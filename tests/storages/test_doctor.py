"""`avatars_doctor` on storages that are fine, and on one planted mistake after the other."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.management import call_command

from django_avatars.lifecycle import references
from django_avatars.management.doctor import findings, questions
from django_avatars.management.doctor.probe import Probe
from tests.app.models import Artist, Country, Place
from tests.storages import cloudinary_standin, services
from tests.storing import BrokenStorage, on_disk, upload

if TYPE_CHECKING:
    from pytest_django import Settings


pytestmark = pytest.mark.django_db(databases=["default", "other"])


class Site(ThreadingHTTPServer):
    """A web server in front of a storage, as good or bad as a test wants it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.storage: Any = None
        self.status = 200
        self.headers: dict[str, str] = {
            "Content-Type": "image/webp",
            "Cache-Control": "public, max-age=31536000, immutable",
        }
        self.listing = b""

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        """A file, or what is at the root."""
        site = self.server
        name = self.path.lstrip("/")
        body = site.storage.open(name).read() if name else site.listing
        self.send_response_only(site.status)
        for key, value in {"Date": formatdate(usegmt=True), **site.headers}.items():
            if value:
                self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def serving() -> Iterator[Site]:
    """A site while the block runs."""
    with Site() as site:
        threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield site
        finally:
            site.shutdown()


class Remote(InMemoryStorage):
    """Stands for a storage elsewhere that has nothing wrong with it."""


@pytest.fixture
def site(use: Callable[..., Any]) -> Iterator[Site]:
    """A storage in memory that is served as it should be."""
    with serving() as site:
        site.storage = use(Remote(base_url=site.url))
        yield site


@pytest.fixture
def disk(use: Callable[..., Any]) -> Iterator[FileSystemStorage]:
    """A local disk that other users can enter, unlike the folders of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield use(FileSystemStorage(Path(folder) / "media", "/media/"))


def doctor(*arguments: str) -> tuple[int, dict[str, str]]:
    """Exit status, and the level of each code that the doctor has something to say about."""
    out = StringIO()
    try:
        call_command("avatars_doctor", "--json", *arguments, stdout=out)
        status = 0
    except SystemExit as exc:
        status = int(exc.code or 0)
    reports = json.loads(out.getvalue())
    for finding in (finding for report in reports for finding in report["findings"]):
        assert (finding["level"] == "fine") is (finding["way_out"] == ""), "every fault has a way out"
    return status, {finding["code"]: finding["level"] for report in reports for finding in report["findings"]}


def troubles(*arguments: str) -> dict[str, str]:
    """Of these, what is not fine; the exit status must agree."""
    status, found = doctor(*arguments)
    assert status == ("problem" in found.values())
    return {code: level for code, level in found.items() if level != "fine"}


def spoken() -> str:
    """What it says to people."""
    out = StringIO()
    with contextlib.suppress(SystemExit):
        call_command("avatars_doctor", stdout=out, no_color=True)
    return out.getvalue()


def test_a_storage_that_is_served_as_it_should_be_is_fine(site: Site) -> None:
    status, found = doctor()

    assert status == 0
    assert set(found) == {"write", "read", "list", "csp", "reachable", "delete"}
    assert set(found.values()) == {"fine"}
    assert site.storage.listdir("avatars/doctor") == ([], [])


def test_local_disk_is_fine_as_far_as_can_be_seen(disk: FileSystemStorage) -> None:
    assert troubles() == {"address": "advice"}
    assert on_disk(Path(disk.location)) == set()


def test_it_speaks_in_plain_words(use: Callable[..., Any], media: Path) -> None:
    use(BrokenStorage(media, "/media/", saves=0))

    assert spoken().startswith(
        "BrokenStorage (avatars)\n"
        "  problem: A picture cannot be stored (OSError: No space left on device).\n"
        "    Check in OPTIONS the address of the service, the credentials, and that the bucket or folder exists; then, "
        "that they allow writing below 'avatars/doctor' (for S3: s3:PutObject).\n"
    )


def test_what_is_fine_needs_no_way_out(site: Site) -> None:
    assert spoken().splitlines()[:3] == [
        "Remote (avatars)",
        "  fine: Pictures can be stored, and keep their names.",
        "  fine: What is stored comes back as it was.",
    ]


class Renaming(InMemoryStorage):
    """Adds something to every name."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return f"{name}.renamed"


class Changing(InMemoryStorage):
    """Does not give back what it was given."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        return ContentFile(b"other")


class Unreadable(InMemoryStorage):
    """Writes only."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        raise PermissionError("s3:GetObject")


class Unlisted(InMemoryStorage):
    """Cannot list."""

    def listdir(self, path: str) -> Any:
        raise PermissionError("s3:ListBucket")


class Undeletable(InMemoryStorage):
    """Keeps everything, and says it does not."""

    def delete(self, name: str) -> None:
        """Nothing."""


class Late(InMemoryStorage):
    """Has another clock."""

    def get_modified_time(self, name: str) -> Any:
        from datetime import timedelta

        return super().get_modified_time(name) - timedelta(hours=1)


class Addressless(InMemoryStorage):
    """Has no address."""

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")


class Signing(InMemoryStorage):
    """Signs for a short time."""

    url_lifetime = 60.0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Renaming, {"renames": "problem", "address": "advice"}),
        (Changing, {"changed": "problem", "address": "advice"}),
        (Unreadable, {"read": "problem", "address": "advice"}),
        (Unlisted, {"list": "problem", "address": "advice"}),
        (Undeletable, {"delete": "problem", "address": "advice"}),
        (Late, {"clock": "problem", "address": "advice"}),
        (Signing, {"signatures": "problem", "address": "advice"}),
        (Addressless, {"address": "problem"}),
    ],
)
def test_what_a_storage_cannot_do_is_found(kind: type[Any], expected: dict[str, str], use: Callable[..., Any]) -> None:
    use(kind(base_url="/media/"))

    assert troubles() == expected


def test_a_storage_that_cannot_be_made_is_found(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "not.there.Storage"}}

    assert troubles() == {"made": "problem"}
    assert troubles("--storage", "nowhere") == {"made": "problem"}


def test_an_alias_can_be_examined_before_it_is_used(use: Callable[..., Any]) -> None:
    use(Unlisted(base_url="/media/"), "next")

    assert "list" in troubles("--storage", "next")
    assert "list" not in troubles()


def test_files_that_only_django_may_read_are_found(disk: FileSystemStorage, use: Callable[..., Any]) -> None:
    use(FileSystemStorage(disk.location, "/media/", file_permissions_mode=0o600))

    assert troubles() == {"permissions": "problem", "address": "advice"}


def test_a_folder_that_only_django_may_enter_is_found(disk: FileSystemStorage) -> None:
    Path(disk.location).mkdir(mode=0o700)

    assert troubles() == {"permissions": "problem", "address": "advice"}
    assert f"let others enter {disk.location} (chmod o+x)" in spoken()


def test_a_closed_folder_above_is_said(disk: FileSystemStorage) -> None:
    above = Path(disk.location).parent
    above.chmod(0o700)

    assert troubles() == {"above": "advice", "address": "advice"}
    assert f"others cannot enter {above} above it" in spoken()


def test_nothing_is_left_on_a_disk(disk: FileSystemStorage) -> None:
    doctor()

    assert list(Path(disk.location).iterdir()) == []


def test_folders_that_were_there_stay(disk: FileSystemStorage) -> None:
    kept = Path(disk.location) / "avatars/doctor"
    kept.mkdir(parents=True)

    doctor()

    assert kept.is_dir()


def test_folders_that_somebody_uses_meanwhile_stay(disk: FileSystemStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Path(disk.location) / "avatars/other"

    def read(probe: Probe) -> bytes:
        other.write_bytes(b"")
        return probe.data

    monkeypatch.setattr(Probe, "read", read)

    doctor()

    assert other.is_file()


def test_no_folder_of_its_own_is_found(disk: FileSystemStorage, use: Callable[..., Any], settings: Settings) -> None:
    settings.MEDIA_ROOT = ""
    use(FileSystemStorage(base_url="/media/"))
    os.makedirs(disk.location)
    with contextlib.chdir(disk.location):
        assert troubles() == {"media_root": "problem", "address": "advice"}


def test_the_address_of_static_files_is_found(
    disk: FileSystemStorage, use: Callable[..., Any], settings: Settings
) -> None:
    settings.STATIC_URL = "/media/"
    use(disk)

    assert troubles() == {"media_url": "problem", "address": "advice"}


def test_memory_is_no_place_for_pictures(use: Callable[..., Any]) -> None:
    use(InMemoryStorage(base_url="/media/"))

    assert troubles() == {"memory": "advice", "address": "advice"}


def test_an_address_that_is_forbidden_is_found(site: Site) -> None:
    site.status = 403

    assert troubles() == {"forbidden": "problem"}


def test_an_address_where_nothing_answers_is_found(use: Callable[..., Any]) -> None:
    with serving() as gone:
        url = gone.url
    use(Remote(base_url=url))

    assert troubles() == {"unreachable": "problem"}


def test_an_address_of_something_else_is_found(site: Site) -> None:
    site.status = 404

    assert troubles() == {"unreachable": "problem"}


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html"])
def test_a_wrong_content_type_is_found(kind: str, site: Site) -> None:
    site.headers["Content-Type"] = kind

    assert troubles() == {"content_type": "problem"}


@pytest.mark.parametrize("caching", ["", "no-cache, max-age=31536000", "private"])
def test_caching_that_is_missing_is_found(caching: str, site: Site) -> None:
    site.headers["Cache-Control"] = caching

    assert troubles() == {"cache_control": "advice"}


def test_a_server_with_another_clock_is_found(site: Site) -> None:
    site.headers["Date"] = formatdate(0, usegmt=True)

    assert troubles() == {"clock": "problem"}


@pytest.mark.parametrize("date", ["yesterday", "Mon, 99 Foo 2026"])
def test_a_server_with_odd_words_for_the_time_is_not_asked_for_it(date: str, site: Site) -> None:
    site.headers["Date"] = date

    assert troubles() == {}


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that gives these bytes to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(4096)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)


def test_an_answer_that_is_no_answer_is_found(use: Callable[..., Any]) -> None:
    with answering(b"SSH-2.0-OpenSSH\r\n") as url:
        use(Remote(base_url=url))

        assert troubles() == {"unreachable": "problem"}
        assert "BadStatusLine" in spoken()


def test_an_answer_that_is_cut_off_is_found(use: Callable[..., Any]) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Type: image/webp\r\nContent-Length: 99\r\n\r\nshort") as url:
        use(Remote(base_url=url))

        assert troubles()["other_file"] == "problem"


def test_an_address_that_is_none_is_found(use: Callable[..., Any]) -> None:
    use(Remote(base_url="http://my media.example/"))

    assert troubles() == {"unreachable": "problem"}


def test_another_file_under_the_address_is_found(site: Site) -> None:
    site.storage = Changing(base_url=site.url)

    assert troubles() == {"other_file": "problem"}


def test_pictures_that_are_downloaded_are_found(site: Site) -> None:
    site.headers["Content-Disposition"] = "attachment; filename=x"

    assert troubles() == {"disposition": "advice"}


def test_a_server_without_a_clock_is_not_asked_for_it(site: Site) -> None:
    site.headers["Date"] = ""

    assert troubles() == {}


def test_a_bucket_that_everybody_can_list_is_found(site: Site) -> None:
    site.listing = b"<?xml?><ListBucketResult>"

    assert troubles() == {"listed_to_all": "problem"}


@pytest.mark.parametrize("policy", [{"img-src": ["'self'", "https://cdn.example"]}, {"default-src": ["'self'"]}])
def test_a_policy_that_forbids_the_pictures_is_found(policy: dict[str, Any], site: Site, settings: Settings) -> None:
    settings.SECURE_CSP = policy

    assert troubles() == {"csp": "problem"}


def test_a_policy_that_allows_the_pictures_is_fine(site: Site, settings: Settings) -> None:
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": {"img-src": ["'self'", site.url.rstrip("/")]}}

    assert troubles() == {}


def test_pictures_by_http_on_a_site_by_https_are_found(site: Site, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert troubles() == {"https": "problem"}


def test_signatures_that_end_before_cached_pages_do_are_found(
    use: Callable[..., Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(Signing(base_url="/media/"))
    monkeypatch.setattr(Signing, "url_lifetime", 3600.0)
    assert troubles() == {"address": "advice"}

    settings.MIDDLEWARE = ["django.middleware.cache.UpdateCacheMiddleware"]
    settings.CACHE_MIDDLEWARE_SECONDS = 7200

    assert troubles() == {"address": "advice", "signatures": "problem"}


@pytest.mark.parametrize(
    ("sources", "is_named"),
    [
        ("*", True), ("http:", True), ("https:", False), ("{origin}", True), ("{origin}/", True), ("{host}", True),
        ("{origin}/other/", False), ("http://127.0.0.1:*", True), ("'self'", False),
        ("http://*.example", False),
    ],
)  # fmt: skip
def test_a_policy_that_plainly_names_the_pictures_is_fine(
    sources: str, is_named: bool, site: Site, settings: Settings
) -> None:
    origin = site.url.rstrip("/")
    settings.SECURE_CSP = {"img-src": ["data:", sources.format(origin=origin, host=origin.partition("//")[2])]}

    assert ("csp" not in troubles()) is is_named


def test_a_policy_may_name_a_folder() -> None:
    assert questions._names("https://cdn.example/media/", "https://cdn.example", "https://cdn.example/media/a.webp")
    assert not questions._names(
        "https://cdn.example/static/", "https://cdn.example", "https://cdn.example/media/a.webp"
    )


def test_a_policy_that_forbids_the_pictures_of_the_site_itself_is_found(
    disk: FileSystemStorage, settings: Settings
) -> None:
    settings.SECURE_CSP = {"img-src": "https://cdn.example data:"}

    assert troubles() == {"csp": "problem", "address": "advice"}
    assert "Add 'self' to img-src." in spoken()


@pytest.mark.parametrize(
    ("url", "doubled"),
    [
        ("https://faces.fra1.example.com/faces/avatars/", True),
        ("https://faces.faces.fra1.example.com/avatars/", True),
        ("https://cdn.example.com/faces/faces/", True),
        ("https://fra1.example.com/faces/", False),
        ("https://faces.fra1.example.com/avatars/", False),
    ],
)
def test_a_bucket_that_is_twice_in_the_address_is_found(
    url: str, doubled: bool, use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = use(Remote(base_url=url))
    storage.bucket_name = "faces"
    monkeypatch.setattr("django_avatars.management.doctor.probe.TIMEOUT", 0.001)

    assert ("bucket_twice" in troubles()) is doubled


@pytest.mark.s3
def test_a_bucket_in_the_address_of_the_region_is_found_and_nothing_else_blamed(use: Callable[..., Any]) -> None:
    endpoint = services.address("S3")
    storage = services.s3()
    name = storage.bucket_name
    use(
        type(storage)(
            access_key="avatars", secret_key="avatars-secret", bucket_name=name, endpoint_url=f"{endpoint}/{name}",
            region_name="us-east-1", client_config=storage.client_config,
        )
    )  # fmt: skip

    assert troubles() == {"bucket_twice": "problem"}


@pytest.mark.s3
def test_a_folder_with_the_name_of_the_bucket_is_found(use: Callable[..., Any]) -> None:
    storage = use(services.s3())
    storage.location = storage.bucket_name

    assert troubles() == {"bucket_twice": "problem"}


@pytest.mark.s3
def test_s3_with_another_clock_is_found(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore import auth

    late = datetime.now(UTC) + timedelta(hours=1)
    monkeypatch.setattr(auth, "get_current_datetime", lambda *args, **kwargs: late.replace(tzinfo=None))

    assert troubles() == {"clock": "problem"}
    assert "RequestTimeTooSkewed" in spoken()


@pytest.mark.s3
def test_s3_that_may_be_read_by_nobody_without_a_signature_is_found(use: Callable[..., Any]) -> None:
    use(services.s3(querystring_auth=False))

    assert troubles() == {"forbidden": "problem"}


@pytest.mark.s3
def test_s3_with_signatures_and_time_outs_is_fine(bucket: Any) -> None:
    assert troubles() == {}


@pytest.mark.s3
def test_s3_with_a_wrong_secret_is_found(use: Callable[..., Any]) -> None:
    good = services.s3()
    good.secret_key = "wrong"
    good._bucket = None
    good._connections = threading.local()
    use(good)

    assert troubles() == {"write": "problem"}


@pytest.mark.s3
def test_s3_that_everybody_can_list_is_found(use: Callable[..., Any]) -> None:
    storage = use(services.s3())
    storage.bucket.meta.client.put_bucket_acl(Bucket=storage.bucket_name, ACL="public-read")

    assert troubles() == {"listed_to_all": "problem"}


@pytest.mark.sftp
def test_an_sftp_server_that_nobody_knows_is_found(use: Callable[..., Any], tmp_path: Path) -> None:
    storage = use(services.sftp(tmp_path))

    found = troubles()

    storage.close()
    assert found["host_keys"] == "problem"
    assert "write" not in found


@pytest.mark.sftp
def test_an_sftp_server_that_is_known_is_fine(use: Callable[..., Any], tmp_path: Path) -> None:
    keys = tmp_path / "known_hosts"
    host, _, port = os.environ.get("DJANGO_AVATARS_SFTP", "").partition(":")
    storage = services.sftp(tmp_path, known_host_file=str(keys))
    storage.params["timeout"] = 5
    storage.sftp.listdir(".")
    storage._ssh.save_host_keys(str(keys))
    use(storage)

    found = troubles()

    storage.close()
    assert "host_keys" not in found
    assert (host, bool(port)) == ("127.0.0.1", True)


def test_cloudinary_is_fine(use: Callable[..., Any]) -> None:
    pytest.importorskip("cloudinary")
    from django_avatars.contrib.cloudinary import CloudinaryAvatarStorage

    with cloudinary_standin.running() as service:
        use(CloudinaryAvatarStorage(**service.config))

        assert troubles() == {}
        assert service.assets == {}


def test_cloudinary_that_waits_too_long_is_found(use: Callable[..., Any]) -> None:
    pytest.importorskip("cloudinary")
    from django_avatars.contrib.cloudinary import CloudinaryAvatarStorage

    with cloudinary_standin.running() as service:
        use(CloudinaryAvatarStorage(timeout=60, **service.config))

        assert troubles() == {"timeouts": "advice"}
        assert "a visitor waits for 63 seconds" in spoken()


def test_who_may_neither_list_nor_ask_nor_has_an_address_is_told_each(use: Callable[..., Any]) -> None:
    class Closed(Unlisted, Addressless):
        def exists(self, name: str) -> bool:
            raise PermissionError("s3:GetObject")

        def get_available_name(self, name: str, max_length: int | None = None) -> str:
            return name

    use(Closed(base_url="/media/"))

    assert troubles() == {"list": "problem", "address": "problem"}


# Settings, rows, and time


def test_what_the_system_checks_find_is_said_here_too(site: Site, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "SIZES": (0,)}

    assert troubles() == {"django_avatars.E005": "problem"}


def test_a_cache_that_counts_nothing_is_found(site: Site, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert troubles()["cache"] == "problem"


def test_a_cache_that_nobody_counts_in_may_be_what_it_likes(site: Site, settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": None}

    assert troubles() == {}


@pytest.mark.parametrize("base_url", ["", "/", "media/"])
def test_addresses_among_those_of_pages_are_found(
    base_url: str, disk: FileSystemStorage, use: Callable[..., Any]
) -> None:
    use(FileSystemStorage(disk.location, base_url))

    assert troubles() == {"media_url": "problem", "address": "advice"}


def test_rows_whose_files_are_gone_are_found(site: Site) -> None:
    for number in range(3):
        Place.objects.create(photo=upload(seed=number))
    site.storage.delete(Place.objects.latest("pk").photo.name)

    assert troubles() == {"rows": "problem"}
    assert "Of the 3 newest pictures of app.Place.photo, 1 are not in the storage." in spoken()


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_rows_with_null_and_a_model_without_a_table_are_no_trouble(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    Country.objects.create(name="Old")
    Country.objects.update(flag=None)
    monkeypatch.setattr(Artist._meta, "db_table", "not_migrated_yet")
    references._tables.clear()

    assert "rows" not in troubles()


def test_a_storage_that_may_not_be_asked_says_so_of_rows_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    Place.objects.create(photo=upload())

    def refuse(name: str) -> bool:
        raise PermissionError("s3:GetObject")

    monkeypatch.setattr(site.storage, "exists", refuse)

    assert troubles()["read"] == "problem"


def test_a_name_server_that_does_not_answer_ends(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(findings, "LIMIT", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: ended.wait(60))

    found = troubles()
    ended.set()

    assert found == {"time": "problem"}


def test_a_storage_that_does_not_answer_ends(use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    class Silent(InMemoryStorage):
        def _save(self, name: str, content: Any) -> str:
            ended.wait(60)
            return name

    monkeypatch.setattr(findings, "LIMIT", 0.2)
    use(Silent(base_url="/media/"))

    found = troubles()
    ended.set()

    assert found == {"time": "problem"}
