"""Choosing a picture in a form, without JavaScript."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminFileWidget
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from django.utils import translation
from django.utils.datastructures import MultiValueDict
from pytest_django import DjangoAssertNumQueries, Settings

from django_avatars.exceptions import InvalidImage
from django_avatars.fields import AvatarField
from django_avatars.files import AvatarFieldFile
from django_avatars.forms import TEXTS, AdminAvatarInput, AvatarForm, AvatarFormField, AvatarInput
from django_avatars.imaging.spec import Crop
from django_avatars.uploads.uploadhandlers import UnreadFile
from tests import pictures
from tests.app.models import Profile, Team, User
from tests.storing import upload

PICTURE: Any = Profile.profile_pic.field


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Profile
        fields = ("profile_pic", "bio")


class PlainForm(forms.Form):
    photo = AvatarFormField(help_text="A face, please.")


def sent(data: bytes | None = None, *, name: str = "photo.jpg") -> SimpleUploadedFile:
    """A file as a browser sends it."""
    return SimpleUploadedFile(name, pictures.photo(96, 96) if data is None else data, "image/jpeg")


def attributes(html: str) -> dict[str, str]:
    """Attributes of the file input."""
    found = re.search(r'<input type="file"([^>]*)>', html)
    assert found is not None
    return {name: value for name, _, value in re.findall(r'([\w-]+)(="([^"]*)")?', found[1])}


def chosen(**files: SimpleUploadedFile) -> MultiValueDict[str, Any]:
    """The files of a request."""
    return MultiValueDict({name: [file] for name, file in files.items()})


# Cleaning


@pytest.mark.django_db
def test_a_file_and_a_check_mark_in_djangos_own_widget_contradict_each_other(profile: Profile) -> None:
    profile.profile_pic.save("a.jpg", upload())
    form_class = forms.modelform_factory(
        Profile, fields=["profile_pic"], widgets={"profile_pic": forms.ClearableFileInput}
    )

    form = form_class({"profile_pic-clear": "on"}, chosen(profile_pic=sent()), instance=profile)

    assert [error.code for error in form.errors.as_data()["profile_pic"]] == ["contradiction"]


def test_a_picture_comes_out_with_its_renditions_made() -> None:
    form = PlainForm({}, chosen(photo=sent()))

    assert form.is_valid()
    file = form.cleaned_data["photo"]
    assert file.name == "photo.jpg"
    assert PICTURE.process(file) is PICTURE.process(file)


def test_what_the_form_made_is_what_the_model_stores(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    process = PICTURE._process

    def counted(*args: Any) -> Any:
        calls.append(args)
        return process(*args)

    monkeypatch.setattr(PICTURE, "_process", counted)
    form = ProfileForm({"bio": "Hello"}, chosen(profile_pic=sent()), instance=profile)

    form.save()

    assert len(calls) == 1
    assert Profile.objects.get().profile_pic.sizes == (96, 64)


@pytest.mark.parametrize(
    ("data", "name", "code", "text"),
    [
        (b"", "a.jpg", "empty", "This file is empty. Choose another picture."),
        (
            b"no",
            "a.jpg",
            "not_an_image",
            "This file is not a picture we can use. Choose a JPEG, PNG, WebP or GIF file.",
        ),
        (
            pictures.SVG,
            "a.svg",
            "unsupported_format",
            "SVG files are not accepted. Choose a JPEG, PNG, WebP or GIF file.",
        ),
    ],
)
def test_errors_have_our_text_and_code(data: bytes, name: str, code: str, text: str) -> None:
    form = PlainForm({}, chosen(photo=sent(data, name=name)))

    assert form.errors["photo"] == [text]
    assert form.has_error("photo", code)


def test_a_model_form_reports_the_error_once(profile: Profile) -> None:
    form = ProfileForm({}, chosen(profile_pic=sent(b"")), instance=profile)

    assert form.errors == {"profile_pic": ["This file is empty. Choose another picture."]}


def test_texts_of_the_form_field_win_by_code() -> None:
    messages = {"too_small": "Larger, please: %(min)s.", "required": "A face!"}
    field = AvatarFormField(picture_field=AvatarField(min_size=100), error_messages=messages)

    with pytest.raises(InvalidImage) as caught:
        field.clean(sent())
    assert (caught.value.messages, caught.value.code) == (["Larger, please: 100."], "too_small")

    with pytest.raises(forms.ValidationError, match="A face!"):
        field.clean(None)


def test_what_is_no_file_is_refused_as_django_does() -> None:
    with pytest.raises(forms.ValidationError) as caught:
        AvatarFormField().clean("photo.jpg")

    assert caught.value.messages == ["No file was submitted. Check the encoding type on the form."]


def test_a_long_name_is_no_matter_since_it_is_not_stored() -> None:
    field = AvatarFormField(max_length=10)

    assert field.clean(sent(name="a" * 200 + ".jpg")) is not None


def test_nothing_sent_keeps_what_there_is(profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()
    name = profile.profile_pic.name

    form = ProfileForm({"bio": "x"}, chosen(), instance=profile)
    form.save()

    assert Profile.objects.get().profile_pic.name == name
    assert form.changed_data == ["bio"]


# What the widget reads


def test_the_box_removes_the_picture(profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()

    ProfileForm({"profile_pic-clear": "on"}, chosen(), instance=profile).save()

    assert not Profile.objects.get().profile_pic


def test_a_file_beats_the_box(profile: Profile) -> None:
    form = ProfileForm({"profile_pic-clear": "on"}, chosen(profile_pic=sent()), instance=profile)

    form.save()

    assert Profile.objects.get().profile_pic


def test_the_crop_goes_with_the_file() -> None:
    crop = "v1;r=90;x=.125;y=0;s=.6"

    file = AvatarInput().value_from_datadict({"photo-crop": crop}, chosen(photo=sent()), "photo")

    assert file.avatar_crop == Crop(90, 0.125, 0.0, 0.6)


@pytest.mark.parametrize("data", [{}, {"photo-crop": ""}, {"photo-crop": "v2;everything"}])
def test_a_crop_that_cannot_be_read_is_no_error(data: dict[str, str]) -> None:
    file = AvatarInput().value_from_datadict(data, chosen(photo=sent()), "photo")

    assert file.avatar_crop is None


def test_the_chosen_square_is_what_is_made() -> None:
    file = sent(pictures.saved(pictures.quadrants(200, 200)), name="a.png")
    form = PlainForm({"photo-crop": "v1;r=0;x=.5;y=.5;s=.5"}, chosen(photo=file))

    assert form.is_valid()
    picture = PICTURE.process(form.cleaned_data["photo"])
    assert picture.sizes[0] == 100


def test_an_omitted_field_is_known_as_such() -> None:
    widget = AvatarInput()

    assert widget.value_omitted_from_data({}, chosen(), "photo")
    assert not widget.value_omitted_from_data({"photo-clear": "on"}, chosen(), "photo")
    assert not widget.value_omitted_from_data({}, chosen(photo=sent()), "photo")


# What the widget shows


def test_the_file_dialog_offers_what_is_accepted() -> None:
    given = attributes(str(PlainForm()["photo"]))

    assert given["accept"] == "image/jpeg,image/png,image/webp,image/gif"
    assert attributes(str(ProfileForm()["profile_pic"]))["accept"] == given["accept"]


def test_the_limits_are_told_before_anything_is_chosen() -> None:
    assert "JPEG, PNG, WebP or GIF, up to 10 MB." in str(PlainForm()["photo"])


def test_the_limits_follow_the_settings(settings: Settings) -> None:
    settings.AVATARS = {"INPUT_FORMATS": ("PNG", "BMP"), "MAX_BYTES": 640 * 1024, "MIN_SIZE": 128}
    html = str(PlainForm()["photo"])

    assert "PNG or BMP, up to 640 kB, at least 128 × 128 pixels." in html
    assert 'data-max-bytes="655360" data-min-edge="128"' in html
    assert attributes(html)["accept"] == "image/png,image/bmp"


def test_the_file_input_is_described_once_and_the_fieldset_not_at_all() -> None:
    form = PlainForm({}, chosen(photo=sent(b"")))
    html = str(form)

    assert attributes(html)["aria-describedby"] == "id_photo_helptext id_photo_error id_photo_limits id_photo_problem"
    assert attributes(html)["aria-invalid"] == "true"
    assert re.search(r"<fieldset>\s*<legend[^>]*>Photo:</legend>", html)
    for described in ("helptext", "error", "limits"):
        assert html.count(f'id="id_photo_{described}"') == 1


def test_a_description_of_the_host_is_kept() -> None:
    class Form(forms.Form):
        photo = AvatarFormField(widget=AvatarInput(attrs={"aria-describedby": "mine"}))

    assert attributes(str(Form()["photo"]))["aria-describedby"] == "mine"


@pytest.mark.parametrize("widget", [forms.FileInput, forms.ClearableFileInput])
def test_another_widget_is_described_by_nothing_that_is_not_there(widget: type[forms.Widget]) -> None:
    class Form(forms.Form):
        photo = AvatarFormField(widget=widget, help_text="Smile.", allow_empty_file=False)

    html = str(Form())

    assert set(attributes(html)["aria-describedby"].split()) <= set(re.findall(r'id="(\w+)"', html))


def test_a_form_without_ids_has_none() -> None:
    html = str(PlainForm(auto_id=False)["photo"])

    assert re.findall(r"\s(?:id|for|aria-describedby)=", html) == []
    assert re.findall(r"\s(?:id|for)=", str(PlainForm()["photo"])) != []


def test_an_empty_field_shows_initials_and_nothing_to_remove(profile: Profile) -> None:
    html = str(ProfileForm(instance=profile)["profile_pic"])

    assert ">JD</text>" in html
    assert "<img" not in html
    assert "profile_pic-clear" not in html
    assert "Choose a picture" in html


def test_a_picture_is_shown_and_can_be_removed(profile: Profile) -> None:
    profile.profile_pic = upload(130)
    profile.save()
    html = str(ProfileForm(instance=profile)["profile_pic"])

    assert f'src="{profile.profile_pic.url_for(96)}"' in html
    assert '<input type="checkbox" name="profile_pic-clear" id="profile_pic-clear_id">' in html
    assert '<label for="profile_pic-clear_id">Remove current picture</label>' in html
    assert "Choose another picture" in html


def test_a_refused_file_leaves_the_last_picture_in_view(profile: Profile) -> None:
    profile.profile_pic = upload(130)
    profile.save()
    url = profile.profile_pic.url_for(96)

    html = str(ProfileForm({}, chosen(profile_pic=sent(b"")), instance=profile)["profile_pic"])

    assert f'src="{url}"' in html


def test_only_the_box_stays_checked_never_the_file_input(profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()

    html = str(ProfileForm({"profile_pic-clear": "on"}, chosen(), instance=profile)["profile_pic"])

    assert "checked" not in attributes(html)
    assert 'id="profile_pic-clear_id" checked>' in html


def test_a_required_picture_cannot_be_removed(profile: Profile) -> None:
    class Form(ProfileForm):
        profile_pic = PICTURE.formfield(required=True)

    assert "required" in attributes(str(Form(instance=profile)["profile_pic"]))

    profile.profile_pic = upload()
    profile.save()
    html = str(Form(instance=profile)["profile_pic"])
    assert "profile_pic-clear" not in html
    assert "required" not in attributes(html)


def test_a_disabled_field_shows_the_picture_and_takes_nothing(profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()
    form = ProfileForm(instance=profile)
    form.fields["profile_pic"].disabled = True

    html = str(form["profile_pic"])

    assert html.count(" disabled") == 3


def test_a_disabled_field_keeps_a_picture_that_the_settings_would_refuse_by_now(
    profile: Profile, settings: Settings
) -> None:
    profile.profile_pic = upload()
    profile.save()
    stored = profile.profile_pic.name
    settings.AVATARS = {"INPUT_FORMATS": ("GIF",)}
    form = ProfileForm({}, instance=Profile.objects.get())
    form.fields["profile_pic"].disabled = True

    assert form.errors == {}
    assert form.save().profile_pic.name == stored


def test_a_row_that_is_not_saved_yet_shows_nobody() -> None:
    html = str(ProfileForm()["profile_pic"])

    assert "<path" in html
    assert "data-avatar-of" not in html


def test_a_widget_shows_the_limits_only_of_a_field_of_ours() -> None:
    html = AvatarInput().render("photo", None, {"id": "x"})

    assert "x_limits" not in html
    assert "data-max-bytes" not in html


def test_there_is_no_script_and_no_style_in_the_markup(profile: Profile) -> None:
    profile.profile_pic = upload()
    profile.save()
    html = str(ProfileForm(instance=profile))

    assert "<script" not in html
    assert " style" not in html
    assert not re.search(r"\son\w+=", html)


def test_what_needs_a_script_is_hidden_without_one() -> None:
    html = re.sub(r"<template.*?</template>", "", str(PlainForm()["photo"]), flags=re.DOTALL)

    buttons = re.findall(r"<button[^>]*>", html)
    assert buttons
    assert all(button.endswith(" hidden>") for button in buttons)
    assert len(re.findall("data-js hidden", html)) == html.count("data-js") == 3


def test_no_button_sends_the_form_around_it() -> None:
    buttons = re.findall(r"<button[^>]*>", str(PlainForm()["photo"]))

    assert len(buttons) == 12
    assert all('type="button"' in button for button in buttons)


def test_a_default_picture_is_not_offered_as_one_s_own(db: None) -> None:
    field = AvatarField(default="defaults/nobody.png")
    field.set_attributes_from_name("photo")
    shown = AvatarFieldFile(None, field, "defaults/nobody.png")  # type: ignore[arg-type]
    widget = AvatarInput()

    assert not widget.is_initial(shown)
    assert widget.is_initial(AvatarFieldFile(None, field, "defaults/own.png"))  # type: ignore[arg-type]


@pytest.mark.parametrize("login", ["/accounts/login/", "nowhere:at-all"])
def test_whoever_was_signed_out_gets_a_link_where_there_is_one(settings: Settings, login: str) -> None:
    settings.LOGIN_URL = login
    form = AvatarForm(picture_field=AvatarField(), target=None)

    assert ('href="/accounts/login/"' in str(form["avatar"])) == (login == "/accounts/login/")


def test_the_sliders_of_the_dialog_are_not_sent() -> None:
    sliders = re.findall(r'<input type="range"[^>]*>', str(PlainForm()["photo"]))

    assert len(sliders) == 1
    assert not any(" name=" in slider for slider in sliders)


def test_the_widget_may_stand_in_a_paragraph() -> None:
    html = re.sub(r"<template.*?</template>", "", str(PlainForm()["photo"]), flags=re.DOTALL)

    assert set(re.findall(r"<([a-z-]+)", html)) <= set(
        "avatar-field span svg rect text path circle g label input canvas button".split()
    )


def test_every_text_of_the_script_comes_with_the_markup() -> None:
    found = re.search(r'data-texts="([^"]*)"', str(PlainForm()["photo"]))

    assert found is not None
    texts = json.loads(html.unescape(found[1]))
    assert texts.keys() == TEXTS.keys()
    assert texts["not_an_image"] == "{name} is not a picture we can use. Choose a JPEG, PNG, WebP or GIF file."


def test_the_script_knows_the_limits(settings: Settings) -> None:
    html = str(PlainForm()["photo"])

    assert 'data-max-edge="2048" data-full-edge="512" data-sharp-edge="256" data-max-pixels="202000000"' in html
    assert 'data-background="#ffffff"' in html
    assert '<avatar-field class="avatar-field" lang="en-us" ' in html
    assert "data-camera=" not in html
    assert "data-square" not in html
    assert "data-upload" not in html

    settings.AVATARS = {"SIZES": (3000, 128), "CLIENT_CROP": True, "CAMERA": True}
    html = str(PlainForm()["photo"])
    assert 'data-max-edge="3000" data-full-edge="3000" data-sharp-edge="256"' in html
    assert 'data-camera="/static/django_avatars/avatar-camera.js" data-square data-texts=' in html
    assert "<template data-camera-template>" in html


@pytest.mark.parametrize("language", ["de", "fr"])
def test_the_script_reads_numbers_in_every_language(settings: Settings, language: str) -> None:
    settings.USE_THOUSAND_SEPARATOR = True
    settings.AVATARS = {"MIN_SIZE": 1200, "MAX_BYTES": 2_500_000}
    with translation.override(language):
        html = str(PlainForm()["photo"])

    assert 'data-max-bytes="2500000" data-min-edge="1200" data-max-edge="2048"' in html
    assert 'data-max-pixels="202000000"' in html


def test_two_pictures_in_one_form_do_not_share_ids(db: None) -> None:
    class Form(forms.ModelForm):  # type: ignore[type-arg]
        class Meta:
            model = Team
            fields = ("logo", "banner")

    team = Team.objects.create(name="Reds", logo=upload(), banner=upload())
    ids = re.findall(r'\sid="([^"]+)"', str(Form(instance=team)))

    assert len(ids) == len(set(ids)) == 8


def test_rendering_a_form_costs_no_query(profile: Profile, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    form = ProfileForm(instance=profile)

    with django_assert_num_queries(0):
        str(form)


def test_a_project_overrides_the_markup_like_any_template(tmp_path: Any, settings: Settings) -> None:
    folder = tmp_path / "django_avatars" / "forms"
    folder.mkdir(parents=True)
    (folder / "avatar_input.html").write_text("Mine: {{ widget.name }}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]

    assert str(PlainForm()["photo"]) == "Mine: photo"


def test_the_styles_and_the_script_are_media_of_the_form() -> None:
    assert str(PlainForm().media) == (
        '<link href="/static/django_avatars/avatars.css" media="all" rel="stylesheet">\n'
        '<link href="/static/django_avatars/avatars-field.css" media="all" rel="stylesheet">\n'
        '<script src="/static/django_avatars/avatar-field.js" type="module"></script>'
    )


def test_a_widget_without_a_file_input_gets_no_attributes() -> None:
    field = AvatarFormField(widget=forms.HiddenInput)

    assert field.widget.attrs == {}


def test_what_a_host_says_to_accept_stays() -> None:
    widget = forms.FileInput(attrs={"accept": "image/*"})

    assert AvatarFormField(widget=widget).widget.attrs == {"accept": "image/*"}


def test_a_plain_file_input_of_the_host_is_told_what_is_accepted() -> None:
    field = AvatarFormField(widget=forms.FileInput)

    assert field.widget.attrs == {"accept": "image/jpeg,image/png,image/webp,image/gif"}


# In the admin


def test_the_admin_gets_our_widget_in_its_colors() -> None:
    model_admin = admin.ModelAdmin(Profile, admin.site)
    form = model_admin.get_form(RequestFactory().get("/"))()

    assert isinstance(form.fields["profile_pic"].widget, AdminAvatarInput)
    assert "avatars-admin.css" in str(form.media)


@pytest.mark.parametrize("widget", [AdminFileWidget, AdminFileWidget()])
def test_the_widget_of_the_admin_is_swapped_and_no_other(widget: Any) -> None:
    assert isinstance(PICTURE.formfield(widget=widget).widget, AdminAvatarInput)
    assert type(PICTURE.formfield(widget=forms.FileInput).widget) is forms.FileInput
    assert type(PICTURE.formfield().widget) is AvatarInput


# The form of the page


def test_the_form_of_the_page_wants_a_picture(user: User) -> None:
    form = AvatarForm({}, {}, picture_field=PICTURE, target=user)

    assert form.errors == {"avatar": ["Choose a picture first."]}
    assert form.has_error("avatar", "required")


def test_a_file_that_was_too_large_to_be_read_is_an_error_like_any_other(user: User) -> None:
    unread = UnreadFile(max_bytes=5 * 1024 * 1024)

    form = AvatarForm({}, {"avatar": unread}, picture_field=PICTURE, target=user)

    assert form.errors.get_json_data() == {
        "avatar": [{"message": "This picture is more than 5 MB. The limit is 5 MB.", "code": "too_large"}]
    }


def test_the_form_of_a_page_may_have_a_name_and_an_input_of_its_own(user: User) -> None:
    class Ours(AvatarForm):
        file_field = "profile_picture"
        widget = AdminAvatarInput

    form = Ours({}, {}, picture_field=PICTURE, target=user)

    assert form.errors == {"profile_picture": ["Choose a picture first."]}
    assert isinstance(form.fields["profile_picture"].widget, AdminAvatarInput)


def test_the_form_of_the_page_shows_initials_of_the_user(user: User) -> None:
    form = AvatarForm(picture_field=PICTURE, target=user)

    assert ">JD</text>" in str(form)


def test_the_admin_s_own_style_comes_last_whatever_else_is_on_the_page() -> None:
    class Widgets(forms.Form):
        photo = AvatarFormField(widget=AdminAvatarInput)
        other = AvatarFormField()

    files = re.findall(r"avatars[\w-]*\.css", str(Widgets().media["css"]))

    assert files == ["avatars.css", "avatars-field.css", "avatars-admin.css"]
