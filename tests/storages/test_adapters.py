"""What is known of storages: what they say of themselves, and addresses that stay the same."""

from __future__ import annotations

import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from django.utils.functional import SimpleLazyObject

from django_avatars import naming
from django_avatars.exceptions import StorageRenames
from django_avatars.lifecycle import listing, references
from django_avatars.storages import adapter_for, addresses, urls
from django_avatars.testing import StorageConformance, assert_no_storage_calls
from tests.app.models import Team
from tests.storages import services
from tests.storing import upload

NAME = f"avatars/x/{'a' * 26}_64.webp"


class Parallel(InMemoryStorage):
    """Takes two files at once, deletes many and lists all, as it says."""

    parallel_saves = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at_once: list[int] = []
        self.deleted: list[list[str]] = []
        self._running = 0
        self._lock = threading.Lock()

    def _save(self, name: str, content: Any) -> str:
        with self._lock:
            self._running += 1
            self.at_once.append(self._running)
        time.sleep(0.02)
        with self._lock:
            self._running -= 1
        return name

    def delete_many(self, names: Sequence[str]) -> int:
        """As said."""
        self.deleted.append(list(names))
        if "broken" in names:
            raise OSError
        return 0

    def walk(self, folder: str) -> Iterator[tuple[str, float | None]]:
        """As said."""
        yield f"{folder}/one", 5.0


class Signing(InMemoryStorage):
    """Gives another address at each call."""

    url_lifetime: float | None = 100.0

    def __init__(self) -> None:
        super().__init__()
        self.signed = 0

    def url(self, name: str | None) -> str:
        self.signed += 1
        return f"https://signed/{name}?{self.signed}"


@pytest.fixture(autouse=True)
def nobody_has_signed_yet() -> None:
    """Addresses are shared through the cache, which the tests share too."""
    caches["default"].clear()


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_a_storage_says_how_many_files_it_takes_at_once(use: Callable[..., Any]) -> None:
    storage = use(Parallel())

    Team.objects.create(name="Reds", logo=upload(600))

    assert len(storage.at_once) == 4
    assert max(storage.at_once) == 2


def test_a_storage_that_deletes_many_is_asked_once() -> None:
    storage = Parallel()

    assert references.delete_files(storage, ["a", "b"]) == 0
    assert references.delete_files(storage, ["a", "broken"]) == 2
    assert references.delete_files(storage, ["a"]) == 0
    assert storage.deleted == [["a", "b"], ["a", "broken"]]


def test_a_storage_that_walks_is_asked_for_that() -> None:
    assert list(listing.walk(Parallel(), "avatars")) == [("avatars/one", 5.0)]


def test_what_starts_alike_is_found_wherever_it_is_written_to() -> None:
    class Both(InMemoryStorage):
        written_to = (Parallel(), InMemoryStorage())

    Both.written_to[1].save("avatars/other", ContentFile(b""))

    assert list(adapter_for(Both()).starting_with("avatars/o")) == ["avatars/one", "avatars/other"]
    assert list(adapter_for(Both()).starting_with("avatars/ot")) == ["avatars/other"]


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_files_that_are_renamed_in_parallel_are_all_deleted_again(use: Callable[..., Any]) -> None:
    class Renaming(InMemoryStorage):
        parallel_saves = 4

        def get_available_name(self, name: str, max_length: int | None = None) -> str:
            return f"{name}.renamed"

    storage = use(Renaming())

    with pytest.raises(StorageRenames):
        Team.objects.create(name="Reds", logo=upload(600))

    assert list(listing.walk(storage, "avatars")) == []


def test_a_lazy_storage_is_what_it_stands_for() -> None:
    assert adapter_for(SimpleLazyObject(Parallel)).parallel == 2  # type: ignore[arg-type]


def test_a_signed_address_is_used_for_half_of_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    storage, now = Signing(), 1000.0
    monkeypatch.setattr("django_avatars.storages.addresses.time.time", lambda: now)

    first = urls.url(storage, NAME)
    now += 49
    assert urls.url(storage, NAME) == first
    now += 2
    assert urls.url(storage, NAME) != first
    assert storage.signed == 2


def other_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what this process keeps, as another one of the same site would begin."""
    monkeypatch.setattr(addresses, "_kept", weakref.WeakKeyDictionary())


def test_all_processes_of_a_site_use_one_address(monkeypatch: pytest.MonkeyPatch) -> None:
    storage, now = Signing(), 1000.0
    monkeypatch.setattr("django_avatars.storages.addresses.time.time", lambda: now)
    first = urls.url(storage, NAME)

    now += 40
    other_process(monkeypatch)
    again = Signing()
    again.signed = 7
    assert urls.url(again, NAME) == first
    now += 11
    assert urls.url(again, NAME) != first
    assert (storage.signed, again.signed) == (1, 8)


def test_what_is_in_the_cache_is_not_used_for_longer_than_half_of_its_life(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache whose clock is late still has what its maker would not use any more."""
    storage = Signing()
    first = urls.url(storage, NAME)
    other_process(monkeypatch)
    later = time.time() + 51
    monkeypatch.setattr("django_avatars.storages.addresses.time.time", lambda: later)

    assert urls.url(storage, NAME) != first


class Account(Signing):
    """Signs with a key."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key

    def url(self, name: str | None) -> str:
        return f"{super().url(name)}&key={self.key}"


@pytest.mark.parametrize("what", ["key", "name", "life"])
def test_no_other_storage_or_file_gets_the_same_address(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = urls.url(Account("one"), NAME)
    other_process(monkeypatch)
    other = Account("two" if what == "key" else "one")
    other.signed = 7
    if what == "life":
        other.url_lifetime = 200.0

    assert urls.url(other, NAME.replace("a", "b") if what == "name" else NAME) != first


def test_no_key_and_no_name_is_among_the_keys_of_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    urls.url(Account("secret"), NAME)

    [key] = [key for key in caches["default"]._cache if "django_avatars.address" in key]  # type: ignore[attr-defined]

    assert re.fullmatch(":1:django_avatars.address.[0-9a-f]{40}", key)


def test_a_cache_that_fails_leaves_each_process_its_own_addresses(
    settings: Any, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    place = str(tmp_path / "file" / "in a file")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": place}}
    storage = Signing()

    assert urls.url(storage, NAME) == urls.url(storage, NAME)
    assert storage.signed == 1
    assert "The cache failed (" in caplog.text


def test_a_storage_that_does_not_say_how_it_was_made_shares_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    class Plain(Storage):
        url_lifetime = 100.0
        signed = 0

        def url(self, name: str | None) -> str:
            self.signed += 1
            return f"https://signed/{name}?{self.signed}"

    storage = Plain()
    first = urls.url(storage, NAME)
    other_process(monkeypatch)

    assert urls.url(storage, NAME) != first


def test_addresses_whose_life_nobody_knows_are_asked_for_each_time() -> None:
    storage = Signing()
    storage.url_lifetime = None

    assert urls.url(storage, NAME) != urls.url(storage, NAME)


def test_only_so_many_addresses_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "MOST", 2)
    storage = Signing()
    first = addresses.get(storage, "a")
    addresses.get(storage, "b")
    assert addresses.get(storage, "a") == first

    addresses.get(storage, "c")

    assert addresses.get(storage, "a") == first
    assert storage.signed == 3
    caches["default"].clear()
    addresses.get(storage, "b")
    assert storage.signed == 4


def test_threads_that_want_the_same_address_sign_it_once() -> None:
    storage = Signing()
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: urls.url(storage, NAME), range(64)))

    assert len(found) == 1 == storage.signed


@pytest.mark.s3
def test_s3_without_a_domain_is_asked_for_each_address_once(use: Callable[..., Any]) -> None:
    storage = use(services.s3(querystring_auth=False))

    assert urls.base_url(storage) is None
    assert urls.url(storage, NAME) is urls.url(storage, NAME)


@pytest.mark.s3
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_a_signer_before_a_domain_is_asked_for_each_address(use: Callable[..., Any]) -> None:
    class Signer:
        signed = 0

        def generate_presigned_url(self, url: str, date_less_than: Any) -> str:
            self.signed += 1
            return f"{url}?Signature={self.signed}"

    signer = Signer()
    storage = use(services.s3())
    storage.custom_domain, storage.cloudfront_signer = "cdn.example", signer

    first = urls.url(storage, NAME)

    assert first == f"https://cdn.example/{NAME}?Signature=1" == urls.url(storage, NAME)


@pytest.mark.s3
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_cloudfront_signs_for_the_same_moment_in_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    class Signer:
        def generate_presigned_url(self, url: str, date_less_than: datetime) -> str:
            return f"{url}?Expires={int(date_less_than.replace(tzinfo=UTC).timestamp())}"

    def process() -> str:
        other_process(monkeypatch)
        storage = services.s3(querystring_expire=7200)
        storage.custom_domain, storage.cloudfront_signer = "cdn.example", Signer()
        return urls.url(storage, NAME)

    first = process()
    left = int(first.partition("Expires=")[2]) - time.time()

    assert process() == first
    assert 3600 - 5 < left <= 7200


@pytest.mark.s3
def test_a_storage_for_tenants_keeps_their_addresses_apart(use: Callable[..., Any]) -> None:
    storage = use(services.s3(location="one"))
    first = urls.url(storage, NAME)

    storage.location = "two"

    assert "/two/" in urls.url(storage, NAME)
    storage.location = "one"
    assert urls.url(storage, NAME) == first


@pytest.mark.gcs
@pytest.mark.parametrize(
    ("expiration", "seconds"),
    [(timedelta(hours=2), 7200), (600, 600), (datetime.now(UTC) + timedelta(days=30), 30 * 86400)],
)
def test_google_signs_for_as_long_as_it_is_told(expiration: Any, seconds: float) -> None:
    with services.google_emulator():
        storage = services.google(querystring_auth=True, expiration=expiration)

        assert adapter_for(storage).url_lifetime == pytest.approx(seconds, rel=0.05)
        storage.default_acl = "publicRead"
        assert adapter_for(storage).url_lifetime == float("inf")


@pytest.mark.gcs
def test_google_stores_what_a_file_is_and_how_long_it_may_be_kept() -> None:
    with services.google_emulator():
        storage = services.google()
        kit = type("Kit", (StorageConformance,), {"make_storage": lambda self: storage})()
        with kit._stored() as (_, name):
            blob = storage.bucket.get_blob(str(name))
            assert (blob.content_type, blob.cache_control) == ("image/webp", "public, max-age=31536000, immutable")


@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_azure_signs_for_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    storage, other = services.azure(expiration_secs=7200), services.azure(expiration_secs=7200)
    other.azure_container, other._client = storage.azure_container, None
    first = urls.url(other, NAME)
    other_process(monkeypatch)

    assert adapter_for(storage).url_lifetime == 7200
    assert urls.url(storage, NAME) == first
    assert naming.parse(NAME) is not None


@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_azure_is_asked_for_each_address_once_when_it_does_not_sign() -> None:
    storage = services.azure()

    assert adapter_for(storage).url_lifetime == float("inf")
    assert urls.url(storage, NAME) is urls.url(storage, NAME)


def test_a_page_that_asks_a_storage_is_noticed() -> None:
    storage = InMemoryStorage()

    with assert_no_storage_calls(), pytest.raises(AssertionError) as caught:
        storage.exists("one")

    assert str(caught.value) == "InMemoryStorage.exists('one') was called, and nothing may be."
    assert storage.exists("one") is False


def test_without_a_server_its_tests_are_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DJANGO_AVATARS_S3", raising=False)

    with pytest.raises(pytest.skip.Exception, match=r"^needs a server at DJANGO_AVATARS_S3: see \.ci/services\.sh$"):
        services.address("S3")


def test_the_kit_looks_at_headers_only_where_a_storage_keeps_them() -> None:
    class Served(StorageConformance):
        is_served = True
        keeps_headers = False

        def make_storage(self) -> Any:
            self.storage = InMemoryStorage(base_url="/")
            return self.storage

        def fetch(self, url: str) -> tuple[dict[str, str], bytes]:
            with self.storage.open(url.lstrip("/")) as file:
                return {}, file.read()

    kit = Served()
    kit.test_every_size_has_an_address()

    kit.keeps_headers = True
    with pytest.raises(AssertionError, match=r"^Served as None"):
        kit.test_every_size_has_an_address()


def test_the_kit_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match="override make_storage"):
        StorageConformance().make_storage()


def test_the_kit_fails_a_storage_that_makes_up_files() -> None:
    class MakingUp(InMemoryStorage):
        def _open(self, name: str, mode: str = "rb") -> Any:
            return upload(10)

    kit = type("Kit", (StorageConformance,), {"make_storage": lambda self: MakingUp()})()

    with pytest.raises(AssertionError, match=r"^MakingUp has no such file, but gives b"):
        kit.test_a_missing_file_cannot_be_read()
