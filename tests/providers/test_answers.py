"""Who answers for a person: the chain of providers, and those that are asked only on request."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from pytest_django import Settings

from django_avatars import providers, rendering
from django_avatars.providers import Drawing, Identicon, Initials, Photo
from django_avatars.targets import AvatarTarget, target_of
from tests.app.models import Profile, Team, User

NAME = "avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_512-256-128-64.webp"
BASE = "/media/avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz"
DIGEST = hashlib.sha256(b"jane@example.com").hexdigest()
BUILT_IN = {name: f"django_avatars.providers.{name}" for name in ("uploaded", "initials", "identicon")}
HERE = __name__


class Ask:
    """A fake that answers what it was told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, int]] = []

    def __call__(self, target: AvatarTarget, size: int) -> Photo | None:
        self.asked.append((target.thing, size))
        return None


ask = Ask()


def company_directory(target: AvatarTarget, size: int) -> Photo | None:
    """A provider as a host writes it."""
    if not target.email:
        return None
    return Photo(f"https://people.example/{target.email}?s={size}&x='\"<", referrer_policy='origin">')


def use(settings: Settings, *paths: str) -> None:
    settings.AVATARS = {**settings.AVATARS, "PALETTE": ("#7a4",), "PROVIDERS": paths}


@pytest.fixture
def jane() -> User:
    """Somebody without a picture, only in memory."""
    jane = User(username="jane", first_name="Jane", last_name="Doe", email=" Jane@Example.com ")
    Profile(user=jane)
    return jane


def test_by_default_an_upload_comes_before_initials(jane: User) -> None:
    assert isinstance(providers.answer(target_of(jane), 48), Initials)

    jane.profile.profile_pic = NAME

    assert providers.answer(target_of(jane), 48) == Photo(f"{BASE}_64.webp", f"{BASE}_128.webp 2x, {BASE}_256.webp 3x")


def test_the_first_answer_wins_and_nobody_after_it_is_asked(settings: Settings, jane: User) -> None:
    ask.asked.clear()
    use(settings, f"{HERE}.ask", BUILT_IN["identicon"], f"{HERE}.ask")

    assert isinstance(providers.answer(target_of(jane), 48), Identicon)
    assert ask.asked == [(jane, 48)]


def test_where_nobody_answers_there_are_initials(settings: Settings, jane: User) -> None:
    use(settings, f"{HERE}.ask")

    assert providers.answer(target_of(jane), 48) == Initials("JD", "#7a4")
    assert ">JD<" in rendering.avatar(jane)
    use(settings)
    assert providers.answer(target_of(None), 48) == Initials("", "#7a4")


def test_a_provider_of_the_host_is_shown_like_any_other(settings: Settings, jane: User) -> None:
    use(settings, f"{HERE}.company_directory", *(BUILT_IN[name] for name in ("uploaded", "initials")))
    jane.email = "jane@example.com"

    html = rendering.avatar(jane, 64, label=True)

    assert (
        '<img src="https://people.example/jane@example.com?s=64&amp;x=&#x27;&quot;&lt;" width="64" height="64" alt=""'
        ' loading="lazy" decoding="async" referrerpolicy="origin&quot;&gt;"></span>'
    ) in html
    assert ">JD<" in html
    assert rendering.avatar_url(jane, 64) == "https://people.example/jane@example.com?s=64&x='\"<"
    jane.email = ""
    jane.profile.profile_pic = NAME
    assert rendering.avatar_url(jane, 64) == f"{BASE}_64.webp"


def test_a_provider_that_does_not_exist_is_an_import_error(settings: Settings, jane: User) -> None:
    use(settings, f"{HERE}.nobody")

    with pytest.raises(ImportError, match=f'^Module "{HERE}" does not define a "nobody" attribute/class$'):
        rendering.avatar(jane)


def test_an_identicon_belongs_to_everybody_with_a_key(settings: Settings, jane: User) -> None:
    use(settings, BUILT_IN["identicon"])
    found = providers.answer(target_of(jane), 48)

    assert found == Identicon(f"app.user:{jane.pk}", "#7a4")
    assert found == providers.answer(target_of(jane.profile), 48)
    assert found != providers.answer(target_of(Team(pk=1)), 48)
    assert isinstance(providers.answer(target_of(None), 48), Initials)
    assert rendering.avatar(jane) == (
        f'<span class="avatar" data-avatar-of="{jane.pk}">{providers.identicon(target_of(jane), 48).inline(48)}</span>'  # type: ignore[union-attr]
    )


@pytest.mark.parametrize("drawing", [Initials("JD", "#7a4444"), Identicon("app.user:17", "#7a4444")])
def test_a_drawing_can_be_inline_a_document_and_pixels(drawing: Drawing) -> None:
    assert drawing.inline(48).startswith('<svg class="avatar__fallback" width="48" height="48" ')
    assert drawing.document(48).startswith('<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" ')
    assert drawing.raster(48, "png").startswith(b"\x89PNG\r\n")
    assert drawing.raster(48, "webp")[8:12] == b"WEBP"


@pytest.mark.parametrize(
    ("provider", "host"),
    [("from_gravatar", "https://gravatar.com"), ("from_libravatar", "https://seccdn.libravatar.org")],
)
def test_other_services_are_asked_only_by_the_browser_and_learn_no_page(
    provider: str, host: str, settings: Settings, jane: User
) -> None:
    address = f"{host}/avatar/{DIGEST}"
    assert host not in rendering.avatar(jane)

    use(settings, BUILT_IN["uploaded"], f"django_avatars.providers.{provider}")

    assert rendering.avatar(jane).endswith(
        f'<text x="24" y="24" dy=".36em" text-anchor="middle" font-size="20" fill="#fff">JD</text></svg>'
        f'<img src="{address}?s=48&amp;d=404" srcset="{address}?s=96&amp;d=404 2x, {address}?s=144&amp;d=404 3x"'
        ' width="48" height="48" alt="" loading="lazy" decoding="async" referrerpolicy="no-referrer"></span>'
    )
    assert rendering.avatar_url(jane) == f"{address}?s=48&d=404"
    assert host not in rendering.avatar(Team(name="Reds"))
    assert host not in rendering.avatar(None)


def test_what_a_service_shows_instead_is_the_hosts_choice(settings: Settings, jane: User) -> None:
    use(settings, "django_avatars.providers.from_gravatar")
    settings.AVATARS = {**settings.AVATARS, "GRAVATAR": {"d": "mp", "r": "g"}}

    assert rendering.avatar_url(jane) == f"https://gravatar.com/avatar/{DIGEST}?s=48&d=mp&r=g"
