"""A row that somebody else deletes while its person changes the picture."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection

from django_avatars import services
from tests.app.models import Profile, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(profile: Profile) -> User:
    """Somebody with a picture, loaded together with the row that holds it."""
    profile.profile_pic = upload()
    profile.save()
    return User.objects.select_related("profile").get()


@contextmanager
def no_updates() -> Iterator[None]:
    """A database that reads, and does not write."""

    def refuse(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("read-only")
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse):
        yield


def test_a_picture_is_for_the_person_whose_row_was_deleted_meanwhile(person: User, media: Path) -> None:
    Profile.objects.all().delete()

    services.set_own(person, upload(seed=1))

    assert person.profile == Profile.objects.get()
    assert on_disk(media) == files_of(Profile.objects.get().profile_pic.name)


def test_a_person_who_was_deleted_meanwhile_may_not(person: User, media: Path) -> None:
    User.objects.all().delete()

    with pytest.raises(PermissionDenied):
        services.set_own(person, upload(seed=1))

    assert on_disk(media) == set()


def test_a_database_that_fails_is_no_deleted_row(person: User, media: Path) -> None:
    files = on_disk(media)

    with no_updates(), pytest.raises(OperationalError):
        services.set_own(person, upload(seed=1))
    with no_updates(), pytest.raises(OperationalError):
        services.remove_own(person)

    assert on_disk(media) == files
    assert Profile.objects.get().profile_pic


def test_there_is_nothing_to_remove_from_a_row_that_is_gone(person: User, media: Path) -> None:
    Profile.objects.all().delete()

    assert services.remove_own(person) is False
    assert on_disk(media) == set()
