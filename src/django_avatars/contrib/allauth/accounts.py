"""The pictures of social accounts, for the receivers and for ``AVATARS["CONNECTED"]``."""

from __future__ import annotations

import re
from typing import Any

from allauth.socialaccount.models import SocialAccount, SocialApp
from django.core.exceptions import ImproperlyConfigured, MultipleObjectsReturned

from ...connected import SIZE, ConnectedPicture

SMALL = re.compile(r"(?<=\.googleusercontent\.com/)(.+=s)\d{2,3}(?=-c$)")
"""What Google says of a picture is the address of its smallest size, of 96 pixels."""


def address_of(account: SocialAccount) -> str:
    """Where the provider has the picture of `account`, as it said at the last log-in; "" if it has none."""
    try:
        return SMALL.sub(rf"\g<1>{SIZE}", account.get_avatar_url() or "")
    except (AttributeError, KeyError, TypeError):  # what the provider said is not what allauth looks for in it
        return ""


def source_of(account: SocialAccount) -> str:
    """What `services.sync_picture` knows `account` by."""
    return f"{account.provider}:{account.uid}"


def pictures(user: Any) -> list[ConnectedPicture]:
    """
    The pictures of the accounts that `user` has connected, for ``AVATARS["CONNECTED"]``.

    One query; allauth itself asks for the application of each account, unless the provider needs none.
    """
    accounts = SocialAccount.objects.filter(user_id=user.pk).order_by("pk")
    return [picture for account in accounts for picture in _picture_of(account)]


def _picture_of(account: SocialAccount) -> list[ConnectedPicture]:
    try:
        name, url = account.get_provider().name, address_of(account)
    except (SocialApp.DoesNotExist, MultipleObjectsReturned, ImproperlyConfigured):
        return []  # the site does not offer this provider any more
    key, source = f"account-{account.pk}", source_of(account)
    return [ConnectedPicture(key=key, name=name, url=url, source=source)] if url else []
