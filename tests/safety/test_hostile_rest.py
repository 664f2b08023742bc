"""Every hostile file through the view for REST framework."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

pytest.importorskip("rest_framework", reason="djangorestframework is not installed")

from tests.app.models import Profile
from tests.pictures import HOSTILE, ORDINARY, Case

from .conftest import Ear
from .doors import BOUNDARY, multipart
from .trials import CLEANED, UNREADABLE, assert_accepted, assert_refused

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.contrib.rest_urls")]


def send(profile: Profile, data: bytes, name: str, visitor: Client) -> str | None:
    """Post it."""
    body = multipart("avatar", data, name)
    response: Any = visitor.post("/api/avatar/", body, f"multipart/form-data; boundary={BOUNDARY}")
    if response.status_code == 200:
        return None
    assert response.status_code in (400, 413)
    assert not name or name not in response.content.decode()
    code: str = response.data["avatar"][0].code
    return code


CASES = [case for case in (*HOSTILE, *ORDINARY) if case.name not in CLEANED | UNREADABLE]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_file_meets_its_fate(
    case: Case, pictured: Profile, visitor: Client, media: Path, ear: Ear, temporary: Path
) -> None:
    look = assert_refused if case.code else assert_accepted

    look(case, send, pictured, visitor, media=media, ear=ear, temporary=temporary)
