"""What lifecycle asks of a field is there."""

from __future__ import annotations

from django_avatars.lifecycle.column import Column
from tests.app.models import Place


def test_an_avatar_field_is_a_column() -> None:
    asked = {name for name in (*Column.__annotations__, *vars(Column)) if not name.startswith("_")}
    field = Place._meta.get_field("photo")

    assert asked >= {"name", "storage", "folder", "process", "unchanged"}
    assert [name for name in asked if not hasattr(field, name)] == []
