"""Forms of the project's own."""

from __future__ import annotations

from typing import Any

from django import forms

from django_avatars.forms import AvatarFormField, AvatarInput

from .models import Profile


class PictureForm(forms.Form):
    """A picture alone."""

    picture = AvatarFormField(required=False, widget=AvatarInput(attrs={"class": "wide"}))


class SignUpForm(forms.Form):
    """Among other things, with the limits of a field."""

    name = forms.CharField()
    picture = AvatarFormField(picture_field=Profile.picture.field, required=False)

    def clean_picture(self) -> Any:
        """The file."""
        return self.cleaned_data["picture"]
