"""What every test can use: a media folder of its own, people, and pictures."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from tests import pictures
from tests.app.models import Profile, User
from tests.flushing import quick_flush as quick_flush
from tests.storing import upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from django_avatars.fetch import Network
    from tests.elsewhere import Server

# No test is about time: on a machine that is busy, whatever is drawn is drawn slowly.
hypothesis_settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("tests")

# In processes of their own: browsers, whose tests allow what is unsafe elsewhere, and projects with more tables.
collect_ignore = [
    room
    for room in ("browser", "clients", "neighbours", "optional")
    if os.environ.get("DJANGO_SETTINGS_MODULE") != f"tests.{room}.settings"
]


ONCE = (
    "imaging",
    "optional/test_documents.py",
    "optional/test_histories.py",  # on SQLite and on PostgreSQL, where the environment `coverage` plays them
    "providers/test_drawing.py",
    "providers/test_identicon.py",
    "providers/test_names.py",
    "safety/test_hostile.py",
    "safety/test_hostile_ninja.py",  # what becomes of a file is decided behind the doors, which have tests of their own
    "safety/test_hostile_rest.py",
    "storages/test_celery.py",
    "storages/test_doctor.py",
    "storages/test_example.py",
    "storages/test_moving.py",
    "storages/test_s3.py",
    "storages/test_s3_faults.py",
    "storages/test_tenants.py",
    "test_coming_from_django_avatar.py",
    "test_docs.py",
    "test_fetch.py",
    "test_frontend.py",
    "test_readme.py",
)
"""What takes long and would be the same on another Django: decoding, drawing, servers that fail, documents."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `once` what `ONCE` names."""
    folder = Path(__file__).parent
    once = [folder / name for name in ONCE]
    paths = {item.path for item in items}  # far fewer than items
    marked = {path for path in paths if any(path.is_relative_to(one) for one in once)}
    for item in items:
        if item.path in marked:
            item.add_marker("once")


@contextmanager
def connections_kept() -> Iterator[None]:
    """A request within a test must not close the connection that holds the transaction of the test."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def connections_stay() -> Iterator[None]:
    """`connections_kept` for a whole test, which must not use Django's client: that connects them again."""
    with connections_kept():
        yield


@pytest.fixture(scope="session")
def unused_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders, each of which nobody has used. For every test there is, `tmp_path` takes too long."""
    base = tmp_path_factory.mktemp("media")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def media(settings: Settings, unused_folders: Iterator[Path]) -> Path:
    """The folder that files are stored in."""
    folder = next(unused_folders) / "media"
    folder.mkdir(parents=True)
    settings.MEDIA_ROOT = str(folder)
    return folder


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A landscape photo, larger than the largest rendition."""
    return pictures.photo(800, 600)


@pytest.fixture
def user(db: None) -> User:
    """Somebody without a profile yet."""
    return User.objects.create_user("jane", first_name="Jane", last_name="Doe", email="jane@example.com")


@pytest.fixture
def profile(user: User) -> Profile:
    """Somebody with an empty profile."""
    return Profile.objects.create(user=user)


@pytest.fixture(scope="session")
def authority() -> Any:
    """Signs the certificates of `server`."""
    import trustme

    return trustme.CA()


@pytest.fixture
def server(authority: Any) -> Iterator[Server]:
    """A site on this machine, https://pictures.example in `network`."""
    import ssl

    from tests.elsewhere import Server

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("pictures.example", "127.0.0.1").configure_cert(context)
    server = Server(context)
    yield server
    server.close()


@pytest.fixture(scope="session")
def network(authority: Any) -> Callable[..., Network]:
    """Makes the network that `server` is in; once, as it reads every certificate of the machine."""
    from tests import elsewhere

    return elsewhere.network(authority)


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """A profile with a picture."""
    profile.profile_pic = upload()
    profile.save()
    return profile
