"""What people say of the pictures of others."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, Permission
from django.core.cache import cache
from django.core.management import call_command
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from django_avatars import history, moderation, privacy, services, signals
from django_avatars.history.models import PictureVersion
from django_avatars.moderation import reasons, reports
from django_avatars.moderation.models import PictureBlock, PictureLock, PictureReport
from tests.app.models import Profile, ProxyProfile, Seat, Team, User
from tests.optional.test_moderation import as_file, face
from tests.storing import BrokenStorage, files_of, on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

QUEUE = "/admin/avatars_moderation/reportedpicture/"


@pytest.fixture(autouse=True)
def fresh(settings: Settings) -> None:
    """Nothing is counted yet, and nothing waits."""
    cache.clear()
    settings.AVATARS = {"FIELD": "app.Profile.profile_pic"}


@pytest.fixture
def shown(profile: Profile) -> Profile:
    """Jane, with a picture."""
    profile.profile_pic = upload()
    profile.save()
    return profile


@pytest.fixture
def bo() -> User:
    """A member."""
    return User.objects.create_user("bo")


def another(shown: Profile, seed: int = 1) -> str:
    """Let Jane choose another picture; the name of the one before."""
    before = str(shown.profile_pic.name)
    shown.profile_pic = upload(seed=seed)
    shown.save()
    return before


def case() -> PictureVersion:
    """The only case there is."""
    return moderation.reported().get()


def page_of(browser: Client, obj: Any = None) -> str:
    """Where the tag leads this visitor."""
    request = RequestFactory().get("/people/?page=2")
    key = browser.session.get("_auth_user_id")
    request.user = User.objects.get(pk=key) if key else AnonymousUser()
    return link(request, obj or Profile.objects.get())


def link(request: Any, obj: Any) -> str:
    """What the tag says: the address, "" for nothing."""
    text = Template("{% load avatars_moderation %}{% avatar_report obj %}").render(
        Context({"obj": obj, **({"request": request} if request else {})})
    )
    if not text.strip():
        return ""
    assert "Report picture" in text
    return text.partition('href="')[2].partition('"')[0]


def member(user: User) -> Client:
    """The browser of somebody who is logged in."""
    browser = Client()
    browser.force_login(user)
    return browser


# The case


def test_there_is_no_link_for_a_picture_that_cannot_be_reported(bo: User) -> None:
    seat = Seat.objects.create(row="A", number=7, view=upload())

    assert page_of(member(bo), seat) == ""
    assert page_of(member(bo), Team.objects.create(logo=upload()))


def test_reports_of_one_picture_are_one_case_and_each_person_has_one(shown: Profile, bo: User, user: User) -> None:
    first = moderation.report(user, actor=bo, reason=reasons.REPORTS[0], text="That is me!")
    assert moderation.report(shown, actor=bo, reason=reasons.REPORTS[1]) == first
    second = moderation.report(shown, actor=User.objects.create_user("mo"), text="An advertisement.")

    version = case()
    assert (version.picture.name, version.holder, version.state) == (shown.profile_pic.name, shown, "reported")
    assert list(reports.of(version)) == [first, second]
    assert [one.in_words for one in reports.of(version)] == ["It shows somebody else. That is me!", "An advertisement."]
    assert str(first).startswith("profile ")
    assert list(moderation.reported(user)) == [version]
    assert not moderation.reported(bo)


def test_what_is_reported_is_said_once_and_written_to_the_log(
    shown: Profile, bo: User, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []

    def listen(**kwargs: Any) -> None:
        said.append(kwargs)

    def hear(**kwargs: Any) -> None:
        events.append(kwargs)

    signals.avatar_reported.connect(listen)
    signals.avatar_event.connect(hear)
    with caplog.at_level("INFO", "django_avatars"):
        report = moderation.report(shown, actor=bo, text="No.")
        moderation.report(shown, actor=bo, text="No.")
    signals.avatar_event.disconnect(hear)
    signals.avatar_reported.disconnect(listen)

    assert [(one["sender"], one["instance"], one["version"], one["report"], one["actor"]) for one in said] == [
        (Profile, shown, case(), report, bo)
    ]
    assert [(one["event"], one["actor_kind"]) for one in events] == [("reported", "member")]
    assert f"picture reported: of=app.user:{shown.user.pk} by=app.user:{bo.pk}" in caplog.text


@pytest.mark.parametrize("model", [Profile, ProxyProfile])
@pytest.mark.parametrize("by_query", [False, True])
def test_what_was_said_goes_with_the_row_whichever_model_it_is_deleted_as(
    model: Any, by_query: bool, shown: Profile, bo: User
) -> None:
    moderation.report(shown, actor=bo, text="No.")
    rows = model._default_manager.filter(pk=shown.pk)
    _ = rows.delete() if by_query else rows.get().delete()

    assert not PictureReport.objects.exists()
    assert not PictureVersion.objects.exists()


def test_what_is_not_there_cannot_be_reported(shown: Profile, profile: Profile, bo: User, settings: Settings) -> None:
    assert moderation.report(bo, actor=None, text="No.") is None
    shown.profile_pic.delete()
    assert moderation.report(shown, actor=bo, text="No.") is None
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 0}}
    before = another(shown)
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.report(shown, actor=bo, text="No.", name=before + "x")
    assert not PictureReport.objects.exists()


@pytest.mark.parametrize("kept", [0, 5])
def test_a_reported_picture_stays_for_the_moderator_when_its_owner_replaces_it(
    shown: Profile, bo: User, media: Path, settings: Settings, kept: int
) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": kept, "DAYS": 0}}
    moderation.report(shown, actor=bo, text="No.")
    before = another(shown)

    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert on_disk(media) == files_of(before, shown.profile_pic.name)
    assert case().picture.name == before

    moderation.dismiss(case(), None)
    assert on_disk(media) == files_of(shown.profile_pic.name)


def test_a_picture_that_took_its_place_is_not_judged_for_the_one_that_was_seen(
    shown: Profile, bo: User, media: Path
) -> None:
    before = another(shown)

    moderation.report(shown, actor=bo, text="No.", name=before)

    assert case().picture.name == before
    version = moderation.take_down(shown, actor=None, reason="A dog.", name=before)
    assert version is not None
    assert (version.state, version.reason) == ("taken_down", "A dog.")
    assert Profile.objects.get().profile_pic.name == shown.profile_pic.name
    assert on_disk(media) == files_of(shown.profile_pic.name, version.picture.name)
    assert not history.versions(shown)
    assert not moderation.reported()
    assert not PictureReport.objects.exists()
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.take_down(shown, actor=None, reason="A dog.", name=before)


def test_a_reported_picture_is_taken_down_through_every_door(shown: Profile, bo: User, media: Path) -> None:
    moderation.report(shown, actor=bo, text="No.")

    version = moderation.take_down(shown, actor=None, reason="A dog.")

    assert version is not None
    assert version.since_by is None
    assert not Profile.objects.get().profile_pic
    assert not moderation.reported()
    assert on_disk(media) == files_of(version.picture.name)


def test_who_was_dismissed_cannot_report_it_again_but_somebody_else_can(shown: Profile, bo: User) -> None:
    first = moderation.report(shown, actor=bo, text="No.")
    version = case()
    moderation.dismiss(version, None)
    with pytest.raises(PictureVersion.DoesNotExist):
        moderation.dismiss(version, None)

    assert moderation.report(shown, actor=bo, text="No!") == first
    assert not moderation.reported()
    second = moderation.report(shown, actor=User.objects.create_user("mo"), text="Really.")
    assert list(reports.of(case())) == [second]


def test_what_was_said_is_forgotten_as_long_after_as_earlier_pictures_are_kept(shown: Profile, bo: User) -> None:
    moderation.report(shown, actor=bo, text="No.")
    PictureReport.objects.update(since=timezone.now() - datetime.timedelta(days=99))
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert PictureReport.objects.count() == 1

    moderation.dismiss(case(), None)
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert not PictureReport.objects.exists()


def test_everything_goes_with_the_row(shown: Profile, bo: User, media: Path) -> None:
    moderation.report(shown, actor=bo, text="No.")

    shown.delete()

    assert not PictureReport.objects.exists()
    assert not PictureVersion.objects.exists()
    assert on_disk(media) == set()


def test_a_database_without_the_table_has_no_reports(shown: Profile, settings: Settings) -> None:
    settings.DATABASE_ROUTERS = ["tests.optional.test_reports.Nowhere"]
    before = shown.profile_pic.name

    call_command("avatars_rebuild", all=True, verbosity=0)
    shown.refresh_from_db()
    assert shown.profile_pic.name != before
    shown.delete()

    assert not Profile.objects.exists()


class Nowhere:
    """A router."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """No table of these apps is anywhere."""
        return False if app_label in ("avatars_history", "avatars_moderation") else None


def test_a_case_ends_with_the_last_person_who_has_reported_it(shown: Profile, bo: User, media: Path) -> None:
    mo = User.objects.create_user("mo")
    for one in (bo, mo):
        moderation.report(shown, actor=one, text="No.")

    bo.delete()
    assert case().holder == shown
    mo.delete()
    assert not moderation.reported()
    assert on_disk(media) == files_of(shown.profile_pic.name)


def test_each_field_of_a_row_has_cases_of_its_own(bo: User) -> None:
    team = Team.objects.create(name="Red", logo=upload(), banner=upload(seed=1))
    for name in ("logo", "banner"):
        moderation.report(team, actor=bo, text="No.", field=name)

    assert moderation.reported().count() == 2
    assert moderation.reported(team, "banner").get().picture.name == team.banner.name


# Rights


def test_what_somebody_has_said_is_exported_and_erased_with_them(shown: Profile, bo: User, media: Path) -> None:
    moderation.report(shown, actor=bo, reason=reasons.REPORTS[0], text="That is me!")
    file = io.BytesIO()
    privacy.export(bo, file)
    with ZipFile(file) as archive:
        [said] = json.loads(archive.read("avatars.json"))["reports"]
        schema = json.loads(archive.read("schema.json"))["properties"]["reports"]["items"]
    assert said == {
        "of": f"app.profile:{shown.pk}",
        "field": "profile_pic",
        "reason": "It shows somebody else.",
        "text": "That is me!",
        "since": PictureReport.objects.get().since.isoformat(),
    }
    assert set(said) == set(schema["required"])

    privacy.erase(bo)
    assert not PictureReport.objects.exists()
    assert not moderation.reported()
    assert on_disk(media) == files_of(shown.profile_pic.name)


def test_erasing_reaches_reported_pictures_and_what_was_said_of_them(
    shown: Profile, bo: User, user: User, media: Path, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "HISTORY": {"KEEP": 0}}
    moderation.report(shown, actor=bo, text="No.")
    before = another(shown)
    moderation.report(shown, actor=bo, text="No.")
    file = io.BytesIO()
    assert privacy.export(user, file) == 2

    report = privacy.erase(user)

    assert set(report.deleted) == {before, shown.profile_pic.name}
    assert (report.failed, report.kept) == ([], [])
    assert on_disk(media) == set()
    assert not PictureVersion.objects.exists()
    assert not PictureReport.objects.exists()


# The page


def test_a_member_reports_the_picture_of_somebody_else(shown: Profile, bo: User) -> None:
    browser = member(bo)
    url = page_of(browser)
    page = browser.get(url).content.decode()

    assert "Jane Doe" in page
    assert shown.profile_pic.url_for(128) in page
    assert '<input type="hidden" name="next" value="/people/?page=2">' in page
    answer = browser.post(url, {"next": "/people/?page=2"})
    assert (answer.status_code, b"Choose or write a reason." in answer.content) == (400, True)
    given = {"reason": reasons.REPORTS[2], "text": " Buy this. ", "next": "/people/?page=2"}
    page = browser.post(url, given).content.decode()
    assert "Thank you. Somebody will look at it." in page
    assert 'href="/people/?page=2"' in page
    report = PictureReport.objects.get()
    assert (report.reporter, report.reason, report.text) == (bo, "It is an advertisement.", "Buy this.")
    assert case().until_door == ""


def test_a_report_is_of_the_picture_that_was_seen(shown: Profile, bo: User, settings: Settings) -> None:
    browser = member(bo)
    url = page_of(browser)
    before = another(shown)
    page = browser.get(url).content.decode()
    assert shown.profile_pic.url_for(128) not in page
    browser.post(url, {"text": "No."})
    assert case().picture.name == before

    moderation.dismiss(case(), None)
    history.delete(history.versions(shown).get())
    answer = browser.get(url)
    assert (answer.status_code, b"This picture is not shown any more." in answer.content) == (410, True)
    assert browser.post(url, {"text": "No."}).status_code == 410
    assert not moderation.reported()


@pytest.mark.parametrize(
    "who", [lambda jane: jane.user, lambda jane: jane, lambda jane: jane.profile_pic], ids=["user", "row", "file"]
)
def test_the_tag_takes_what_all_tags_take(shown: Profile, bo: User, who: Callable[[Profile], Any]) -> None:
    browser = member(bo)

    assert browser.get(page_of(browser, who(shown))).status_code == 200


def test_nobody_is_offered_to_report_what_is_not_there_or_their_own(
    shown: Profile, bo: User, user: User, settings: Settings
) -> None:
    browser, own = member(bo), member(user)
    seen = page_of(browser)

    assert page_of(own) == ""
    assert own.get(seen).status_code == 404
    assert [page_of(browser, obj) for obj in (bo, "Jane Doe")] == ["", ""]
    assert link(None, shown) == ""
    assert browser.get("/avatars/report/x.y/").status_code == 404
    forged = reports._signer().sign_object(["app.nobody", "1", "photo", "x"])
    assert browser.get(f"/avatars/report/{forged}/").status_code == 404
    settings.ROOT_URLCONF = "tests.urls"
    assert page_of(browser) == ""


def test_the_picture_of_a_row_that_is_gone_cannot_be_reported(shown: Profile, bo: User) -> None:
    browser = member(bo)
    url = page_of(browser)
    shown.delete()

    assert browser.get(url).status_code == 404


def nobody_sees(viewer: Any, holder: Any) -> bool:
    """Who may see what."""
    return False


def test_who_may_not_see_a_picture_cannot_report_it(shown: Profile, bo: User, settings: Settings) -> None:
    browser = member(bo)
    url = page_of(browser)
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": "tests.optional.test_reports.nobody_sees"}

    assert page_of(browser) == ""
    assert browser.post(url, {"text": "No."}).status_code == 404


def test_strangers_report_only_where_they_are_let(shown: Profile, bo: User, settings: Settings) -> None:
    url, stranger = page_of(member(bo)), Client()
    assert page_of(stranger) == ""
    assert stranger.get(url).headers["Location"].startswith("/login/?next=/avatars/report/")
    assert stranger.post(url, {"text": "No."}).status_code == 302
    assert not moderation.reported()

    settings.AVATARS = {**settings.AVATARS, "ANONYMOUS_REPORTS": True}
    assert page_of(stranger)
    assert stranger.get(url).status_code == 200
    for text in ("No.", "Never."):
        assert stranger.post(url, {"text": text}).status_code == 200
    assert [(one.reporter, one.text) for one in reports.of(case())] == [(None, "No."), (None, "Never.")]


def test_what_no_database_takes_is_left_out_of_a_report(shown: Profile, bo: User) -> None:
    browser = member(bo)

    assert browser.post(page_of(browser), {"text": "Not\0 him."}).status_code == 200
    assert PictureReport.objects.get().text == "Not him."
    assert reasons.reported({"text": "Not\ud800 him\udfff."}) == ("", "Not him.")


def test_a_form_without_a_token_is_refused(shown: Profile, bo: User) -> None:
    url, strict = page_of(member(bo)), Client(enforce_csrf_checks=True)
    strict.force_login(bo)

    assert strict.post(url, {"text": "No."}).status_code == 403


def test_nobody_reports_without_end(shown: Profile, bo: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/h"}
    browser = member(bo)
    url = page_of(browser)
    assert [browser.post(url, {"text": "No."}).status_code for _ in range(3)] == [200, 200, 429]

    answer = browser.post(url, {"text": "No."})
    assert int(answer["Retry-After"]) > 3000
    assert b"You have reported very many pictures." in answer.content
    services.set_own(bo, upload())
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": None}
    assert browser.post(url, {"text": "No."}).status_code == 200
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "tests.optional.test_reports.never"}
    assert browser.post(url, {"text": "No."}).status_code == 429


def never(request: Any) -> float:
    """A limit of the project."""
    return 60


# The queue


def test_the_queue_shows_what_was_said_and_whether_the_picture_has_changed(
    shown: Profile, bo: User, admin_client: Client
) -> None:
    moderation.report(shown, actor=bo, reason=reasons.REPORTS[0], text="That is me!")
    page = admin_client.get(QUEUE).content.decode()

    assert "1 picture reported" in page
    assert "It shows somebody else. That is me!" in page
    assert "<bdi>(bo)</bdi>" in page
    assert "not shown any more" not in page
    assert f"{QUEUE}{case().pk}/512/" in page
    assert admin_client.get(f"{QUEUE}{case().pk}/512/")["Content-Type"] == "image/webp"
    assert admin_client.get("/avatars/review/0/512/").status_code == 404
    assert member(shown.user).get(f"/avatars/review/{case().pk}/512/").status_code == 404
    another(shown)
    assert "This picture is not shown any more." in admin_client.get(QUEUE).content.decode()
    assert "Reported pictures (1 picture reported)" in admin_client.get("/admin/").content.decode()
    other = admin_client.get("/admin/avatars_moderation/waitingpicture/").content.decode()
    assert "Reported pictures (1 picture reported)" in other
    assert "Pictures to review (0 pictures wait)" in page


def test_a_moderator_dismisses_and_takes_down(shown: Profile, bo: User, admin_client: Client) -> None:
    moderation.report(shown, actor=bo, text="No.")
    admin_client.post(QUEUE, {"dismiss": case().pk})
    assert not moderation.reported()
    assert Profile.objects.get().profile_pic

    shown.profile_pic = as_file(face(1))
    shown.save()
    moderation.report(shown, actor=bo, text="No.")
    page = admin_client.post(QUEUE, {"take_down": case().pk}, follow=True).content.decode()
    assert "Choose or write a reason." in page
    given = {"picture": [case().pk], "take_down": "selected", "note": "A dog.", "lock": "on", "block": "on"}
    admin_client.post(QUEUE, given)
    assert not Profile.objects.get().profile_pic
    assert PictureVersion.objects.get(state="taken_down").reason == "A dog."
    assert PictureLock.objects.get().reason == "A dog."
    assert PictureBlock.objects.count() == 1
    assert [str(entry.change_message) for entry in LogEntry.objects.order_by("pk")] == [
        "Reports dismissed.",
        "Picture taken down.",
    ]


def test_a_reported_picture_that_is_made_anew_is_still_the_one_that_is_taken_down(
    shown: Profile, bo: User, admin_client: Client, media: Path
) -> None:
    moderation.report(shown, actor=bo, text="No.")
    before = str(shown.profile_pic.name)

    call_command("avatars_rebuild", all=True, verbosity=0)

    now = Profile.objects.get().profile_pic.name
    assert case().picture.name == now != before
    assert [said.text for said in reports.of(case())] == ["No."]
    admin_client.post(QUEUE, {"picture": [case().pk], "take_down": "selected", "note": "A dog."})
    assert not Profile.objects.get().profile_pic
    assert not moderation.reported()


def test_who_saw_a_picture_before_it_was_made_anew_can_report_it(shown: Profile, bo: User, client: Client) -> None:
    client.force_login(bo)
    field = Profile._meta.get_field("profile_pic")
    url = reverse("avatars_moderation:report", args=[reports.encode(shown, field, str(shown.profile_pic.name))])
    call_command("avatars_rebuild", all=True, verbosity=0)
    now = Profile.objects.get().profile_pic

    page = client.get(url)
    assert page.status_code == 200
    assert page.context["picture"] == now
    assert client.post(url, {"text": "No."}).status_code == 200
    assert case().picture.name == now.name

    moderation.take_down(shown, actor=None, reason="No", name=str(shown.profile_pic.name))
    assert not Profile.objects.get().profile_pic
    assert client.get(url).status_code == 410


def test_what_goes_wrong_is_said_and_the_case_stays(
    shown: Profile, bo: User, admin_client: Client, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moderation.report(shown, actor=bo, text="No.")
    broken = BrokenStorage(location=str(media), saves=0)
    monkeypatch.setattr(Profile._meta.get_field("profile_pic"), "_storage_source", broken)

    page = admin_client.post(QUEUE, {"take_down": case().pk, "note": "A dog."}, follow=True).content.decode()

    assert "The place where pictures are kept did not answer." in page
    assert case().holder == shown


def test_a_case_of_a_row_that_is_gone_is_passed_over(shown: Profile, bo: User, admin_client: Client) -> None:
    moderation.report(shown, actor=bo, text="No.")
    Profile.objects.all()._raw_delete("default")

    assert "data-avatars-card=" not in admin_client.get(QUEUE).content.decode()
    assert admin_client.post(QUEUE, {"take_down": case().pk, "note": "A dog."}).status_code == 302
    call_command("avatars_prune", delete=True, grace=0, verbosity=0)
    assert not moderation.reported()


def test_each_deed_needs_its_permission(shown: Profile, bo: User) -> None:
    moderation.report(shown, actor=bo, text="No.")
    staff = User.objects.create_user("staff", is_staff=True)
    browser = member(staff)
    assert browser.get(QUEUE).status_code == 403
    assert browser.get(f"{QUEUE}{case().pk}/512/").status_code == 404

    staff.user_permissions.add(Permission.objects.get(codename="review_report"))
    page = browser.get(QUEUE).content.decode()
    assert 'name="dismiss"' in page
    assert 'name="take_down"' not in page
    assert "avatars-review__tabs" not in page
    assert browser.post(QUEUE, {"take_down": case().pk, "note": "A dog."}).status_code == 403
    assert browser.post(QUEUE, {"dismiss": case().pk}).status_code == 302
    assert not moderation.reported()


def test_people_read_reasons_in_their_own_language(bo: User) -> None:
    assert reasons.in_words(reasons.REPORTS[0]) == "It shows somebody else."
    assert reasons.reported({"reason": "anything", "text": ""}) == ("", "")
