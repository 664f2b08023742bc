"""A file that several rows or fields name stays while anything names it."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest
from django.db import transaction

from tests.app.models import Artist, Member, Place, Restaurant, Scrapbook, Team
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def test_replacing_a_picture_keeps_it_while_another_row_points_at_it(media: Path, place: Place) -> None:
    other = Place.objects.create(photo=place.photo.name)
    shared = place.photo.name

    place.photo = upload(seed=1)
    place.save()
    assert on_disk(media) == files_of(shared, place.photo.name)

    other.delete()
    assert on_disk(media) == files_of(place.photo.name)


def test_a_copied_row_keeps_the_picture(media: Path, place: Place) -> None:
    name, key = place.photo.name, place.pk

    place.pk = None
    place._state.adding = True
    place.save()
    assert set(Place.objects.values_list("photo", flat=True)) == {name}
    Place.objects.get(pk=key).delete()

    assert on_disk(media) == files_of(name)
    assert Place.objects.get().photo.name == name


def test_a_copied_row_without_telling_django_keeps_the_picture(media: Path, place: Place) -> None:
    name = place.photo.name

    place.pk = None
    place.save()

    assert list(Place.objects.values_list("photo", flat=True)) == [name, name]


def test_a_copied_row_with_a_key_of_its_own_keeps_the_picture(media: Path) -> None:
    artist = Artist.objects.create(portrait=upload())
    key, name = artist.pk, artist.portrait.name

    artist.pk = Artist().pk
    artist.save()
    Artist.objects.get(pk=key).delete()

    assert Artist.objects.get().portrait.name == name
    assert on_disk(media) == files_of(name)


def test_another_model_keeps_the_picture(media: Path, team: Team) -> None:
    member = Member.objects.create(team=team, photo=upload(seed=5))
    place = Place.objects.create(photo=member.photo)
    assert place.photo.name == member.photo.name

    member.delete()

    assert files_of(place.photo.name) <= on_disk(media)


def test_another_field_of_the_row_keeps_the_picture(media: Path, team: Team) -> None:
    logo, banner = team.logo.name, team.banner.name
    team.banner = team.logo
    team.save()
    assert Team.objects.get().banner.name == logo
    assert on_disk(media) == files_of(logo)
    assert banner != logo

    team.logo = ""
    team.save()

    assert on_disk(media) == files_of(logo)


def test_a_picture_that_moves_to_another_field_stays(media: Path, team: Team) -> None:
    logo = team.logo.name

    team.logo, team.banner = "", team.logo
    team.save()

    assert Team.objects.get().banner.name == logo
    assert not Team.objects.get().logo
    assert on_disk(media) == files_of(logo)


def test_a_new_file_of_one_field_assigned_to_another_is_stored_for_each(media: Path) -> None:
    team = Team(logo=upload())
    team.banner = team.logo
    team.save()

    stored = Team.objects.get()
    assert stored.logo.name != stored.banner.name
    assert stored.banner.stored_name.startswith("banners/")
    assert stored.banner.stored_name.endswith("_webp.jpg")
    assert on_disk(media) == files_of(stored.logo.name, stored.banner.name)


def test_a_new_file_of_one_row_assigned_to_another_is_stored_for_each(media: Path) -> None:
    one, other = Place(photo=upload()), Place()
    other.photo = one.photo
    one.save()
    other.save()

    assert one.photo.name != other.photo.name
    assert on_disk(media) == files_of(one.photo.name, other.photo.name)


def test_a_shallow_copy_is_another_instance_of_the_same_row(media: Path, place: Place) -> None:
    other = copy(place)
    other.photo = upload(seed=1)
    other.save()

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_shared_by_a_row_that_a_transaction_has_yet_to_commit(media: Path, place: Place) -> None:
    with transaction.atomic():
        Place.objects.create(photo=place.photo.name)
        place.delete()

    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_two_rows_deleted_together_let_their_picture_go(media: Path, place: Place) -> None:
    Place.objects.create(photo=place.photo.name)

    Place.objects.all().delete()

    assert on_disk(media) == set()


def test_a_stored_file_of_another_kind_of_field_is_a_foreign_name(media: Path) -> None:
    scrapbook = Scrapbook.objects.create(cover=upload())
    place = Place(photo=scrapbook.cover)

    place.save()
    place.refresh_from_db()
    assert place.photo.name == scrapbook.cover.name
    assert place.photo.sizes == ()
    place.delete()

    assert on_disk(media) == {scrapbook.cover.name}


def test_an_empty_file_of_another_kind_of_field_is_no_picture(transactional_db: None) -> None:
    scrapbook = Scrapbook.objects.create()
    place = Place(photo=scrapbook.cover)

    assert not place.photo
    place.save()

    assert Place.objects.values_list("photo", flat=True).get() == ""
    assert not scrapbook.cover


def test_a_new_file_of_another_kind_of_field_is_processed(media: Path) -> None:
    scrapbook = Scrapbook(cover=upload())
    place = Place(photo=scrapbook.cover)

    place.save()

    assert place.photo.sizes == (64,)
    assert on_disk(media) == files_of(place.photo.name)


def test_the_picture_of_a_row_of_another_model_with_the_same_key_is_written(
    media: Path, team: Team, place: Place
) -> None:
    member = Member.objects.create(pk=place.pk, team=team, photo=upload(seed=5))

    place.photo = member.photo
    place.save()

    assert Place.objects.get().photo.name == member.photo.name


def test_a_shallow_copy_leaves_the_file_of_the_original_alone(media: Path, place: Place) -> None:
    name = place.photo.name
    other = copy(place)
    other.pk, other.photo = None, upload(seed=1)
    assert place.photo.name == name
    assert other.photo.is_pending  # makes the file object that a shallow copy shares
    twin = copy(other)
    assert twin.photo.is_pending

    other.save()

    assert twin.photo.is_pending
    assert place.photo.instance is place
    assert on_disk(media) == files_of(name, other.photo.name)


def test_a_child_may_be_made_with_the_pictures_of_another(media: Path) -> None:
    one = Restaurant.objects.create(photo=upload(), menu=upload(seed=1))

    other = Restaurant.objects.create(photo=one.photo, menu=one.menu)
    one.delete()

    assert on_disk(media) == files_of(other.photo.name, other.menu.name)
