"""What one transaction lets go of is asked about at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import mark_safe

from django_avatars.lifecycle import replace
from django_avatars.signals import avatar_page, avatars_pruning
from tests.app.models import Place, User
from tests.storing import on_disk, upload

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


def questions(captured: CaptureQueriesContext) -> int:
    """How often somebody asked who names a picture of a place."""
    return sum("DISTINCT" in query["sql"] and 'FROM "app_place"' in query["sql"] for query in captured)


def test_rows_that_go_together_are_asked_about_once(media: Path) -> None:
    for seed in range(4):
        Place.objects.create(name="Rome", photo=upload(seed=seed))
    with CaptureQueriesContext(connection) as captured:
        Place.objects.all().delete()

    assert questions(captured) == 1
    assert on_disk(media) == set()


def test_many_are_asked_about_in_pieces(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replace, "TOGETHER", 3)
    for seed in range(4):
        Place.objects.create(name="Rome", photo=upload(seed=seed))
    with CaptureQueriesContext(connection) as captured:
        Place.objects.all().delete()

    assert questions(captured) == 2
    assert on_disk(media) == set()


def test_what_a_savepoint_takes_back_stays(media: Path) -> None:
    first = Place.objects.create(name="Rome", photo=upload())
    second = Place.objects.create(name="Oslo", photo=upload(seed=1))
    with transaction.atomic():
        first.delete()
        with pytest.raises(RuntimeError), transaction.atomic():
            second.delete()
            raise RuntimeError

    assert {name.rpartition("/")[0] for name in on_disk(media)} == {str(second.photo.name).rpartition("/")[0]}


def test_the_sweep_is_announced_before_it_looks() -> None:
    heard: list[object] = []

    def hear(*, delete: bool, **kwargs: object) -> None:
        heard.append(delete)

    avatars_pruning.connect(hear)
    try:
        call_command("avatars_prune", verbosity=0)
        call_command("avatars_prune", delete=True, verbosity=0)
        call_command("avatars_missing", verbosity=0)
        assert heard == [False, True, False]
    finally:
        avatars_pruning.disconnect(hear)


def test_a_project_can_add_a_section_to_the_edit_page(client: Client) -> None:
    def section(**kwargs: object) -> str:
        return mark_safe("<p>Be kind.</p>")

    client.force_login(User.objects.create_user("ada"))
    avatar_page.connect(section)
    try:
        assert "<p>Be kind.</p>" in client.get("/avatars/").content.decode()
    finally:
        avatar_page.disconnect(section)
    assert "<p>Be kind.</p>" not in client.get("/avatars/").content.decode()
