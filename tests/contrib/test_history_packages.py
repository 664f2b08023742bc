"""What django-simple-history and django-reversion may bring back stays."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from tests.storing import files_of, on_disk, upload

reversion = pytest.importorskip("reversion")
pytest.importorskip("simple_history")

from reversion.models import Version  # noqa: E402 - not there without the package

from tests.remembered.models import Recorded, RecordedProxy, Versioned, VersionedAsXml  # noqa: E402

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

SIMPLE_HISTORY = "django_avatars.contrib.simple_history.references"
REVERSION = "django_avatars.contrib.reversion.references"


def sweep() -> None:
    """Delete everything that nobody needs."""
    call_command("avatars_prune", "--delete", "--force", "--grace", "0", stdout=io.StringIO())


@pytest.fixture
def recorded(settings: Settings, transactional_db: None) -> Recorded:
    """A row with two records, each of another picture."""
    settings.AVATARS = {**settings.AVATARS, "REFERENCES": [SIMPLE_HISTORY]}
    row = Recorded.objects.create(picture=upload())
    row.picture = upload(seed=1)
    row.save()
    return row


def test_a_picture_that_a_record_names_stays(recorded: Any, media: Path) -> None:
    first, second = (record.picture for record in recorded.history.order_by("history_id"))

    assert on_disk(media) == files_of(first, second)
    sweep()
    assert on_disk(media) == files_of(first, second)


def test_a_record_can_be_brought_back(recorded: Any, media: Path) -> None:
    old = recorded.history.earliest().instance

    old.save()

    assert Recorded.objects.get().picture.name == recorded.history.earliest().picture
    assert files_of(Recorded.objects.get().picture.name) <= on_disk(media)


def test_pictures_go_when_their_records_do(recorded: Any, media: Path) -> None:
    recorded.history.all().delete()

    sweep()

    assert on_disk(media) == files_of(recorded.picture.name)


def test_what_no_record_keeps_goes_at_once(recorded: Any, media: Path) -> None:
    recorded.secret = upload(seed=2)
    recorded.save()
    before = on_disk(media)

    recorded.secret = ""
    recorded.save()

    assert len(before - on_disk(media)) == 1


def test_a_proxy_has_the_records_of_its_model(recorded: Any, media: Path) -> None:
    proxy = RecordedProxy.objects.get()
    proxy.picture = upload(seed=3)
    proxy.save()

    assert files_of(recorded.picture.name) <= on_disk(media)


@pytest.fixture
def versioned(settings: Settings, transactional_db: None) -> Callable[[type[Any]], Any]:
    """Makes a row of a model with two versions, each of another picture."""
    settings.AVATARS = {**settings.AVATARS, "REFERENCES": [REVERSION]}

    def make(model: type[Any]) -> Any:
        with reversion.create_revision():
            row = model.objects.create(picture=upload())
        with reversion.create_revision():
            row.picture = upload(seed=1)
            row.save()
        return row

    return make


@pytest.mark.parametrize("model", [Versioned, VersionedAsXml])
def test_a_picture_that_a_version_names_stays(versioned: Any, model: type[Any], media: Path) -> None:
    row = versioned(model)
    names = [str(version.field_dict["picture"]) for version in Version.objects.get_for_object(row)]

    assert len(set(names)) == 2
    assert on_disk(media) == files_of(*names)
    sweep()
    assert on_disk(media) == files_of(*names)


def test_a_version_can_be_brought_back(versioned: Any, media: Path) -> None:
    row = versioned(Versioned)
    second = row.picture.name

    Version.objects.get_for_object(row).last().revert()
    row.refresh_from_db()

    assert row.picture.name != second
    assert on_disk(media) == files_of(row.picture.name, second)


def test_pictures_go_when_their_versions_do(versioned: Any, media: Path) -> None:
    row = versioned(Versioned)
    Version.objects.all().delete()

    sweep()

    assert on_disk(media) == files_of(row.picture.name)


def test_a_version_that_cannot_be_read_keeps_nothing_from_the_sweep(versioned: Any, media: Path) -> None:
    row = versioned(Versioned)
    Version.objects.update(serialized_data="{broken")

    sweep()

    assert on_disk(media) == files_of(row.picture.name)


def test_foreign_names_of_versions_are_found(versioned: Any) -> None:
    from django_avatars.contrib.reversion import references

    with reversion.create_revision():
        Versioned.objects.create(picture="defaults/team.png")

    assert references(["defaults/team.png", "defaults/other.png"]) == {"defaults/team.png"}
