"""Signing up, and choosing a picture."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.forms import UserCreationForm

from django_avatars.forms import AvatarForm, AvatarInput


class SignUpForm(UserCreationForm):
    """A new account: a username and a password, and a name, of which initials are made."""

    field_order = ("first_name",)

    class Meta(UserCreationForm.Meta):
        model = get_user_model()
        fields = (*UserCreationForm.Meta.fields, "first_name")
        labels = {"first_name": "Your name"}  # all of it, in its own order
        help_texts = {"first_name": "Your picture until you choose one: “Zoë Ångström” is shown as ZÅ."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["username"].widget.attrs["autofocus"]  # which is not the first any more
        self.fields["first_name"].widget.attrs["autofocus"] = True


class PictureInput(AvatarInput):
    """The library's input with the words of the document."""

    template_name = "loginsystem/picture_input.html"
    choose_label = "Choose Image File"


class ProfilePictureForm(AvatarForm):
    """A new picture, under the name that the document gives it. What it has to be, the field of the model says."""

    file_field = "profile_picture"
    widget = PictureInput
