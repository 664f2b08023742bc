"""What a project that comes from django-avatar goes on using: tags, addresses, signals, settings."""

from __future__ import annotations

import io
import re
import sys
import types
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.core.checks import CheckMessage, run_checks
from django.db import models
from django.dispatch import Signal
from django.template import Context, Template, TemplateSyntaxError
from django.test import Client
from django.urls import reverse
from PIL import Image

from django_avatars import rendering, targets
from django_avatars.contrib.django_avatar import checks, conf, signals
from django_avatars.contrib.django_avatar.people import Avatar, avatar_of, find
from tests.app.models import Profile, Team, User
from tests.avatar.models import Avatar as OldAvatar
from tests.storing import upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def jane(profile: Profile) -> User:
    """Somebody with a picture."""
    profile.profile_pic = upload(300)
    profile.save()
    return User.objects.get(pk=profile.user_id)


@pytest.fixture
def client(jane: User) -> Client:
    """Jane, logged in."""
    client = Client()
    client.force_login(jane)
    return client


def shown(tag: str, **context: Any) -> str:
    """What an old template shows."""
    return Template("{% load avatar_tags %}" + tag).render(Context(context))


def attributes(html: str) -> dict[str, str]:
    """Those of the one picture."""
    assert html.startswith("<img ")
    return {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', html)}


# Tags


def test_the_size_asked_for_is_written_and_the_nearest_rendition_that_covers_it_is_used(jane: User) -> None:
    picture = attributes(shown("{% avatar user 80 %}", user=jane))

    assert (picture["width"], picture["height"], picture["alt"]) == ("80", "80", "Picture")
    assert picture["src"] == jane.profile.profile_pic.url_for(80)
    assert picture["src"].endswith("_128.webp")
    assert picture["srcset"].endswith(" 2x")


@pytest.mark.parametrize(
    ("arguments", "width", "height"),
    [
        ("", "80", "80"),
        (" 40", "40", "40"),
        (' "40"', "40", "40"),
        (" 40 20", "40", "20"),
        (" width=40", "40", "40"),
        (" width=40 height=20", "40", "20"),
        (" size", "30", "30"),
        (" unknown", "80", "80"),
    ],
)
@pytest.mark.parametrize("tag", ["avatar", "primary_avatar", "render_avatar"])
def test_width_and_height_are_taken_as_they_always_were(
    tag: str, arguments: str, width: str, height: str, jane: User
) -> None:
    picture = attributes(shown(f"{{% {tag} user{arguments} %}}", user=jane, size=30))

    assert (picture["width"], picture["height"]) == (width, height)


def test_the_size_where_a_template_says_nothing_is_that_of_the_old_setting(jane: User, settings: Settings) -> None:
    settings.AVATAR_DEFAULT_SIZE = 120

    assert attributes(shown("{% avatar user %}", user=jane))["width"] == "120"
    assert shown("{% avatar_url user %}", user=jane) == jane.profile.profile_pic.url_for(120)


def test_other_attributes_are_written_and_escaped(jane: User) -> None:
    html = shown('{% avatar user 80 class="round" id="me" title=title alt="" %}', user=jane, title='"><b>')

    picture = attributes(html)
    assert (picture["class"], picture["id"], picture["title"], picture["alt"]) == ("round", "me", '"><b>', "")
    assert "<b>" not in html
    assert 'width="80" height="80" alt="" class="round"' in html


def test_a_user_may_be_given_by_name_or_by_key(jane: User) -> None:
    by_object = shown("{% avatar user %}", user=jane)

    assert shown('{% avatar "jane" %}') == by_object
    assert shown("{% avatar key %}", key=str(jane.pk)) == by_object
    assert shown('{% avatar_url "jane" 64 %}') == jane.profile.profile_pic.url_for(64)
    assert shown('{% primary_avatar "jane" %}') == by_object


def test_a_name_that_looks_like_a_key_is_a_name_where_no_row_has_that_key() -> None:
    number = User.objects.create_user("2026")

    assert find("2026") == find(2026) == number
    assert find(str(number.pk)) == number
    assert find("nobody\0") is None


def test_users_are_asked_for_where_django_avatar_asked(jane: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User._meta, "default_manager", models.Manager())  # which knows no natural keys

    assert find("jane") == find(str(jane.pk)) == jane


@pytest.mark.parametrize("who", ["nobody", 17, None, "", AnonymousUser()])
def test_whoever_is_unknown_is_shown_as_nobody(who: Any) -> None:
    picture = attributes(shown("{% avatar who 64 %}", who=who))

    assert Client().get(picture["src"]).status_code == 200
    assert attributes(shown("{% avatar None 64 %}"))["src"] == picture["src"]


def test_somebody_without_a_picture_shows_initials_at_an_address(user: User) -> None:
    picture = attributes(shown("{% avatar user 64 %}", user=user))

    assert "srcset" not in picture
    assert b"JD" in Client().get(picture["src"]).content


def test_a_picture_from_another_site_does_not_learn_the_page(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "PROVIDERS": ("django_avatars.providers.from_gravatar",)}

    assert attributes(shown("{% avatar user %}", user=user))["referrerpolicy"] == "no-referrer"


def test_the_alternative_text_names_the_user_where_the_old_setting_lets_it(jane: User, settings: Settings) -> None:
    settings.AVATAR_EXPOSE_USERNAMES = True

    assert attributes(shown("{% avatar user %}", user=jane))["alt"] == "jane"
    assert attributes(shown("{% avatar None %}"))["alt"] == "Picture"


def test_an_avatar_may_be_rendered_by_itself(jane: User) -> None:
    by_user = shown("{% avatar user 80 %}", user=jane)

    for avatar in (avatar_of(jane), jane.profile, jane.profile.profile_pic, jane):
        assert shown("{% render_avatar avatar 80 %}", avatar=avatar) == by_user


def test_has_avatar_is_true_for_users_who_have_uploaded_a_picture(jane: User) -> None:
    bo = User.objects.create_user("bo")
    Profile.objects.create(user=User.objects.create_user("ann"))

    said = [shown("{{ who|has_avatar }}", who=who) for who in (jane, bo, User.objects.get(username="ann"), "jane")]

    assert said == ["True", "False", "False", "False"]


def test_a_size_that_is_none_is_an_error_that_says_so(jane: User) -> None:
    with pytest.raises(ValueError, match="An avatar cannot be 'large' pixels wide"):
        shown('{% avatar user "large" %}', user=jane)
    with pytest.raises(TemplateSyntaxError):
        shown("{% avatar %}")


# Addresses


def test_the_names_of_addresses_are_those_of_django_avatar() -> None:
    names = [reverse(f"avatar:{name}") for name in ("add", "change", "delete")]

    assert names == ["/avatar/add/", "/avatar/change/", "/avatar/delete/"]
    assert reverse("avatar:render_primary", kwargs={"user": 7, "width": 80}) == "/avatar/render_primary/7/80/"
    address = reverse("avatar:render_primary", kwargs={"user": "a@b", "width": 80, "height": 40})
    assert address == "/avatar/render_primary/a@b/80/40/"


@pytest.mark.parametrize("page", ["add", "change"])
def test_a_picture_is_added_at_either_address(page: str, client: Client, jane: User) -> None:
    before = jane.profile.profile_pic.name

    shown = client.get(f"/avatar/{page}/", {"next": "/there/"})
    response = client.post(f"/avatar/{page}/", {"avatar": upload(90), "next": "/there/"})

    assert 'action="/avatar/add/"' in shown.content.decode()
    assert 'href="/avatar/delete/?next=%2Fthere%2F"' in shown.content.decode()
    assert (response.status_code, response["Location"]) == (302, "/there/")
    assert Profile.objects.get().profile_pic.name != before


def test_a_picture_is_deleted_at_the_old_address(client: Client) -> None:
    assert client.get("/avatar/delete/").status_code == 200
    response = client.post("/avatar/delete/", {"choices": ["1"]})

    assert (response.status_code, response["Location"]) == (302, "/avatar/add/")
    assert not Profile.objects.get().profile_pic


def test_a_bad_file_is_refused_and_a_stranger_is_sent_to_the_log_in(client: Client) -> None:
    assert client.post("/avatar/add/", {"avatar": io.BytesIO(b"text")}).status_code == 400
    assert Client().get("/avatar/add/")["Location"] == "/login/?next=/avatar/add/"


def test_whoever_changes_too_often_is_told_so(client: Client, settings: Settings) -> None:
    cache.clear()
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/h"}
    client.post("/avatar/add/", {"avatar": upload(90)})

    assert client.post("/avatar/add/", {"avatar": upload(91)}).status_code == 429
    cache.clear()


OLD = "{% load avatar_tags %}{% avatar user 40 %} {{ avatars|length }} {{ avatar }} {{ upload_avatar_form }} {{ next }}"


@pytest.fixture
def templates(settings: Settings, tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes templates of the project."""
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]

    def write(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return write


def test_templates_that_the_project_wrote_anew_are_used_with_their_variables(
    client: Client, templates: Callable[[str, str], Path]
) -> None:
    templates("avatar/add.html", OLD)
    templates("avatar/confirm_delete.html", "{% for one in avatars %}{{ one.avatar_url }}{{ one.user }}{% endfor %}")

    page = client.get("/avatar/add/", {"next": "/there/"}).content.decode()

    assert page.startswith("<img ")
    assert " 1 Jane Doe <div" in page
    assert page.endswith(" /there/")
    assert client.get("/avatar/delete/").content.decode().endswith("jane")
    assert "avatars-page" in client.get("/avatar/change/").content.decode()
    assert client.post("/avatar/add/", {}).status_code == 400


def test_pages_stand_within_what_the_project_wrote_around_them(
    client: Client, templates: Callable[[str, str], Path]
) -> None:
    templates("base.html", "The site: {% block content %}{% endblock %}")
    templates("avatar/change.html", '{% extends "avatar/base.html" %}{% block content %}Mine{% endblock %}')
    assert client.get("/avatar/change/").content.strip() == b"The site: Mine"
    assert client.get("/avatar/add/").content.startswith(b"The site: ")


def test_what_the_project_wrote_in_the_place_of_the_old_frame_stands_around_all_pages(
    client: Client, templates: Callable[[str, str], Path]
) -> None:
    templates("avatar/base.html", "The site: {% block content %}{% endblock %}")

    for page in ("add", "change", "delete"):
        assert client.get(f"/avatar/{page}/").content.startswith(b"The site: ")
    assert b"The site" not in client.get("/avatar/add/", headers={"HX-Request": "true"}).content


def test_a_page_of_the_project_may_extend_the_old_frame_by_itself() -> None:
    page = Template('{% extends "avatar/base.html" %}{% block content %}Mine{% endblock %}').render(Context())

    assert "Mine" in page
    assert "<html" in page


def test_templates_that_the_old_settings_name_are_used(
    client: Client, templates: Callable[[str, str], Path], settings: Settings
) -> None:
    templates("other.html", "Mine {{ avatars }}")
    settings.AVATAR_CHANGE_TEMPLATE = "other.html"
    client.post("/avatar/delete/")

    assert client.get("/avatar/change/").content == b"Mine []"


def test_an_address_in_an_old_mail_leads_to_the_picture_as_png(jane: User) -> None:
    response = Client().get(f"/avatar/render_primary/{jane.pk}/80/")

    assert (response.status_code, response["Vary"], response["Cache-Control"]) == (302, "Accept", "public, max-age=300")
    answer = Client().get(response["Location"])
    assert answer["Content-Type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).size == (128, 128)


def test_a_browser_is_led_to_the_file_itself(jane: User) -> None:
    response = Client().get("/avatar/render_primary/jane/64/64/", headers={"accept": "image/avif,image/webp,*/*"})

    assert response["Location"] == jane.profile.profile_pic.url_for(64)


def nobody_sees(viewer: Any, holder: Any) -> bool:
    """A rule of a project."""
    return False


def test_who_may_not_see_a_picture_is_not_led_to_it(jane: User, client: Client, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.nobody_sees"}
    address, browser = f"/avatar/render_primary/{jane.pk}/64/", {"accept": "image/webp"}

    hidden = Client().get(address, headers=browser)
    assert (hidden.status_code, hidden["Location"]) == (302, f"{rendering.image_url(jane, 64)}?format=png")
    assert hidden["Cache-Control"].startswith("private")
    assert {"Cookie", "Accept"} <= set(hidden["Vary"].split(", "))
    assert client.get(address, headers=browser)["Location"] == jane.profile.profile_pic.url_for(64)


def test_who_has_no_picture_looks_like_who_does_not_exist(user: User) -> None:
    answers = {Client().get(f"/avatar/render_primary/{who}/64/")["Location"] for who in ("jane", user.pk, "nobody", 9)}

    assert len(answers) == 1
    assert Client().get(answers.pop())["Content-Type"] == "image/png"


def test_declared_sizes_are_answered_and_no_others(jane: User, settings: Settings) -> None:
    settings.AVATAR_AUTO_GENERATE_SIZES = (33, (200, 100))

    def status(size: str) -> int:
        return Client().get(f"/avatar/render_primary/jane/{size}/").status_code

    assert {status(size) for size in ("64", "80", "0", "0/0", "33", "200/100", "512")} == {302}
    assert {status(size) for size in ("8000", "81", "64/63", "200/99")} == {404}
    assert Client().post("/avatar/render_primary/jane/64/").status_code == 405


@pytest.mark.urls("django_avatars.contrib.django_avatar.urls")
def test_without_our_own_addresses_the_picture_itself_is_led_to_and_nobody_has_none(jane: User) -> None:
    response = Client().get("/render_primary/jane/64/")

    assert response["Location"] == jane.profile.profile_pic.url_for(64)
    assert Client().get("/render_primary/nobody/64/").status_code == 404


@pytest.mark.urls("django_avatars.contrib.django_avatar.urls")
def test_without_our_own_addresses_nobody_is_led_to_a_picture_that_is_not_for_everybody(
    jane: User, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": f"{__name__}.nobody_sees"}

    assert Client().get("/render_primary/jane/64/", headers={"accept": "image/webp"}).status_code == 404


# Signals


@pytest.fixture
def told() -> Iterator[list[tuple[Any, ...]]]:
    """What old receivers were told."""
    heard: list[tuple[Any, ...]] = []

    def updated(sender: Any, user: Any, avatar: Any, **kwargs: Any) -> None:
        heard.append(("updated", sender, user, avatar))

    def deleted(sender: Any, user: Any, avatar: Any, **kwargs: Any) -> None:
        heard.append(("deleted", sender, user, avatar))

    signals.avatar_updated.connect(updated)
    signals.avatar_deleted.connect(deleted)
    yield heard
    signals.avatar_updated.disconnect(updated)
    signals.avatar_deleted.disconnect(deleted)


def test_old_receivers_hear_of_new_pictures_and_of_those_that_went(
    told: list[tuple[Any, ...]], client: Client, jane: User
) -> None:
    client.post("/avatar/add/", {"avatar": upload(90)})
    client.post("/avatar/delete/")

    assert [one[:3] for one in told] == [
        ("updated", Avatar, jane),
        ("updated", Avatar, jane),
        ("deleted", Avatar, jane),
    ]
    avatar = told[1][3]
    assert avatar.primary
    assert avatar.avatar_url(80) == avatar.avatar.url_for(80)
    assert avatar.avatar_url(64, 80) == avatar.avatar_url(80) == avatar.get_absolute_url()
    assert str(avatar) == "Jane Doe"
    assert told[2][3].avatar.name == avatar.avatar.name


def test_old_receivers_hear_nothing_of_teams_and_of_people_who_go(
    told: list[tuple[Any, ...]], user: User, settings: Settings
) -> None:
    Team.objects.create(logo=upload())
    Profile.objects.create(user=user, profile_pic=upload())
    assert len(told) == 1
    User.objects.get().delete()
    assert len(told) == 1

    settings.AVATARS = {"FIELD": "app.Nobody.picture"}
    Team.objects.create(logo=upload())
    assert len(told) == 1


def test_a_picture_on_the_user_itself_is_told_of_as_well(
    told: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, jane: User
) -> None:
    field = Profile._meta.get_field("profile_pic")
    monkeypatch.setattr(targets, "user_field", lambda: targets.UserField(field, None, None))

    signals.on_saved(instance=jane.profile, field=field, name="x")

    assert told[-1][2] == jane.profile


def test_the_signals_are_those_of_django_avatar_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs: Any = types.ModuleType("avatar.signals")
    theirs.avatar_updated, theirs.avatar_deleted = Signal(), Signal()
    monkeypatch.setitem(sys.modules, "avatar", types.ModuleType("avatar"))
    monkeypatch.setitem(sys.modules, "avatar.signals", theirs)
    assert signals.old_signals() == (theirs.avatar_updated, theirs.avatar_deleted)

    monkeypatch.setitem(sys.modules, "avatar.signals", types.ModuleType("avatar.signals"))
    assert signals.old_signals() != (theirs.avatar_updated, theirs.avatar_deleted)


def test_receivers_that_listen_to_the_old_model_alone_hear_of_it_while_it_is_there(
    told: list[tuple[Any, ...]], client: Client, jane: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "avatar.models", sys.modules["tests.avatar.models"])

    client.post("/avatar/add/", {"avatar": upload(90)})

    assert told[-1][:3] == ("updated", OldAvatar, jane)


# What is left of it


def found(*numbers: str) -> list[CheckMessage]:
    """What the checks say."""
    ids = {f"django_avatars.{number}" for number in numbers}
    return [message for message in run_checks() if message.id in ids]


def test_each_setting_of_django_avatar_is_said_with_what_is_written_instead(settings: Settings) -> None:
    assert found("W060") == []
    settings.AVATAR_MAX_SIZE = 1
    settings.API_AVATAR_CHANGE_IMAGE = True

    assert [(message.msg, message.hint) for message in found("W060")] == [
        ("AVATAR_MAX_SIZE is a setting of django-avatar.", "Write AVATARS['MAX_BYTES']."),
        ("API_AVATAR_CHANGE_IMAGE is a setting of django-avatar.", conf.INSTEAD["API_AVATAR_CHANGE_IMAGE"]),
    ]


def test_every_key_that_is_named_instead_exists() -> None:
    from django_avatars.conf import RULES

    named = set(re.findall(r"AVATARS\['(\w+)'\]", " ".join(conf.INSTEAD.values())))

    assert named <= RULES.keys()


@pytest.fixture
def unused(settings: Settings) -> None:
    """A project that has moved on."""
    settings.ROOT_URLCONF = "tests.urls"


@pytest.mark.usefixtures("unused")
def test_a_check_says_when_nothing_asks_for_the_app_any_more(settings: Settings) -> None:
    (message,) = found("I060")

    assert message.hint == "Take it out of INSTALLED_APPS."
    settings.ROOT_URLCONF = None
    assert checks.check_use() == [message]
    settings.TEMPLATES = [*settings.TEMPLATES, {"BACKEND": "django.template.backends.dummy.TemplateStrings"}]
    assert checks.check_use() == [message]


def test_while_an_address_is_included_the_app_is_needed() -> None:
    assert found("I060") == []


@pytest.mark.usefixtures("unused")
@pytest.mark.parametrize("signal", [signals.avatar_updated, signals.avatar_deleted])
def test_while_somebody_listens_the_app_is_needed(signal: Any) -> None:
    signal.connect(print)
    try:
        assert found("I060") == []
    finally:
        signal.disconnect(print)


@pytest.mark.usefixtures("unused")
@pytest.mark.parametrize(
    "text",
    [
        "{% load avatar_tags %}",
        "{% load i18n avatar_tags static %}",
        "{% load avatar from avatar_tags %}",
        "{% url 'avatar:add' %}",
        '{% url "avatar:render_primary" user.pk 80 %}',
    ],
)
def test_while_a_template_asks_the_app_is_needed(text: str, templates: Callable[[str, str], Path]) -> None:
    path = templates("page.html", text)

    assert found("I060") == []
    path.write_text("{% load avatars %} avatar_tags")
    assert len(found("I060")) == 1


@pytest.mark.usefixtures("unused")
def test_templates_are_looked_for_where_the_loaders_of_the_project_look(settings: Settings, tmp_path: Path) -> None:
    [engine] = settings.TEMPLATES
    loaders = ["django.template.loaders.app_directories.Loader"]
    of_files = ("django.template.loaders.filesystem.Loader", [str(tmp_path)])
    options = {
        **engine.get("OPTIONS", {}),
        "loaders": [("django.template.loaders.cached.Loader", [*loaders, of_files])],
    }
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "DIRS": [], "OPTIONS": options}]

    assert len(found("I060")) == 1
    (tmp_path / "page.html").write_text("{% load avatar_tags %}")
    assert found("I060") == []


@pytest.mark.usefixtures("unused")
def test_while_the_tags_are_in_every_template_the_app_is_needed(settings: Settings) -> None:
    tags = "django_avatars.contrib.django_avatar.templatetags.avatar_tags"
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "OPTIONS": {**engine.get("OPTIONS", {}), "builtins": [tags]}}]

    assert found("I060") == []


@pytest.mark.usefixtures("unused")
def test_a_template_that_cannot_be_read_may_ask(
    templates: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    templates("page.html", "").write_bytes(b"\xff\xfe{% load avatars %}")
    assert len(found("I060")) == 1

    def refuse(self: Path, **kwargs: Any) -> str:
        raise PermissionError(self)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert found("I060") == []
