"""A transaction that rolls back: what the row named is intact, what was written is gone, and a retry works."""

from __future__ import annotations

import gc
import os
import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import TestCase

from django_avatars.lifecycle import staging
from tests.app.models import Member, Place, Profile, Team, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


class Undo(Exception):
    """Ends a block."""


def test_a_replace_that_rolls_back_leaves_the_old_picture(media: Path, place: Place) -> None:
    old = place.photo.name
    place.photo = upload(seed=1)

    with pytest.raises(Undo), transaction.atomic():
        place.save()
        new = place.photo.name
        assert on_disk(media) == files_of(old, new)
        raise Undo

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_a_create_that_rolls_back_leaves_nothing(media: Path) -> None:
    with pytest.raises(Undo), transaction.atomic():
        Place.objects.create(photo=upload())
        raise Undo

    assert on_disk(media) == set()


def test_set_rollback_takes_the_files_back(media: Path) -> None:
    with transaction.atomic():
        Place.objects.create(photo=upload())
        transaction.set_rollback(True)

    assert on_disk(media) == set()


def test_a_savepoint_that_rolls_back_leaves_the_old_picture(media: Path, place: Place) -> None:
    old = place.photo.name

    with transaction.atomic():
        place.photo = upload(seed=1)
        with pytest.raises(Undo), transaction.atomic():
            place.save()
            raise Undo
        assert on_disk(media) == files_of(old)

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_an_outer_savepoint_takes_back_what_inner_ones_released(media: Path, place: Place) -> None:
    old = place.photo.name

    with transaction.atomic():
        with pytest.raises(Undo), transaction.atomic():
            with transaction.atomic():
                place.photo = upload(seed=1)
                place.save()
            assert len(on_disk(media)) == 2
            raise Undo
        assert on_disk(media) == files_of(old)


def test_only_the_savepoint_that_rolls_back_loses_its_files(media: Path) -> None:
    with transaction.atomic():
        kept = Place.objects.create(photo=upload())
        with pytest.raises(Undo), transaction.atomic():
            Place.objects.create(photo=upload(seed=1))
            raise Undo

    assert on_disk(media) == files_of(kept.photo.name)
    assert Place.objects.get().photo.name == kept.photo.name


def test_a_savepoint_by_hand_loses_no_old_picture(media: Path, place: Place) -> None:
    # Django drops no callbacks for it: the new file is left to the sweep, the old one is found to be in use.
    old = place.photo.name
    # The new name is Django 6.1's.
    begin = getattr(transaction, "savepoint_create" if hasattr(transaction, "savepoint_create") else "savepoint")
    with transaction.atomic():
        savepoint = begin()
        place.photo = upload(seed=1)
        place.save()
        transaction.savepoint_rollback(savepoint)

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old, place.photo.name)


def test_an_outer_transaction_decides_as_with_atomic_requests(media: Path, place: Place) -> None:
    old = place.photo.name

    with transaction.atomic(durable=True):
        place.photo = upload(seed=1)
        place.save()
        assert on_disk(media) == files_of(old, place.photo.name)

    assert on_disk(media) == files_of(place.photo.name)


def test_a_database_that_refuses_after_the_write_loses_nothing(media: Path, profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()
    second = Profile(user=profile.user, profile_pic=upload(seed=1))

    with pytest.raises(IntegrityError):
        second.save()

    assert on_disk(media) == files_of(profile.profile_pic.name)


def test_a_receiver_that_raises_takes_the_picture_back(media: Path, place: Place) -> None:
    from django.db.models.signals import post_save

    def refuse(**kwargs: object) -> None:
        raise Undo

    old = place.photo.name
    post_save.connect(refuse, sender=Place)
    try:
        place.photo = upload(seed=1)
        with pytest.raises(Undo):
            place.save()
    finally:
        post_save.disconnect(refuse, sender=Place)

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_a_receiver_that_saves_again_changes_nothing(media: Path, place: Place) -> None:
    from django.db.models.signals import post_save

    def once_more(instance: Place, **kwargs: object) -> None:
        post_save.disconnect(once_more, sender=Place)
        instance.save()

    post_save.connect(once_more, sender=Place)
    place.photo = upload(seed=1)
    place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_save_tried_again_after_a_rollback_writes_the_picture_under_a_new_name(media: Path, place: Place) -> None:
    old = place.photo.name
    place.photo = upload(seed=1)
    with pytest.raises(Undo), transaction.atomic():
        place.save()
        lost = place.photo.name
        raise Undo
    assert place.photo.is_pending

    place.save()

    assert place.photo.name not in (old, lost)
    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_create_tried_again_after_a_rollback_writes_the_picture(media: Path) -> None:
    place = Place(photo=upload())
    with pytest.raises(Undo), transaction.atomic():
        place.save()
        raise Undo

    place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_save_tried_again_in_the_same_transaction_writes_the_picture(media: Path, place: Place) -> None:
    with transaction.atomic():
        place.photo = upload(seed=1)
        with pytest.raises(Undo), transaction.atomic():
            place.save()
            raise Undo
        place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_removal_that_rolled_back_can_be_tried_again(media: Path, place: Place) -> None:
    name = place.photo.name
    with pytest.raises(Undo), transaction.atomic():
        place.photo = ""
        place.save()
        raise Undo
    assert on_disk(media) == files_of(name)

    place.save()

    assert not Place.objects.get().photo
    assert on_disk(media) == set()


def test_a_removal_saved_twice_that_rolled_back_can_be_tried_again(media: Path, place: Place) -> None:
    with pytest.raises(Undo), transaction.atomic():
        place.photo = ""
        place.save()
        place.save()
        raise Undo

    place.save()

    assert not Place.objects.get().photo
    assert on_disk(media) == set()


def test_a_picture_saved_twice_that_rolled_back_can_be_tried_again(media: Path, place: Place) -> None:
    with pytest.raises(Undo), transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        place.name = "New Bridge"
        place.save()
        raise Undo

    place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_after_a_rollback_the_picture_waits_for_the_next_save_of_its_column(media: Path, place: Place) -> None:
    old = place.photo.name
    place.photo = upload(seed=1)
    with pytest.raises(Undo), transaction.atomic():
        place.save()
        raise Undo

    place.save(update_fields=["name"])

    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)


def test_reloading_after_a_rollback_shows_the_old_picture(media: Path, place: Place) -> None:
    old = place.photo.name
    place.photo = upload(seed=1)
    with pytest.raises(Undo), transaction.atomic():
        place.save()
        raise Undo

    place.refresh_from_db()
    place.save()

    assert place.photo.name == old
    assert on_disk(media) == files_of(old)


def test_what_was_read_in_a_transaction_that_rolled_back_is_not_written(media: Path, place: Place) -> None:
    old = place.photo.name
    with pytest.raises(Undo), transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        reader = Place.objects.get()
        raise Undo

    reader.name = "New Bridge"
    reader.save()

    assert Place.objects.get().name == "New Bridge"
    assert Place.objects.get().photo.name == old


def test_replaced_twice_in_one_transaction_leaves_only_the_last(media: Path, place: Place) -> None:
    with transaction.atomic():
        for seed in (1, 2):
            place.photo = upload(seed=seed)
            place.save()

    assert on_disk(media) == files_of(place.photo.name)


def test_replaced_twice_in_one_transaction_that_rolls_back_leaves_the_first(media: Path, place: Place) -> None:
    old = place.photo.name
    with pytest.raises(Undo), transaction.atomic():
        for seed in (1, 2):
            place.photo = upload(seed=seed)
            place.save()
        raise Undo

    assert on_disk(media) == files_of(old)


def test_deleted_and_created_in_one_transaction_leaves_only_the_last(media: Path, place: Place) -> None:
    with transaction.atomic():
        place.delete()
        again = Place.objects.create(photo=upload(seed=1))

    assert on_disk(media) == files_of(again.photo.name)


def test_deleted_and_saved_again_in_one_transaction_keeps_the_picture(media: Path, place: Place) -> None:
    with transaction.atomic():
        place.delete()
        place.save()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_deletes_that_roll_back_delete_nothing(media: Path, team: Team) -> None:
    Member.objects.create(team=team, photo=upload(seed=5))
    before = on_disk(media)

    with pytest.raises(Undo), transaction.atomic():
        team.delete()
        raise Undo

    assert on_disk(media) == before
    assert Team.objects.get().logo.name
    assert Member.objects.get().photo.name


def test_a_callback_of_somebody_else_that_raises_first_leaves_the_new_picture(media: Path, place: Place) -> None:
    def refuse() -> None:
        raise Undo

    old = place.photo.name
    with pytest.raises(Undo), transaction.atomic():
        transaction.on_commit(refuse)
        place.photo = upload(seed=1)
        place.save()
    gc.collect()

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(old, place.photo.name)
    place.save()
    assert on_disk(media) >= files_of(place.photo.name)


def test_claims_that_such_a_callback_left_behind_survive_a_later_rollback(media: Path, place: Place) -> None:
    def refuse() -> None:
        raise Undo

    with pytest.raises(Undo) as caught, transaction.atomic():
        transaction.on_commit(refuse)
        place.photo = upload(seed=1)
        place.save()
    with pytest.raises(Undo), transaction.atomic():
        del caught
        gc.collect()
        raise Undo

    assert files_of(place.photo.name) <= on_disk(media)


def test_a_claim_dropped_elsewhere_than_by_a_rollback_takes_nothing_back(media: Path) -> None:
    with transaction.atomic():
        Place.objects.create(photo=upload())
        connection.run_on_commit.clear()

    assert len(on_disk(media)) == 1


def test_a_claim_dropped_during_the_rollback_of_another_database_takes_nothing_back(media: Path) -> None:
    with transaction.atomic():
        Place.objects.create(photo=upload())
        with pytest.raises(Undo), transaction.atomic(using="other"):
            # The list that the other connection's rollback() drops holds the claim of this one.
            connections["other"].run_on_commit = connection.run_on_commit
            connection.run_on_commit = []
            raise Undo

    assert len(on_disk(media)) == 1


def test_a_forked_process_that_rolls_back_takes_nothing_from_its_parent(media: Path, place: Place) -> None:
    with pytest.raises(Undo), transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        callbacks: Any = connection.run_on_commit
        for _, callback, _ in callbacks:
            if isinstance(callback, staging.RollbackGuard):
                callback.pid = os.getppid()  # as in a child
        del callbacks, callback
        raise Undo

    assert len(on_disk(media)) == 2


def test_a_picture_saved_to_two_databases_goes_when_both_roll_back(media: Path) -> None:
    place = Place(name="Twin", photo=upload())

    with pytest.raises(Undo), transaction.atomic(using="other"):
        with pytest.raises(Undo), transaction.atomic():
            place.save()
            place.save(using="other")
            raise Undo
        assert on_disk(media) == files_of(place.photo.name)
        raise Undo

    assert on_disk(media) == set()


def test_a_picture_saved_to_two_databases_stays_when_one_commits(media: Path) -> None:
    place = Place(name="Twin", photo=upload())

    with pytest.raises(Undo), transaction.atomic(using="other"):
        place.save()
        place.save(using="other")
        raise Undo

    assert Place.objects.get().photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


def test_a_copy_made_in_a_transaction_that_rolls_back_never_names_files_that_went(media: Path, place: Place) -> None:
    old = place.photo.name
    with pytest.raises(Undo), transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        copied, pickled = deepcopy(place), pickle.dumps(place)
        raise Undo

    pickle.loads(pickled).save()
    assert Place.objects.get().photo.name == old
    assert on_disk(media) == files_of(old)

    copied.save()
    assert on_disk(media) == files_of(Place.objects.get().photo.name)


def test_a_copy_made_in_a_transaction_that_commits_is_a_copy(media: Path, place: Place) -> None:
    with transaction.atomic():
        place.photo = upload(seed=1)
        place.save()
        copied, pickled = deepcopy(place), pickle.dumps(place)

    for copy in (copied, pickle.loads(pickled)):
        copy.save()
        assert Place.objects.get().photo.name == copy.photo.name == place.photo.name
    assert on_disk(media) == files_of(place.photo.name)


class CapturedCallbacks(TestCase):
    """The way host projects test: everything in one transaction, callbacks on request."""

    def test_callbacks_that_are_executed_delete_the_old_file(self) -> None:
        place = Place.objects.create(photo=upload())
        place.photo = upload(seed=1)

        with self.captureOnCommitCallbacks(execute=True):
            old = Place.objects.get().photo
            place.save()

        assert not old.storage.exists(old.stored_name)
        assert old.storage.exists(place.photo.stored_name)
        assert Place.objects.get().photo.name == place.photo.name

    def test_callbacks_that_are_not_executed_leave_both_files(self) -> None:
        place = Place.objects.create(photo=upload())
        old = Place.objects.get().photo

        place.photo = upload(seed=1)
        place.save()

        assert old.storage.exists(old.stored_name)
        assert old.storage.exists(place.photo.stored_name)


def test_a_user_that_is_rolled_back_with_a_profile_leaves_nothing(media: Path) -> None:
    with pytest.raises(Undo), transaction.atomic():
        Profile.objects.create(user=User.objects.create_user("jane"), profile_pic=upload())
        raise Undo

    assert on_disk(media) == set()
    assert not User.objects.exists()


def test_a_project_that_ends_transactions_by_itself_can_name_a_picture_again(media: Path, place: Place) -> None:
    transaction.set_autocommit(False)
    try:
        place.photo = upload(seed=1)
        place.save()
        other = Place(photo=place.photo.name)
        other.save()
        Place.objects.filter(pk=other.pk).update(photo=place.photo.name)
        transaction.commit()
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)

    assert set(Place.objects.values_list("photo", flat=True)) == {place.photo.name}
    assert on_disk(media) >= files_of(place.photo.name)


def test_a_rollback_that_the_project_makes_by_itself_leaves_a_whole_picture(media: Path, place: Place) -> None:
    transaction.set_autocommit(False)
    try:
        place.photo = upload(seed=1)
        place.save()
        Place(photo=place.photo.name).save()
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)

    assert on_disk(media) >= files_of(Place.objects.get().photo.name)  # which one: SQLite ends transactions earlier
