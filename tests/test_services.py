"""One service layer for pages, admin and APIs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.models.signals import pre_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars import providers, rendering, services, targets
from django_avatars.exceptions import InvalidImage, NotAllowed, StorageUnavailable
from django_avatars.targets import AvatarTarget
from tests import pictures
from tests.app.models import Country, Dated, Person, Profile, Team, User
from tests.storing import files_of, on_disk, upload

pytestmark = pytest.mark.django_db

PICTURE: Any = Profile.profile_pic.field
BANNER: Any = Team.banner.field
DATED: Any = Dated.photo.field
BROKEN = {
    "default": {"BACKEND": "tests.storing.BrokenStorage", "OPTIONS": {"saves": 1}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


class Resizing(FileSystemStorage):
    """Cuts when it is asked."""

    resizes_by_url = True

    def url_for(self, name: str, size: int) -> str:
        return f"/{size}"


def test_setting_a_picture_saves_it_and_nothing_else(profile: Profile) -> None:
    profile.bio = "not saved"

    services.set_picture(profile, field=PICTURE, file=upload())

    stored = Profile.objects.get()
    assert stored.profile_pic.sizes == (96, 64)
    assert stored.profile_pic.name == profile.profile_pic.name
    assert stored.bio == ""


def test_setting_and_removing_say_when_the_row_changed() -> None:
    before = timezone.now()
    holder = Dated.objects.create(name="Ann")
    Dated.objects.update(changed=before - timedelta(days=1))

    services.set_picture(holder, field=DATED, file=upload())
    assert Dated.objects.get().changed >= before

    Dated.objects.update(changed=before - timedelta(days=1))
    services.remove_picture(holder, field=DATED)
    assert Dated.objects.get().changed >= before


def test_somebody_without_a_profile_gets_one_with_the_picture(user: User) -> None:
    holder = services.set_own(user, upload())

    assert holder == Profile.objects.get(user=user)
    assert user.profile.profile_pic.sizes == (96, 64)


def test_nobody_gets_a_profile_for_a_picture_that_could_not_be_stored(user: User, settings: Settings) -> None:
    settings.STORAGES = BROKEN

    with pytest.raises(StorageUnavailable):
        services.set_own(user, upload())

    assert not Profile.objects.exists()
    assert targets.picture_of(user) is None


def test_a_profile_that_came_meanwhile_gets_the_picture(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Profile.objects.create(user=User.objects.get(pk=user.pk), bio="other")
    monkeypatch.setattr(targets, "holder_of", lambda user: None)

    holder = services.set_own(user, upload())

    assert holder == other
    assert Profile.objects.get().profile_pic.sizes == (96, 64)


def test_a_profile_that_comes_and_goes_meanwhile_is_no_error(user: User, media: Path) -> None:
    def come_and_go(instance: Profile, **kwargs: Any) -> None:
        pre_save.disconnect(come_and_go, Profile)
        Profile.objects.bulk_create([Profile(user_id=user.pk, bio="theirs")])  # gone with the insert that it refuses

    pre_save.connect(come_and_go, Profile)
    holder = services.set_own(user, upload())

    assert holder == Profile.objects.get()
    assert (user.profile, user.profile.bio) == (holder, "")
    assert on_disk(media) == files_of(Profile.objects.get().profile_pic.name)


def test_a_user_who_is_not_authenticated_has_none_either(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    services.set_own(user, upload())
    monkeypatch.setattr(User, "is_authenticated", False)

    with pytest.raises(PermissionDenied):
        services.set_own(user, upload(seed=1))
    with pytest.raises(PermissionDenied):
        services.remove_own(user)


def test_a_stranger_has_no_picture_to_set_or_remove() -> None:
    with pytest.raises(PermissionDenied):
        services.set_own(AnonymousUser(), upload())
    with pytest.raises(PermissionDenied):
        services.remove_own(AnonymousUser())


def test_nobody_gets_a_profile_for_a_refused_picture(user: User) -> None:
    with pytest.raises(InvalidImage):
        services.set_own(user, ContentFile(b"no picture", "a.jpg"))

    assert not Profile.objects.exists()


def test_ones_own_picture_is_removed_once(user: User) -> None:
    assert services.remove_own(user) is False
    services.set_own(user, upload())

    assert [services.remove_own(user) for _ in range(2)] == [True, False]
    assert not Profile.objects.get().profile_pic


def test_a_refused_picture_leaves_the_instance_as_it_was(profile: Profile) -> None:
    services.set_picture(profile, field=PICTURE, file=upload())
    name = profile.profile_pic.name

    with pytest.raises(InvalidImage):
        services.set_picture(profile, field=PICTURE, file=ContentFile(b"no picture", "a.jpg"))

    assert profile.profile_pic.name == name
    assert Profile.objects.get().profile_pic.name == name


def test_a_failing_storage_leaves_the_instance_as_it_was(profile: Profile, settings: Settings, media: Path) -> None:
    settings.STORAGES = BROKEN

    with pytest.raises(StorageUnavailable):
        services.set_picture(profile, field=PICTURE, file=upload())

    assert not profile.profile_pic
    assert on_disk(media) == set()


def test_a_database_that_refuses_leaves_the_instance_as_it_was(profile: Profile) -> None:
    Profile.objects.all().delete()

    with pytest.raises(DatabaseError):
        services.set_picture(profile, field=PICTURE, file=upload())

    assert not profile.profile_pic


@pytest.mark.django_db(transaction=True)
def test_removing_leaves_neither_name_nor_file(profile: Profile, media: Path) -> None:
    services.set_picture(profile, field=PICTURE, file=upload())

    assert services.remove_picture(profile, field=PICTURE) is True

    assert not Profile.objects.get().profile_pic
    assert on_disk(media) == set()


def test_removing_what_is_not_there_asks_the_database_once(
    profile: Profile, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert services.remove_picture(profile, field=PICTURE) is False


def test_a_description_has_every_address_of_an_uploaded_picture(profile: Profile) -> None:
    services.set_picture(profile, field=PICTURE, file=upload(130))
    base = profile.profile_pic.url.rpartition("_")[0]

    described = services.describe(profile)

    assert described == {
        "url": f"{base}_130-128-64.webp",
        "sizes": {130: f"{base}_130-128-64.webp", 128: f"{base}_128.webp", 64: f"{base}_64.webp"},
        "srcset": f"{base}_130-128-64.webp 130w, {base}_128.webp 128w, {base}_64.webp 64w",
        "formats": {
            "webp": {130: f"{base}_130-128-64.webp", 128: f"{base}_128.webp", 64: f"{base}_64.webp"},
        },
        "animated": None,
        "alt": "",
        "initials": "JD",
        "color": described["color"],
        "label": "Jane Doe",
    }
    assert described == services.describe(profile.user)


def test_a_description_has_every_stored_format_and_what_the_owner_says(
    profile: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.AVATARS = {**settings.AVATARS, "OUTPUT_FORMATS": ("webp", "jpg")}
    monkeypatch.setattr(PICTURE, "alt_field", "bio")
    profile.bio = "On a red bicycle"
    services.set_picture(profile, field=PICTURE, file=upload(130))

    described = services.describe(profile, absolute=lambda path: f"https://example.com{path}")

    whole = f"https://example.com{profile.profile_pic.url.rpartition('_130')[0]}"
    assert described["formats"]["jpg"] == {side: f"{whole}_{side}.jpg" for side in (130, 128, 64)}
    assert described["formats"]["webp"] == described["sizes"]
    assert described["alt"] == "On a red bicycle"


def test_a_description_without_a_picture_has_initials(user: User) -> None:
    described = services.describe(user)

    assert (described["url"], described["sizes"], described["srcset"]) == (None, {}, "")
    assert (described["initials"], described["label"]) == ("JD", "Jane Doe")
    assert described["color"].startswith("#")


def test_a_description_has_the_size_that_was_asked_for_and_whole_addresses(profile: Profile) -> None:
    services.set_picture(profile, field=PICTURE, file=upload(130))

    described = services.describe(profile, size=100, absolute=lambda path: f"https://example.com{path}")

    assert described["url"] == f"https://example.com{profile.profile_pic.url_for(128)}"
    assert list(described["sizes"]) == [130, 128, 64]
    assert set(described["sizes"].values()) == {entry.split(" ")[0] for entry in described["srcset"].split(", ")}
    assert all(address.startswith("https://example.com/media/") for address in described["sizes"].values())


def test_a_master_that_is_resized_by_url_has_the_declared_sizes(profile: Profile, settings: Settings) -> None:
    settings.STORAGES = {**BROKEN, "default": {"BACKEND": "tests.test_services.Resizing"}}
    services.set_picture(profile, field=PICTURE, file=upload(130))

    described = services.describe(profile)

    assert described["sizes"] == {side: f"/{side}" for side in (512, 256, 128, 64)}


def test_a_foreign_picture_has_an_address_and_no_sizes() -> None:
    described = services.describe(Country(name="Utopia"))

    assert (described["url"], described["sizes"]) == ("/media/defaults/flag.png", {})


def test_a_picture_elsewhere_is_described_by_its_address(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "PROVIDERS": ("django_avatars.providers.from_gravatar",)}

    described = services.describe(user)

    assert described["url"] is not None
    assert described["url"].startswith("https://gravatar.com/avatar/")
    assert described["sizes"] == {}


def hidden(target: AvatarTarget, size: int) -> providers.Initials:
    return providers.initials(target, size)


@pytest.mark.parametrize(
    ("first", "url"), [("tests.test_services.hidden", None), ("django_avatars.providers.from_gravatar", "gravatar.com")]
)
def test_an_upload_is_described_only_where_it_is_shown(
    profile: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch, first: str, url: str | None
) -> None:
    monkeypatch.setattr(PICTURE, "alt_field", "bio")
    profile.bio = "On a red bicycle"
    services.set_picture(profile, field=PICTURE, file=upload())
    shown = services.describe(profile)
    settings.AVATARS = {**settings.AVATARS, "PROVIDERS": (first, *settings.AVATARS.get("PROVIDERS", ()))}

    described = services.describe(profile)

    assert (shown["alt"], len(shown["sizes"])) == ("On a red bicycle", 2)
    assert url is None or url in str(described["url"])
    assert url is not None or described["url"] is None
    assert (described["sizes"], described["srcset"], described["formats"], described["alt"]) == ({}, "", {}, "")
    assert "On a red bicycle" not in rendering.avatar(profile, label=True, alt=True)


def test_a_model_with_two_pictures_is_described_by_the_file() -> None:
    team = Team.objects.create(name="Reds")
    services.set_picture(team, field=BANNER, file=upload())

    assert list(services.describe(team.banner)["sizes"]) == [96, 32]
    assert services.describe(team)["sizes"] == {}


# From a directory


@pytest.mark.django_db(transaction=True)
def test_the_same_bytes_of_a_directory_change_nothing(user: User, media: Path, settings: Settings) -> None:
    jane, other = pictures.photo(96, 96), pictures.photo(80, 80)

    first = services.sync_picture(user, jane, source="ldap")
    name, files = Profile.objects.get().profile_pic.name, on_disk(media)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    again = services.sync_picture(User.objects.get(), jane, source="ldap")

    assert (first, again) == (True, False)
    assert (Profile.objects.get().profile_pic.name, on_disk(media)) == (name, files)
    assert services.sync_picture(user, other, source="ldap")
    assert services.sync_picture(user, other, source="scim")
    assert len(on_disk(media)) == 2


def test_the_directory_has_the_last_word(profile: Profile) -> None:
    jane = pictures.photo(96, 96)
    names = []
    for _ in range(2):
        assert services.sync_picture(profile, jane, source="ldap", field=PICTURE)
        names.append(Profile.objects.get().profile_pic.name)
        services.set_own(profile.user, upload())

    assert names[0] != names[1]
    assert services.sync_picture(profile.user, jane, source="ldap")


def test_a_directory_can_leave_alone_what_is_not_its_own(profile: Profile, settings: Settings) -> None:
    jane, other = pictures.photo(96, 96), pictures.photo(80, 80)
    services.sync_picture(profile, jane, source="ldap", keep_own=True)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert services.sync_picture(profile, other, source="ldap", keep_own=True)
    call_command("avatars_rebuild", all=True, verbosity=0)
    assert not services.sync_picture(profile, other, source="ldap", keep_own=True)
    assert services.sync_picture(profile, jane, source="ldap", keep_own=True)

    services.set_own(profile.user, upload())
    assert not services.sync_picture(profile, other, source="ldap", keep_own=True)
    Profile.objects.update(profile_pic="old/jane.jpg")
    assert not services.sync_picture(profile, other, source="ldap", keep_own=True)


def test_a_default_is_nobodys_own() -> None:
    country = Country.objects.create(name="Utopia")
    assert country.flag

    assert services.sync_picture(country, pictures.photo(96, 96), source="atlas", keep_own=True)


def test_a_row_gets_the_picture_of_a_directory_once(media: Path) -> None:
    team = Team.objects.create(name="Reds")

    assert services.sync_picture(team, pictures.photo(96, 96), source="hr")
    assert not services.sync_picture(team, pictures.photo(96, 96), source="hr")


# What a page has read may be old


def test_what_holds_no_picture_is_refused_with_the_way_out(user: User) -> None:
    def sync(holder: Any, **options: Any) -> None:
        services.sync_picture(holder, b"", source="ldap", **options)

    def put(holder: Any, **options: Any) -> None:
        services.set_picture(holder, file=upload(), **options)

    verbs: list[Callable[..., object]] = [sync, put, services.remove_picture]
    for verb in verbs:
        for options in ({}, {"field": Profile._meta.get_field("profile_pic")}):
            with pytest.raises(TypeError, match=r"NoneType has no AvatarField\. Pass the row"):
                verb(None, **options)
    with pytest.raises(TypeError, match="'jane' is no user"):
        services.set_own("jane", upload())
    with pytest.raises(TypeError, match="'ldap' is no user"):
        services.set_own(user, upload(), actor="ldap")


def test_a_picture_that_a_lagging_copy_does_not_know_is_removed_all_the_same(profile: Profile) -> None:
    stale = User.objects.select_related("profile").get()
    services.set_own(profile.user, upload())
    assert not stale.profile.profile_pic

    assert services.remove_own(stale)

    assert not Profile.objects.get().profile_pic
    assert not stale.profile.profile_pic


def test_a_row_that_is_stale_is_cleared_too() -> None:
    team = Team.objects.create(name="Reds")
    services.set_picture(Team.objects.get(), file=upload())

    assert services.remove_picture(team)
    assert not Team.objects.get().logo
    Team.objects.all().delete()
    assert not services.remove_picture(team)


def test_asynchronous_code_does_the_same(user: User) -> None:
    async def change() -> list[Any]:
        holder = await services.aset_own(user, upload())
        removed = await services.aremove_own(user)
        await services.aset_picture(holder, file=upload())
        return [removed, await services.aremove_picture(holder)]

    assert async_to_sync(change)() == [True, True]


# Where the picture is on the user, and what goes wrong meanwhile


def test_a_user_who_holds_the_picture_needs_no_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    found = targets.UserField(Person.picture.field, None, None)
    monkeypatch.setattr(targets, "user_field", lambda: found)
    person: Any = Person.objects.create(username="jane")
    person.is_authenticated = True

    assert services.set_own(person, upload()) is person
    assert services.remove_own(person)
    assert not Person.objects.get().picture


def nobody(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return "Not here."


def test_a_policy_is_asked_before_a_file_is_looked_at(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nobody"}

    with pytest.raises(NotAllowed):
        services.set_own(user, ContentFile(b"text"), actor=user)


def test_a_refused_removal_leaves_the_picture_with_the_user(user: User, settings: Settings) -> None:
    services.set_own(user, upload())
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nobody"}

    with pytest.raises(NotAllowed):
        services.remove_own(user, actor=user)

    assert user.profile.profile_pic
    assert user.profile.profile_pic.name == Profile.objects.get().profile_pic.name


def test_a_user_whom_the_database_misses_at_once_is_denied(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(user: User, **values: Any) -> Any:
        raise DatabaseError

    monkeypatch.setattr(targets, "make_holder", gone)
    User.objects.filter(pk=user.pk).delete()

    with pytest.raises(PermissionDenied):
        services.set_own(user, upload())


def test_a_row_that_goes_while_its_picture_is_removed_took_it_along(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(row: Profile, field: Any, actor: Any) -> bool:
        Profile.objects.all().delete()
        raise DatabaseError

    services.set_own(profile.user, upload())
    monkeypatch.setattr(services, "_clear", gone)

    assert services.remove_own(profile.user) is False


def test_the_transaction_of_a_first_picture_writes_before_it_reads(user: User) -> None:
    """SQLite answers "database is locked" at once to one that has read, where another one wrote since."""
    with CaptureQueriesContext(connection) as queries:
        services.set_own(user, upload())

    verbs = [query["sql"].split()[0] for query in queries]
    assert set(verbs[verbs.index("SAVEPOINT") : verbs.index("INSERT")]) == {"SAVEPOINT"}
