"""Earlier pictures: written down with each change, kept for a while, and put back."""

from __future__ import annotations

import datetime
import io
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.formats import localize
from pytest_django import Settings

import django_avatars
from django_avatars import history, moderation, services
from django_avatars.exceptions import NotAllowed
from django_avatars.history import recording
from django_avatars.history.models import PictureVersion
from django_avatars.history.views import EarlierPictureView
from tests.app.models import Artist, Member, Place, Profile, Restaurant, Seat, Staff, Team, User
from tests.avatar.models import Avatar
from tests.optional.urls import ProfileAdmin
from tests.storing import files_of, on_disk, upload
from tests.test_counts import statements

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def place() -> Place:
    """A row with its third picture."""
    place = Place.objects.create(name="Rome", photo=upload())
    for seed in (1, 2):
        change(place, seed)
    return place


def change(place: Place, seed: int) -> None:
    """Another picture."""
    place.photo = upload(seed=seed)
    place.save()


def names(holder: Any, field: str | None = None) -> list[str]:
    """Names of the earlier pictures, the newest first."""
    return [str(version.picture.name) for version in history.versions(holder, field)]


def test_of_a_row_with_a_key_of_several_columns_nothing_is_kept(media: Path) -> None:
    seat = Seat.objects.create(row="A", number=7, view=upload())
    seat.view = upload(seed=1)
    seat.save()
    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO())

    assert names(seat) == []
    assert on_disk(media) == files_of(seat.view.name)


@pytest.mark.parametrize("written", [lambda key: str(key).upper(), lambda key: key.hex])
def test_earlier_pictures_are_found_whichever_way_the_key_was_written(
    written: Callable[[uuid.UUID], Any], media: Path
) -> None:
    artist = Artist.objects.create(pk=written(uuid.uuid4()), portrait=upload())
    artist.portrait = upload(seed=1)
    artist.save()
    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO())

    assert len(names(artist)) == 1
    assert names(Artist.objects.get()) == names(artist)
    assert on_disk(media) == files_of(*names(artist), artist.portrait.name)
    artist.delete()
    assert on_disk(media) == set()


@pytest.mark.parametrize("written", [lambda key: str(key).upper(), lambda key: key.hex])
def test_an_unchanged_picture_is_not_written_back_whichever_way_the_key_was_written(
    written: Callable[[uuid.UUID], Any], media: Path
) -> None:
    newer = Artist.objects.create(portrait=upload())
    stale = Artist.objects.get()
    newer.portrait = upload(seed=1)
    newer.save()
    stale.pk = written(stale.pk)
    stale.save()

    assert Artist.objects.get().portrait.name == newer.portrait.name


@pytest.mark.parametrize(("model", "key"), [(Seat, "('A', 7)"), (Artist, "17"), (Place, "B 7")])
def test_the_sweep_goes_on_over_keys_that_are_none(model: type[Any], key: str, place: Place, media: Path) -> None:
    there = on_disk(media)
    kind = ContentType.objects.get_for_model(model)
    field = model._meta.get_field({Seat: "view", Artist: "portrait", Place: "photo"}[model])
    odd = PictureVersion.objects.create(content_type=kind, object_id=key, field=field.name, until=timezone.now())
    stray = Path(media / f"avatars/{files_of(place.photo.name).pop().rpartition('/')[2]}")
    stray.write_bytes(b"")

    call_command("avatars_prune", "--delete", "--grace", "0", stdout=io.StringIO())

    assert not stray.exists()
    assert on_disk(media) == there
    assert PictureVersion.objects.filter(pk=odd.pk).exists()


def test_each_picture_that_went_can_be_listed_and_keeps_its_files(media: Path) -> None:
    place = Place.objects.create(name="Rome", photo=upload())
    assert names(place) == []
    first = place.photo.name
    change(place, 1)
    second = place.photo.name
    change(place, 2)

    assert names(place) == [second, first]
    assert on_disk(media) == files_of(first, second, place.photo.name)


def test_a_version_says_when_by_whom_and_through_which_door(user: User, profile: Profile) -> None:
    client = Client()
    client.force_login(user)
    client.post("/avatars/", {"avatar": upload()})
    before = timezone.now()
    staff = User.objects.create_superuser("root")
    with django_avatars.acting(staff):
        profile.refresh_from_db()
        size = sum(profile.profile_pic.storage.size(name) for name in files_of(profile.profile_pic.name))
        profile.profile_pic.delete()

    version = history.versions(user).get()
    assert version.since is not None
    assert version.since < before < version.until
    assert (version.since_by, version.since_door) == (user, "page")
    assert (version.until_by, version.until_door) == (staff, "code")
    assert version.size == size
    assert version.holder == profile
    assert str(version) == f"profile {version.object_id}, {localize(timezone.localtime(version.until))}"


def test_the_sweep_takes_nothing_that_a_version_names(place: Place, media: Path) -> None:
    there = on_disk(media)
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)

    assert on_disk(media) == there


def test_a_restored_picture_is_shown_and_what_was_shown_becomes_an_earlier_one(place: Place, media: Path) -> None:
    third, (second, first) = place.photo.name, history.versions(place)
    there = on_disk(media)

    holder: Any = history.restore(first)

    assert holder.photo.name == Place.objects.get().photo.name == first.picture.name
    assert names(place) == [third, second.picture.name]
    assert history.versions(place)[0].size > 0
    assert on_disk(media) == there
    with pytest.raises(PictureVersion.DoesNotExist):
        history.restore(first)


def test_a_picture_whose_files_are_gone_is_not_shown_again(place: Place, media: Path) -> None:
    third, (second, _) = place.photo.name, history.versions(place)
    for file in files_of(second.picture.name):
        (media / file).unlink()

    with pytest.raises(PictureVersion.DoesNotExist):
        history.restore(second)
    assert not history.undo(place)
    assert Place.objects.get().photo.name == third


class Silent(FileSystemStorage):
    """Does not answer whether a file is there."""

    def exists(self, name: str) -> bool:
        """Fail."""
        raise OSError


def test_a_storage_that_does_not_answer_does_not_make_files_gone(place: Place, settings: Settings) -> None:
    second = history.versions(place)[0]
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Silent"}}

    history.restore(second)
    assert Place.objects.get().photo.name == second.picture.name


def test_restoring_says_who_did_it_and_asks_the_policy(place: Place, user: User, settings: Settings) -> None:
    first = history.versions(place)[1]
    settings.AVATARS = {"POLICY": "tests.optional.test_history.nobody_may"}
    with pytest.raises(NotAllowed):
        history.restore(first, actor=user)
    assert len(names(place)) == 2

    settings.AVATARS = {}
    history.restore(first, actor=user)
    assert history.versions(place)[0].until_by == user


def nobody_may(*args: Any) -> str:
    """A policy."""
    return "Not today."


def test_undo_takes_back_a_change_and_a_second_one_brings_it_back(place: Place) -> None:
    third, second = place.photo.name, names(place)[0]

    assert history.undo(place)
    assert place.photo.name == Place.objects.get().photo.name == second
    assert history.undo(place)
    assert place.photo.name == third


def test_undo_takes_back_a_removal_and_the_first_picture(user: User, profile: Profile) -> None:
    assert not history.undo(user)
    assert not history.remove_for_good(user)
    profile.profile_pic = upload()
    profile.save()
    first = profile.profile_pic.name
    profile.profile_pic.delete()

    assert history.undo(user)
    assert Profile.objects.get().profile_pic.name == first
    history.delete(history.versions(user).get()) if history.versions(user) else None
    Profile.objects.update(profile_pic="")
    PictureVersion.objects.all().delete()
    profile.refresh_from_db()
    profile.profile_pic = upload(seed=1)
    profile.save()
    assert history.undo(profile, "profile_pic", actor=user)
    assert not Profile.objects.get().profile_pic


def test_whether_there_is_something_to_undo_is_known_before(user: User, profile: Profile) -> None:
    before = history.can_undo(user), history.can_undo(profile)
    profile.profile_pic = upload()
    profile.save()

    assert before == (False, False)
    assert history.can_undo(user)
    assert history.can_undo(profile, "profile_pic")


def test_who_has_no_row_has_no_history(user: User) -> None:
    assert not history.can_undo(user)
    assert list(history.versions(user)) == []
    assert not history.undo(user)
    assert not history.remove_for_good(user)
    with pytest.raises(TypeError, match="no AvatarField"):
        history.versions("Jane")
    with pytest.raises(TypeError, match="None has no AvatarField"):
        history.undo(None, "profile_pic")
    verbs: list[Callable[[Any], object]] = [history.restore, history.delete]
    for verb in verbs:
        with pytest.raises(TypeError, match=r"None is no PictureVersion\. Give one of history\.versions\(\)"):
            verb(history.versions(user).first())
    with pytest.raises(AttributeError):
        history.rewrite  # noqa: B018


def test_no_more_are_kept_than_the_settings_say(settings: Settings, media: Path) -> None:
    settings.AVATARS = {"HISTORY": {"KEEP": 2}}
    place = Place.objects.create(name="Rome", photo=upload())
    for seed in range(1, 5):
        change(place, seed)

    assert len(names(place)) == 2
    assert on_disk(media) == files_of(place.photo.name, *names(place))


def test_no_more_bytes_are_kept_than_the_settings_say(settings: Settings, media: Path) -> None:
    settings.AVATARS = {"HISTORY": {"BYTES": 1}}
    place = Place.objects.create(name="Rome", photo=upload())
    change(place, 1)

    assert names(place) == []
    assert on_disk(media) == files_of(place.photo.name)


def test_all_pictures_of_a_person_share_their_bytes(settings: Settings, user: User, profile: Profile) -> None:
    kim = Profile.objects.create(user=User.objects.create_user("kim"))
    rows: list[Any] = [profile, Staff.objects.create(user=user, number=1), kim]
    allow(settings, 10_000_000, "person")
    for row in rows:
        for seed in range(4):
            services.set_picture(row, file=upload(seed=seed))
    most = sum(sizes(rows[0])) + sizes(rows[1])[0]
    allow(settings, most, "person")

    for row in rows:
        services.set_picture(row, file=upload(seed=4))

    assert 0 < sum(sizes(rows[0]) + sizes(rows[1])) <= most
    assert [len(sizes(row)) for row in rows] == [2, 3, 3]  # the third row is another person's


def test_a_function_says_who_shares_bytes(settings: Settings) -> None:
    allow(settings, 10_000_000, f"{__name__}.first_letters")
    places = [Place.objects.create(name=name, photo=upload()) for name in ("Rome", "Roma", "Oslo", "")]
    for place in places:
        for seed in range(1, 5):
            change(place, seed)
    allow(settings, 2 * sizes(places[0])[0], f"{__name__}.first_letters")

    for place in places:
        change(place, 1)

    assert [len(sizes(place)) for place in places] == [0, 2, 2, 2]
    assert [history.versions(place)[0].quota for place in places[1:]] == ["Ro", "Os", ""]


def test_what_comes_from_elsewhere_counts_as_well(settings: Settings) -> None:
    allow(settings, 10_000_000, f"{__name__}.first_letters")
    rome, roma = (Place.objects.create(name=name, photo=upload()) for name in ("Rome", "Roma"))
    for seed in (1, 2):
        change(rome, seed)
        change(roma, seed)
    allow(settings, 1, f"{__name__}.first_letters")

    history.remember(rome, Place._meta.get_field("photo"), rome.photo.name)  # type: ignore[arg-type]

    assert (sizes(rome), len(sizes(roma))) == ([], 2)


def test_a_row_that_belongs_to_nobody_yet_shares_with_nobody(settings: Settings) -> None:
    allow(settings, 1, "person")

    field: Any = Profile._meta.get_field("profile_pic")
    assert recording.limits().quota(Profile(), field) == ""
    assert recording.limits().quota(Profile(user_id="7"), field) == "app.user:7"


def sizes(holder: Any) -> list[int]:
    """Bytes of the earlier pictures, the newest first."""
    return list(history.versions(holder).values_list("size", flat=True))


def allow(settings: Settings, bytes: int, per: str) -> None:
    """So many bytes, for whoever shares them."""
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"BYTES": bytes, "PER": per}}


def first_letters(place: Place) -> str | None:
    """What some places have in common."""
    return place.name[:2] or None


def test_nothing_is_written_down_where_nothing_is_kept(settings: Settings, media: Path) -> None:
    settings.AVATARS = {"HISTORY": {"KEEP": 0}}
    place = Place.objects.create(name="Rome", photo=upload())
    change(place, 1)

    assert not PictureVersion.objects.exists()
    assert on_disk(media) == files_of(place.photo.name)


def test_what_is_too_old_goes_with_the_sweep(place: Place, media: Path) -> None:
    old = history.versions(place)[1]
    PictureVersion.objects.filter(pk=old.pk).update(until=timezone.now() - datetime.timedelta(days=31))
    call_command("avatars_prune", grace=0, verbosity=0)
    assert len(names(place)) == 2
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)

    assert len(names(place)) == 1
    assert on_disk(media) == files_of(place.photo.name, *names(place))


def test_versions_go_with_their_row(place: Place, media: Path) -> None:
    place.delete()

    assert not PictureVersion.objects.exists()
    assert on_disk(media) == set()


def test_versions_of_rows_that_went_past_delete_go_with_the_sweep(place: Place, media: Path) -> None:
    Place.objects.all()._raw_delete("default")
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)

    assert not PictureVersion.objects.exists()
    assert on_disk(media) == set()


@pytest.mark.parametrize("deed", [history.undo, history.remove_for_good])
def test_what_is_done_to_a_row_that_somebody_else_has_deleted_says_so(
    place: Place, deed: Callable[[Any], bool]
) -> None:
    places = [place, Place.objects.create(name="Bern", photo=upload())]  # the second has nothing but its first picture
    Place.objects.all()._raw_delete("default")

    for gone in places:
        with pytest.raises(PictureVersion.DoesNotExist, match="row"):
            deed(gone)


def test_versions_of_a_model_that_is_gone_go_with_the_sweep(place: Place, media: Path) -> None:
    gone = ContentType.objects.create(app_label="app", model="gone")
    PictureVersion.objects.filter(pk=history.versions(place)[1].pk).update(content_type=gone, alias="default")
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)

    assert len(names(place)) == 1
    assert on_disk(media) == files_of(place.photo.name, *names(place))


def test_a_version_whose_row_is_gone_cannot_be_restored(place: Place) -> None:
    version = history.versions(place)[0]
    Place.objects.all()._raw_delete("default")

    with pytest.raises(PictureVersion.DoesNotExist, match="row"):
        history.restore(version)


def test_an_earlier_picture_can_be_deleted_for_good(place: Place, media: Path) -> None:
    history.delete(history.versions(place)[1])

    assert len(names(place)) == 1
    assert on_disk(media) == files_of(place.photo.name, *names(place))


def test_what_is_removed_for_good_leaves_no_file_and_no_version(place: Place, media: Path) -> None:
    earlier = names(place)

    assert history.remove_for_good(place)
    assert Place.objects.get().photo.name == ""
    assert names(place) == earlier
    assert on_disk(media) == files_of(*earlier)
    assert not history.remove_for_good(place)
    assert names(place) == earlier


def test_a_change_that_rolls_back_leaves_no_version(place: Place) -> None:
    from django.db import transaction

    before = names(place)
    with pytest.raises(RuntimeError), transaction.atomic():
        change(place, 3)
        raise RuntimeError

    assert names(place) == before


def test_each_field_and_each_parent_has_a_history_of_its_own() -> None:
    team = Team.objects.create(name="Red", logo=upload(), banner=upload())
    team.logo = upload(seed=1)
    team.save()
    restaurant = Restaurant.objects.create(name="Rome", photo=upload(), menu=upload())
    restaurant.photo = upload(seed=1)
    restaurant.save()

    assert (len(names(team)), len(names(team, "banner"))) == (1, 0)
    assert len(names(restaurant, "photo")) == 1
    assert history.undo(restaurant, Place._meta.get_field("photo"))
    Member.objects.create(team=team, photo=upload())
    team.delete()
    restaurant.delete()
    assert not PictureVersion.objects.exists()


def test_another_database_has_versions_of_its_own() -> None:
    place = Place.objects.using("other").create(name="Rome", photo=upload())
    change(place, 1)

    version = history.versions(place).get()
    assert version._state.db == "other"
    history.restore(version)
    assert not PictureVersion.objects.exists()


@pytest.fixture
def lagging(user: User, profile: Profile, settings: Settings) -> User:
    """Somebody as a replica has them, which knows nothing of what happened to their picture."""
    User.objects.using("other").bulk_create([User(pk=user.pk, username=user.username)])
    Profile.objects.using("other").bulk_create([Profile(pk=profile.pk, user_id=user.pk)])
    for seed in (0, 1):
        services.set_own(user, upload(seed=seed))
    settings.DATABASE_ROUTERS = ["tests.routers.ReadsFromReplica"]
    return User.objects.get()


def test_a_person_of_a_lagging_replica_has_the_history_of_the_primary(lagging: User) -> None:
    earlier = history.versions(lagging).get()
    assert (lagging._state.db, earlier._state.db) == ("other", "default")
    assert history.can_undo(lagging)

    assert history.undo(User.objects.get())
    assert Profile.objects.using("default").get().profile_pic.name == earlier.picture.name
    history.restore(history.versions(User.objects.get()).get())
    assert history.remove_for_good(User.objects.get())
    assert not Profile.objects.using("default").get().profile_pic
    assert not PictureVersion.objects.exists()


def test_moderators_of_a_lagging_replica_decide_on_the_primary(lagging: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    earlier = history.versions(lagging).get()
    services.set_own(lagging, upload(seed=2), actor=lagging)
    moderation.approve(PictureVersion.objects.using("default").get(state="waiting"), None)
    moderation.report(User.objects.get(), actor=None, name=str(earlier.picture.name))
    moderation.take_down(User.objects.get(), actor=None, reason="No.", name=str(earlier.picture.name))
    assert not moderation.withdraw(User.objects.get())

    states = PictureVersion.objects.using("default").order_by("state").values_list("state", flat=True)
    assert list(states) == ["past", "taken_down"]
    assert not PictureVersion.objects.exists()


def test_what_a_lagging_replica_does_not_show_yet_is_reported_and_taken_down(lagging: User) -> None:
    shown = Profile.objects.using("default").get().profile_pic.name
    said = moderation.report(Profile.objects.get(), actor=None)
    taken = moderation.take_down(Profile.objects.get(), actor=None, reason="No.")
    assert said is not None
    assert taken is not None
    assert said.name == shown
    assert not Profile.objects.using("default").get().profile_pic
    assert moderation.take_down(Profile.objects.get(), actor=None, reason="No.") is None

    services.set_own(User.objects.get(), upload(seed=2))
    Profile.objects.using("other")._raw_delete("other")
    assert history.versions(User.objects.get())
    assert moderation.take_down(User.objects.get(), actor=None, reason="No.") is not None


def test_a_replace_costs_at_most_four_queries_more(settings: Settings) -> None:
    place = Place.objects.create(name="Rome", photo=upload())
    counts = []
    for limits in ({"KEEP": 0}, {"KEEP": 1}, {"BYTES": 400, "PER": f"{__name__}.first_letters"}):
        settings.AVATARS = {"HISTORY": limits}
        for seed in (1, 2, 3):
            place.photo = upload(seed=seed)
            with CaptureQueriesContext(connection) as captured:
                place.save()
        counts.append(len(statements(captured)))

    without = counts[0] - 1  # the question whether a version names it
    assert max(counts) - without <= 4


def test_a_rebuild_leaves_versions_alone(place: Place, settings: Settings) -> None:
    before = names(place)
    settings.AVATARS = {"QUALITY": {"webp": 50}}
    call_command("avatars_rebuild", all=True, verbosity=0)

    assert names(place) == before


# The edit page


@pytest.fixture
def changed(user: User, profile: Profile, client: Client) -> Client:
    """Somebody at the edit page, who has had another picture."""
    for seed in (0, 1):
        profile.profile_pic = upload(seed=seed)
        profile.save()
    client.force_login(user)
    return client


def test_the_edit_page_offers_undo_and_earlier_pictures(changed: Client, user: User) -> None:
    html = changed.get("/avatars/").content.decode()

    version = history.versions(user).get()
    assert 'action="/avatars/undo/"' in html
    assert version.picture.url_for(72) in html
    assert f"/avatars/earlier/{version.pk}/restore/" in html
    assert f"Shown until {localize(timezone.localtime(version.until))}<" in html

    response = changed.post("/avatars/undo/", {"next": "/avatars/remove/"}, follow=True)
    assert response.redirect_chain == [("/avatars/remove/", 302)]
    assert "Your last change was undone." in response.content.decode()
    assert Profile.objects.get().profile_pic.name == version.picture.name


def test_the_edit_page_asks_no_more_with_more_earlier_pictures(
    changed: Client, profile: Profile, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 9}}
    counts = []
    for seed in range(2, 5):
        profile.profile_pic = upload(seed=seed)
        profile.save()
        with CaptureQueriesContext(connection) as captured:
            page = changed.get("/avatars/")
        assert page.content.count(b"/restore/") == seed
        counts.append(len(captured))

    assert len(set(counts)) == 1


def test_undo_stands_above_what_else_there_is_to_choose_from(changed: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "LETTERS": True}

    html = changed.get("/avatars/?next=/avatars/remove/").content.decode()

    assert html.index("Remove picture") < html.index("Undo the last change") < html.index("Letters on a color")
    assert html.count('name="next" value="/avatars/remove/"') == 5  # upload, removal, undo, earlier picture, letters


def test_an_earlier_picture_is_one_button_away(changed: Client, user: User) -> None:
    version = history.versions(user).get()

    assert changed.post(f"/avatars/earlier/{version.pk}/restore/").status_code == 302
    assert Profile.objects.get().profile_pic.name == version.picture.name
    assert changed.post(f"/avatars/earlier/{version.pk}/restore/").status_code == 404
    assert changed.post(f"/avatars/earlier/{history.versions(user).get().pk}/delete/").status_code == 302
    assert not history.versions(user)


def test_nobody_restores_somebody_elses(changed: Client, user: User) -> None:
    version = history.versions(user).get()
    other = Client()
    other.force_login(User.objects.create_user("eve"))

    assert other.post(f"/avatars/earlier/{version.pk}/restore/").status_code == 404
    assert other.post(f"/avatars/earlier/{version.pk}/delete/").status_code == 404
    assert other.post("/avatars/undo/").status_code == 302
    assert Client().post("/avatars/undo/").url.startswith("/login/")  # type: ignore[attr-defined]
    assert changed.get("/avatars/undo/").status_code == 405


def test_whoever_removes_a_picture_is_offered_to_delete_it_for_good(
    changed: Client, user: User, media: Path, settings: Settings
) -> None:
    button = 'type="submit" formaction="/avatars/remove/for-good/"'
    assert button in changed.get("/avatars/remove/").content.decode()
    assert button in changed.get("/avatars/").content.decode()
    earlier = history.versions(user).get().picture.name

    response = changed.post("/avatars/remove/for-good/", {"next": "/admin/"})

    assert response["Location"] == "/admin/"
    assert "Your picture was deleted for good." in changed.get("/avatars/").content.decode()
    assert Profile.objects.get().profile_pic.name == ""
    assert on_disk(media) == files_of(earlier)
    settings.ROOT_URLCONF = "tests.urls"
    assert "Delete for good" not in changed.get("/avatars/remove/").content.decode()


def test_who_may_not_remove_a_picture_cannot_delete_it_for_good(
    changed: Client, user: User, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": "tests.optional.test_history.nobody_may"}
    name = Profile.objects.get().profile_pic.name

    assert changed.post("/avatars/remove/for-good/").status_code == 403
    assert Profile.objects.get().profile_pic.name == name


def its_user_alone(viewer: Any, holder: Any) -> bool:
    """A rule of a project, which asks of the row what only a profile has."""
    return bool(viewer is not None and holder.user_id == viewer.pk)


def friends_of_nobody(viewer: Any, holder: Any) -> bool:
    """A rule of a project that lets nobody see anybody else."""
    return False


@pytest.mark.parametrize("rule", ["its_user_alone", "friends_of_nobody"])
def test_who_may_see_a_picture_is_asked_of_the_row_that_had_it(
    changed: Client, user: User, admin_client: Client, settings: Settings, rule: str
) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.{rule}"}
    address = history.versions(user)[0].picture.url_for(72)

    assert address in changed.get("/avatars/").content.decode()
    assert address not in admin_client.get("/admin/avatars_history/pictureversion/").content.decode()
    Profile.objects.all()._raw_delete("default")
    assert admin_client.get("/admin/avatars_history/pictureversion/").status_code == 200


def test_an_earlier_picture_is_shown_from_where_it_lies(changed: Client, user: User, settings: Settings) -> None:
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"base_url": "/private/"}}
    settings.STORAGES = {**settings.STORAGES, "private": private}
    settings.AVATARS = {**settings.AVATARS, "PRIVATE_STORAGE": "private"}
    page = changed.get("/avatars/").content.decode()

    assert history.versions(user)[0].picture.url_for(72) in page
    assert "/private/" not in page


def test_the_page_shows_nothing_where_there_is_nothing(user: User, profile: Profile, client: Client) -> None:
    client.force_login(user)
    assert "avatars-earlier" not in client.get("/avatars/").content.decode()
    stranger = Client()
    stranger.force_login(User.objects.create_user("bo"))
    assert "avatars-earlier" not in stranger.get("/avatars/").content.decode()


@pytest.mark.urls("tests.urls")
def test_the_page_shows_nothing_where_the_addresses_are_missing(changed: Client) -> None:
    assert "avatars-earlier" not in changed.get("/avatars/").content.decode()


# The admin


def test_the_admin_has_a_timeline_and_restores(changed: Client, user: User, admin_client: Client) -> None:
    profile, version = Profile.objects.get(), history.versions(user).get()
    html = admin_client.get(f"/admin/app/profile/{profile.pk}/change/").content.decode()
    url = f"/admin/avatars_history/pictureversion/{version.pk}/restore/"
    assert url in html
    assert f"<p>… – {localize(timezone.localtime(version.until))}<br>" in re.sub(r"<p>.* –", "<p>… –", html)

    response = admin_client.post(url, follow=True)

    assert "Picture restored." in response.content.decode()
    assert Profile.objects.get().profile_pic.name == version.picture.name
    assert history.versions(user).get().until_by == User.objects.get(username="admin")
    assert admin_client.get(url).status_code == 405
    assert admin_client.post(url).status_code == 404


def test_the_admin_lists_versions_and_lets_nobody_change_them(
    changed: Client, user: User, admin_client: Client
) -> None:
    version = history.versions(user).get()
    html = admin_client.get("/admin/avatars_history/pictureversion/").content.decode()

    assert version.picture.url_for(64) in html
    assert "django_avatars/avatars.css" in html
    assert admin_client.get("/admin/avatars_history/pictureversion/add/").status_code == 403
    assert (
        "_save" not in admin_client.get(f"/admin/avatars_history/pictureversion/{version.pk}/change/").content.decode()
    )
    assert admin_client.post(f"/admin/avatars_history/pictureversion/{version.pk}/delete/").status_code == 403


def test_the_admin_is_the_door_of_a_restored_picture_without_a_middleware(
    changed: Client, user: User, admin_client: Client, settings: Settings
) -> None:
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "Actor" not in one]
    admin_client.post(f"/admin/avatars_history/pictureversion/{history.versions(user).get().pk}/restore/")

    version = history.versions(user).get()
    assert (version.until_by, version.until_door) == (User.objects.get(username="admin"), "admin")


def test_a_row_without_an_admin_is_restored_and_the_index_is_shown(place: Place, admin_client: Client) -> None:
    version = history.versions(place)[0]

    response = admin_client.post(f"/admin/avatars_history/pictureversion/{version.pk}/restore/")

    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert Place.objects.get().photo.name == version.picture.name


def test_the_admin_of_a_row_says_who_may_restore(
    changed: Client, user: User, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, shown = history.versions(user).get(), Profile.objects.get().profile_pic.name
    monkeypatch.setattr(ProfileAdmin, "get_queryset", lambda *args: Profile.objects.none())

    assert admin_client.post(f"/admin/avatars_history/pictureversion/{version.pk}/restore/").status_code == 403
    assert Profile.objects.get().profile_pic.name == shown


def test_who_may_not_change_a_row_may_not_restore(changed: Client, user: User) -> None:
    version, clerk = history.versions(user).get(), Client()
    clerk.force_login(User.objects.create_user("clerk", is_staff=True))

    assert clerk.post(f"/admin/avatars_history/pictureversion/{version.pk}/restore/").status_code == 403


def test_the_admin_says_what_went_wrong(changed: Client, user: User, admin_client: Client, settings: Settings) -> None:
    version = history.versions(user).get()
    url = f"/admin/avatars_history/pictureversion/{version.pk}/restore/"
    settings.AVATARS = {**settings.AVATARS, "POLICY": "tests.optional.test_history.nobody_may"}
    assert "Not today." in admin_client.post(url, follow=True).content.decode()

    settings.AVATARS = {"FIELD": "app.Profile.profile_pic"}
    PictureVersion.objects.filter(pk=version.pk).update(state="rejected")
    assert "This picture is gone." in admin_client.post(url, follow=True).content.decode()


def test_there_is_nothing_left_to_migrate(settings: Settings) -> None:
    settings.MIGRATION_MODULES = {}
    call_command("makemigrations", "avatars_history", check=True, dry_run=True, verbosity=0)


def test_undo_of_a_row_that_is_gone_says_so(place: Place) -> None:
    Place.objects.all()._raw_delete("default")

    with pytest.raises(PictureVersion.DoesNotExist, match="row"):
        history.undo(place)


def test_a_database_without_the_table_has_no_history(settings: Settings) -> None:
    settings.DATABASE_ROUTERS = ["tests.optional.test_history.HistoryAtHome"]
    place = Place.objects.using("other").create(name="Rome", photo=upload())
    change(place, 1)
    place.delete()

    assert not PictureVersion.objects.using("other").exists()


class HistoryAtHome:
    """A router."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """History is in the default database."""
        return db == "default" if app_label == "avatars_history" else None


def test_the_other_avatars_of_django_avatar_become_earlier_pictures_the_newest_first(
    user: User, media: Path, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 2}}
    for days in range(5):
        uploaded = timezone.now() - datetime.timedelta(days=days)
        Avatar.objects.create(user=user, avatar=upload(100 - days), date_uploaded=uploaded)
    old = {avatar.avatar.name for avatar in Avatar.objects.all()}

    out = io.StringIO()
    call_command("avatars_import", "django-avatar", stdout=out)

    assert "2 further pictures" in out.getvalue()
    assert "1 pictures, and 2 earlier ones taken over." in out.getvalue()

    shown = Profile.objects.get().profile_pic
    earlier = list(history.versions(user))
    assert shown.sizes == (100, 64)
    assert [version.picture.sizes for version in earlier] == [(99, 64), (98, 64)]
    assert [(timezone.now() - version.since).days for version in earlier if version.since] == [1, 2]
    assert on_disk(media) == old | files_of(shown.name, *(version.picture.name for version in earlier))
    history.restore(earlier[1])
    assert Profile.objects.get().profile_pic.sizes == (98, 64)


def test_a_button_has_to_say_what_it_does() -> None:
    with pytest.raises(NotImplementedError):
        EarlierPictureView().act(HttpRequest())


def test_the_list_in_the_admin_is_filtered_by_the_models_that_have_earlier_pictures(
    place: Place, user: User, profile: Profile, admin_client: Client
) -> None:
    for seed in (1, 2):
        profile.profile_pic = upload(seed=seed)
        profile.save()
    html = admin_client.get("/admin/avatars_history/pictureversion/").content.decode()

    assert html.count("?content_type__id__exact=") == 2
    assert "Waits for approval" not in html


def test_the_timeline_of_a_row_of_another_database_is_of_that_database(
    changed: Client, user: User, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Profile.objects.get()
    jo = User.objects.using("other").create(username="jo")
    there = Profile.objects.using("other").create(pk=here.pk, user=jo, profile_pic=upload(seed=3))
    there.profile_pic = upload(seed=4)
    there.save()
    version = history.versions(there).get()
    monkeypatch.setattr(ProfileAdmin, "get_queryset", lambda *args: Profile.objects.using("other"))

    html = admin_client.get(f"/admin/app/profile/{there.pk}/change/").content.decode()
    url = f"/admin/avatars_history/pictureversion/other:{version.pk}/restore/"
    assert re.findall(r'formaction="([^"]+)"', html) == [url]
    assert admin_client.post(url).status_code == 302

    there.refresh_from_db()
    assert there.profile_pic.name == version.picture.name
    assert Profile.objects.get().profile_pic.name == here.profile_pic.name


def test_who_may_only_view_a_row_sees_its_timeline_without_buttons(changed: Client, user: User) -> None:
    staff, version = User.objects.create_user("staff", is_staff=True), history.versions(user).get()
    client = Client()
    client.force_login(staff)
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_profile", "view_pictureversion"]))
    page = f"/admin/app/profile/{Profile.objects.get().pk}/change/"

    html = client.get(page).content.decode()
    assert version.picture.url_for(72) in html
    assert "formaction" not in html
    staff.user_permissions.add(*Permission.objects.filter(codename__in=["add_profile", "change_profile"]))
    assert "formaction" not in client.get("/admin/app/profile/add/").content.decode()
    assert "formaction" in client.get(page).content.decode()
