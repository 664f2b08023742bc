"""
For tests of projects that use this package, and of storages that it should work with.

`person_with_picture` makes a user who has one, and `picture_file` what somebody would upload.
`StorageConformance` is a set of tests to inherit from; what passes it keeps every promise of the
package. `assert_no_storage_calls` shows that a page does not wait for a storage.
"""

from __future__ import annotations

import contextlib
import io
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from unittest import mock

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from PIL import Image

from . import naming, services
from .lifecycle import listing, references, staging
from .storages import adapter_for, urls

if TYPE_CHECKING:
    from .storages.base import StorageAdapter

_IO = (
    "open",
    "save",
    "delete",
    "exists",
    "listdir",
    "size",
    "get_modified_time",
    "get_created_time",
    "get_accessed_time",
)
"""What a storage answers with I/O; `url` and `path` are not among it."""

SIZES = (512, 64)


@contextlib.contextmanager
def assert_no_storage_calls() -> Iterator[None]:
    """
    Fail when the block opens, writes, deletes, checks or lists a file in any storage.

    Addresses may be asked for. Raises `AssertionError` at the first call, with its name and argument.
    """
    with contextlib.ExitStack() as stack:
        for kind in _kinds(Storage):
            for method in _IO:
                if method in kind.__dict__:
                    stack.enter_context(mock.patch.object(kind, method, _refusal(kind, method)))
        yield


def picture(size: int, color: str = "#4f65b6", *, format: str = "webp") -> bytes:
    """A square picture of `size` pixels; without a `format`, WebP as one of our renditions."""
    stream = io.BytesIO()
    Image.new("RGB", (size, size), color).save(stream, format)
    return stream.getvalue()


def picture_file(size: int = 256, color: str = "#4f65b6") -> ContentFile[bytes]:
    """A JPEG of `size` × `size` pixels, to assign or to upload."""
    return ContentFile(picture(size, color, format="jpeg"), "picture.jpg")


def person_with_picture(**fields: Any) -> Any:
    """A user who is saved and has a picture: "jane@example.com" unless `fields` say otherwise."""
    model: Any = get_user_model()
    user = model._default_manager.create_user(**{model.USERNAME_FIELD: "jane@example.com", **fields})
    services.set_own(user, picture_file())
    return user


class StorageConformance:
    """
    Everything this package asks of a storage. Inherit and say how the storage is made.

    ::

        class TestOurStorage(StorageConformance):
            def make_storage(self):
                return OurStorage(bucket="tests")

    Works with pytest as it is, and with `unittest` beside `TestCase`. The storage may hold other
    files: each test uses a folder of its own and leaves nothing behind.
    """

    is_served = False
    """True when what `url` gives can be fetched from here: then it is, and what comes back is looked at."""
    keeps_headers = True
    """Whether a file is served with the Content-Type and Cache-Control that it was stored with."""

    def make_storage(self) -> Storage:
        """The storage to test, made anew for each test."""
        raise NotImplementedError("Say which storage to test: override make_storage().")

    def fetch(self, url: str) -> tuple[dict[str, str], bytes]:
        """Headers, in lower case, and body of what `url` gives."""
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - an address that the tested storage made
            return {key.lower(): value for key, value in answer.headers.items()}, answer.read()

    def test_a_file_keeps_the_name_it_was_given(self) -> None:
        """Names say which renditions exist: a storage that changes them cannot be used."""
        with self._stored() as (storage, name):
            names = {found for found, _ in listing.walk(storage, _folder(name))}

            assert names == set(_files(storage, name)), (
                f"{type(storage).__name__} stores files under other names: {names}"
            )

    def test_a_file_comes_back_as_it_was_stored(self) -> None:
        """Rebuilding and moving read what is stored."""
        with self._stored() as (storage, name):
            for file, data in _files(storage, name).items():
                with storage.open(file) as stored:
                    assert stored.read() == data, f"{file} came back changed"

    def test_deleting_leaves_nothing(self) -> None:
        """And says that all could be deleted."""
        with self._stored() as (storage, name):
            failed = references.delete_files(storage, name.files())

            assert failed == 0
            assert list(listing.walk(storage, _folder(name))) == []

    def test_deleting_what_is_gone_is_no_error(self) -> None:
        """The sweep and a late request may both delete the same file."""
        storage = self.make_storage()
        name = naming.new_name("conformance/gone", sizes=SIZES, formats=("webp",))

        assert references.delete_files(storage, name.files()) == 0

    def test_a_listing_says_when_a_file_was_written(self) -> None:
        """Files younger than the grace are left alone by the sweep."""
        with self._stored() as (storage, name):
            for listed in listing.walk(storage, _folder(name)):
                age = time.time() - listing.modified(storage, listed)
                assert abs(age) < 300, f"{listed[0]} was written just now, but the storage says {age:.0f} seconds ago"

    def test_a_listing_holds_what_is_deeper_and_not_what_is_beside(self) -> None:
        """`avatars_prune` deletes by it."""
        with self._stored("conformance/here/deeper") as (storage, name):
            beside = _store(storage, "conformance/hereafter")
            names = {found for found, _ in listing.walk(storage, "conformance/here")}
            references.delete_files(storage, beside.files())

            assert names == set(_files(storage, name))

    def test_what_a_picture_has_left_under_an_earlier_name_is_found(self) -> None:
        """It is deleted together with the picture, whose renditions were made anew in the meantime."""
        with self._stored() as (storage, earlier):
            now, other = (_store(storage, _folder(earlier), continues=token) for token in (earlier.token, ""))
            names = set(adapter_for(storage).starting_with(now.family))
            references.delete_files(storage, [*now.files(), *other.files()])

            assert names == {*_files(storage, earlier), *_files(storage, now)}

    def test_a_folder_that_does_not_exist_is_empty(self) -> None:
        """Before the first upload."""
        assert list(listing.walk(self.make_storage(), "conformance/never")) == []

    def test_a_missing_file_cannot_be_read(self) -> None:
        """An empty picture must never be taken for a real one."""
        storage = self.make_storage()
        name = naming.new_name("conformance/missing", sizes=(64,), formats=("webp",))
        try:
            with storage.open(str(name)) as file:
                data = file.read()
        except Exception:
            return
        raise AssertionError(f"{type(storage).__name__} has no such file, but gives {data!r}")

    def test_folders_may_have_any_name(self) -> None:
        """An `upload_to` may put anything before the name."""
        with self._stored("conformance/Zoë & Söhne/2026 (new)") as (storage, name):
            names = {found for found, _ in listing.walk(storage, _folder(name))}

            assert names == set(_files(storage, name))
            self._look_at(storage, name)

    def test_pictures_can_be_written_at_the_same_time(self) -> None:
        """Requests run beside each other, and a remote storage gets several files at once."""
        storage = self.make_storage()
        with ThreadPoolExecutor(4) as threads:
            names = list(threads.map(lambda number: _store(storage, f"conformance/at-once/{number}"), range(8)))
        try:
            found = {listed for listed, _ in listing.walk(storage, "conformance/at-once")}
            assert found == {file for name in names for file in _files(storage, name)}
        finally:
            for name in names:
                references.delete_files(storage, name.files())

    def test_an_address_stays_the_same(self) -> None:
        """Or no browser ever caches what it points at."""
        with self._stored() as (storage, name):
            assert urls.url(storage, str(name)) == urls.url(storage, str(name))
            assert urls.url_for(storage, str(name), 48) == urls.url_for(storage, str(name), 48)

    def test_every_size_has_an_address(self) -> None:
        """A small and a large size have different addresses: those of their files, or those that the storage makes."""
        with self._stored() as (storage, name):
            small, large = (urls.url_for(storage, str(name), size) for size in (64, 512))

            assert small != large
            self._look_at(storage, name)

    def test_making_addresses_asks_for_nothing(self) -> None:
        """A page shows many pictures."""
        with self._stored() as (storage, name), assert_no_storage_calls():
            urls.url(storage, str(name))
            urls.srcset(storage, str(name), 48)

    def _look_at(self, storage: Storage, name: naming.StoredName) -> None:
        if not self.is_served:
            return
        for size in SIZES:
            headers, body = self.fetch(urls.url_for(storage, str(name), size))
            assert _side(body) == size, f"Asked for {size} pixels, and got {_side(body)}"
            if self.keeps_headers:
                assert headers.get("content-type") == "image/webp", f"Served as {headers.get('content-type')!r}"
                assert "max-age=31536000" in headers.get("cache-control", ""), (
                    f"Served with Cache-Control {headers.get('cache-control')!r}, which lets nobody keep it for a year"
                )

    @contextlib.contextmanager
    def _stored(self, folder: str = "conformance/one") -> Iterator[tuple[Storage, naming.StoredName]]:
        storage = self.make_storage()
        name = _store(storage, folder)
        try:
            yield storage, name
        finally:
            references.delete_files(storage, name.files())


def _store(storage: Storage, folder: str, *, continues: str = "") -> naming.StoredName:
    """Write a picture as a field does."""
    resizes = getattr(storage, "resizes_by_url", False)
    files: dict[str, Any] = {} if resizes else {"sizes": SIZES, "formats": ("webp",)}
    name = naming.new_name(folder, continues=continues, **files)
    adapter: StorageAdapter = adapter_for(storage)
    save = adapter.writer()

    def put(item: tuple[str, bytes]) -> None:
        stored = save(item[0], staging.RenditionFile(item[1], item[0].rpartition("/")[2], "webp"))
        assert stored == item[0], f"{type(storage).__name__} stored {item[0]!r} as {stored!r}"

    adapter.each(put, list(_files(storage, name).items()))
    return name


def _files(storage: Storage, name: naming.StoredName) -> dict[str, bytes]:
    return {name.file(size): picture(size) for size in (name.sizes or SIZES[:1])}


def _folder(name: naming.StoredName) -> str:
    return name.base.rpartition("/")[0]


def _side(data: bytes) -> int:
    with Image.open(ContentFile(data)) as image:
        return image.width


def _kinds(kind: type[Any]) -> Iterator[type[Any]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _kinds(child)


def _refusal(kind: type[Any], method: str) -> Any:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError(
            f"{type(self).__name__}.{method}({', '.join(map(repr, args))}) was called, and nothing may be."
        )

    return refuse
