"""Subclasses that choose where files go anew for each request, and storages that speak for themselves."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from django.core.management import call_command
from django.utils.functional import lazystr

from django_avatars import naming
from django_avatars.lifecycle import listing, references
from django_avatars.storages import adapter_for, addresses, urls
from tests.app.models import Team
from tests.storages import services
from tests.storages.test_doctor import troubles
from tests.storing import upload

database = pytest.mark.django_db(transaction=True, databases=["default", "other"])

NAME = f"avatars/x/{'a' * 26}_512-64.webp"

here = threading.local()
variable = contextvars.ContextVar("tenant", default="nobody")


def tenant() -> str:
    """Whose request this is, in the thread that serves it."""
    return str(getattr(here, "tenant", "nobody"))


@pytest.fixture(autouse=True)
def _tenant() -> Iterator[None]:
    here.tenant = "acme"
    yield
    del here.tenant


def by_thread(base: type[Any], **more: Any) -> type[Any]:
    """`base`, whose folder is the tenant's."""
    return type("Tenants", (base,), {"location": property(lambda self: tenant()), **more})


def saving_its_own_way(base: type[Any]) -> type[Any]:
    """The same in a method, which runs in whatever thread there is."""

    def normalize(self: Any, name: str) -> str:
        return f"{tenant()}/{name}"

    return type("Tenants", (base,), {"_normalize_name": normalize, "location": ""})


def s3(kind: type[Any], **options: Any) -> Any:
    """A storage of a subclass, on a new bucket."""
    plain = services.s3(**options)
    storage = object.__new__(kind)
    vars(storage).update({name: value for name, value in vars(plain).items() if name != "location"})
    return storage


def s3_class() -> type[Any]:
    """That of django-storages, where there is one and a server."""
    services.address("S3")
    kind: type[Any] = pytest.importorskip("storages.backends.s3").S3Storage
    return kind


@database
@pytest.mark.s3
@pytest.mark.parametrize("make", [by_thread, saving_its_own_way])
def test_all_files_of_a_picture_go_to_the_tenant_whose_request_it_is(
    make: Callable[[type[Any]], type[Any]], use: Callable[..., Any]
) -> None:
    bucket = use(s3(make(s3_class())))

    name = Team.objects.create(name="Reds", logo=upload(600)).logo.name

    keys = {one.key for one in bucket.bucket.objects.all()}
    assert keys == {f"acme/{file}" for file in naming.parse(name or "").files()}  # type: ignore[union-attr]


@pytest.mark.s3
def test_a_text_that_is_made_when_it_is_used_is_made_in_the_thread_of_the_request(use: Callable[..., Any]) -> None:
    bucket = services.s3(location=lazystr("acme"))

    assert adapter_for(bucket).place[1] == "acme"
    assert adapter_for(bucket).parallel == 1


@pytest.mark.s3
def test_a_subclass_saves_one_file_at_a_time_unless_it_says_more() -> None:
    kind = s3_class()

    assert adapter_for(s3(kind)).parallel == 4
    assert adapter_for(s3(by_thread(kind))).parallel == 1
    assert adapter_for(s3(type("Same", (kind,), {}))).parallel == 1
    assert adapter_for(s3(by_thread(kind, parallel_saves=2))).parallel == 2


@pytest.mark.s3
def test_context_variables_have_the_callers_values_in_every_thread(use: Callable[..., Any]) -> None:
    context = contextvars.copy_context()
    storage = InMemoryStorage()
    storage.parallel_saves = 4  # type: ignore[attr-defined]
    seen: list[str] = []

    def note(_: str) -> None:
        seen.append(variable.get())

    context.run(variable.set, "acme")
    context.run(adapter_for(storage).each, note, "abcd")

    assert seen == ["acme"] * 4


@database
@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
@pytest.mark.parametrize("make", [by_thread, saving_its_own_way])
def test_azure_writes_and_deletes_where_the_tenant_is(
    make: Callable[[type[Any]], type[Any]], use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    services.address("AZURE")
    backend = pytest.importorskip("storages.backends.azure_storage")
    monkeypatch.setattr(backend, "AzureStorage", make(backend.AzureStorage))
    container = use(services.azure())

    team = Team.objects.create(name="Reds", logo=upload(600))

    assert {one.name.split("/")[0] for one in container.client.list_blobs()} == {"acme"}
    team.delete()
    assert list(container.client.list_blobs()) == []


@database
@pytest.mark.gcs
def test_google_writes_and_deletes_where_the_tenant_is(
    use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with services.google_emulator():
        from storages.backends import gcloud

        monkeypatch.setattr(gcloud, "GoogleCloudStorage", by_thread(gcloud.GoogleCloudStorage))
        bucket = use(services.google())

        team = Team.objects.create(name="Reds", logo=upload(600))

        assert {one.name.split("/")[0] for one in bucket.bucket.list_blobs()} == {"acme"}
        team.delete()
        assert list(bucket.bucket.list_blobs()) == []


@pytest.mark.django_db(databases=["default", "other"])
def test_the_doctor_finds_files_that_go_to_somebody_else(use: Callable[..., Any]) -> None:
    class Astray(InMemoryStorage):
        """Looks up whose request it is in its thread."""

        parallel_saves = 4

        def _save(self, name: str, content: Any) -> str:
            super()._save(f"{threading.current_thread().name}/{name}", content)  # type: ignore[misc]
            return name

        def _open(self, name: str, mode: str = "rb") -> Any:
            return super()._open(f"{threading.current_thread().name}/{name}", mode)  # type: ignore[misc]

    use(Astray(base_url="/media/"))

    assert troubles()["read"] == "problem"


# Addresses


class Own:
    """Makes addresses that depend on the request."""

    def url(self, name: str, *args: Any, **kwargs: Any) -> str:
        return f"https://{tenant()}.example/{name}?token={time.monotonic_ns()}"


@pytest.mark.s3
@pytest.mark.parametrize("option", [{"querystring_auth": False}, {"custom_domain": "cdn.example"}])
def test_addresses_of_a_subclass_that_makes_its_own_are_not_kept(option: dict[str, Any]) -> None:
    storage = s3(type("Tenants", (Own, s3_class()), {}), **option)

    first = urls.url(storage, NAME)
    here.tenant = "rival"

    assert first.startswith("https://acme.example/")
    assert urls.url(storage, NAME).startswith("https://rival.example/")
    assert adapter_for(storage).url_lifetime is None


@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_nor_are_they_on_azure(monkeypatch: pytest.MonkeyPatch) -> None:
    services.address("AZURE")
    backend = pytest.importorskip("storages.backends.azure_storage")
    monkeypatch.setattr(backend, "AzureStorage", type("Tenants", (Own, backend.AzureStorage), {}))

    adapter = adapter_for(services.azure())
    assert adapter.url_lifetime is None
    assert adapter.url_until(NAME, 0) is None  # nor does anybody sign for a moment that was not asked for


@pytest.mark.s3
def test_a_storage_that_lists_in_its_own_way_is_asked_folder_by_folder() -> None:
    class Listing(s3_class()):  # type: ignore[misc]
        def listdir(self, name: str) -> tuple[list[str], list[str]]:
            return ([], ["one.webp"]) if name else (["faces"], [])

    assert list(adapter_for(s3(Listing)).objects("")) == [("faces/one.webp", None, None)]


@pytest.mark.gcs
def test_nor_are_they_on_google(monkeypatch: pytest.MonkeyPatch) -> None:
    with services.google_emulator():
        from storages.backends import gcloud

        monkeypatch.setattr(gcloud, "GoogleCloudStorage", type("Tenants", (Own, gcloud.GoogleCloudStorage), {}))

        assert adapter_for(services.google()).url_lifetime is None


@pytest.mark.s3
def test_a_subclass_that_chooses_its_bucket_has_addresses_of_its_own_in_each(use: Callable[..., Any]) -> None:
    def bucket(self: Any) -> Any:
        return self.connection.Bucket(f"faces-{tenant()}")

    storage: Any = s3(type("Tenants", (s3_class(),), {"bucket": property(bucket), "location": ""}))
    first = urls.url(storage, NAME)
    here.tenant = "rival"

    assert "/faces-acme/" in first
    assert "/faces-rival/" in urls.url(storage, NAME)
    here.tenant = "acme"
    assert urls.url(storage, NAME) == first


@pytest.mark.gcs
def test_a_subclass_for_google_that_names_files_its_own_way_is_listed_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with services.google_emulator():
        from storages.backends import gcloud

        monkeypatch.setattr(gcloud, "GoogleCloudStorage", saving_its_own_way(gcloud.GoogleCloudStorage))
        storage = services.google()
        storage.save("avatars/one.txt", ContentFile(b"text"))

        assert list(listing.walk(storage, "avatars")) == [("avatars/one.txt", None)]


@pytest.mark.gcs
def test_a_subclass_for_google_may_choose_its_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    with services.google_emulator():
        from storages.backends import gcloud

        choosing = {"bucket": property(lambda self: self.client.bucket(f"faces-{tenant()}"))}
        plain = services.google()
        storage: Any = object.__new__(type("Tenants", (gcloud.GoogleCloudStorage,), choosing))
        vars(storage).update(vars(plain))

        assert "/faces-acme/" in urls.url(storage, NAME)


@pytest.mark.s3
def test_what_a_subclass_says_of_itself_comes_first() -> None:
    class Saying(s3_class()):  # type: ignore[misc]
        url_lifetime = 20.0
        deleted: Sequence[str] = ()

        def delete_many(self, names: Sequence[str]) -> int:
            self.deleted = names
            return 0

        def walk(self, folder: str) -> Iterator[tuple[str, float | None]]:
            yield f"{folder}/one", 5.0

    storage = s3(Saying, querystring_auth=False)

    assert adapter_for(storage).url_lifetime == 20.0
    assert references.delete_files(storage, ["a", "b"]) == 0
    assert list(storage.deleted) == ["a", "b"]
    assert list(listing.walk(storage, "avatars")) == [("avatars/one", 5.0)]
    assert list(listing.sizes(storage, "avatars")) == [("avatars/one", None)]


# A storage in front of another


class Front(Storage):
    """Delivers what another one holds."""

    def __init__(self, stored_in: Storage) -> None:
        self.stored_in = stored_in

    def url(self, name: str | None) -> str:
        return f"https://front.example/{name}"


@pytest.mark.s3
@pytest.mark.parametrize("options", [{"custom_domain": "inner.example", "querystring_auth": False}, {}])
def test_a_storage_in_front_makes_the_addresses(options: dict[str, Any]) -> None:
    inner = services.s3(**options)
    front = Front(Front(inner))

    assert urls.url(front, NAME) == f"https://front.example/{NAME}"
    assert adapter_for(front).url_lifetime is None
    assert adapter_for(front).place == ()
    assert adapter_for(front).storage is inner
    assert adapter_for(front).parallel == 4


def test_a_storage_in_front_says_how_long_its_addresses_hold() -> None:
    front = Front(InMemoryStorage())
    front.url_lifetime = 30.0  # type: ignore[attr-defined]

    assert adapter_for(front).url_lifetime == 30.0
    assert urls.url(front, NAME) is urls.url(front, NAME)


# Addresses that are kept


class Signing(InMemoryStorage):
    """Gives another address at each call."""

    url_lifetime = 7 * 86400.0
    signed = 0

    def url(self, name: str | None) -> str:
        self.signed += 1
        return f"https://signed/{name}?{self.signed}"


@pytest.mark.parametrize(
    ("lifetime", "kept"), [(7 * 86400.0, 3.5 * 86400), (3600.0, 1800), (float("inf"), addresses.LONGEST)]
)
def test_an_address_is_kept_for_half_of_its_life_however_long(
    lifetime: float, kept: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, now = Signing(), 1000.0
    storage.url_lifetime = lifetime
    monkeypatch.setattr("django_avatars.storages.addresses.time.time", lambda: now)
    first = urls.url(storage, NAME)

    now += kept - 1
    assert urls.url(storage, NAME) == first
    now += 2
    assert urls.url(storage, NAME) != first


def test_three_addresses_for_each_of_ten_thousand_people_are_signed_once() -> None:
    storage = Signing()
    names = [f"avatars/{number}_64.webp" for number in range(30_000)]

    for _ in range(2):
        for name in names:
            addresses.get(storage, name)

    assert storage.signed == 30_000


# Deletes, places


@contextmanager
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Method of every request that leaves for Azure."""
    transport = pytest.importorskip("azure.core.pipeline.transport").RequestsTransport
    seen: list[str] = []
    send = transport.send

    def record(self: Any, request: Any, **kwargs: Any) -> Any:
        seen.append(request.method)
        return send(self, request, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(transport, "send", record)
        yield seen


@database
@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_azure_deletes_a_picture_in_one_request(use: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    container = use(services.azure(location="media"))
    team = Team.objects.create(name="Reds", logo=upload(600))

    with sent(monkeypatch) as requests:
        team.delete()

    assert requests == ["POST"]
    assert list(container.client.list_blobs()) == []


@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_azure_counts_what_could_not_be_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    container = services.azure()
    container.save("a", ContentFile(b"a"))
    container.save("b", ContentFile(b"b"))

    assert references.delete_files(container, ["a", "gone"]) == 0
    assert not container.exists("a")

    class Client:
        def __init__(self, result: Any) -> None:
            self.result = result

        def delete_blobs(self, *names: str, **options: Any) -> Any:
            if isinstance(self.result, Exception):
                raise self.result
            return self.result

        def delete_blob(self, name: str, **options: Any) -> None:
            if name == "b":
                raise OSError

    answer = type("Answer", (), {"status_code": 202})
    refused = type("Answer", (), {"status_code": 403})
    monkeypatch.setattr(type(container), "client", None, raising=False)
    for result, failed in (
        ([answer, refused], 1),
        ([answer], 1),
        (type("Rejected", (Exception,), {"status_code": 403})(), 1),
        (OSError("down"), 2),
    ):
        monkeypatch.setattr(type(container), "client", Client(result))
        assert references.delete_files(container, ["a", "b"]) == failed


@pytest.mark.s3
def test_two_storages_of_one_bucket_are_one_place() -> None:
    storage = services.s3(location="media")
    again = services.s3(location="/media/".strip("/"), bucket_name=storage.bucket_name)
    other = services.s3()

    assert listing.is_same(storage, again)
    assert not listing.is_same(storage, other)
    assert not listing.is_same(InMemoryStorage(), InMemoryStorage())


@pytest.mark.s3
@pytest.mark.parametrize("spelled", ["{}", "{}/", "http://localhost:{port}"])
def test_a_folder_of_a_bucket_belongs_to_its_storage_however_the_address_is_written(spelled: str) -> None:
    outer = services.s3()
    endpoint = outer.endpoint_url
    written = spelled.format(endpoint, port=endpoint.rpartition(":")[2])
    inner = services.s3(location="avatars/teams", bucket_name=outer.bucket_name, endpoint_url=written)

    assert listing.folders_within((outer, "avatars"), inner) == {"avatars/teams"}
    assert listing.folders_within((outer, "avatars"), services.s3(location="avatars/teams")) == set()


@pytest.mark.sftp
def test_two_accounts_of_one_host_are_two_places(tmp_path: Any) -> None:
    one, other = services.sftp(tmp_path), services.sftp(tmp_path)
    assert listing.is_same(one, other)

    other.params = {**other.params, "username": "somebody"}

    assert not listing.is_same(one, other)


@pytest.mark.azure
@pytest.mark.sftp
@pytest.mark.gcs
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_every_known_storage_says_where_its_files_are(tmp_path: Any) -> None:
    azure, sftp = services.azure(location="media"), services.sftp(tmp_path)
    with services.google_emulator():
        google = services.google(location="media")

        assert adapter_for(google).home == ("google", google.bucket_name, "media")
    assert adapter_for(azure).home == ("azure", "devstoreaccount1", azure.azure_container, "media")
    account = sftp.params["username"], sftp.params["port"]
    assert adapter_for(sftp).home == ("sftp", *account, "127.0.0.1", str(tmp_path))


@pytest.mark.gcs
def test_google_takes_files_that_do_not_say_what_they_are() -> None:
    with services.google_emulator():
        storage = services.google()

        assert adapter_for(storage).writer()("one.txt", ContentFile(b"text", "one.txt")) == "one.txt"


# Time-outs


@contextmanager
def silence() -> Iterator[int]:
    """The port of a server that accepts and never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.mark.azure
@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # django-storages 1.14
def test_azure_waits_no_longer_than_its_client_is_told() -> None:
    backend = pytest.importorskip("storages.backends.azure_storage")
    with silence() as port:
        storage = backend.AzureStorage(
            account_name="devstoreaccount1",
            account_key=services.AZURITE_KEY,
            azure_container="faces",
            client_options={
                "connection_timeout": 1,
                "read_timeout": 0.2,
                "retry_total": 1,
                "initial_backoff": 0,
                "increment_base": 0,
                "random_jitter_range": 0,  # or it waits up to six seconds more, as chance has it
            },
        )
        storage._service_client = backend.BlobServiceClient(
            f"http://127.0.0.1:{port}/devstoreaccount1", credential=services.AZURITE_KEY, **storage.client_options
        )
        with pytest.raises(Exception, match=r"read timeout=0\.2\b"):
            adapter_for(storage).writer()("one.webp", ContentFile(b"x", "one.webp"))


def test_cloudinary_waits_for_a_connection_no_longer_than_for_an_answer() -> None:
    pytest.importorskip("cloudinary", reason="cloudinary is not installed")
    from django_avatars.contrib import cloudinary

    quick, usual = cloudinary.CloudinaryAvatarStorage(timeout=2), cloudinary.CloudinaryAvatarStorage()

    assert (quick._timeout.connect_timeout, quick._timeout.read_timeout, quick.longest_wait) == (0.5, 2, 2.5)
    assert (usual._timeout.connect_timeout, usual._timeout.read_timeout, usual.longest_wait) == (3, 20, 23)


def test_cloudinary_gives_up_when_nobody_answers() -> None:
    pytest.importorskip("cloudinary", reason="cloudinary is not installed")
    from django_avatars.contrib import cloudinary

    with silence() as port:
        storage = cloudinary.CloudinaryAvatarStorage(
            timeout=0.4, cloud_name="demo", api_key="1", api_secret="2", upload_prefix=f"http://127.0.0.1:{port}"
        )
        with pytest.raises(Exception, match=r"read timeout=0\.4\b"):
            storage.save("faces/one", ContentFile(b"x"))


@pytest.mark.django_db(databases=["default", "other"])
def test_the_command_says_what_is_wrong_with_a_storage_in_front(use: Callable[..., Any]) -> None:
    inner = InMemoryStorage(base_url="/media/")
    use(type("Passing", (Front,), {"save": inner.save, "open": inner.open, "exists": inner.exists})(inner))

    with pytest.raises(SystemExit):
        call_command("avatars_doctor", "--json")
