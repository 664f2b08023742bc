"""`avatars_doctor` on storages that are fine, and on one planted mistake after the other."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, InMemoryStorage
from django.core.management import call_command

from tests.storages import cloudinary_standin, services
from tests.storing import BrokenStorage, on_disk

if TYPE_CHECKING:
    from pytest_django import Settings


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


@pytest.fixture
def site(use: Callable[..., Any]) -> Iterator[Site]:
    """A storage in memory that is served as it should be."""
    with serving() as site:
        site.storage = use(InMemoryStorage(base_url=site.url))
        yield site


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


def test_a_storage_that_is_served_as_it_should_be_is_fine(site: Site) -> None:
    status, found = doctor()

    assert status == 0
    assert set(found) == {"write", "read", "list", "csp", "reachable", "cors", "delete"}
    assert set(found.values()) == {"fine"}
    assert site.storage.listdir("avatars/doctor") == ([], [])


def test_local_disk_is_fine_as_far_as_can_be_seen(media: Path) -> None:
    assert troubles() == {"address": "advice"}
    assert on_disk(media) == set()


def test_it_speaks_in_plain_words(use: Callable[..., Any], media: Path) -> None:
    use(BrokenStorage(media, "/media/", saves=0))
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("avatars_doctor", stdout=out, no_color=True)

    assert out.getvalue().startswith(
        "BrokenStorage (avatars)\n"
        "  problem: A picture cannot be stored (OSError: No space left on device).\n"
        "    Check the credentials, the bucket or folder in OPTIONS, and that they allow "
        "writing below 'avatars/doctor' (for S3: s3:PutObject).\n"
    )


def test_what_is_fine_needs_no_way_out(site: Site) -> None:
    out = StringIO()

    call_command("avatars_doctor", stdout=out, no_color=True)

    assert out.getvalue().splitlines()[:3] == [
        "InMemoryStorage (avatars)",
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
        (Late, {"list": "problem", "address": "advice"}),
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
    assert troubles() == {"address": "advice"}


def test_files_that_only_django_may_read_are_found(use: Callable[..., Any], media: Path) -> None:
    use(FileSystemStorage(media, "/media/", file_permissions_mode=0o600))

    assert troubles() == {"permissions": "problem", "address": "advice"}


def test_an_address_that_is_forbidden_is_found(site: Site) -> None:
    site.status = 403

    assert troubles() == {"forbidden": "problem"}


def test_an_address_where_nothing_answers_is_found(use: Callable[..., Any]) -> None:
    with serving() as gone:
        url = gone.url
    use(InMemoryStorage(base_url=url))

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


def test_a_server_without_a_clock_is_not_asked_for_it(site: Site) -> None:
    site.headers |= {"Date": "", "Access-Control-Allow-Origin": "*"}

    status, found = doctor()

    assert status == 0
    assert "cors" not in found


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
    ("url", "doubled"),
    [
        ("https://faces.fra1.example.com/faces/avatars/", True),
        ("https://faces.faces.fra1.example.com/avatars/", True),
        ("https://faces.fra1.example.com/avatars/", False),
    ],
)
def test_a_bucket_that_is_twice_in_the_address_is_found(
    url: str, doubled: bool, use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = use(InMemoryStorage(base_url=url))
    storage.bucket_name = "faces"
    monkeypatch.setattr("django_avatars.management.doctor.probe.TIMEOUT", 0.001)

    assert ("bucket_twice" in troubles()) is doubled


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
def test_s3_that_waits_for_ever_is_found(use: Callable[..., Any]) -> None:
    config = pytest.importorskip("botocore.config")

    use(services.s3(client_config=config.Config(s3={"addressing_style": "path"})))

    assert troubles() == {"timeouts": "advice"}


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
    assert {code: level for code, level in found.items() if code in ("host_keys", "timeouts")} == {
        "host_keys": "problem",
        "timeouts": "advice",
    }
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
    assert {"host_keys", "timeouts"}.isdisjoint(found)
    assert (host, bool(port)) == ("127.0.0.1", True)


def test_cloudinary_is_fine(use: Callable[..., Any]) -> None:
    pytest.importorskip("cloudinary")
    from django_avatars.contrib.cloudinary import CloudinaryAvatarStorage

    with cloudinary_standin.running() as service:
        use(CloudinaryAvatarStorage(**service.config))

        assert troubles() == {}
        assert service.assets == {}
