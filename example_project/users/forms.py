"""The form of the document."""

from __future__ import annotations

from django import forms

from .models import UserProfile


class UserProfileUpdateForm(forms.ModelForm):
    """The picture among other fields; the field of the model brings its own input."""

    class Meta:
        model = UserProfile
        fields = ["phone", "gender", "profile_pic", "address", "city", "state", "zipcode"]
