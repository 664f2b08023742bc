"""``AVATARS["REFERENCES"]``: what is needed elsewhere stays, for as long as it is."""

from __future__ import annotations

import io
import uuid
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from django_avatars.lifecycle import prune, references
from tests.app.models import Place, User
from tests.storing import files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

needed: set[str] = set()
asked: list[int] = []


def some(names: Collection[str]) -> set[str]:
    """Those that are needed, of these."""
    asked.append(len(names))
    return needed.intersection(names)


def told_at_once(names: Collection[str]) -> set[str]:
    """The same, of one that can also tell all."""
    return some(names)


def all_of_them() -> Iterator[str]:
    """Every name that is needed."""
    yield from needed


told_at_once.every = all_of_them  # type: ignore[attr-defined]


def fail(names: Collection[str]) -> set[str]:
    """A table of history that cannot be read."""
    raise RuntimeError


@pytest.fixture(params=["some", "told_at_once"])
def keeping(request: pytest.FixtureRequest, settings: Settings) -> Iterator[str]:
    """A function of either kind, in the settings."""
    settings.AVATARS = {**settings.AVATARS, "REFERENCES": [f"{__name__}.{request.param}"]}
    yield request.param
    needed.clear()
    asked.clear()


def sweep() -> None:
    """Delete everything that nobody needs."""
    call_command("avatars_prune", "--delete", "--force", "--grace", "0", stdout=io.StringIO())


def test_a_picture_that_is_needed_elsewhere_stays_until_it_is_not(keeping: str, place: Place, media: Path) -> None:
    old = place.photo.name or ""
    needed.add(old)

    place.photo = upload(seed=1)
    place.save()
    assert on_disk(media) == files_of(old, place.photo.name)
    sweep()
    assert on_disk(media) == files_of(old, place.photo.name)

    needed.clear()
    sweep()
    assert on_disk(media) == files_of(place.photo.name)


def test_what_cannot_be_asked_keeps_everything(settings: Settings, place: Place, media: Path) -> None:
    settings.AVATARS = {**settings.AVATARS, "REFERENCES": [f"{__name__}.fail"]}
    old = place.photo.name

    place.delete()
    assert on_disk(media) == files_of(old)
    with pytest.raises(RuntimeError):
        sweep()

    assert on_disk(media) == files_of(old)


def test_the_sweep_asks_batch_by_batch_or_once(
    keeping: str, media: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    names = [Place.objects.create(photo=upload(seed=seed)).photo.name or "" for seed in range(3)]
    Place.objects.update(photo="")
    needed.add(names[1])
    monkeypatch.setattr(prune, "BATCH", 2)

    with prune.Sweep(grace=-1) as one:
        found = one.find()
        assert (found.used, found.unused) == (1, 2)
        assert one.delete() == (2, 0)

    assert on_disk(media) == files_of(names[1])
    assert asked == ([2, 1, 2] if keeping == "some" else [])


@pytest.mark.parametrize("name", ["1_0", "+10", " 10"])
def test_a_name_that_python_reads_as_a_number_is_no_key(name: str) -> None:
    assert references.key_from(Place, "010") == 10
    assert references.key_from(Place, "-7") == -7
    with pytest.raises(ValueError, match=r"is no key of app\.Place\."):
        references.key_from(Place, name)


def test_a_key_that_is_no_number_is_read_as_its_column_reads_it() -> None:
    key = uuid.uuid4()

    assert references.key_from(User, key.hex) == key
    with pytest.raises(ValidationError):
        references.key_from(User, "jane")
