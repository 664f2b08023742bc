"""Where Wagtail asks: whose picture is where, and what is on the account page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.views.account import BaseSettingsPanel

from ...rendering import avatar_url
from .forms import PictureForm


class PicturePanel(BaseSettingsPanel):  # type: ignore[misc]  # it comes without types
    """One's own picture, in the place of Wagtail's panel for it."""

    name = "avatars"
    title: Any = _("Profile picture")
    order = 300
    template_name = "django_avatars/wagtail/panel.html"

    def get_form(self) -> PictureForm:
        """The form for this request."""
        sent = [self.request.POST, self.request.FILES] if self.request.method == "POST" else []
        return PictureForm(*sent, request=self.request, prefix=self.name)


hooks.register("get_avatar_url", avatar_url)
hooks.register("register_account_settings_panel", PicturePanel)
