"""Out of the request: the largest size at once, the rest after the commit, and jobs that come late or twice."""

from __future__ import annotations

import runpy
import sys
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import transaction

from django_avatars import naming
from tests.app.models import Person, Restaurant, Team
from tests.storing import files_of, on_disk, upload

if TYPE_CHECKING:
    from pytest_django import Settings

tasks: Any = pytest.importorskip("django_avatars.contrib.tasks", exc_type=ImproperlyConfigured)  # type: ignore[arg-type]

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])

BACKENDS = "django.tasks.backends" if tasks.task.__module__.startswith("django.") else "django_tasks.backends"


@pytest.fixture
def dummy(settings: Settings) -> Any:
    """A backend that keeps jobs until somebody runs them."""
    return _backend(settings, "dummy.DummyBackend")


@pytest.fixture
def immediate(settings: Settings) -> Any:
    """A backend that runs jobs where they are enqueued."""
    return _backend(settings, "immediate.ImmediateBackend")


def _backend(settings: Settings, name: str) -> Any:
    settings.TASKS = {alias: {"BACKEND": f"{BACKENDS}.{name}"} for alias in ("default", "pictures")}
    settings.AVATARS = {**settings.AVATARS, "TASKS": "pictures"}
    return tasks.finish.using(backend="pictures").get_backend()


def run(result: Any) -> bool:
    """What a worker does with a job."""
    return bool(tasks.finish.func(*result.args, **result.kwargs))


def test_the_request_stores_the_largest_size_and_leaves_the_rest(dummy: Any, media: Path) -> None:
    team = Team.objects.create(name="Reds", logo=upload(600))

    assert team.logo.sizes == (512,)
    assert on_disk(media) == {str(team.logo.name)}
    assert team.logo.url_for(64) == team.logo.url
    (job,) = dummy.results
    assert job.kwargs == {
        "model": "app.Team", "field": "logo", "database": "default", "pk": str(team.pk), "name": str(team.logo.name),
    }  # fmt: skip


def test_the_rest_is_made_by_the_job(dummy: Any, media: Path) -> None:
    first = Team.objects.create(name="Reds", logo=upload(600)).logo.name

    assert run(dummy.results[0]) is True

    logo = Team.objects.get().logo
    assert logo.sizes == (512, 256, 128, 64)
    assert files_of(logo.name) <= on_disk(media)
    assert (media / str(first)).read_bytes() == (media / str(logo.name)).read_bytes(), (
        "the largest is copied, not encoded again"
    )


def test_a_backend_that_does_not_wait_has_it_done_after_the_commit(immediate: Any) -> None:
    with transaction.atomic():
        team = Team.objects.create(name="Reds", logo=upload(600))
        assert Team.objects.get().logo.sizes == (512,)

    team.refresh_from_db()
    assert team.logo.sizes == (512, 256, 128, 64)


def test_what_was_rolled_back_is_no_job(dummy: Any) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        Team.objects.create(name="Reds", logo=upload(600))
        raise KeyError

    assert dummy.results == []


def test_a_job_that_runs_twice_does_nothing_the_second_time(dummy: Any, media: Path) -> None:
    Team.objects.create(name="Reds", logo=upload(600))
    run(dummy.results[0])
    before = on_disk(media)

    assert run(dummy.results[0]) is False
    assert on_disk(media) == before


def test_a_job_whose_picture_was_replaced_does_nothing(dummy: Any, media: Path) -> None:
    team = Team.objects.create(name="Reds", logo=upload(600))
    team.logo = upload(600, seed=1)
    team.save()

    assert run(dummy.results[0]) is False
    assert on_disk(media) == {str(team.logo.name)}


def test_a_job_whose_row_is_gone_does_nothing(dummy: Any, media: Path) -> None:
    Team.objects.create(name="Reds", logo=upload(600)).delete()

    assert run(dummy.results[0]) is False
    assert on_disk(media) == set()


def test_a_picture_that_goes_while_the_job_reads_it_is_no_error(dummy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    team = Team.objects.create(name="Reds", logo=upload(600))

    def gone(*args: Any) -> bool:
        Team.objects.get(pk=team.pk).delete()
        raise FileNotFoundError

    monkeypatch.setattr(tasks.rebuild, "rebuild", gone)

    assert run(dummy.results[0]) is False


def test_a_file_that_is_missing_is_an_error_of_the_job(dummy: Any, media: Path) -> None:
    team = Team.objects.create(name="Reds", logo=upload(600))
    (media / str(team.logo.name)).unlink()

    with pytest.raises(FileNotFoundError):
        run(dummy.results[0])


def test_a_picture_with_one_size_needs_no_job(dummy: Any) -> None:
    Restaurant.objects.create(name="Diner", photo=upload(200), menu=upload(200))

    assert dummy.results == []


def test_a_job_that_was_lost_is_made_up_for_by_rebuild(dummy: Any) -> None:
    Team.objects.create(name="Reds", logo=upload(600))
    dummy.clear()

    call_command("avatars_rebuild", verbosity=0)

    assert Team.objects.get().logo.sizes == (512, 256, 128, 64)


def test_a_backend_that_is_down_does_not_undo_the_upload(
    dummy: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(dummy), "enqueue", refuse)

    team = Team.objects.create(name="Reds", logo=upload(600))

    assert str(Team.objects.get().logo.name) == str(team.logo.name)
    assert "on_commit" in caplog.text


def test_without_the_setting_everything_is_made_at_once(media: Path) -> None:
    person = Person.objects.create(username="jane", picture=upload(600))

    assert person.picture.sizes == (512, 256, 128, 64)
    assert naming.parse(person.picture.name) is not None


def test_older_versions_of_django_take_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("django_tasks")
    monkeypatch.delitem(sys.modules, "django_avatars.contrib.tasks")
    monkeypatch.setitem(sys.modules, "django.tasks", None)

    module = runpy.run_module("django_avatars.contrib.tasks", run_name="django_avatars.contrib.tasks")

    assert type(module["finish"]).__module__.startswith("django_tasks")


def test_importing_it_without_the_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "django_avatars.contrib.tasks")
    monkeypatch.setitem(sys.modules, "django.tasks", None)
    monkeypatch.setitem(sys.modules, "django_tasks", None)

    with pytest.raises(ImproperlyConfigured) as caught:
        runpy.run_module("django_avatars.contrib.tasks")

    assert str(caught.value) == (
        "Using AVATARS['TASKS'], but the 'django-tasks' package is not installed. "
        "Install it with `pip install django-avatars[tasks]`."
    )


def test_what_the_largest_sizes_leave_goes_with_the_picture_or_is_swept(immediate: Any, media: Path) -> None:
    teams = [Team.objects.create(name=f"{number}", logo=upload(600, seed=number)) for number in range(25)]
    for team in teams[:2]:
        team.refresh_from_db()
        team.logo = upload(600, seed=77)
        team.save()
    out = StringIO()

    call_command("avatars_prune", "--delete", "--grace=0", stdout=out)

    assert out.getvalue().startswith("50 pictures: 25 in use, 0 too young to tell, 25 unused (25 files).")
    assert on_disk(media) == files_of(*Team.objects.values_list("logo", flat=True))
