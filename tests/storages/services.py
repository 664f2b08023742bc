"""
The servers that storages are tried against, and a fresh place on each. `.ci/services.sh` starts them.

Where one is not there, the tests that need it are skipped by name; in CI nothing may be.
"""

from __future__ import annotations

import functools
import getpass
import itertools
import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of the one account that every Azurite has; it is in its documentation."""

_numbers = itertools.count()


def address(variable: str) -> str:
    """Where a server answers; skips the test when nobody says."""
    value = os.environ.get(f"DJANGO_AVATARS_{variable}")
    if not value:
        pytest.skip(f"needs a server at DJANGO_AVATARS_{variable}: see .ci/services.sh")
    return value


def fresh_name() -> str:
    """Of a bucket or container that nobody has used."""
    return f"avatars-{uuid.uuid4().hex[:8]}-{next(_numbers)}"


@functools.cache
def read_models_once() -> None:
    """Let sessions of boto3 share what they have read: megabytes of JSON, for each of as many storages as there are."""
    from botocore import loaders, session

    known: dict[Any, Any] = {}

    def create_loader(search_path: Any = None) -> Any:
        loader = loaders.create_loader(search_path)
        loader._cache = known
        return loader

    session.create_loader = create_loader


def s3(**options: Any) -> Any:
    """django-storages' S3Storage on a new bucket of the Ceph gateway."""
    endpoint = address("S3")
    backend = pytest.importorskip("storages.backends.s3")
    read_models_once()
    from botocore.config import Config

    once = Config(
        connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}, signature_version="s3v4",
        s3={"addressing_style": "path"},
    )  # fmt: skip
    given = {
        "access_key": "avatars",
        "secret_key": "avatars-secret",
        "bucket_name": fresh_name(),
        "endpoint_url": endpoint,
        "region_name": "us-east-1",
        "client_config": once,
        **options,
    }
    storage = backend.S3Storage(**given)
    storage.connection.meta.client.create_bucket(Bucket=storage.bucket_name)
    return storage


class Requests(list[str]):
    """Method and path of every request that a storage sends to S3, as it leaves; may delay, hold and break them."""

    def __init__(self, storage: Any) -> None:
        super().__init__()
        self.delay = 0.0
        self.together: threading.Barrier | None = None
        """Where each PUT waits until so many are on their way at once."""
        self.faults: list[Any] = []
        """What the next requests meet: a status, an error of botocore to raise, ("after", error), or None."""
        self._session = storage.bucket.meta.client._endpoint.http_session
        storage.bucket.meta.client.meta.events.register("before-send.s3.*", self._before)

    def of(self, method: str) -> list[str]:
        """The requests of one method."""
        return [one for one in self if one.startswith(f"{method} ")]

    def _before(self, request: Any, **kwargs: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        self.append(f"{request.method} {request.url}")
        time.sleep(self.delay)
        if self.together is not None and request.method == "PUT":
            self.together.wait()
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, int):
            return AWSResponse(request.url, fault, {}, _Body(b"<Error><Code>InternalError</Code></Error>"))
        if isinstance(fault, tuple):
            self._session.send(request)
            raise fault[1](endpoint_url=request.url)
        if fault is not None:
            raise fault(endpoint_url=request.url)
        return None


class _Body:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        yield self._data


def azure(**options: Any) -> Any:
    """django-storages' AzureStorage on a new container of Azurite."""
    host = address("AZURE")
    backend = pytest.importorskip("storages.backends.azure_storage")
    connection = (
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;"
        f"AccountKey={AZURITE_KEY};BlobEndpoint=http://{host}/devstoreaccount1;"
    )
    storage = backend.AzureStorage(connection_string=connection, azure_container=fresh_name(), **options)
    storage.client.create_container(public_access="blob")
    return storage


@contextmanager
def google_emulator() -> Iterator[None]:
    """A Google Cloud Storage emulator in this process, which the official client is led to."""
    server_module = pytest.importorskip("gcp_storage_emulator.server")
    server = server_module.create_server("127.0.0.1", 0, in_memory=True)
    server.start()
    port = server._api._httpd.socket.getsockname()[1]
    with mock.patch.dict(os.environ, STORAGE_EMULATOR_HOST=f"http://127.0.0.1:{port}"):
        try:
            yield
        finally:
            server.stop()


def google(**options: Any) -> Any:
    """django-storages' GoogleCloudStorage on a new bucket of the emulator."""
    from google.auth.credentials import AnonymousCredentials
    from storages.backends.gcloud import GoogleCloudStorage

    given = {
        "credentials": AnonymousCredentials(),  # type: ignore[no-untyped-call]
        "project_id": "test",
        "querystring_auth": False,
    }
    storage = GoogleCloudStorage(**{**given, "bucket_name": fresh_name(), **options})
    storage.client.create_bucket(storage.bucket_name)
    return storage


def sftp(folder: Path, **options: Any) -> Any:
    """django-storages' SFTPStorage in `folder`, through a real sshd."""
    host, _, port = address("SFTP").partition(":")
    backend = pytest.importorskip("storages.backends.sftpstorage")
    params = {
        "port": int(port),
        "username": getpass.getuser(),
        "key_filename": os.environ["DJANGO_AVATARS_SFTP_KEY"],
        "allow_agent": False,
        "look_for_keys": False,
    }
    given = {"base_url": "http://media.example/", "known_host_file": os.devnull, **options}
    return backend.SFTPStorage(host=host, params=params, root_path=str(folder), **given)
