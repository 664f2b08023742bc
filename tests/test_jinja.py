"""The functions for Jinja2, as the tags are for Django's templates."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from django_avatars import rendering
from django_avatars.jinja import functions
from tests.app.models import Profile, User

jinja2 = pytest.importorskip("jinja2", reason="Jinja2 is not installed")

NAME = "avatars/abcdefgh/abcdefghijklmnopqrstuvwxyz_512-256-128-64.webp"


@pytest.fixture
def jane() -> User:
    """Somebody with a picture, only in memory."""
    jane = User(pk=uuid.UUID(int=17), username="jane", first_name="Jane", last_name="Doe")
    Profile(user=jane, profile_pic=NAME)
    return jane


def render(source: str, *, undefined: Any = jinja2.Undefined, **variables: Any) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=undefined)
    environment.globals.update(functions)
    return str(environment.from_string(source).render(**variables))


def test_html_is_not_escaped_again(jane: User) -> None:
    assert render("{{ avatar(u) }}", u=jane) == rendering.avatar(jane)
    assert render("{{ avatar_stack([u, u], max=1, size=64) }}", u=jane) == rendering.avatar_stack(
        [jane, jane], max=1, size=64
    )


def test_arguments_are_those_of_the_tags(jane: User) -> None:
    expected = rendering.avatar(jane, 96, label=True, css_class="large", priority=True)

    assert render("{{ avatar(u, 96, label=true, class='large', priority=true) }}", u=jane) == expected
    assert render("{{ avatar(u, size=96, label=true, css_class='large', priority=true) }}", u=jane) == expected


def test_an_address_is_escaped(jane: User, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "tests.test_rendering.SigningStorage"}}

    assert render("{{ avatar_url(u, 96) }}", u=jane).count("?a=1&amp;s=") == 1


def test_what_comes_from_outside_is_escaped() -> None:
    html = render("{{ avatar(name, label=true, class=name) }}", name='"><script>')

    assert "<script" not in html
    assert html.count("&quot;&gt;&lt;script&gt;") == 2


def test_an_undefined_variable_is_nobody() -> None:
    assert render("{{ avatar(missing) }}{{ avatar_url(missing) }}") == (
        rendering.avatar(None) + rendering.avatar_url(None)
    )


def test_where_undefined_variables_are_errors_they_are_here_too() -> None:
    with pytest.raises(jinja2.UndefinedError, match=r"^'missing' is undefined$"):
        render("{{ avatar(missing) }}", undefined=jinja2.StrictUndefined)
