"""The form on the account page of Wagtail's admin; `tests/neighbours` has the page itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.files.base import ContentFile
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from django_avatars import moderation, signals
from django_avatars.contrib.wagtail.forms import PictureForm
from django_avatars.contrib.wagtail.templatetags.avatars_wagtail import without_panel
from tests.app.models import Profile, User
from tests.storing import upload

pytestmark = pytest.mark.django_db

CLEAR = {"avatars-picture-clear": "on"}


def request_of(user: User) -> HttpRequest:
    """Somebody sends the account page."""
    request = RequestFactory().post("/cms/account/")
    request.user = user
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]  # as the middleware does
    return request


def sent(user: User, file: ContentFile[bytes] | None = None, *, data: dict[str, str] | None = None) -> PictureForm:
    """The form as it comes back."""
    files = {} if file is None else {"avatars-picture": file}
    return PictureForm(data or {}, files, request=request_of(user), prefix="avatars")


def save(form: PictureForm) -> None:
    """What Wagtail does with each form of the page."""
    assert form.is_valid(), form.errors
    form.save()


def only_ada(actor: User, holder: Profile, field: Any, action: str) -> str | None:
    """A policy of a project."""
    return None if holder.user == actor and actor.username == "ada" else f"Only Ada may {action} one."


def test_somebody_without_a_profile_gets_a_picture_and_removes_it_again(
    user: User, django_capture_on_commit_callbacks: Any
) -> None:
    actors: list[Any] = []

    def listen(actor: Any, **kwargs: Any) -> None:
        actors.append(actor)

    signals.avatar_saved.connect(listen)
    with django_capture_on_commit_callbacks(execute=True):
        save(sent(user, upload()))

    picture = Profile.objects.get(user=user).profile_pic
    assert actors == [user]
    assert picture.url_for(96) in str(PictureForm(request=request_of(user))["picture"])

    with django_capture_on_commit_callbacks(execute=True):
        save(sent(user, data=CLEAR))

    assert not Profile.objects.get(user=user).profile_pic


def test_the_rest_of_the_page_is_saved_without_a_change_of_the_picture(profile: Profile, user: User) -> None:
    save(sent(user))
    profile.profile_pic = upload()
    profile.save()

    save(sent(User.objects.get()))

    assert Profile.objects.get().profile_pic == profile.profile_pic


def test_what_is_no_picture_is_said_on_the_page(user: User) -> None:
    form = sent(user, ContentFile(b"text", "photo.jpg"))

    assert not form.is_valid()
    assert [error.code for error in form.errors.as_data()["picture"]] == ["not_an_image"]
    assert not Profile.objects.exists()


def test_the_policy_is_asked_about_the_own_picture(profile: Profile, user: User, settings: Settings) -> None:
    profile.profile_pic = upload()
    profile.save()
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.only_ada"}

    for form, said in (
        (sent(user, upload()), "Only Ada may set one."),
        (sent(user, data=CLEAR), "Only Ada may remove one."),
    ):
        assert form.errors == {"picture": [said]}
    offer = str(PictureForm(request=request_of(user))["picture"])
    assert "You may not change this picture. Only Ada may set one." in offer
    assert "avatar-field__label" not in offer
    assert "-clear" not in offer

    ada = User.objects.create_user("ada")
    save(sent(ada, upload()))
    assert Profile.objects.get(user=ada).profile_pic


def test_it_is_said_that_a_picture_waits(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "APPROVAL": "all"}
    form = sent(user, upload())

    save(form)

    assert moderation.waiting(user).count() == 1
    assert [str(message) for message in form.request._messages] == [
        "Your new picture is shown once somebody has approved it."
    ]


def test_the_panel_of_wagtail_for_pictures_is_left_out() -> None:
    wagtails, ours, other = (SimpleNamespace(name=name) for name in ("avatar", "avatars", "password"))

    assert without_panel({"profile": [wagtails, ours], "more": [other]}, "avatar") == {
        "profile": [ours],
        "more": [other],
    }
