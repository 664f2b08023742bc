"""Who may change a picture, asked at every door where somebody is known to act."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from pytest_django import Settings

from django_avatars import acting, conf
from django_avatars.exceptions import NotAllowed
from tests.app.models import Country, Profile, Team, User
from tests.storing import on_disk, upload

pytestmark = pytest.mark.django_db

asked: list[tuple[Any, ...]] = []


def only_owners(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy of a project: everybody has their own picture, and keeps it."""
    asked.append((actor, holder, field.name, action))
    if action == "remove":
        return "Pictures stay at 100 %."
    return None if actor == getattr(holder, "user", None) else "This is not you."


def in_silence(actor: Any, holder: Any, field: Any, action: str) -> str:
    """A policy that refuses without a word."""
    return ""


def nothing_new(actor: Any, holder: Any, field: Any, action: str) -> str | None:
    """A policy that lets people only remove their pictures."""
    return "" if action == "set" else None


def sent() -> SimpleUploadedFile:
    """A picture as a browser sends it."""
    return SimpleUploadedFile("a.jpg", upload().read())


@pytest.fixture(autouse=True)
def _policy(settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.only_owners"}
    asked.clear()


@pytest.fixture
def stranger() -> User:
    """Somebody else."""
    return User.objects.create_user("bo")


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """A form of a project."""

    class Meta:
        model = Profile
        fields = ("profile_pic", "bio")


def test_code_that_names_nobody_is_trusted(pictured: Profile) -> None:
    pictured.profile_pic = ""
    pictured.save()

    assert asked == []


def test_a_save_is_asked_about_what_it_changes(profile: Profile) -> None:
    with acting(profile.user):
        profile.profile_pic = upload()
        profile.save()
        profile.save()

    assert asked == [(profile.user, profile, "profile_pic", "set")]


def test_a_save_that_is_refused_leaves_row_and_storage_as_they_were(
    pictured: Profile, stranger: User, media: Any
) -> None:
    name, files = pictured.profile_pic.name, on_disk(media)

    pictured.profile_pic = upload()
    with acting(stranger), pytest.raises(NotAllowed) as caught:
        pictured.save()

    assert (caught.value.code, caught.value.messages) == ("not_allowed", ["This is not you."])
    assert isinstance(caught.value, PermissionDenied)
    assert Profile.objects.get().profile_pic.name == name
    assert on_disk(media) == files


def test_a_new_row_is_asked_about_its_picture(user: User, stranger: User) -> None:
    with acting(stranger), pytest.raises(NotAllowed):
        Profile.objects.create(user=user, profile_pic=upload())
    with acting(stranger), pytest.raises(NotAllowed), transaction.atomic():  # Django 5.2 asks for values within its own
        Profile.objects.bulk_create([Profile(user=user, profile_pic=upload())])

    assert not Profile.objects.exists()


def test_what_a_row_has_by_default_is_no_change(stranger: User) -> None:
    with acting(stranger):
        Team.objects.create(name="Reds")
        Country.objects.create(name="Utopia")

    assert asked == []


def test_a_picture_that_was_not_loaded_cannot_be_removed_unasked(pictured: Profile, stranger: User) -> None:
    row = Profile.objects.defer("profile_pic").get()
    row.profile_pic = ""

    with acting(stranger), pytest.raises(NotAllowed):
        row.save(update_fields=["profile_pic"])


def test_a_model_form_says_it_beside_the_field(pictured: Profile, stranger: User) -> None:
    with acting(stranger):
        form = ProfileForm({}, MultiValueDict({"profile_pic": [sent()]}), instance=pictured)

        assert form.errors == {"profile_pic": ["This is not you."]}
        assert form.has_error("profile_pic", "not_allowed")


def test_a_model_form_says_it_of_a_removal_too(pictured: Profile) -> None:
    with acting(pictured.user):
        form = ProfileForm({"profile_pic-clear": "on"}, MultiValueDict(), instance=pictured)

        assert form.errors == {"profile_pic": ["Pictures stay at 100 %."]}
        assert asked == [(pictured.user, pictured, "profile_pic", "remove")]


def test_a_form_offers_no_more_than_is_allowed(pictured: Profile, stranger: User, settings: Settings) -> None:
    name, clear = 'type="file" name="profile_pic"', 'name="profile_pic-clear"'
    with acting(stranger):
        html = str(ProfileForm(instance=pictured)["profile_pic"])
    assert "You may not change this picture. This is not you." in html
    assert re.search(f"{name}[^>]* disabled[^>]* hidden", html)
    assert "avatar-field__label" not in html
    with acting(pictured.user):
        html = str(ProfileForm(instance=pictured)["profile_pic"])
    assert "avatar-field__label" in html
    assert clear not in html

    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.nothing_new"}
    with acting(pictured.user):
        html = str(ProfileForm(instance=pictured)["profile_pic"])
    assert html.count("You may not change this picture") == 1
    assert re.search(f"{clear}[^>]*>", html)
    assert not re.search(f"{clear}[^>]* disabled", html)


def test_a_page_that_refuses_a_file_offers_no_more_than_is_allowed(client: Client, pictured: Profile) -> None:
    client.force_login(pictured.user)

    page = client.post(reverse("avatars:edit"), {"avatar": SimpleUploadedFile("a.jpg", b"text")})
    unread = client.post(reverse("avatars:edit"), b"--", content_type="multipart/form-data; boundary=")

    assert [page.status_code, unread.status_code] == [400, 400]
    for said in (page, unread):
        assert "Save picture" in said.content.decode()
        assert "Remove picture" not in said.content.decode()


def test_the_form_of_a_new_row_asks_nobody(stranger: User) -> None:
    with acting(stranger):
        assert "avatar-field__label" in str(ProfileForm(instance=Profile())["profile_pic"])

    assert asked == []


def test_a_model_form_that_leaves_the_picture_alone_asks_nobody(pictured: Profile, stranger: User) -> None:
    with acting(stranger):
        form = ProfileForm({"bio": "Sails."}, MultiValueDict(), instance=pictured)
        form.save()

    assert asked == []


def test_full_clean_says_it(profile: Profile) -> None:
    profile.profile_pic = upload()

    with acting(AnonymousUser()), pytest.raises(ValidationError) as caught:
        profile.full_clean()

    assert [error.code for error in caught.value.error_dict["profile_pic"]] == ["not_allowed"]


def test_a_value_that_belongs_to_no_row_asks_nobody() -> None:
    file = upload()

    with acting(AnonymousUser()):
        assert Profile._meta.get_field("profile_pic").clean(file, None) is file


def test_who_refuses_without_a_word_is_given_one(profile: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": f"{__name__}.in_silence"}

    profile.profile_pic = upload()
    with acting(profile.user), pytest.raises(NotAllowed, match="You may not change this picture"):
        profile.save()


def test_an_app_that_starts_after_the_first_picture_is_asked_as_well(pictured: Profile, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "POLICY": None}
    pictured.profile_pic = upload()
    pictured.save()

    pictured.profile_pic = upload()
    conf.add_policy(nothing_new)
    try:
        with acting(pictured.user), pytest.raises(NotAllowed):
            pictured.save()
    finally:
        conf.policies.remove(nothing_new)
        conf.has_policy.cache_clear()


def test_deleting_a_row_is_another_matter(pictured: Profile, stranger: User) -> None:
    with acting(stranger):
        pictured.delete()

    assert asked == []
