"""Which user somebody means who types a name, a key or an e-mail address."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError, ValidationError
from django.core.management.base import CommandError
from django.db import DataError

from ..lifecycle import references

WAYS = ("username", "pk", "email")


def add_user(parser: ArgumentParser) -> None:
    """The arguments that say whose pictures are meant."""
    parser.add_argument("user", metavar="USER", help="Username, primary key or e-mail address.")
    parser.add_argument("--by", choices=WAYS, help="Which of these it is, where it could be several.")


def find_user(text: str, by: str | None) -> Any:
    """The user who is meant. Raises `CommandError` where there is none, and where it could be one of several."""
    found = {user.pk: user for way in ([by] if by else WAYS) for user in _users(way, text)}
    if not found:
        raise CommandError(f"There is no user {text!r}. Give a username, a primary key or an e-mail address.")
    if len(found) > 1:
        keys = ", ".join(map(str, found))
        raise CommandError(f"{text!r} could be several users, with the keys {keys}. Say which, with --by pk.")
    return next(iter(found.values()))


def _users(way: str, text: str) -> list[Any]:
    if not text:
        return []  # whoever has no e-mail address is not meant
    model = get_user_model()
    names = {"username": model.USERNAME_FIELD, "pk": "pk", "email": model.get_email_field_name()}
    try:
        meant = references.key_from(model, text) if way == "pk" else text
        return list(model._base_manager.filter(**{names[way]: meant})[:2])
    # No key looks like this, PostgreSQL takes no NUL, and users of one's own need not have an e-mail address.
    except (ValueError, ValidationError, DataError, FieldError):
        return []
