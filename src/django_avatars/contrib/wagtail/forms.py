"""The form of Wagtail's account page for one's own picture. It knows nothing of Wagtail."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.utils.translation import gettext_lazy as _

from ... import services, targets
from ...actors import acting_in
from ...exceptions import WAITING
from ...forms import AvatarFormField, AvatarInput
from ...lifecycle.replace import waits


class WagtailAvatarInput(AvatarInput):
    """`AvatarInput` in the colors of Wagtail's admin, light and dark."""

    class Media:
        # All of them, in one list: in lists of their own, Django may put ours before those it changes.
        css: dict[str, tuple[str, str, str]] = {  # noqa: RUF012 - Django's way
            "all": (
                "django_avatars/avatars.css",
                "django_avatars/avatars-field.css",
                "django_avatars/avatars-wagtail.css",
            )
        }


class PictureForm(forms.Form):
    """The picture of the user of `request`, wherever pictures of users are; saving is allowed without a change."""

    def __init__(self, *args: Any, request: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.fields["picture"] = AvatarFormField(
            picture_field=targets.user_field().field,
            required=False,
            label=_("Profile picture"),
            initial=targets.picture_of(request.user),
            widget=WagtailAvatarInput,
        )
        self.fields["picture"].widget.target = request.user
        with acting_in(request):
            self.fields["picture"].widget.refusals = services.refusals(request.user)

    def full_clean(self) -> None:
        """As the base, for the user of the request."""
        with acting_in(self.request):
            super().full_clean()

    def clean_picture(self) -> Any:
        """The file, False to remove the picture, or the picture there is. Raises `NotAllowed`."""
        file = self.cleaned_data["picture"]
        if file and "picture" in self.changed_data:
            services.ask_own(self.request.user, "set")
        return file

    def save(self) -> None:
        """Store the new picture, or remove the old one. Raises `StorageUnavailable`."""
        file = self.cleaned_data["picture"]
        if "picture" not in self.changed_data:
            return
        with acting_in(self.request):
            if not file:
                services.remove_own(self.request.user)
            else:
                services.set_own(self.request.user, file)
                if waits(file):
                    messages.info(self.request, WAITING)
