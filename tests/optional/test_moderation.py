"""Pictures that wait until somebody has looked at them."""

from __future__ import annotations

import contextlib
import datetime
import io
import re
import threading
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction
from django.forms import modelform_factory
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import localize
from PIL import Image, ImageDraw, ImageOps
from pytest_django import Settings

import django_avatars
from django_avatars import checks, history, moderation, naming, services, signals
from django_avatars.conf import get_settings
from django_avatars.exceptions import UNAVAILABLE, NotAllowed, StorageUnavailable, UnprocessedFile
from django_avatars.history import recording
from django_avatars.history.models import PictureVersion
from django_avatars.lifecycle import replace
from django_avatars.lifecycle.replace import waits
from django_avatars.middleware import ActorMiddleware
from django_avatars.moderation import cases, fingerprints, queue, reasons, taking_down
from django_avatars.moderation.models import PictureBlock, PictureLock
from tests.app.models import Artist, Bistro, Cafe, Place, Profile, Restaurant, Seat, Team, User
from tests.pictures import moving
from tests.storing import BrokenStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture(autouse=True)
def everything_waits(settings: Settings) -> None:
    """What this is about."""
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic", "APPROVAL": "all"}


@pytest.fixture
def shown(profile: Profile) -> Profile:
    """Somebody with a picture, which nobody had to approve."""
    profile.profile_pic = upload()
    profile.save()
    return profile


@pytest.fixture
def clerk() -> User:
    """Somebody whose task it is."""
    return User.objects.create_user("clerk")


@pytest.fixture
def private(settings: Settings, tmp_path: Path) -> Path:
    """A place that the public does not reach."""
    there = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "private"}}
    settings.STORAGES = {**settings.STORAGES, "private": there}
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": "private"}
    return tmp_path / "private"


def send(user: User, seed: int = 1) -> PictureVersion:
    """What waits once this user has set a picture."""
    services.set_own(user, upload(seed=seed), actor=user)
    return moderation.waiting(user).get()


def heard(signal: Any) -> list[dict[str, Any]]:
    """What is said from now on."""
    said: list[dict[str, Any]] = []

    def listen(**kwargs: Any) -> None:
        said.append(kwargs)

    signal.connect(listen, weak=False)
    return said


# What waits


def test_a_picture_waits_and_the_old_one_is_still_shown(shown: Profile, user: User, media: Path) -> None:
    before, said, saved = shown.profile_pic.name, heard(signals.avatar_waiting), heard(signals.avatar_saved)
    version = send(user)

    assert Profile.objects.get().profile_pic.name == before
    assert on_disk(media) == files_of(before, version.picture.name)
    assert (version.since_by, version.since_door, version.since) == (user, "code", None)
    assert version.size == sum(version.storage.size(name) for name in files_of(version.picture.name))
    assert [(one["sender"], one["version"], one["actor"]) for one in said] == [(Profile, version, user)]
    assert not saved
    assert not history.versions(user)


def test_an_approved_picture_is_shown_and_the_old_one_becomes_an_earlier_one(
    shown: Profile, user: User, clerk: User, media: Path
) -> None:
    before, version = shown.profile_pic.name, send(user)
    said, saved = heard(signals.avatar_approved), heard(signals.avatar_saved)

    holder: Any = moderation.approve(version, clerk)

    assert holder.profile_pic.name == Profile.objects.get().profile_pic.name == version.picture.name
    assert [str(one.picture.name) for one in history.versions(user)] == [before]
    assert on_disk(media) == files_of(before, version.picture.name)
    assert [(one["sender"], one["instance"], one["version"], one["actor"]) for one in said] == [
        (Profile, shown, version, clerk)
    ]
    assert [one["actor"] for one in saved] == [clerk]
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.approve(version, clerk)


def test_a_rejected_picture_is_never_shown_and_its_owner_learns_why(shown: Profile, user: User, clerk: User) -> None:
    before, version, said = shown.profile_pic.name, send(user), heard(signals.avatar_rejected)

    moderation.reject(version, clerk, "Not a person")

    rejected = PictureVersion.objects.get(pk=version.pk)
    assert (rejected.state, rejected.reason, rejected.until_by) == ("rejected", "Not a person", clerk)
    assert Profile.objects.get().profile_pic.name == before
    assert [(one["reason"], one["actor"]) for one in said] == [("Not a person", clerk)]
    assert not moderation.waiting()
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.approve(version, None)


def test_what_waits_and_is_rejected_is_counted_and_logged(
    shown: Profile, user: User, clerk: User, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "django_avatars")
    events, file = heard(signals.avatar_event), upload(seed=1)
    client.force_login(user)
    client.post("/avatars/", {"avatar": file})
    moderation.reject(moderation.waiting(user).get(), clerk, "Not a person")

    told = ("event", "door", "bytes", "actor_kind")
    assert [tuple(event[key] for key in told) for event in events] == [
        ("waiting", "page", file.size, "owner"),
        ("rejected", "code", None, "member"),
    ]
    assert f"picture waiting: of=app.user:{user.pk}" in caplog.messages
    assert f"picture rejected: of=app.user:{user.pk} by=app.user:{clerk.pk}" in caplog.messages


def test_another_picture_takes_the_place_of_the_one_that_waits(shown: Profile, user: User, media: Path) -> None:
    first = send(user)
    second = send(user, seed=2)

    assert list(moderation.waiting()) == [second]
    assert on_disk(media) == files_of(shown.profile_pic.name, second.picture.name)
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.approve(first, user)


def test_a_picture_can_wait_for_a_row_that_was_only_made_for_it(user: User, media: Path) -> None:
    version = send(user)

    assert Profile.objects.get().profile_pic.name == ""
    assert version.holder == Profile.objects.get()
    moderation.approve(version, None)
    assert Profile.objects.get().profile_pic.name == version.picture.name


def test_code_that_names_nobody_is_trusted(shown: Profile) -> None:
    assert shown.profile_pic
    assert not moderation.waiting()
    services.sync_picture(shown, upload(seed=3).read(), source="ldap")
    assert not moderation.waiting()


def test_a_directory_is_trusted_also_while_somebody_logs_in(shown: Profile, user: User) -> None:
    with django_avatars.acting(user):
        services.sync_picture(user, upload(seed=3).read(), source="ldap")

    assert not moderation.waiting()


def test_a_function_of_the_project_says_what_waits(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "tests.optional.test_moderation.of_newcomers"}
    with django_avatars.acting(user):
        Place.objects.create(name="Rome", photo=upload())
        Place.objects.create(name="Oslo", photo=upload())

    assert [bool(place.photo) for place in Place.objects.order_by("pk")] == [False, True]
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": None}
    services.set_own(user, upload(), actor=user)
    assert moderation.waiting().count() == 1


def test_of_two_pictures_of_a_new_row_one_waits_and_the_other_is_told_of(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "tests.optional.test_moderation.of_banners"}
    changing, saved = heard(signals.avatar_changing), heard(signals.avatar_saved)
    with django_avatars.acting(user):
        team = Team.objects.create(name="Blue", logo=upload(), banner=upload(seed=1))

    assert (str(team.logo) != "", str(team.banner)) == (True, "")
    assert [(one["field"].name, one["name"]) for one in (*changing, *saved)] == [("logo", team.logo.name)] * 2
    assert [version.field for version in moderation.waiting()] == ["banner"]


def of_banners(actor: Any, holder: Any, field: Any, file: Any) -> bool:
    """The pictures of one field."""
    return bool(field.name == "banner")


def of_newcomers(actor: Any, holder: Any, field: Any, file: Any) -> bool:
    """Some pictures."""
    assert (actor.username, field.name, file.content_type, file.image.width) == ("jane", "photo", "image/jpeg", 64)
    return bool(holder.name == "Rome")


def test_each_field_and_a_parents_field_can_have_one(user: User, media: Path) -> None:
    with django_avatars.acting(user):
        team = Team.objects.create(name="Red", logo=upload(), banner=upload())
        restaurant = Restaurant.objects.create(name="Rome", photo=upload(), menu=upload())
        restaurant.photo = upload(seed=1)
        restaurant.save()

    assert not team.logo
    assert moderation.waiting(team).count() == moderation.waiting(team, "banner").count() == 1
    version = moderation.waiting(restaurant, "photo").get()
    moderation.approve(version, user)
    assert Restaurant.objects.get().photo.name == version.picture.name
    restaurant.delete()
    team.delete()
    assert not PictureVersion.objects.exists()
    assert on_disk(media) == set()


def test_many_rows_at_once_cannot_wait(user: User) -> None:
    with django_avatars.acting(user), pytest.raises(UnprocessedFile, match="one by one"):
        Place.objects.bulk_create([Place(name="Rome", photo=upload())])


def test_a_picture_of_a_row_with_a_key_of_several_columns_cannot_wait(user: User, media: Path) -> None:
    with django_avatars.acting(user), pytest.raises(ImproperlyConfigured, match="composite primary key"):
        Seat.objects.create(row="A", number=7, view=upload())

    assert (Seat.objects.count(), on_disk(media)) == (0, set())


def test_a_picture_of_a_row_with_a_key_of_several_columns_is_neither_judged_nor_locked(clerk: User) -> None:
    seat = Seat.objects.create(row="A", number=7, view=upload())
    for deed in (moderation.report, moderation.take_down, moderation.lock):
        with pytest.raises(ImproperlyConfigured, match=r"app\.Seat .* several columns"):
            deed(seat, actor=clerk, reason="")

    with django_avatars.acting(clerk):
        seat.view = ""
        seat.save()  # no lock is looked for in vain
    assert (PictureVersion.objects.count(), PictureLock.objects.count()) == (0, 0)


@pytest.mark.parametrize("written", [lambda key: str(key).upper(), lambda key: key.hex])
def test_what_waits_and_what_is_locked_is_found_whichever_way_the_key_was_written(
    written: Callable[[uuid.UUID], Any], user: User, clerk: User, media: Path
) -> None:
    artist = Artist(pk=written(uuid.uuid4()))
    artist.save()
    moderation.lock(artist, actor=clerk, reason="Third warning.")
    with django_avatars.acting(user), pytest.raises(NotAllowed):
        services.assign(Artist.objects.get(), Artist._meta.get_field("portrait"), upload())
    assert moderation.unlock(Artist.objects.get(), actor=clerk)
    for seed in (1, 2):
        with django_avatars.acting(user):
            artist.portrait = upload(seed=seed)
            artist.save()

    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO())

    (version,) = moderation.waiting(Artist.objects.get())
    assert moderation.waiting(artist).get() == version
    assert on_disk(media) == files_of(version.picture.name)
    artist.delete()
    assert on_disk(media) == set()


def test_a_person_without_a_row_has_nothing_that_waits(user: User) -> None:
    assert not moderation.waiting(user)
    assert not moderation.withdraw(user)
    with pytest.raises(AttributeError):
        moderation.ponder  # noqa: B018


# Safety


def test_the_sweep_keeps_what_waits_and_the_row_takes_it_along(shown: Profile, user: User, media: Path) -> None:
    version = send(user)
    there = on_disk(media)
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert on_disk(media) == there

    shown.delete()
    assert on_disk(media) == set()
    with pytest.raises(PictureVersion.DoesNotExist, match="row"):
        moderation.approve(version, None)


def test_what_could_not_be_committed_does_not_wait_and_can_be_tried_again(
    shown: Profile, user: User, media: Path
) -> None:
    shown.profile_pic = upload(seed=1)
    shown.user_id = uuid.uuid4()  # nobody, as the database finds out at the commit
    with django_avatars.acting(user), pytest.raises(IntegrityError):
        shown.save()
    assert not moderation.waiting()
    assert shown.profile_pic.is_pending

    shown.user_id = user.pk
    with django_avatars.acting(user):
        shown.save()

    assert moderation.waiting(shown).count() == 1
    assert on_disk(media) == files_of(shown.profile_pic.name, moderation.waiting(shown).get().picture.name)


def test_what_rolls_back_does_not_wait_and_can_be_tried_again(shown: Profile, user: User, media: Path) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        send(user)
        raise RuntimeError
    assert not moderation.waiting()
    assert on_disk(media) == files_of(shown.profile_pic.name)

    def refuse(**kwargs: Any) -> None:
        raise RuntimeError

    place = Place.objects.create(name="Rome")
    place.photo = upload()
    signals_of = signals.avatar_waiting
    from django.db.models.signals import post_save

    post_save.connect(refuse, sender=Place)
    try:
        with django_avatars.acting(user), pytest.raises(RuntimeError):
            place.save()
    finally:
        post_save.disconnect(refuse, sender=Place)
    said = heard(signals_of)
    with django_avatars.acting(user):
        place.save()
    assert [one["instance"] for one in said] == [place]
    assert on_disk(media) == files_of(shown.profile_pic.name, moderation.waiting(place).get().picture.name)


def test_what_a_rollback_took_back_is_not_asked_about_again(user: User) -> None:
    place = Place.objects.create(name="Rome")
    place.photo = upload()
    with pytest.raises(RuntimeError), transaction.atomic():
        place.save()
        raise RuntimeError
    with django_avatars.acting(user):
        place.save()

    assert Place.objects.get().photo
    assert not moderation.waiting()


def test_approving_asks_no_policy_since_that_was_asked_before(user: User, clerk: User, settings: Settings) -> None:
    version = send(user)
    settings.AVATARS = {**settings.AVATARS, "POLICY": "tests.optional.test_history.nobody_may"}
    moderation.approve(version, clerk)

    assert Profile.objects.get().profile_pic.name == version.picture.name


def test_a_change_that_is_refused_while_approving_leaves_the_picture_waiting(
    shown: Profile, user: User, private: Path, media: Path
) -> None:
    version, there = send(user), on_disk(media)

    def refuse(**kwargs: Any) -> None:
        raise RuntimeError

    signals.avatar_changing.connect(refuse)
    try:
        with pytest.raises(RuntimeError):
            moderation.approve(version, None)
    finally:
        signals.avatar_changing.disconnect(refuse)

    assert list(moderation.waiting()) == [version]
    assert on_disk(media) == there


def test_what_waits_lies_where_the_public_does_not_reach_it(
    shown: Profile, user: User, private: Path, media: Path, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    public, version = on_disk(media), send(user)
    assert on_disk(media) == public
    assert on_disk(private) == files_of(version.picture.name)
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert on_disk(private) == files_of(version.picture.name)

    moderation.approve(version, user)

    name = str(Profile.objects.get().profile_pic.name)
    files = files_of(name)
    assert name != version.picture.name
    assert on_disk(media) == public | {file for file in files if not file.endswith(".src")} - on_disk(private)
    assert on_disk(media) | on_disk(private) == public | files
    assert not moderation.waiting()


def test_what_moves_waits_moving_and_moderators_see_it_move(
    shown: Profile, user: User, private: Path, media: Path, settings: Settings, admin_client: Client, client: Client
) -> None:
    def is_moving(data: bytes) -> bool:
        return bool(getattr(Image.open(io.BytesIO(data)), "is_animated", False))

    settings.AVATARS = {**settings.AVATARS, "ANIMATION": True}
    dance = moving.gif([moving.Part(0), moving.Part(1)])
    services.set_own(user, ContentFile(dance, "dance.gif"), actor=user)
    version = moderation.waiting(user).get()
    queue = reverse("admin:avatars_moderation_waitingpicture_picture", args=[version.pk, 512])
    own = reverse("avatars_moderation:picture", args=[version.pk, 512])
    public = on_disk(media)
    client.force_login(user)

    assert on_disk(private) == files_of(version.picture.name)
    assert version.size == sum(path.stat().st_size for path in private.rglob("*.webp"))
    assert is_moving(admin_client.get(queue).content)
    assert not is_moving(client.get(own).content)

    moderation.approve(version, user)

    file = Profile.objects.get().profile_pic
    assert file.animated_url
    assert on_disk(media) == public | files_of(file.name)
    assert on_disk(private) == set()


@pytest.mark.parametrize("place", ["", "private"])
def test_an_approved_picture_counts_with_its_bytes_once_it_is_an_earlier_one(
    place: str, shown: Profile, user: User, request: pytest.FixtureRequest
) -> None:
    if place:
        request.getfixturevalue(place)
    first = send(user)
    moderation.approve(first, None)
    services.remove_picture(user)

    assert history.versions(user).values_list("size", flat=True)[0] == first.size > 0


def test_where_no_earlier_pictures_are_kept_an_approval_writes_none_down(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 0}}
    moderation.approve(send(user), None)

    assert not PictureVersion.objects.exists()


def test_an_approved_picture_is_still_known_to_be_from_a_directory(shown: Profile, user: User, private: Path) -> None:
    data = upload(seed=3).read()
    services.sync_picture(user, data, source="ldap", actor=user)
    moderation.approve(moderation.waiting(user).get(), None)

    assert not services.sync_picture(user, data, source="ldap", actor=user)
    assert services.sync_picture(user, upload(seed=4).read(), source="ldap", keep_own=True, actor=user)


def test_where_the_source_cannot_be_found_a_picture_is_approved_and_taken_down_without_it(
    user: User, private: Path, media: Path, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "KEEP_SOURCE": True}
    jane: Any = moderation.approve(send(user), None)
    assert has_source(jane.profile_pic.name)
    version = send(User.objects.create_user("bo"), seed=2)
    settings.SECRET_KEY = "another one, as the first is lost"

    bo: Any = moderation.approve(version, None)
    aside: Any = moderation.take_down(jane, actor=None, reason="No.")

    assert not has_source(bo.profile_pic.name)
    assert not has_source(aside.picture.name)
    assert on_disk(media) >= files_of(bo.profile_pic.name)
    assert on_disk(private) >= files_of(aside.picture.name)


def has_source(name: str) -> bool:
    """Whether the name of a picture says that the whole photo is kept beside it."""
    parsed = naming.parse(name)
    return parsed is not None and parsed.has_source


def test_a_storage_that_fails_lets_nothing_wait(shown: Profile, user: User, private: Path, media: Path) -> None:
    broken = BrokenStorage(location=private, saves=0)
    storages._storages["private"] = broken  # type: ignore[attr-defined]
    with pytest.raises(StorageUnavailable):
        send(user)

    assert not moderation.waiting()
    assert on_disk(private) == set()


def test_a_master_that_is_resized_by_url_is_moved_as_well(
    shown: Profile, user: User, private: Path, media: Path, settings: Settings, tmp_path: Path
) -> None:
    version = send(user)
    storages._storages["default"] = Resizing(location=tmp_path / "masters")  # type: ignore[attr-defined]
    settings.AVATARS = {**settings.AVATARS, "SIZES": (64,)}
    PictureVersion.objects.all().delete()
    version = send(user)
    holder: Any = moderation.approve(version, None)

    assert "_" not in holder.profile_pic.name
    assert on_disk(tmp_path / "masters") == {holder.profile_pic.name}


class Resizing(FileSystemStorage):
    """One file is enough."""

    resizes_by_url = True


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs locks of rows")
def test_of_an_approval_and_a_new_picture_at_the_same_time_each_is_whole(
    shown: Profile, user: User, media: Path
) -> None:
    for seed in range(8):
        version = send(user, seed=1 + 2 * seed)
        at_once(
            lambda version=version: moderation.approve(version, None),  # type: ignore[misc]
            lambda seed=seed: services.set_own(User.objects.get(), upload(seed=2 + 2 * seed), actor=User.objects.get()),  # type: ignore[misc]
        )
        left = moderation.waiting(user).get()  # the new one, whichever came first
        names = [Profile.objects.get().profile_pic.name, *PictureVersion.objects.values_list("picture", flat=True)]
        assert left.pk != version.pk
        assert on_disk(media) == files_of(*names)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs locks of rows")
def test_the_sweep_does_not_take_what_is_being_restored(
    shown: Profile, user: User, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.set_picture(user, file=upload(seed=1))
    PictureVersion.objects.update(until=timezone.now() - datetime.timedelta(days=100))
    version, has_files = history.versions(user).get(), recording.has_files
    sweep = threading.Thread(
        target=at_once, args=[lambda: call_command("avatars_prune", delete=True, force=True, grace=0, verbosity=0)]
    )

    def meanwhile(version: PictureVersion) -> bool:
        is_there = has_files(version)
        sweep.start()
        sweep.join(timeout=1)  # it ends at once if nothing keeps it from deleting
        return is_there

    monkeypatch.setattr(recording, "has_files", meanwhile)
    history.restore(version)
    sweep.join()

    assert Profile.objects.get().profile_pic.name == version.picture.name
    assert on_disk(media) >= files_of(str(version.picture.name))


def at_once(*acts: Callable[[], object]) -> None:
    """Each in a thread; that a picture does not wait any more is no error."""

    def run(act: Callable[[], object]) -> None:
        with contextlib.suppress(PictureVersion.DoesNotExist):
            act()
        connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Doors


def test_the_page_says_that_it_waits_and_shows_it_to_its_owner_alone(
    shown: Profile, user: User, client: Client, clerk: User
) -> None:
    client.force_login(user)
    page = client.post("/avatars/", {"avatar": upload(seed=1)}, follow=True).content.decode()
    version = moderation.waiting(user).get()
    url = f"/avatars/review/{version.pk}/72/"

    assert "Your new picture is shown once somebody has approved it." in page
    assert url in page
    assert page.index(url) < page.index("Earlier pictures")  # what matters now comes first
    assert version.since_door == "page"
    response = client.get(url)
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == ("image/webp", "nosniff")
    assert "no-store" in response["Cache-Control"]
    assert client.get("/avatars/review/0/72/").status_code == 404

    other = Client()
    assert other.get(url).status_code == 302
    other.force_login(clerk)
    assert other.get(url).status_code == 404
    assert str(version.picture.name) not in other.get("/avatars/").content.decode()
    other.force_login(User.objects.create_superuser("root"))
    assert other.get(url).status_code == 200
    version.storage.delete(f"{version.picture.name}")
    assert other.get(f"/avatars/review/{version.pk}/512/").status_code == 404


def test_letters_wait_as_well(shown: Profile, user: User, client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "LETTERS": True}
    client.force_login(user)
    url = reverse("avatars:letters")
    page = client.post(url, {"letters": "JD", "color": get_settings().colors[0]}, follow=True).content.decode()

    assert "Your new picture is shown once" in page
    assert moderation.waiting(user).count() == 1


def test_the_owner_can_withdraw_what_waits(shown: Profile, user: User, client: Client, media: Path) -> None:
    send(user)
    client.force_login(user)
    page = client.post("/avatars/review/withdraw/", follow=True).content.decode()

    assert "Your new picture was deleted." in page
    assert "avatars-notice" not in page
    assert not moderation.waiting()
    assert on_disk(media) == files_of(shown.profile_pic.name)


def test_deleting_is_never_limited(shown: Profile, user: User, client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": None, "RATE_LIMIT": "1/h"}
    client.force_login(user)
    cache.clear()
    assert client.post("/avatars/", {"avatar": upload(seed=1)}).status_code == 302
    send_anew = client.post("/avatars/", {"avatar": upload(seed=2)})
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    send(user)
    deleted = client.post(f"/avatars/earlier/{history.versions(user).get().pk}/delete/")
    withdrawn = client.post(reverse("avatars_moderation:withdraw"))

    assert [send_anew.status_code, deleted.status_code, withdrawn.status_code] == [429, 302, 302]
    assert not PictureVersion.objects.exclude(picture="").exists()


def test_the_page_gives_the_reason_until_there_is_another_picture(shown: Profile, user: User, client: Client) -> None:
    moderation.reject(send(user), None, "Not a person.")
    client.force_login(user)
    assert "Not a person." in client.get("/avatars/").content.decode()

    shown.profile_pic = upload(seed=2)
    shown.save()
    assert "Not a person." not in client.get("/avatars/").content.decode()


def test_the_page_says_nothing_to_who_has_no_row(user: User, client: Client) -> None:
    client.force_login(user)
    assert "avatars-notice" not in client.get("/avatars/").content.decode()


@pytest.mark.urls("tests.urls")
def test_the_page_does_without_the_addresses(shown: Profile, user: User, client: Client) -> None:
    send(user)
    client.force_login(user)
    page = client.get("/avatars/").content.decode()

    assert "Your new picture is shown once" in page
    assert "review/" not in page


def test_the_admin_is_a_door(shown: Profile, admin_client: Client) -> None:
    data = {"user": shown.user_id, "bio": "", "profile_pic": upload(seed=1)}
    formset = "avatars_history-pictureversion-content_type-object_id"
    data |= {f"{formset}-{name}_FORMS": 0 for name in ("TOTAL", "INITIAL")}
    response = admin_client.post(f"/admin/app/profile/{shown.pk}/change/", data)
    assert response.status_code == 302

    assert moderation.waiting(shown.user).get().since_door == "admin"
    assert str(moderation.waiting().get().picture.name) not in str(
        admin_client.get("/admin/avatars_history/pictureversion/").content
    )


def test_a_form_of_the_project_is_a_door(shown: Profile, user: User) -> None:
    before = shown.profile_pic.name

    def view(request: HttpRequest) -> HttpResponse:
        form = modelform_factory(Profile, fields=["profile_pic"])(request.POST, request.FILES, instance=shown)
        form.save()
        return HttpResponse()

    request = RequestFactory().post("/", {"profile_pic": upload(seed=1)})
    request.user = user
    ActorMiddleware(view)(request)

    assert Profile.objects.get().profile_pic.name == shown.profile_pic.name == before
    assert moderation.waiting(user).get().since_by == user


def test_rest_framework_answers_that_it_was_taken_and_not_shown(shown: Profile, user: User, settings: Settings) -> None:
    rest_framework = pytest.importorskip("rest_framework.test")
    settings.ROOT_URLCONF = "tests.contrib.rest_urls"
    client = rest_framework.APIClient()
    client.force_authenticate(user)
    response = client.put("/api/avatar/", {"avatar": upload(seed=1)}, format="multipart")

    assert response.status_code == 202
    assert response.json()["avatar"]["url"].endswith(shown.profile_pic.url)
    assert moderation.waiting().count() == 1
    assert client.put("/api/avatar/", {"avatar": None}, format="json").status_code == 200


def test_ninja_answers_that_it_was_taken_and_not_shown(
    shown: Profile, user: User, client: Client, settings: Settings
) -> None:
    pytest.importorskip("ninja")
    settings.ROOT_URLCONF = "tests.contrib.ninja_urls"
    client.force_login(user)
    response = client.post("/api/avatar", {"avatar": upload(seed=1)})

    assert response.status_code == 202
    assert response.json()["url"].endswith(shown.profile_pic.url)
    assert moderation.waiting().count() == 1


# Locks


def test_a_locked_picture_can_be_changed_by_nobody_but_staff(shown: Profile, user: User, clerk: User) -> None:
    moderation.lock(user, actor=clerk, reason="Third warning.")
    for change in (
        lambda actor: services.set_own(user, upload(seed=1), actor=actor),
        lambda actor: services.remove_own(user, actor=actor),
    ):
        with pytest.raises(NotAllowed, match="Third warning.") as caught:  # noqa: RUF043
            change(user)
        assert caught.value.code == "not_allowed"
    assert services.sync_picture(shown, upload(seed=3).read(), source="ldap")
    with django_avatars.acting(user):
        assert services.sync_picture(shown, upload(seed=4).read(), source="ldap")
    clerk.is_staff = True
    services.remove_own(user, actor=clerk)

    assert moderation.unlock(user, actor=clerk)
    assert not moderation.unlock(user, actor=clerk)
    assert send(user).pk


def test_a_lock_ends_with_its_date_and_another_takes_its_place(user: User) -> None:
    now = timezone.now()
    moderation.lock(user, actor=None, reason="", until=now + datetime.timedelta(days=1))
    with pytest.raises(NotAllowed, match="You may not change this picture"):
        services.set_own(user, upload(), actor=user)
    moderation.lock(user, actor=user, reason="", until=now)

    assert send(user).pk
    assert PictureLock.objects.get().by == user


@pytest.mark.parametrize("zone", [None, datetime.UTC])
def test_a_lock_that_ends_in_thousands_of_years_is_refused_with_the_way_out(user: User, zone: Any) -> None:
    with pytest.raises(ValueError, match="Give None"):
        moderation.lock(user, actor=None, reason="", until=datetime.datetime(9999, 12, 31, 23, tzinfo=zone))

    assert not PictureLock.objects.exists()


def test_anything_with_a_picture_can_be_locked_and_the_lock_goes_with_it(user: User) -> None:
    place = Place.objects.create(name="Rome")
    assert str(moderation.lock(place, actor=None, reason="")) == f"place {place.pk}"
    moderation.lock(user, actor=None, reason="")
    with django_avatars.acting(user), pytest.raises(NotAllowed):
        services.set_picture(place, file=upload())
    with pytest.raises(TypeError, match="no picture to lock"):
        moderation.lock("Jane", actor=None, reason="")

    place.delete()
    user.delete()
    assert not PictureLock.objects.exists()


def test_what_is_no_version_is_refused_with_the_way_out(user: User) -> None:
    verbs: list[Callable[[Any], object]] = [
        partial(moderation.approve, actor=user),
        partial(moderation.reject, actor=user, reason=""),
        partial(moderation.dismiss, actor=user),
        partial(moderation.block, actor=user),
    ]
    for verb in verbs:
        with pytest.raises(TypeError, match=r"None is no PictureVersion\. Give one of .* moderation\.waiting\(\)"):
            verb(None)


@pytest.mark.parametrize(("locked", "saved"), [(Restaurant, Place), (Place, Restaurant), (Bistro, Restaurant)])
def test_a_lock_holds_for_each_model_that_a_row_is_saved_as(locked: Any, saved: Any, user: User) -> None:
    Bistro.objects.create(name="Rome", photo=upload())
    moderation.lock(locked.objects.get(), actor=None, reason="")

    row = saved.objects.get()
    with pytest.raises(NotAllowed):
        services.set_picture(row, file=upload(seed=1), actor=user)
    Restaurant.objects.get().delete(keep_parents=True)
    assert PictureLock.objects.get().holder == Place.objects.get()
    assert moderation.unlock(Place.objects.get(), actor=None)


@pytest.mark.parametrize("model", [Place, Cafe, Bistro])
def test_a_lock_goes_with_the_last_of_a_row(model: Any) -> None:
    row = model.objects.create(name="Rome", photo=upload())
    moderation.lock(row, actor=None, reason="")

    row.delete()
    assert not PictureLock.objects.exists()


def test_the_page_says_that_it_is_locked_why_and_until_when(shown: Profile, user: User, client: Client) -> None:
    client.force_login(user)
    moderation.lock(shown, actor=None, reason="Third warning.")
    page = client.get("/avatars/").content.decode()
    assert page.count("You may not change this picture. Third warning.") == 1
    assert "It can be changed again" not in page
    response = client.post("/avatars/", {"avatar": upload(seed=1)})
    assert response.status_code == 403
    assert response.content.decode().count("Third warning.") == 1

    tomorrow = timezone.localtime().replace(hour=15) + datetime.timedelta(days=1)
    said = f"It can be changed again from {localize(tomorrow)}"
    assert said.endswith(" p.m.")
    moderation.lock(shown, actor=None, reason="", until=tomorrow)
    page = client.get("/avatars/").content.decode()
    assert page.count(f"You may not change this picture. {said}<") == 1
    moderation.lock(shown, actor=None, reason="Third warning.", until=tomorrow)
    response = client.post("/avatars/", {"avatar": upload(seed=1)})
    assert f"Third warning. {said}<" in response.content.decode()


def test_what_a_lock_forbids_is_not_offered(shown: Profile, user: User, client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": None, "LETTERS": True}
    services.set_own(user, upload(seed=1))
    client.force_login(user)
    changes = ["avatar-field__label", "Save picture", "Remove picture", "Undo the last", "Use again", "letters"]
    page = client.get("/avatars/").content.decode()
    assert [text for text in changes if text not in page] == []
    assert "Remove picture" in client.get("/avatars/remove/").content.decode()

    moderation.lock(user, actor=None, reason="Third warning.")
    page = client.get("/avatars/").content.decode()
    assert [text for text in changes if text in page] == []
    assert "Delete for good" in page  # of the earlier picture, which nobody shows
    page = client.get("/avatars/remove/").content.decode()
    assert "Third warning." in page
    assert "Remove picture" not in page
    assert client.post("/avatars/remove/").content.decode().count("Third warning.") == 1
    user.is_staff = True
    user.save()
    assert "Save picture" in client.get("/avatars/").content.decode()


def test_an_approval_passes_the_lock(user: User) -> None:
    version = send(user)
    moderation.lock(user, actor=None, reason="")
    moderation.approve(version, user)

    assert Profile.objects.get().profile_pic


# Around it


def test_the_setting_is_checked(settings: Settings) -> None:
    assert checks.check_value("APPROVAL", "all") == checks.check_value("APPROVAL", "django_avatars.naming.fold") == []
    assert [message.id for message in checks.check_value("APPROVAL", "all.pictures")] == ["django_avatars.E020"]


def test_without_history_the_app_says_what_it_needs(settings: Settings) -> None:
    import importlib

    from django_avatars.moderation import models

    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if not app.startswith("django_avatars.")]
    with pytest.raises(ImproperlyConfigured, match="INSTALLED_APPS"):
        importlib.reload(models)


def test_an_app_that_is_made_anew_asks_once(shown: Profile, user: User) -> None:
    apps.get_app_config("avatars_moderation").ready()

    assert len(replace.approvals) == 1


def test_nothing_is_left_to_migrate(settings: Settings) -> None:
    settings.MIGRATION_MODULES = {}
    call_command("makemigrations", "avatars_moderation", check=True, dry_run=True, verbosity=0)


def test_a_picture_whose_row_is_gone_does_not_wait(user: User, private: Path) -> None:
    version = send(user)
    Profile.objects.all()._raw_delete("default")

    with pytest.raises(PictureVersion.DoesNotExist, match="is gone"):
        moderation.approve(version, None)
    with pytest.raises(PictureVersion.DoesNotExist, match="is gone"):
        moderation.reject(version, None, "Not a person")


def test_pictures_without_rows_hide_none_that_wait(user: User, private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        send(user)
        Profile.objects.all()._raw_delete("default")
    waits = send(user)
    monkeypatch.setattr(cases, "PAGE", 2)

    assert moderation.waiting().count() == 4
    assert moderation.waiting().oldest() == [waits]
    assert moderation.waiting().after(("default", 0)) == [waits]


def test_a_page_that_is_not_full_is_asked_for_once(user: User, private: Path) -> None:
    waits = send(user)
    queue = moderation.waiting()

    with CaptureQueriesContext(connection) as asked:
        assert queue.oldest() == [waits]

    table = PictureVersion._meta.db_table
    assert len([one for one in asked if f'FROM "{table}"' in one["sql"]]) == 1


def test_whoever_approves_second_learns_that_it_does_not_wait(user: User, private: Path) -> None:
    version = send(user)
    moderation.approve(PictureVersion.objects.get(), None)

    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.approve(version, None)


@pytest.mark.parametrize("alias", ["private", None])
def test_a_picture_that_waits_and_whose_files_are_gone_is_not_shown(
    user: User, media: Path, private: Path, settings: Settings, alias: str | None
) -> None:
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": alias}
    version = send(user)
    for file in [*media.rglob("*.webp"), *private.rglob("*.webp")]:
        file.unlink()

    with pytest.raises(StorageUnavailable):
        moderation.approve(version, None)
    assert not Profile.objects.get().profile_pic
    moderation.reject(version, None, "Lost")


def test_each_permission_shows_what_it_is_for(shown: Profile, user: User, clerk: User, client: Client) -> None:
    waits, taken = send(user), moderation.take_down(user, actor=None, reason="A dog.")
    assert taken is not None
    client.force_login(clerk)

    def seen(permission: str) -> list[int]:
        clerk.user_permissions.set(Permission.objects.filter(codename=permission))
        return [client.get(f"/avatars/review/{one.pk}/72/").status_code for one in (waits, taken)]

    assert seen("approve_picture") == [200, 404]
    assert seen("take_down_picture") == [404, 200]


# The queue in the admin

QUEUE = "/admin/avatars_moderation/waitingpicture/"


def people(count: int) -> list[PictureVersion]:
    """As many people, each with a picture that waits."""
    return [send(User.objects.create_user(f"p{number}", first_name=f"P{number}")) for number in range(count)]


def test_the_queue_shows_large_pictures_and_what_is_shown_now(shown: Profile, user: User, admin_client: Client) -> None:
    version = send(user)
    [other] = people(1)
    Place.objects.create(name="Rome")
    with django_avatars.acting(user):
        Team.objects.create(name="Red", logo=upload())
    page = admin_client.get(QUEUE).content.decode()

    assert "3 pictures wait" in page
    assert "Jane Doe</a></strong> <bdi>(jane)</bdi><br>Member since" in page
    assert f"<dd>{localize(timezone.localtime(version.until))}</dd>" in page
    assert shown.profile_pic.url_for(48) in page
    assert f"/admin/app/profile/{shown.pk}/change/" in page
    assert page.index(f'value="{version.pk}"') < page.index(f'value="{other.pk}"')
    url = f"{QUEUE}{version.pk}/512/"
    assert url in page
    response = admin_client.get(url)
    assert response["Content-Type"] == "image/webp"
    assert "no-store" in response["Cache-Control"]
    assert admin_client.get(f"{QUEUE}0/512/").status_code == 404


def test_the_progress_through_a_long_queue_is_a_number_in_every_language(
    user: User, admin_client: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = "de", True
    send(user)
    monkeypatch.setattr(queue.QueueAdmin, "total", lambda self: 1200)

    page = admin_client.get(QUEUE).content.decode()

    assert '<progress value="0" max="1200">' in page
    assert "0 / 1.200" in page


def test_the_index_says_how_many_wait(user: User, admin_client: Client) -> None:
    send(user)

    assert "Pictures to review (1 picture waits)" in admin_client.get("/admin/").content.decode()
    assert "1 picture waits" in admin_client.get("/admin/avatars_moderation/").content.decode()
    assert "(1 picture waits)" not in admin_client.get("/admin/app/profile/").content.decode()


def test_one_button_approves_and_another_rejects(user: User, admin_client: Client, settings: Settings) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "Actor" not in one]
    first, second, third = people(3)
    admin_client.post(QUEUE, {"approve": first.pk})
    admin_client.post(QUEUE, {"reject": second.pk, "reason": reasons.REASONS[0]})
    admin_client.post(QUEUE, {"reject": third.pk, "reason": reasons.REASONS[0], "note": " A dog. "})

    root = User.objects.get(username="admin")
    assert Profile.objects.get(user__username="p0").profile_pic.name == first.picture.name
    states = PictureVersion.objects.filter(pk__in=[second.pk, third.pk]).order_by("pk")
    assert [(one.state, one.reason, one.until_by, one.until_door) for one in states] == [
        ("rejected", "It does not show you.", root, "admin"),
        ("rejected", "A dog.", root, "admin"),
    ]
    assert sorted(str(entry.change_message) for entry in LogEntry.objects.all()) == [
        "Picture approved.",
        "Picture rejected.",
        "Picture rejected.",
    ]


def test_many_are_decided_at_once_and_scripts_are_told(user: User, admin_client: Client) -> None:
    first, second, third = people(3)
    chosen = {"picture": [first.pk, second.pk], "approve": "selected"}
    response = admin_client.post(QUEUE, chosen, headers={"accept": "application/json"})

    assert response.json() == {"done": [str(first.pk), str(second.pk)], "problems": []}
    again = admin_client.post(QUEUE, chosen, headers={"accept": "application/json"})
    assert again.json()["done"] == [str(first.pk), str(second.pk)]
    assert list(moderation.waiting()) == [third]


def test_a_queue_with_nothing_in_it_asks_for_no_reason(user: User, admin_client: Client) -> None:
    version = send(user)
    assert "Reason, if rejected" in admin_client.get(QUEUE).content.decode()
    moderation.reject(version, None, "No.")

    page = admin_client.get(QUEUE).content.decode()
    assert "0 pictures wait" in page
    assert "Reason, if rejected" not in page


def test_whoever_rejects_has_to_say_why(user: User, admin_client: Client) -> None:
    version = send(user)
    page = admin_client.post(QUEUE, {"reject": version.pk}, follow=True).content.decode()

    assert "Choose or write a reason." in page
    assert admin_client.post(QUEUE, {"reject": "x", "note": "?"}).status_code == 302
    assert list(moderation.waiting()) == [version]


def test_what_goes_wrong_is_said_and_the_picture_waits(
    user: User, admin_client: Client, private: Path, media: Path
) -> None:
    version = send(user)

    def refuse(**kwargs: Any) -> None:
        raise NotAllowed("Not today.")

    signals.avatar_changing.connect(refuse)
    try:
        page = admin_client.post(QUEUE, {"approve": version.pk}, follow=True).content.decode()
    finally:
        signals.avatar_changing.disconnect(refuse)
    assert "Jane: Not today." in page

    storages._storages["default"] = BrokenStorage(location=media, saves=0)  # type: ignore[attr-defined]
    page = admin_client.post(QUEUE, {"approve": version.pk}, follow=True).content.decode()
    assert "The place where pictures are kept did not answer." in page
    assert list(moderation.waiting()) == [version]


def test_a_picture_that_is_withdrawn_meanwhile_is_no_error(user: User, admin_client: Client) -> None:
    first, second = people(2)

    def withdraw(**kwargs: Any) -> None:
        moderation.withdraw(User.objects.get(username="p1"))

    signals.avatar_approved.connect(withdraw)
    try:
        chosen = {"picture": [first.pk, second.pk], "approve": "selected"}
        answer = admin_client.post(QUEUE, chosen, headers={"accept": "application/json"})
    finally:
        signals.avatar_approved.disconnect(withdraw)

    assert answer.json() == {"done": [str(first.pk), str(second.pk)], "problems": []}


def test_a_picture_that_is_withdrawn_while_it_is_read_is_no_error(
    user: User, admin_client: Client, private: Path
) -> None:
    class Slow(FileSystemStorage):
        """A disk on which reading takes as long as the owner needs to withdraw."""

        def _open(self, name: str, mode: str = "rb") -> Any:
            file = super()._open(name, mode)  # type: ignore[misc]
            moderation.withdraw(user)
            file.seek(0)
            return file

    version = send(user)
    storages._storages["private"] = Slow(location=private)  # type: ignore[attr-defined]
    answer = admin_client.post(QUEUE, {"approve": version.pk}, headers={"accept": "application/json"})

    assert answer.json() == {"done": [str(version.pk)], "problems": []}
    assert not Profile.objects.exclude(profile_pic="").exists()


def test_a_storage_that_does_not_read_is_said_and_the_picture_waits(
    user: User, admin_client: Client, private: Path
) -> None:
    version = send(user)
    storages._storages["private"] = BrokenStorage(location=private, reads=False)  # type: ignore[attr-defined]

    for url in (f"{QUEUE}{version.pk}/512/", f"/avatars/review/{version.pk}/512/"):
        response = admin_client.get(url)
        assert (response.status_code, response["Retry-After"]) == (503, "30")
    page = admin_client.post(QUEUE, {"approve": version.pk}, follow=True).content.decode()
    assert "The place where pictures are kept did not answer." in page
    storages._storages.pop("private")  # type: ignore[attr-defined]
    for file in files_of(version.picture.name):
        (private / file).unlink()
    page = admin_client.post(QUEUE, {"approve": version.pk}, follow=True).content.decode()
    assert "The place where pictures are kept did not answer." in page
    assert list(moderation.waiting()) == [version]


def test_what_is_no_picture_of_the_queue_is_not_found(shown: Profile, admin_client: Client) -> None:
    empty = PictureVersion.objects.get(picture="")

    assert admin_client.get(f"{QUEUE}{empty.pk}/72/").status_code == 404
    assert admin_client.post(QUEUE, {"approve": "9" * 40}).status_code == 302


def test_who_has_no_permission_sees_no_queue(user: User) -> None:
    version, staff = send(user), User.objects.create_user("staff", is_staff=True)
    client = Client()
    client.force_login(staff)

    assert "Pictures to review" not in client.get("/admin/").content.decode()
    assert client.get(QUEUE).status_code == 403
    assert client.post(QUEUE, {"approve": version.pk}).status_code == 403
    assert client.get(f"{QUEUE}{version.pk}/512/").status_code == 404
    staff.user_permissions.add(Permission.objects.get(codename="approve_picture"))
    assert client.post(QUEUE, {"approve": version.pk}).status_code == 302
    assert not moderation.waiting()


def test_the_queue_has_what_waits_in_every_database_the_oldest_first(
    user: User, admin_client: Client, media: Path
) -> None:
    with django_avatars.acting(user):
        elsewhere = Place.objects.using("other").create(name="Rome", photo=upload(seed=1))
        here = Place.objects.create(pk=elsewhere.pk, name="Paris", photo=upload(seed=2))
        third = Place.objects.using("other").create(name="Oslo", photo=upload(seed=3))
    first, second, last = (moderation.waiting(place).get() for place in (elsewhere, here, third))
    assert list(moderation.waiting()) == [first, second, last]
    assert list(moderation.waiting().filter(object_id=here.pk)) == [first, second]
    with pytest.raises(PictureVersion.MultipleObjectsReturned):
        moderation.waiting().get()
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.waiting().filter(pk=0).get()
    page = admin_client.get(QUEUE).content.decode()

    assert "3 pictures wait" in page
    keys = [f"other:{first.pk}", str(second.pk), f"other:{last.pk}"]
    assert re.findall('data-avatars-card="([^"]+)"', page) == keys
    assert [page.index(name) for name in ("Rome", "Paris", "Oslo")] == sorted(
        page.index(name) for name in ("Rome", "Paris", "Oslo")
    )
    for key, version in zip(keys, (first, second, last), strict=True):
        image = b"".join(admin_client.get(f"{QUEUE}{key}/512/"))
        assert image == (media / str(version.picture.name)).read_bytes()
    admin_client.post(QUEUE, {"picture": keys[:2], "approve": "selected"})
    admin_client.post(QUEUE, {"reject": keys[2], "note": "No."})
    admin_client.post(QUEUE, {"reject": "nowhere:1", "note": "No."})
    assert [bool(Place.objects.using(one._state.db).get(pk=one.pk).photo) for one in (elsewhere, here, third)] == [
        True,
        True,
        False,
    ]
    assert PictureVersion.objects.using("other").get(state="rejected").reason == "No."


def test_people_read_why_they_are_locked_in_their_own_language(shown: Profile, user: User) -> None:
    moderation.lock(user, actor=None, reason=reasons.REASONS[2])
    with translation.override("de"):
        said = reasons.in_words(reasons.REASONS[2])
        with pytest.raises(NotAllowed) as caught:
            services.set_own(user, upload(), actor=user)
        assert caught.value.messages == [said] != [reasons.REASONS[2]]
        with django_avatars.acting(user):
            assert services.refusals(user) == {"set": said, "remove": said}


def test_people_read_a_reason_in_their_own_language() -> None:
    assert reasons.in_words(reasons.REASONS[0]) == "It does not show you."
    assert reasons.in_words("Un chien.") == "Un chien."


# Taking down


def test_a_picture_that_is_taken_down_is_gone_for_everybody_but_its_owner_and_moderators(
    shown: Profile, user: User, clerk: User, client: Client, media: Path, private: Path
) -> None:
    name, since = shown.profile_pic.name, history.versions(user)
    assert not since
    version = moderation.take_down(user, actor=clerk, reason=reasons.REASONS[2])

    assert version is not None
    assert Profile.objects.get().profile_pic.name == ""
    assert on_disk(media) == set()
    assert on_disk(private) == files_of(version.picture.name)
    assert version.picture.name != name
    assert not history.versions(user)
    assert (version.state, version.until_by, version.holder) == ("taken_down", clerk, shown)
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert on_disk(private) == files_of(version.picture.name)

    client.force_login(user)
    page = client.get("/avatars/").content.decode()
    assert "It is an advertisement." in page
    assert client.get(f"/avatars/review/{version.pk}/72/").status_code == 200
    client.force_login(clerk)
    assert client.get(f"/avatars/review/{version.pk}/72/").status_code == 404
    clerk.user_permissions.add(Permission.objects.get(codename="take_down_picture"))
    assert client.get(f"/avatars/review/{version.pk}/72/").status_code == 200


def test_without_a_private_place_the_files_get_another_name(shown: Profile, user: User, media: Path) -> None:
    first = shown.profile_pic.name
    shown.profile_pic = upload(seed=1)
    shown.save()
    name = shown.profile_pic.name
    version = moderation.take_down(shown, actor=None, reason="A dog.", field="profile_pic")

    assert version is not None
    assert version.since is not None
    assert version.picture.name not in (first, name)
    assert on_disk(media) == files_of(first, version.picture.name)
    assert [str(one.picture.name) for one in history.versions(user)] == [first]


def test_what_is_not_there_cannot_be_taken_down(user: User, profile: Profile, settings: Settings, media: Path) -> None:
    assert moderation.take_down(user, actor=None, reason="") is None
    assert moderation.take_down(User.objects.create_user("bo"), actor=None, reason="") is None
    profile.profile_pic = upload()
    profile.save()
    for file in files_of(profile.profile_pic.name):
        (media / file).unlink()
    version = moderation.take_down(profile, actor=None, reason="")
    assert version is not None
    assert not version.picture
    Profile.objects.update(profile_pic="old/face.png")
    foreign = moderation.take_down(Profile.objects.get(), actor=None, reason="A dog.")
    assert foreign is not None
    assert not foreign.picture
    assert not Profile.objects.get().profile_pic


def test_a_picture_that_was_changed_meanwhile_is_not_taken_down(shown: Profile, user: User, media: Path) -> None:
    stale = Profile.objects.get()
    shown.profile_pic = upload(seed=1)
    shown.save()
    there = on_disk(media)

    with pytest.raises(PictureVersion.DoesNotExist, match="meanwhile"):
        moderation.take_down(stale, actor=None, reason="")
    assert on_disk(media) == there


def test_the_picture_of_a_row_that_is_deleted_meanwhile_is_not_taken_down(profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()
    Profile.objects.all()._raw_delete("default")

    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.take_down(profile, actor=None, reason="")


# Blocks


def face(seed: int, side: int = 400) -> Image.Image:
    """A picture with something to recognize."""
    random = Random(seed)
    image = Image.new("RGB", (side, side), "#456")
    for _ in range(40):
        x, y, size = (random.random() * side for _ in range(3))
        color = tuple(random.randrange(256) for _ in range(3))
        ImageDraw.Draw(image).ellipse((x - size / 4, y - size / 4, x + size / 4, y + size / 4), fill=color)
    return image


def as_file(image: Image.Image, format: str = "PNG", **options: Any) -> ContentFile[bytes]:
    """This picture, to upload."""
    data = io.BytesIO()
    image.save(data, format, **options)
    return ContentFile(data.getvalue(), f"picture.{format.lower()}")


def test_a_blocked_picture_waits_when_it_comes_back(user: User, clerk: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": None}
    services.set_own(user, as_file(face(1)), actor=user)
    version = moderation.take_down(user, actor=clerk, reason="A dog.")
    assert version is not None
    block = moderation.block(version, actor=clerk)
    assert block is not None
    assert (block.by, str(block)) == (clerk, block.fingerprint)
    assert moderation.block(version, actor=None) == block

    small = face(1).resize((150, 150))
    for again in (as_file(face(1)), as_file(small, "JPEG", quality=60), as_file(ImageOps.mirror(small), "WEBP")):
        services.set_own(user, again, actor=user)
        assert moderation.waiting(user).get().reason == "It looks like a blocked picture."
        assert not Profile.objects.get().profile_pic
        moderation.withdraw(user)
    for other in (as_file(face(2)), upload(seed=5)):
        services.set_own(user, other, actor=user)
        assert not moderation.waiting(user)
    settings.AVATARS = {**settings.AVATARS, "BLOCK_DISTANCE": 0}
    services.set_own(user, as_file(face(1).crop((10, 10, 390, 390))), actor=user)
    assert not moderation.waiting(user)


@pytest.fixture
def restorable(user: User, clerk: User, settings: Settings) -> PictureVersion:
    """An earlier picture of the user, which was blocked since; what is shown now is another one."""
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": None}
    for seed in (1, 2):
        services.set_own(user, as_file(face(seed)), actor=user)
    version = history.versions(user).get()
    moderation.block(version, actor=clerk)
    return version


def test_an_earlier_picture_that_looks_like_a_blocked_one_waits_before_it_is_shown_again(
    user: User, client: Client, admin_client: Client, restorable: PictureVersion, clerk: User
) -> None:
    shown, key = Profile.objects.get().profile_pic.name, restorable.pk
    client.force_login(user)
    by_owner = [client.post(reverse("avatars_history:undo"), follow=True)]
    by_owner.append(client.post(reverse("avatars_history:restore", args=[key]), follow=True))
    by_staff = admin_client.post(f"/admin/avatars_history/pictureversion/{key}/restore/", follow=True)
    for answer in (*by_owner, by_staff):
        assert "once somebody has approved it" in answer.content.decode()
    [waiting] = moderation.waiting(user)

    assert waiting.reason == "It looks like a blocked picture."
    assert waiting.picture.name != restorable.picture.name  # nobody has its address
    assert Profile.objects.get().profile_pic.name == shown
    assert history.versions(user).get() == restorable
    moderation.approve(waiting, clerk)
    assert Profile.objects.get().profile_pic.name not in (shown, "")
    assert not waits(history.restore(history.versions(user)[0], actor=user))
    assert Profile.objects.get().profile_pic.name == shown


def test_the_timeline_says_that_the_storage_fails_and_the_picture_stays(
    admin_client: Client, restorable: PictureVersion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shown = Profile.objects.get().profile_pic.name
    monkeypatch.setattr(FileSystemStorage, "_open", BrokenStorage(reads=False)._open)

    answer = admin_client.post(f"/admin/avatars_history/pictureversion/{restorable.pk}/restore/", follow=True)

    assert str(UNAVAILABLE) in answer.content.decode()
    assert "picture failed" in caplog.text
    assert Profile.objects.get().profile_pic.name == shown


def test_restoring_reads_the_blocks_once(user: User, restorable: PictureVersion) -> None:
    with CaptureQueriesContext(connection) as queries:
        history.restore(restorable, actor=user)

    assert sum("pictureblock" in query["sql"] for query in queries) == 1


def test_code_without_an_actor_restores_what_looks_blocked(user: User, restorable: PictureVersion) -> None:
    assert not waits(history.restore(restorable))
    assert Profile.objects.get().profile_pic.name == restorable.picture.name


def test_nothing_waits_of_a_blocked_picture_that_may_not_be_restored(
    user: User, clerk: User, restorable: PictureVersion
) -> None:
    shown, files = Profile.objects.get().profile_pic.name, restorable.picture.storage
    parsed = naming.parse(str(restorable.picture.name))
    assert parsed is not None
    moderation.lock(user, actor=clerk, reason="Later.")
    with pytest.raises(NotAllowed, match="Later"):
        history.restore(restorable, actor=user)
    moderation.unlock(user, actor=clerk)
    files.delete(parsed.file(parsed.sizes[-1], parsed.formats[0]))
    with pytest.raises(PictureVersion.DoesNotExist, match="gone"):
        history.restore(restorable, actor=user)

    assert not moderation.waiting(user)
    assert Profile.objects.get().profile_pic.name == shown


def test_what_has_nothing_to_recognize_is_not_blocked(user: User, client: Client) -> None:
    for plain in (Image.new("RGB", (200, 200), "#c00"), Image.linear_gradient("L"), Image.radial_gradient("L")):
        services.set_own(user, as_file(plain), actor=user)
        assert moderation.block(moderation.waiting(user).get(), actor=user) is None


def test_transparent_pixels_are_white_when_pictures_are_compared() -> None:
    holed = face(3).convert("RGBA")
    holed.paste((0, 0, 0, 0), (0, 0, 200, 200))
    filled = face(3)
    filled.paste((255, 255, 255), (0, 0, 200, 200))

    assert fingerprints.fingerprint(holed) == fingerprints.fingerprint(filled) is not None


def test_the_queue_says_what_a_picture_looks_like(user: User, admin_client: Client) -> None:
    services.set_own(user, as_file(face(1)), actor=user)
    moderation.block(moderation.waiting(user).get(), actor=None)
    services.set_own(user, as_file(face(1)), actor=user)

    assert "It looks like a blocked picture." in admin_client.get(QUEUE).content.decode()


def test_pictures_are_taken_down_from_the_list_in_the_admin(shown: Profile, user: User, admin_client: Client) -> None:
    shown.profile_pic = as_file(face(1))
    shown.save()
    empty = Profile.objects.create(user=User.objects.create_user("bo"))
    chosen = {"action": "take_down_avatars", "_selected_action": [shown.pk, empty.pk]}
    url = "/admin/app/profile/"

    page = admin_client.post(url, chosen).content.decode()
    assert "It does not show you." in page
    assert f'value="{empty.pk}"' not in page
    page = admin_client.post(url, {**chosen, "post": "yes"}).content.decode()
    assert "Choose or write a reason." in page
    assert Profile.objects.get(pk=shown.pk).profile_pic

    given = {"post": "yes", "note": "A dog.", "block": "on", "lock": "on"}
    page = admin_client.post(url, {**chosen, **given}, follow=True).content.decode()
    assert "1 picture was taken down." in page
    version = PictureVersion.objects.get(state="taken_down")
    assert (version.reason, version.until_door) == ("A dog.", "admin")
    assert PictureBlock.objects.count() == 1
    assert PictureLock.objects.get().reason == "A dog."
    assert LogEntry.objects.get().change_message == "Picture taken down."
    page = admin_client.post(url, {**chosen, **given}, follow=True).content.decode()
    assert "None of the selected has a picture." in page


def test_the_picture_that_the_page_has_shown_is_taken_down(shown: Profile, user: User, admin_client: Client) -> None:
    url, chosen = "/admin/app/profile/", {"action": "take_down_avatars", "_selected_action": [shown.pk]}
    page = admin_client.post(url, chosen).content.decode()
    given = {**chosen, "post": "yes", "note": "A dog."}
    given |= re.findall(r'name="(seen-.+?)" value="(.+?)"', page)
    seen = given[f"seen-{shown.pk}"]
    services.set_own(user, upload(seed=7))
    changed = Profile.objects.get().profile_pic.name
    page = admin_client.post(url, given, follow=True).content.decode()
    assert "1 picture was taken down." in page
    assert PictureVersion.objects.get().state == "taken_down"
    assert Profile.objects.get().profile_pic.name == changed != seen

    page = admin_client.post(url, given, follow=True).content.decode()
    assert "Jane: This picture has been changed or decided about meanwhile." in page
    assert Profile.objects.get().profile_pic.name == changed
    services.remove_own(user)
    history.delete(history.versions(user).get())
    page = admin_client.post(url, given, follow=True).content.decode()
    assert "Jane: This picture has been changed" in page
    assert LogEntry.objects.count() == 1
    shown.delete()
    request: Any = RequestFactory().post("/")
    request.user = None
    with pytest.raises(PictureVersion.DoesNotExist):
        taking_down.take_down(request, User.objects.get(pk=user.pk), "No.", name=seen)


def test_what_cannot_be_taken_down_is_said(shown: Profile, admin_client: Client, private: Path) -> None:
    storages._storages["private"] = BrokenStorage(location=private, saves=0)  # type: ignore[attr-defined]
    chosen = {"action": "take_down_avatars", "_selected_action": [shown.pk], "post": "yes", "note": "A dog."}
    page = admin_client.post("/admin/app/profile/", chosen, follow=True).content.decode()
    assert "0 pictures" not in page
    assert "Jane: The place where pictures are kept did not answer." in page

    def refuse(**kwargs: Any) -> None:
        raise NotAllowed("Not today.")

    storages._storages.pop("private")  # type: ignore[attr-defined]
    signals.avatar_changing.connect(refuse)
    try:
        page = admin_client.post("/admin/app/profile/", chosen, follow=True).content.decode()
    finally:
        signals.avatar_changing.disconnect(refuse)
    assert "Jane: Not today." in page
    assert Profile.objects.get().profile_pic


def test_what_is_down_is_in_the_log_and_locked_also_where_it_cannot_be_blocked(
    shown: Profile, admin_client: Client, private: Path
) -> None:
    storages._storages["private"] = BrokenStorage(location=private, reads=False)  # type: ignore[attr-defined]
    chosen = {"action": "take_down_avatars", "_selected_action": [shown.pk], "post": "yes", "note": "A dog."}
    page = admin_client.post("/admin/app/profile/", {**chosen, "block": "on", "lock": "on"}, follow=True)

    assert "1 picture was taken down." in page.content.decode()
    assert "Jane: The place where pictures are kept did not answer." in page.content.decode()
    assert LogEntry.objects.get().change_message == "Picture taken down."
    assert PictureLock.objects.exists()
    assert not PictureBlock.objects.exists()


def test_a_storage_that_does_not_read_takes_nothing_down(
    shown: Profile, admin_client: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = BrokenStorage(location=str(media), reads=False)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)
    chosen = {"action": "take_down_avatars", "_selected_action": [shown.pk], "post": "yes", "note": "A dog."}
    page = admin_client.post("/admin/app/profile/", chosen, follow=True).content.decode()

    assert "Jane: The place where pictures are kept did not answer." in page
    assert Profile.objects.get().profile_pic


def test_each_deed_needs_its_permission(shown: Profile) -> None:
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_profile", "take_down_picture"]))
    client = Client()
    client.force_login(staff)
    given = {"action": "take_down_avatars", "_selected_action": [shown.pk], "post": "yes", "reason": "No."}
    client.post("/admin/app/profile/", {**given, "lock": "on", "block": "on"})

    assert not Profile.objects.get().profile_pic
    assert not PictureLock.objects.exists()
    assert not PictureBlock.objects.exists()
    for name in ("picturelock", "pictureblock"):
        assert client.get(f"/admin/avatars_moderation/{name}/").status_code == 403


def test_what_was_taken_down_is_listed_for_who_has_to_look_at_it_again(
    shown: Profile, user: User, admin_client: Client, client: Client, settings: Settings, private: Path
) -> None:
    url, boss = "/admin/avatars_moderation/takendownpicture/", User.objects.get(username="admin")
    services.set_own(user, upload(seed=1))
    down = moderation.take_down(user, actor=boss, reason="A dog.")
    Profile.objects.update(profile_pic="old/face.png")
    moderation.take_down(Profile.objects.get(), actor=boss, reason="A cat.")
    page = admin_client.get(url).content.decode()
    assert page.index("A cat.") < page.index("A dog.")
    assert page.count(">jane</a>") == 2
    moderation.lock(user, actor=boss, reason=reasons.REASONS[0])
    PictureVersion.objects.filter(pk=down.pk).update(reason=reasons.REASONS[0])  # type: ignore[union-attr]
    with translation.override("de"):
        for place in (url, "/admin/avatars_moderation/picturelock/"):
            assert "Sie sind darauf nicht zu sehen." in admin_client.get(place).content.decode()
    [address] = re.findall('src="([^"]+/96/)"', page)
    assert admin_client.get(address).headers["Content-Type"] == "image/webp"
    assert reasons.REASONS[0] in admin_client.get(f"{url}{down.pk}/change/").content.decode()  # type: ignore[union-attr]
    assert admin_client.post(f"{url}{down.pk}/delete/").status_code == 403  # type: ignore[union-attr]
    assert "Taken down" in admin_client.get("/admin/").content.decode()

    clerk = User.objects.create_user("other", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="approve_picture"))
    client.force_login(clerk)
    assert [client.get(one).status_code for one in (url, f"{url}{down.pk}/change/", address)] == [403, 403, 404]  # type: ignore[union-attr]
    assert "Taken down" not in client.get("/admin/").content.decode()
    client.force_login(user)
    assert client.get(url).status_code == 302


def test_locks_and_blocks_are_listed_and_ended_in_the_admin(user: User, admin_client: Client) -> None:
    lock = moderation.lock(user, actor=None, reason="Third warning.")
    PictureBlock.objects.create(fingerprint="0" * 32)

    assert "Third warning." in admin_client.get("/admin/avatars_moderation/picturelock/").content.decode()
    assert "0" * 32 in admin_client.get("/admin/avatars_moderation/pictureblock/").content.decode()
    assert admin_client.get("/admin/avatars_moderation/picturelock/add/").status_code == 403
    admin_client.post(f"/admin/avatars_moderation/picturelock/{lock.pk}/delete/", {"post": "yes"})
    assert not PictureLock.objects.exists()


def test_where_no_history_is_kept_pictures_are_taken_down_all_the_same(shown: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 0}}
    version = moderation.take_down(shown, actor=None, reason="A dog.")

    assert version is not None
    assert PictureVersion.objects.exclude(picture="").get() == version
