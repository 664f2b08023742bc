"""Pictures in Django's admin: seen in lists and forms, removed one by one or many at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.admin.widgets import AdminFileWidget
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.forms import FileInput
from django.test import Client, RequestFactory, TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path
from pytest_django import Settings

from django_avatars import admin as lazy_admin
from django_avatars import services, signals
from django_avatars.admin import AvatarAdminMixin, HasPictureFilter
from django_avatars.admin_mixin import LISTED
from django_avatars.forms import AdminAvatarInput
from tests import pictures
from tests.app.models import Country, Profile, Team, User
from tests.storing import files_of, on_disk, upload
from tests.test_views import BROKEN

site = admin.AdminSite("staff")  # not the default one: every address has to follow the site it belongs to


@admin.register(Profile, site=site)
class ProfileAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("avatar_thumbnail", "bio")
    list_filter = (HasPictureFilter,)
    list_display_links = ("bio",)


class ProfileInline(AvatarAdminMixin, admin.StackedInline):  # type: ignore[type-arg]
    model = Profile
    readonly_fields = ("avatar_thumbnail",)


class Named(admin.AdminSite):
    """Another site, where people have their profile on their own page."""


second = Named("second")


@admin.register(User, site=second)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    inlines = (ProfileInline,)


@admin.register(User, site=site)
class PeopleAdmin(AvatarAdminMixin, UserAdmin):  # type: ignore[type-arg]
    list_display = ("avatar_thumbnail", "username")
    list_display_links = ("username",)


@admin.register(Team, site=site)
class TeamAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    avatar_field = "banner"
    fieldsets = ((None, {"fields": ("name", "banner", "avatar_preview")}),)
    readonly_fields = ("avatar_preview",)
    actions = ("remove_avatars",)
    save_as = True

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Nobody may touch the Blues."""
        return obj is None or obj.name != "Blues"


@admin.register(Country, site=site)
class CountryAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    actions = None


@admin.register(Permission, site=site)
class PermissionAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("avatar_thumbnail", "name")


third = admin.AdminSite("third")


@admin.register(Profile, site=third)
class ListedAdmin(AvatarAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("bio", "profile_pic")
    list_editable = ("profile_pic",)


urlpatterns = [path("staff/", site.urls), path("second/", second.urls), path("third/", third.urls)]

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.test_admin")]

PROFILES, USERS, TEAMS = "/staff/app/profile/", "/staff/app/user/", "/staff/app/team/"


@pytest.fixture
def client(admin_client: Client) -> Client:
    """The browser of somebody who may do everything."""
    return admin_client


@pytest.fixture
def pictured(profile: Profile) -> Profile:
    """A profile with a picture."""
    profile.profile_pic = upload(130)
    profile.save()
    return profile


def said(response: Any) -> list[str]:
    """Messages that were left for the next page."""
    return [str(message) for message in get_messages(response.wsgi_request)]


def queries(client: Client, url: str) -> int:
    """How many queries a page costs."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def staff_client(*codenames: str) -> Client:
    """The browser of somebody with these permissions."""
    somebody = User.objects.create_user("sam", is_staff=True)
    somebody.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(somebody)
    return client


def choose(*rows: Any, **data: str) -> dict[str, Any]:
    """What the list sends for the action."""
    return {"action": "remove_avatars", "_selected_action": [str(row.pk) for row in rows], **data}


# Seen


def test_a_list_shows_pictures_and_initials(client: Client, pictured: Profile) -> None:
    Profile.objects.create(user=User.objects.create_user("bo", first_name="Bo", last_name="Ek"))

    html = client.get(PROFILES).content.decode()

    assert f'src="{pictured.profile_pic.url_for(32)}"' in html
    assert ">BE</text>" in html
    assert "django_avatars/avatars.css" in html


@pytest.mark.parametrize("url", [PROFILES, USERS])
def test_a_list_costs_the_same_for_many_as_for_one(client: Client, pictured: Profile, url: str) -> None:
    few = queries(client, url)
    for number in range(12):
        someone = User.objects.create_user(f"user{number}")
        if number % 2:
            Profile.objects.create(user=someone, profile_pic=upload())

    assert queries(client, url) == few


def test_a_list_without_the_column_loads_nothing_for_it(client: Client, pictured: Profile) -> None:
    Team.objects.create(name="Reds", banner=upload())

    assert "<img" not in client.get(TEAMS).content.decode()


def test_a_model_without_a_picture_shows_initials(client: Client) -> None:
    assert 'class="avatar"' in client.get("/staff/auth/permission/").content.decode()


def test_a_user_is_shown_with_the_picture_of_the_profile(client: Client, pictured: Profile) -> None:
    html = client.get(f"{USERS}{pictured.user.pk}/change/").content.decode()

    assert "Profile picture</h2>" in html
    assert f'src="{pictured.profile_pic.url_for(96)}"' in html


def test_a_form_with_the_widget_shows_the_picture_once(client: Client, pictured: Profile) -> None:
    html = client.get(f"{PROFILES}{pictured.pk}/change/").content.decode()

    assert html.count('class="avatar"') == 1
    assert 'type="file" name="profile_pic"' in html
    assert "avatars-admin.css" in html


def test_whoever_may_only_look_sees_the_picture(pictured: Profile) -> None:
    client = staff_client("view_profile")

    html = client.get(f"{PROFILES}{pictured.pk}/change/").content.decode()

    assert f'src="{pictured.profile_pic.url_for(96)}"' in html
    assert "Remove picture" not in html
    assert client.get(f"{PROFILES}{pictured.pk}/remove-avatar/").status_code == 403


def test_a_preview_that_the_host_has_placed_is_not_shown_twice(client: Client) -> None:
    team = Team.objects.create(name="Blues", banner=upload())

    html = client.get(f"{TEAMS}{team.pk}/change/").content.decode()

    assert html.count("<img") == 1
    assert team.banner.url_for(96) in html


def test_a_user_is_added_as_ever(client: Client) -> None:
    html = client.get(f"{USERS}add/").content.decode()

    assert 'class="avatar"' not in html
    assert "Remove picture" not in html


def test_users_are_shown_where_it_is_not_clear_which_picture_is_theirs(
    client: Client, user: User, settings: Settings
) -> None:
    settings.AVATARS = {}

    assert ">JD</text>" in client.get(USERS).content.decode()
    assert ">JD</text>" in client.get(f"{USERS}{user.pk}/change/").content.decode()


def test_a_picture_is_replaced_in_the_form(client: Client, pictured: Profile) -> None:
    file = SimpleUploadedFile("a.jpg", pictures.photo(96, 96))

    response = client.post(
        f"{PROFILES}{pictured.pk}/change/", {"user": str(pictured.user.pk), "bio": "", "profile_pic": file}
    )

    assert response.status_code == 302
    assert Profile.objects.get().profile_pic.sizes == (96, 64)


def test_a_bad_picture_is_said_in_the_form(client: Client, pictured: Profile) -> None:
    file = SimpleUploadedFile("a.jpg", b"no picture")

    html = client.post(
        f"{PROFILES}{pictured.pk}/change/", {"user": str(pictured.user.pk), "bio": "", "profile_pic": file}
    ).content.decode()

    assert "This file is not a picture we can use." in html
    assert f'src="{pictured.profile_pic.url_for(64)}"' in html


@pytest.mark.django_db(transaction=True)
def test_the_admin_is_the_door_of_every_removal(client: Client, pictured: Profile) -> None:
    doors = []

    def told(door: str, **kwargs: Any) -> None:
        doors.append(door)

    signals.avatar_event.connect(told)
    client.post(f"{PROFILES}{pictured.pk}/remove-avatar/", {"post": "yes"})

    assert doors == ["admin"]


def in_list(profile: Profile) -> dict[str, Any]:
    """What the list of the third site sends with another picture of the only row."""
    rows = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": profile.pk, "_save": "Save"}
    return {**rows, "form-0-profile_pic": upload(seed=1)}


def nobody(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses everything."""
    return f"Not here, {actor}."


def test_a_list_with_pictures_to_edit_is_a_form_like_any_other(
    client: Client, pictured: Profile, settings: Settings
) -> None:
    actors = []

    def saved(actor: Any, **kwargs: Any) -> None:
        actors.append(actor)

    for signal in (signals.avatar_saved, signals.avatar_removed):
        signal.connect(saved)
    settings.STORAGES = BROKEN
    assert client.post("/third/app/profile/", in_list(pictured)).status_code == 503
    settings.STORAGES = {**BROKEN, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}}
    with override_settings(AVATARS={**settings.AVATARS, "POLICY": f"{__name__}.nobody"}):
        assert "Not here, admin." in client.post("/third/app/profile/", in_list(pictured)).text
    assert actors == []

    with TestCase.captureOnCommitCallbacks(execute=True):
        client.post("/third/app/profile/", in_list(pictured))
        client.post(f"/third/app/profile/{pictured.pk}/delete/", {"post": "yes"})

    assert [actor.username for actor in actors] == ["admin", "admin"]
    assert not Profile.objects.exists()


def test_a_storage_that_fails_is_503_and_nothing_changed(
    client: Client, pictured: Profile, settings: Settings, media: Path
) -> None:
    files = on_disk(media)
    settings.STORAGES = BROKEN
    file = SimpleUploadedFile("a.jpg", pictures.photo(96, 96))

    response = client.post(
        f"{PROFILES}{pictured.pk}/change/", {"user": str(pictured.user.pk), "bio": "new", "profile_pic": file}
    )

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "Nothing has changed." in response.content.decode()
    assert Profile.objects.get().bio == ""
    assert on_disk(media) == files


# Removed, one


def test_the_form_leads_to_the_page_that_removes_the_picture(client: Client, pictured: Profile) -> None:
    for url, row in ((PROFILES, pictured), (USERS, pictured.user)):
        html = client.get(f"{url}{row.pk}/change/").content.decode()
        assert re.search(
            rf'<li class="avatars-admin-tool"><a href="{url}{row.pk}/remove-avatar/">Remove picture</a></li>',
            html.replace("_2D", "-"),
        )


def test_without_a_picture_there_is_nothing_to_remove(client: Client, profile: Profile) -> None:
    assert "Remove picture" not in client.get(f"{PROFILES}{profile.pk}/change/").content.decode()

    response = client.get(f"{PROFILES}{profile.pk}/remove-avatar/")
    assert (response.status_code, response["Location"]) == (302, f"{PROFILES}{profile.pk}/change/")


def test_nobody_learns_whether_there_is_a_picture_who_may_not_remove_it(pictured: Profile) -> None:
    bare = Profile.objects.create(user=User.objects.create_user("bare"))
    client = staff_client("view_profile")

    answers = [client.get(f"{PROFILES}{row.pk}/remove-avatar/").status_code for row in (pictured, bare)]

    assert answers == [403, 403]


def test_a_user_leads_to_the_picture_of_the_profile(client: Client, pictured: Profile) -> None:
    link = f'<a href="{PROFILES}{pictured.pk}/change/">Profile picture</a>'

    assert link in client.get(f"{USERS}{pictured.user.pk}/change/").content.decode()
    assert link not in client.get(f"{PROFILES}{pictured.pk}/change/").content.decode()


def test_no_user_leads_to_a_profile_that_may_not_be_seen(pictured: Profile) -> None:
    html = staff_client("change_user").get(f"{USERS}{pictured.user.pk}/change/").content.decode()

    assert "Profile picture</a>" not in html


def test_the_question_says_where_one_is(client: Client, pictured: Profile) -> None:
    html = client.get(f"{PROFILES}{pictured.pk}/remove-avatar/").content.decode()

    where = html.partition('class="breadcrumbs"')[2].partition("</nav>")[0]
    assert '<a href="/staff/">Home</a>' in where
    assert "Remove the picture?" in where


def test_removing_asks_first(client: Client, pictured: Profile) -> None:
    html = client.get(f"{PROFILES}{pictured.pk}/remove-avatar/").content.decode()

    assert "<h1>Remove the picture?</h1>" in html
    assert pictured.profile_pic.url_for(48) in html
    assert (
        f'<a role="button" href="{PROFILES}{pictured.pk}/change/" class="button cancel-link avatars-admin-button">'
        in html
    )
    assert Profile.objects.get().profile_pic


@pytest.mark.django_db(transaction=True)
def test_removing_leaves_neither_name_nor_file_and_is_logged(client: Client, pictured: Profile, media: Path) -> None:
    response = client.post(f"{PROFILES}{pictured.pk}/remove-avatar/?_changelist_filters=q%3Djane", {"post": "yes"})

    back = f"{PROFILES}{pictured.pk}/change/?_changelist_filters=q%3Djane"
    assert (response.status_code, response["Location"]) == (302, back)
    assert said(response) == ["1 picture was removed."]
    assert not Profile.objects.get().profile_pic
    assert on_disk(media) == set()
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.get_change_message()) == ("jane", "Changed Profile pic.")


def test_the_picture_of_a_user_is_removed_from_the_profile(client: Client, pictured: Profile) -> None:
    client.post(f"{USERS}{pictured.user.pk}/remove-avatar/", {"post": "yes"})

    assert not Profile.objects.get().profile_pic
    assert LogEntry.objects.get().object_id == str(pictured.user.pk)


def test_a_form_from_elsewhere_is_refused(client: Client, pictured: Profile) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies

    assert strict.post(f"{PROFILES}{pictured.pk}/remove-avatar/", {"post": "yes"}).status_code == 403


def test_a_row_that_is_gone_is_not_found(client: Client) -> None:
    assert client.get(f"{PROFILES}4711/remove-avatar/").status_code == 404


# Removed, many


def test_many_are_asked_about_together(client: Client, pictured: Profile) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"), profile_pic=upload())
    empty = Profile.objects.create(user=User.objects.create_user("cy"))

    html = client.post(PROFILES, choose(pictured, other, empty)).content.decode()

    assert "<h1>Remove 2 pictures?</h1>" in html
    assert f'<input type="hidden" name="_selected_action" value="{pictured.pk}">' in html
    assert f'<input type="hidden" name="_selected_action" value="{other.pk}">' in html
    assert f'name="_selected_action" value="{empty.pk}"' not in html
    assert f'<a role="button" href="{PROFILES}" class="button cancel-link avatars-admin-button">' in html
    assert "2 of 3 selected have a picture." in html


def test_people_are_told_apart_where_rows_do_not_say_who_they_are(
    client: Client, pictured: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Profile, "__str__", lambda self: "A profile")

    html = client.post(PROFILES, choose(pictured)).content.decode()

    assert "<span>A profile <b>(jane)</b></span>" in html
    assert "selected has" not in html


def test_many_are_removed_and_each_is_logged(client: Client, pictured: Profile) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"), profile_pic=upload())
    kept = Profile.objects.create(user=User.objects.create_user("cy"), profile_pic=upload())

    response = client.post(PROFILES, choose(pictured, other, post="yes"))

    assert said(response) == ["2 pictures were removed."]
    assert [profile for profile in Profile.objects.all() if profile.profile_pic] == [kept]
    assert LogEntry.objects.count() == 2


def test_users_lose_the_pictures_of_their_profiles(client: Client, pictured: Profile) -> None:
    response = client.post(USERS, choose(*User.objects.all(), post="yes"))

    assert said(response) == ["1 picture was removed."]
    assert not Profile.objects.get().profile_pic


def test_a_selection_without_pictures_is_said(client: Client, profile: Profile) -> None:
    response = client.post(PROFILES, choose(profile))

    assert (response.status_code, said(response)) == (302, ["None of the selected has a picture."])


def test_one_row_that_may_not_be_changed_stops_all(client: Client) -> None:
    reds, blues = (Team.objects.create(name=name, banner=upload()) for name in ("Reds", "Blues"))

    assert client.post(TEAMS, choose(reds, blues, post="yes")).status_code == 403

    assert Team.objects.get(name="Reds").banner


def test_only_the_named_picture_of_several_is_removed(client: Client) -> None:
    team = Team.objects.create(name="Reds", logo=upload(), banner=upload())

    client.post(TEAMS, choose(team, post="yes"))

    team.refresh_from_db()
    assert (bool(team.logo), bool(team.banner)) == (True, False)


def test_a_long_list_is_cut_and_counted(client: Client, settings: Settings) -> None:
    count = LISTED + 2
    Country.objects.bulk_create(Country(name=f"Country {number}", flag="old.png") for number in range(count))
    rows = list(Country.objects.order_by("pk"))
    model_admin = CountryAdmin(Country, site)
    request: Any = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True)

    response: Any = model_admin.remove_avatars(request, Country.objects.order_by("pk"))
    html = response.rendered_content

    assert f"Remove {count} pictures?" in html
    assert html.count('class="avatar"') == LISTED
    assert "<li>and 2 more</li>" in html
    assert html.count('name="_selected_action"') == len(rows)


def test_a_default_is_nobodys_picture_to_remove() -> None:
    country = Country.objects.create(name="Utopia")

    assert country.flag
    assert CountryAdmin(Country, site)._with_avatars([country]) == []
    country.flag = "old.png"
    assert CountryAdmin(Country, site)._with_avatars([country]) == [country]


def test_the_action_needs_the_change_permission(pictured: Profile) -> None:
    client = staff_client("view_profile")

    assert 'value="remove_avatars"' not in client.get(PROFILES).content.decode()

    client.post(PROFILES, choose(pictured, post="yes"))
    assert Profile.objects.get().profile_pic


def test_an_admin_without_actions_stays_without() -> None:
    assert CountryAdmin(Country, site).actions is None
    assert list(TeamAdmin(Team, site).actions) == ["remove_avatars"]


def test_the_checks_of_the_admin_have_nothing_to_say() -> None:
    assert [message for one in site._registry.values() for message in one.check()] == []


def test_pages_have_no_script_of_ours(client: Client, pictured: Profile) -> None:
    html = client.get(f"{PROFILES}{pictured.pk}/remove-avatar/").content.decode()

    content = html[html.index('id="content"') :]
    assert not re.search(r"\sstyle=|\son\w+=", content)


def test_the_module_that_django_imports_at_start_up_has_nothing_but_the_mixin() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'LISTED'"):
        lazy_admin.LISTED  # noqa: B018


# Who did it, and what else an admin wants to know


@pytest.mark.django_db(transaction=True)
def test_the_log_says_who_changed_a_picture_in_the_admin(
    client: Client, profile: Profile, admin_user: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "django_avatars")
    photo = SimpleUploadedFile("a.jpg", pictures.photo(96, 96))

    client.post(f"{PROFILES}{profile.pk}/change/", {"user": profile.user.pk, "profile_pic": photo})
    client.post(f"{PROFILES}{profile.pk}/remove-avatar/", {"post": "yes"})

    of, by = f"of=app.user:{profile.user.pk}", f"by=app.user:{admin_user.pk}"
    assert [record.message for record in caplog.records if record.name == "django_avatars"] == [
        f"picture saved: {of} {by} format=webp",
        f"picture removed: {of} {by}",
    ]


def keeps_all(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy that lets nobody remove anything."""
    return "Pictures stay." if action == "remove" else None


def test_what_the_policy_refuses_is_a_message(client: Client, profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.keeps_all"}
    services.set_picture(profile, file=upload())

    response = client.post(f"{PROFILES}{profile.pk}/remove-avatar/", {"post": "yes"}, follow=True)

    assert "Jane: Pictures stay." in response.content.decode()
    assert Profile.objects.get().profile_pic


def test_a_list_is_narrowed_to_those_with_or_without_a_picture(client: Client, profile: Profile) -> None:
    other = Profile.objects.create(user=User.objects.create_user("bo"))
    services.set_picture(profile, file=upload())

    def shown(query: str) -> set[Any]:
        return {row.pk for row in client.get(f"{PROFILES}{query}").context["cl"].result_list}

    assert shown("?has_picture=yes") == {profile.pk}
    assert shown("?has_picture=no") == {other.pk}
    assert shown("") == {profile.pk, other.pk}


def test_an_inline_shows_the_picture_of_its_row(client: Client, profile: Profile) -> None:
    services.set_picture(profile, file=upload())

    html = client.get(f"/second/app/user/{profile.user.pk}/change/").content.decode()

    assert html.count(profile.profile_pic.url_for(64)) >= 1
    assert "<avatar-field" in html


class ThemedWidget(AdminFileWidget):
    """The widget of another theme for the admin, as django-unfold has one."""

    template_name = "themed/file.html"


def test_the_widget_of_a_theme_gives_way_to_ours_and_one_of_a_project_stays() -> None:
    field = Profile._meta.get_field("profile_pic")

    assert isinstance(field.formfield(widget=ThemedWidget).widget, AdminAvatarInput)
    assert isinstance(field.formfield(widget=ThemedWidget()).widget, AdminAvatarInput)
    assert type(field.formfield(widget=FileInput).widget) is FileInput


def save_as_new(client: Client, team: Team, **form: Any) -> Team:
    """The row that "Save as new" has made."""
    client.post(f"/staff/app/team/{team.pk}/change/", {"name": "Copy", "_saveasnew": "1", **form})
    return Team.objects.exclude(pk=team.pk).get()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_saved_as_a_new_one_has_the_picture_too(client: Client, media: Path) -> None:
    team = Team.objects.create(name="Reds", banner=upload())

    new = save_as_new(client, team)
    team.delete()

    assert new.banner.name == team.banner.name
    assert on_disk(media) == files_of(new.banner.name)
    new.delete()
    assert on_disk(media) == set()


def test_a_row_that_is_saved_as_a_new_one_may_have_another_picture(client: Client) -> None:
    team = Team.objects.create(name="Reds", banner=upload())

    new = save_as_new(client, team, banner=SimpleUploadedFile("a.jpg", pictures.photo(96, 90), "image/jpeg"))

    assert new.banner.name not in ("", team.banner.name)


def test_a_row_that_is_saved_as_a_new_one_may_have_no_picture(client: Client) -> None:
    team = Team.objects.create(name="Reds", banner=upload())

    assert not save_as_new(client, team, **{"banner-clear": "on"}).banner
    team.refresh_from_db()
    assert team.banner


@pytest.mark.django_db
def test_the_picture_of_a_row_that_may_not_be_seen_is_not_copied() -> None:
    team = Team.objects.create(name="Blues", banner=upload())
    client = staff_client("add_team")

    assert not save_as_new(client, team).banner


def nobody_may(viewer: Any, holder: Any) -> bool:
    """A rule of a project by which nobody sees the pictures of others."""
    return False


def test_a_picture_that_a_project_hides_from_whoever_copies_its_row_is_not_copied(
    client: Client, settings: Settings
) -> None:
    team = Team.objects.create(name="Reds", banner=upload())
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.nobody_may"}

    assert not save_as_new(client, team).banner
