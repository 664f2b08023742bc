"""Taking the picture of a social account, after the commit, and never at the cost of the log-in."""

from __future__ import annotations

import dataclasses
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.db import transaction
from django.http import HttpRequest

from ... import intake, services
from ...conf import get_settings
from ...fetch import INTERNET, fetch
from . import accounts

SECONDS = 3
"""How long a log-in waits for a picture at most, after the name of the other site is resolved."""

NETWORK = dataclasses.replace(INTERNET, seconds=SECONDS)


def on_sign_up(*, request: HttpRequest, user: Any, sociallogin: SocialLogin | None = None, **kwargs: Any) -> None:
    """Take the picture of the account, where somebody signed up by one."""
    _on(request, user, sociallogin, "signup")


def on_log_in(*, request: HttpRequest, user: Any, sociallogin: SocialLogin | None = None, **kwargs: Any) -> None:
    """The same for everybody who logs in by one; who signs up is logged in as well."""
    _on(request, user, sociallogin, "login")


def _on(request: HttpRequest, user: Any, login: SocialLogin | None, event: str) -> None:
    if login is not None and get_settings().social_picture == event:
        # After the commit: no lock waits for another site, and what goes wrong takes no log-in back.
        # A lambda: Django 5.2 fails at the name of a partial when it reports an error.
        account = login.account
        transaction.on_commit(lambda: _take(request, user, account), using=user._state.db, robust=True)


def _take(request: HttpRequest, user: Any, account: SocialAccount) -> None:
    url = accounts.address_of(account)
    if not url:
        return
    try:
        data = fetch(url, _network=NETWORK).read()
        services.sync_picture(user, data, source=accounts.source_of(account), keep_own=True, actor=user)
    except Exception as exc:
        if intake.refuse(request, exc, whose=user) is None:
            raise  # for the log: nothing else comes of it
