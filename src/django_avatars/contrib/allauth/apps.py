"""The app behind `django_avatars.contrib.allauth`."""

from __future__ import annotations

from django.apps import AppConfig


class AllauthConfig(AppConfig):
    """Its label keeps it apart from the app ``allauth``."""

    name = "django_avatars.contrib.allauth"
    label = "avatars_allauth"

    def ready(self) -> None:
        """Listen to who comes."""
        from allauth.account.signals import user_logged_in, user_signed_up  # they need the models, loaded by now

        from . import receivers

        user_signed_up.connect(receivers.on_sign_up, dispatch_uid=self.name)
        user_logged_in.connect(receivers.on_log_in, dispatch_uid=self.name)
