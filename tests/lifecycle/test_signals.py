"""Signals: after the commit, once a change, and no receiver can undo it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection, transaction

from django_avatars.lifecycle import replace
from django_avatars.signals import avatar_removed, avatar_saved
from tests.app.models import Place, Profile, ProxyProfile, Restaurant, Team
from tests.storing import upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def test_a_new_picture_is_told_with_its_names(heard: list[dict[str, Any]], place: Place) -> None:
    assert heard == [
        {
            "signal": avatar_saved,
            "sender": Place,
            "instance": place,
            "field": Place._meta.get_field("photo"),
            "name": place.photo.name,
            "old_name": "",
            "actor": None,
        }
    ]


def test_a_replaced_picture_is_told_with_the_old_name(heard: list[dict[str, Any]], place: Place) -> None:
    old = place.photo.name
    heard.clear()

    place.photo = upload(seed=1)
    place.save()

    assert [(one["signal"], one["name"], one["old_name"]) for one in heard] == [(avatar_saved, place.photo.name, old)]


def test_a_removed_picture_is_told_with_the_name_that_went(heard: list[dict[str, Any]], place: Place) -> None:
    old = place.photo.name
    heard.clear()

    place.photo.delete()

    assert heard == [
        {
            "signal": avatar_removed,
            "sender": Place,
            "instance": place,
            "field": Place._meta.get_field("photo"),
            "name": old,
            "actor": None,
        }
    ]


def test_a_deleted_row_is_told_once_a_picture(heard: list[dict[str, Any]], transactional_db: None) -> None:
    restaurant = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))
    names = {restaurant.photo.name, restaurant.menu.name}
    heard.clear()

    restaurant.delete()

    assert {one["signal"] for one in heard} == {avatar_removed}
    assert {one["name"] for one in heard} == names
    assert len(heard) == 2


def test_a_row_deleted_through_a_proxy_is_told_once(heard: list[dict[str, Any]], profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()
    heard.clear()

    ProxyProfile.objects.get().delete()

    assert [one["name"] for one in heard] == [profile.profile_pic.name]


def test_only_the_picture_that_changed_is_told(heard: list[dict[str, Any]], team: Team) -> None:
    heard.clear()

    team.banner = upload(seed=3)
    team.save()

    assert [one["field"].name for one in heard] == ["banner"]


def test_a_save_without_a_change_is_not_told(heard: list[dict[str, Any]], place: Place) -> None:
    heard.clear()

    place.save()
    Place.objects.create(name="no picture").delete()

    assert heard == []


def test_a_row_that_gets_the_picture_that_it_has_is_not_told(heard: list[dict[str, Any]], place: Place) -> None:
    heard.clear()

    Place(pk=place.pk, photo=place.photo.name).save()
    place.photo = place.photo.name
    place.save()

    assert heard == []


def test_signals_come_after_the_commit(heard: list[dict[str, Any]], place: Place) -> None:
    heard.clear()

    with transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        assert heard == []

    assert len(heard) == 1


def test_a_receiver_is_outside_of_the_transaction_and_sees_the_row(place: Place) -> None:
    seen: list[tuple[bool, bool]] = []

    def look(instance: Place, name: str, **kwargs: Any) -> None:
        seen.append((connection.in_atomic_block, Place.objects.get(pk=instance.pk).photo.name == name))

    avatar_saved.connect(look)
    try:
        place.photo = upload(seed=1)
        place.save()
    finally:
        avatar_saved.disconnect(look)

    assert seen == [(False, True)]


def test_nothing_is_told_of_what_rolled_back(heard: list[dict[str, Any]], place: Place) -> None:
    heard.clear()

    with transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        place.delete()
        transaction.set_rollback(True)

    assert heard == []


def test_a_receiver_that_raises_is_logged_and_changes_nothing(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(**kwargs: Any) -> None:
        raise ZeroDivisionError

    avatar_saved.connect(refuse)
    try:
        place.photo = upload(seed=1)
        with caplog.at_level(logging.ERROR, logger="django.dispatch"):
            place.save()
    finally:
        avatar_saved.disconnect(refuse)

    assert Place.objects.get().photo.name == place.photo.name
    assert any("refuse" in message for message in caplog.messages)


def test_a_log_that_fails_is_logged_and_changes_nothing(
    place: Place, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def observe(change: replace.Change, alias: str, key: Any) -> None:
        raise RuntimeError("full")

    monkeypatch.setattr(replace, "observers", [observe])
    place.photo = upload(seed=1)
    place.save()

    assert Place.objects.get().photo == place.photo
    assert [record.levelname for record in caplog.records] == ["ERROR"]
