"""Validators of a project: asked about every new picture, after ours, with what an `ImageField` would show them."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test.utils import isolate_apps
from django.utils.datastructures import MultiValueDict
from PIL import Image

from django_avatars.fields import AvatarField
from tests import pictures
from tests.app.models import Team

seen: list[tuple[Any, ...]] = []


def no_red(file: Any) -> None:
    """A validator of a project."""
    seen.append((file.content_type, file.image.format, file.image.mode, file.image.size, file.size))
    file.read()
    if file.image.convert("RGB").getpixel((0, 0))[0] > 200:
        raise ValidationError("No red, please.", code="red")


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    seen.clear()


@pytest.fixture
def field() -> AvatarField:
    """A field with a validator."""
    return AvatarField(validators=[no_red], sizes=(64, 32))


def sent(color: tuple[int, int, int]) -> SimpleUploadedFile:
    """An upload whose client says something else than it is."""
    return SimpleUploadedFile("a.png", pictures.saved(Image.new("RGB", (100, 100), color)), "text/html")


def test_a_validator_sees_what_it_would_see_with_an_image_field(field: AvatarField) -> None:
    upload = sent((0, 0, 255))

    picture = field.process(upload)

    assert seen == [("image/png", "PNG", "RGB", (64, 64), upload.size)]
    assert upload.tell() == 0
    assert picture.sizes == (64, 32)


def test_a_picture_that_a_validator_refuses_is_refused_each_time(field: AvatarField) -> None:
    upload = sent((255, 0, 0))

    for _ in range(2):
        with pytest.raises(ValidationError) as caught:
            field.process(upload)
        assert caught.value.code == "red"
    assert upload.tell() == 0


def test_an_accepted_picture_is_asked_about_once(field: AvatarField) -> None:
    upload = sent((0, 0, 255))

    for _ in range(2):
        field.clean(upload, None)

    assert len(seen) == 1


def test_what_another_field_has_accepted_is_asked_about_once_more_and_not_made_again(field: AvatarField) -> None:
    upload = sent((255, 0, 0))
    other = AvatarField(sizes=(64, 32))
    made = other.process(upload)

    with pytest.raises(ValidationError, match="No red"):
        field.process(upload)

    assert other.process(upload) is made


def test_what_cannot_be_used_is_not_shown_to_a_validator(field: AvatarField) -> None:
    with pytest.raises(ValidationError):
        field.process(ContentFile(b"text", "a.png"))

    assert seen == []


@isolate_apps("tests.app")
def test_forms_and_saves_ask_a_validator() -> None:
    class Band(models.Model):
        logo = AvatarField(validators=[no_red])

        class Meta:
            app_label = "app"

    form = forms.modelform_factory(Band, fields=["logo"])({}, MultiValueDict({"logo": [sent((255, 0, 0))]}))

    assert form.errors == {"logo": ["No red, please."]}
    with pytest.raises(ValidationError):
        Band(logo=sent((255, 0, 0))).save()
    assert len(seen) == 2


def test_a_form_has_the_picture_at_hand_as_with_an_image_field() -> None:
    class LogoForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
        class Meta:
            model = Team
            fields = ("logo",)

    form = LogoForm({}, MultiValueDict({"logo": [sent((0, 0, 255))]}))

    assert form.is_valid()
    upload = form.cleaned_data["logo"]
    assert (upload.image.format, upload.image.width, upload.content_type) == ("PNG", 100, "image/png")
