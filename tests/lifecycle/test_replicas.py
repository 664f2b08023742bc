"""Primary and replicas of one database are one: a row read from a replica is a row of the primary."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from django_avatars.lifecycle import references, state
from tests.app.models import Place
from tests.storing import files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def lagging(settings: Settings, media: Path) -> tuple[str, Place]:
    """The name that the primary has, and a row as the replica still has it, with a picture that is gone."""
    place = Place.objects.create(name="Old Bridge", photo=upload())
    Place.objects.using("other").bulk_create([Place(pk=place.pk, name=place.name, photo=place.photo.name)])
    place.photo = upload(seed=1)
    place.save()
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsFromReplica"]
    return place.photo.name or "", Place.objects.get()


def test_a_row_of_a_lagging_replica_does_not_bring_its_picture_back(lagging: tuple[str, Place], media: Path) -> None:
    name, stale = lagging
    assert (stale._state.db, stale.photo.name) != ("default", name)

    stale.name = "New Bridge"
    with CaptureQueriesContext(connections["default"]) as captured:
        stale.save()

    stored = Place.objects.using("default").get()
    assert (stored.name, stored.photo.name) == ("New Bridge", name)
    assert files_of(name) <= on_disk(media)
    assert len(captured) == 1


@pytest.mark.parametrize("first", [{}, {"update_fields": ["name"]}], ids=["whole", "another field"])
def test_a_row_of_a_lagging_replica_that_is_saved_twice_keeps_the_newest_picture(
    first: dict[str, Any], media: Path, settings: Settings
) -> None:
    place = Place.objects.create(photo=upload())
    Place.objects.using("other").bulk_create([Place(pk=place.pk)])
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsFromReplica"]
    stale = Place.objects.get()
    stale.save(**first)

    with CaptureQueriesContext(connections["default"]) as captured:
        pickle.loads(pickle.dumps(stale)).save()
        stale.save()

    assert Place.objects.using("default").get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)
    assert len(captured) == 2
    stale.photo = ""  # and is removed all the same
    stale.save()
    assert on_disk(media) == set()


def test_a_row_of_a_replica_can_be_replaced(lagging: tuple[str, Place], media: Path) -> None:
    name, stale = lagging

    stale.photo = upload(seed=2)
    stale.save()

    assert Place.objects.using("default").get().photo.name == stale.photo.name
    assert files_of(name).isdisjoint(on_disk(media))


def test_a_removal_does_not_ask_a_replica_whether_there_is_a_picture(media: Path, settings: Settings) -> None:
    place = Place.objects.create(photo=upload())
    Place.objects.using("other").bulk_create([Place(pk=place.pk)])
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsFromReplica"]
    stale = Place.objects.get()
    assert not stale.photo

    stale.photo = ""
    stale.save()

    assert Place.objects.using("default").get().photo.name == ""
    assert on_disk(media) == set()


def test_without_a_router_a_replica_is_known_by_its_place(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place.objects.create(photo=upload())
    Place.objects.using("other").bulk_create([Place(pk=place.pk, photo=place.photo.name)])
    stale = Place.objects.using("other").get()
    monkeypatch.setitem(connections["other"].settings_dict, "NAME", connections["default"].settings_dict["NAME"])

    with CaptureQueriesContext(connections["default"]) as captured:
        stale.save(using="default")

    assert len(captured) == 1


@pytest.mark.parametrize("mirror", ["default", None])
def test_a_replica_is_not_asked_who_names_a_picture(
    media: Path, monkeypatch: pytest.MonkeyPatch, mirror: str | None
) -> None:
    """It would keep each old picture until it has caught up."""
    place = Place.objects.create(photo=upload())
    Place.objects.using("other").bulk_create([Place(pk=place.pk, photo=place.photo.name)])
    replica, primary = connections["other"].settings_dict, connections["default"].settings_dict
    monkeypatch.setitem(replica, "TEST", {**replica["TEST"], "MIRROR": mirror})
    if mirror is None:
        monkeypatch.setitem(replica, "NAME", primary["NAME"])

    assert list(references.databases(Place)) == ["default"]
    place.photo = upload(seed=1)
    place.save()

    assert on_disk(media) == files_of(place.photo.name)


def test_databases_in_memory_are_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for alias in ("default", "other"):
        monkeypatch.setitem(connections[alias].settings_dict, "NAME", ":memory:")

    assert not state.is_replica("other", "default")
    assert state.primaries("default") == ["default", "other"]
