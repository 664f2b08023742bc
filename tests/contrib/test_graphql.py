"""The same picture in a schema of Strawberry and in one of Graphene."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from django_avatars import services
from tests.app.models import User
from tests.storing import upload
from tests.viewing import request_of

strawberry = pytest.importorskip("strawberry")
graphene = pytest.importorskip("graphene")

from strawberry import Info  # noqa: E402 - needs the packages above

from django_avatars.contrib import graphene as for_graphene  # noqa: E402
from django_avatars.contrib import strawberry as for_strawberry  # noqa: E402

pytestmark = pytest.mark.django_db

QUERY = """
{ person { avatar(size: 64) { url sizes { size url } srcset alt initials color label
  formats { format renditions { size url } } } } }
"""
PARTS = ("alt", "initials", "color", "label", "srcset", "url")


def resolve_for_strawberry(self: Any, info: Info, size: int | None = None) -> for_strawberry.Avatar:
    return for_strawberry.Avatar.of(self.user, info.context["request"], size=size)


def by_strawberry(user: User, viewer: User | None = None) -> Any:
    person = strawberry.type(type("Person", (), {"avatar": strawberry.field(resolve_for_strawberry)}))
    row = person()
    row.user = user
    query = strawberry.type(type("Query", (), {"person": strawberry.field(lambda: row, graphql_type=person)}))
    answer = strawberry.Schema(query).execute_sync(QUERY, context_value={"request": request_of(viewer)})
    assert answer.errors is None
    return answer.data["person"]["avatar"]


def by_graphene(user: User, viewer: User | None = None) -> Any:
    class Person(graphene.ObjectType):  # type: ignore[misc,name-defined]
        avatar = graphene.Field(for_graphene.Avatar, size=graphene.Int())

        def resolve_avatar(user: Any, info: Any, size: int | None = None) -> Any:
            return for_graphene.Avatar.of(user, info.context, size=size)

    class Query(graphene.ObjectType):  # type: ignore[misc,name-defined]
        person = graphene.Field(Person)

        def resolve_person(root: Any, info: Any) -> User:
            return user

    answer = graphene.Schema(query=Query).execute(QUERY, context_value=request_of(viewer))
    assert answer.errors is None
    return answer.data["person"]["avatar"]


@pytest.mark.parametrize("ask", [by_strawberry, by_graphene])
def test_a_schema_gives_what_there_is_to_show(ask: Any, user: User) -> None:
    services.set_own(user, upload())
    there: Any = services.describe(user, size=64, absolute=lambda path: f"http://testserver{path}")

    given = ask(user)

    assert {part: given[part] for part in PARTS} == {part: there[part] for part in PARTS}
    assert {one["size"]: one["url"] for one in given["sizes"]} == there["sizes"]
    assert given["formats"] == [{"format": "webp", "renditions": given["sizes"]}]


@pytest.mark.parametrize("ask", [by_strawberry, by_graphene])
def test_a_schema_shows_the_user_of_the_request_what_they_may_see(ask: Any, user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "VISIBLE": "tests.test_visibility.members_only"}
    services.set_own(user, upload())

    assert ask(user)["url"] is None
    assert ask(user, User.objects.create_user("joe"))["url"]


@pytest.mark.parametrize("ask", [by_strawberry, by_graphene])
def test_somebody_without_a_picture_has_initials(ask: Any, user: User) -> None:
    given = ask(user)

    assert (given["url"], given["sizes"], given["formats"], given["initials"]) == (None, [], [], "JD")


@pytest.mark.parametrize("package", ["strawberry", "graphene"])
def test_without_the_package_it_says_what_to_install(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"django_avatars.contrib.{package}")

    with pytest.raises(ImproperlyConfigured, match=rf"pip install django-avatars\[{package}\]"):
        importlib.import_module(f"django_avatars.contrib.{package}")
