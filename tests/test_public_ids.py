"""A signed text that stands for one row."""

from __future__ import annotations

import re

import pytest
from django.core.signing import Signer, b64_encode
from pytest_django import Settings

from django_avatars import public_ids
from tests.app.models import Profile, ProxyProfile, Seat, Team, User

pytestmark = pytest.mark.django_db


def test_a_public_id_leads_back_to_its_row(user: User) -> None:
    assert public_ids.decode(public_ids.encode(user)) == user


def test_a_public_id_is_the_same_every_time_and_fits_into_a_path(user: User) -> None:
    text = public_ids.encode(user)

    assert text == public_ids.encode(User.objects.get())
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", text)


def test_a_proxy_is_the_same_row(profile: Profile) -> None:
    assert public_ids.encode(ProxyProfile.objects.get()) == public_ids.encode(profile)


def test_a_key_of_several_columns_leads_back_to_its_row() -> None:
    seat = Seat.objects.create(row='A, "1"', number=7)
    Seat.objects.create(row="B", number=7)

    assert public_ids.decode(public_ids.encode(seat)) == seat


def test_two_models_with_one_key_have_different_ids() -> None:
    team, profile = Team(pk=1), Profile(pk=1)

    assert public_ids.encode(team) != public_ids.encode(profile)


def test_a_text_that_we_did_not_sign_stands_for_nothing(user: User) -> None:
    text = public_ids.encode(user)

    for tampered in ("", "17", text[:-1], text.swapcase(), text.partition(".")[0], f"{text}.{text}"):
        assert public_ids.decode(tampered) is None


@pytest.mark.parametrize(
    "payload", ["app.nothing:1", "nothing.at:1", "nonsense", "app.team:no number", "app.user:no uuid", "app.team:1",
     "app.seat:7", "app.seat:no json", "app.seat:[7]", "sessions.session:\0", "1" * 5000 + ":app.team:1"],
)  # fmt: skip
def test_a_row_that_is_gone_stands_for_nothing(payload: str) -> None:
    text = Signer(sep=".", salt="django_avatars.public_ids").sign(b64_encode(payload.encode()).decode())

    assert public_ids.decode(text) is None
    assert public_ids.version_of(text) is None


def test_a_signed_text_that_is_no_payload_stands_for_nothing() -> None:
    assert public_ids.decode(Signer(sep=".", salt="django_avatars.public_ids").sign("é!")) is None


def test_nobody_has_an_id_that_leads_to_no_row() -> None:
    assert public_ids.is_nobody(public_ids.nobody())
    assert public_ids.decode(public_ids.nobody()) is None
    assert not public_ids.is_nobody("nobody")
    assert not public_ids.is_nobody(public_ids.encode(Team(pk=1)))


def test_a_former_key_keeps_old_addresses_valid(user: User, settings: Settings) -> None:
    text = public_ids.encode(user)

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a new one", [settings.SECRET_KEY]
    assert public_ids.decode(text) == user

    settings.SECRET_KEY_FALLBACKS = []
    assert public_ids.decode(text) is None
