"""How often somebody may change a picture."""

from __future__ import annotations

import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from django_avatars.actors import acting_in
from django_avatars.exceptions import InvalidImage, RateLimited
from django_avatars.uploads import throttling
from tests import pictures
from tests.app.models import Place, User


@pytest.fixture(autouse=True)
def _forgotten() -> None:
    cache.clear()


def request(pk: int | None = 1, address: str = "") -> Any:
    """As much of a request as counts."""
    return SimpleNamespace(user=SimpleNamespace(pk=pk), META={"REMOTE_ADDR": address})


def change(pk: int | None = 1, address: str = "") -> None:
    """Process a picture in a request of its own."""
    made = request(pk, address)
    throttling.check(made)
    with acting_in(made), throttling.counted():
        pass


def refuse(pk: int = 1) -> None:
    """Try a file that is refused, in a request of its own."""
    made = request(pk)
    throttling.check(made)
    with pytest.raises(ValidationError), acting_in(made), throttling.counted():
        raise ValidationError("no")


def changes(pk: int = 1, *, tries: int = 100) -> int:
    """How many changes come through, of so many."""
    for number in range(tries):
        try:
            change(pk)
        except RateLimited:
            return number
    return tries


def test_ten_changes_a_minute_are_what_a_user_has() -> None:
    assert changes(1) == 10
    assert changes(1) == 0
    assert changes(2) == 10


def test_who_comes_too_often_is_told_how_long_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1000.0)
    changes()
    monkeypatch.setattr("time.time", lambda: 1012.5)

    with pytest.raises(RateLimited) as caught:
        throttling.check(request())

    assert caught.value.retry_after == 48
    assert str(caught.value) == "You have changed your picture very often. Try again in 48 seconds."


@pytest.mark.parametrize(("limit", "most"), [("3/s", 3), ("1/d", 1), (None, 100)])
def test_a_site_has_a_rate_of_its_own(settings: Settings, limit: str | None, most: int) -> None:
    settings.AVATARS = {"RATE_LIMIT": limit}

    assert changes() == most


def test_changes_come_through_again_when_the_period_is_over(settings: Settings) -> None:
    settings.AVATARS = {"RATE_LIMIT": "3/s"}
    assert changes() == 3

    cache.delete("django_avatars.throttling:1")  # what the cache does after a second

    assert changes() == 3


def test_ten_refused_files_count_as_one_change(settings: Settings) -> None:
    settings.AVATARS = {"RATE_LIMIT": "2/m"}

    for _ in range(10):
        refuse()

    assert changes() == 1


def test_the_field_counts_what_it_refuses(settings: Settings) -> None:
    settings.AVATARS = {"RATE_LIMIT": "1/m"}
    made = request()
    throttling.check(made)

    for _ in range(10):
        with acting_in(made), pytest.raises(InvalidImage):
            Place._meta.get_field("photo").process(ContentFile(b"text", "me.jpg"))

    assert changes() == 0


def test_a_request_that_nobody_checked_is_not_counted() -> None:
    for _ in range(100):
        with acting_in(request()), throttling.counted():
            pass

    assert changes() == 10


def test_what_is_processed_without_a_request_is_not_counted() -> None:
    with throttling.counted():
        pass

    assert changes() == 10


def test_a_request_is_checked_once(settings: Settings) -> None:
    settings.AVATARS = {"RATE_LIMIT": "1/m"}
    made = request()
    throttling.check(made)
    change()

    throttling.check(made)
    with pytest.raises(RateLimited):
        throttling.check(request())


def never(request: Any) -> float:
    """A limiter of a host."""
    return 7.2 if request.user.pk == 1 else 0


def test_a_host_may_decide_by_itself(settings: Settings) -> None:
    settings.AVATARS = {"RATE_LIMIT": "tests.test_throttling.never"}

    with pytest.raises(RateLimited) as caught:
        throttling.check(request())

    assert caught.value.retry_after == 8
    assert changes(2) == 100


@pytest.mark.parametrize("backend", ["filebased.FileBasedCache", "locmem.LocMemCache"])
def test_every_cache_counts_one_after_the_other(settings: Settings, tmp_path: Path, backend: str) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": str(tmp_path)}}

    assert (changes(1), changes(2)) == (10, 10)


@pytest.mark.redis
@pytest.mark.skipif(
    "not os.environ.get('DJANGO_AVATARS_REDIS')", reason="needs Redis at DJANGO_AVATARS_REDIS=host:port"
)
def test_forty_at_once_are_counted_one_by_one(settings: Settings) -> None:
    url = f"redis://{os.environ['DJANGO_AVATARS_REDIS']}"
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}}
    cache.clear()
    barrier = Barrier(40)

    def one(number: int) -> int:
        barrier.wait(30)
        return changes(1, tries=1)

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(one, range(40))) == 10


def test_a_cache_that_keeps_nothing_counts_nothing(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    assert changes() == 100


def test_a_cache_that_fails_lets_everybody_through_and_the_log_says_so(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    place = str(tmp_path / "file" / "folder")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": place}}

    change()

    assert set(caplog.record_tuples) == {
        (
            "django_avatars",
            logging.WARNING,
            "Changes of pictures are not counted: the cache failed (NotADirectoryError).",
        )
    }


@pytest.mark.django_db
def test_the_pages_answer_429_with_the_time_to_wait(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}
    client = Client()
    client.force_login(user)

    def send() -> Any:
        return client.post("/avatars/", {"avatar": SimpleUploadedFile("a.jpg", pictures.photo(96, 96))})

    answers = [send(), client.post("/avatars/remove/"), send(), send()]
    after = [client.get("/avatars/"), client.post("/avatars/remove/")]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert [answer.status_code for answer in after] == [200, 302]
    assert 58 <= int(answers[3]["Retry-After"]) <= 60
    html = answers[3].content.decode()
    assert f"Try again in {answers[3]['Retry-After']} seconds." in html
    assert 'href="/avatars/"' in html


@pytest.mark.django_db
def test_who_looks_for_faces_too_often_is_told_to_wait_and_may_still_change_the_picture(
    user: User, settings: Settings
) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}
    client = Client()
    client.force_login(user)
    tall = pictures.photo(320, 640)

    answers = [client.post("/avatars/focus/", data, content_type="image/jpeg") for data in (tall, b"no picture", tall)]

    assert [answer.status_code for answer in answers] == [200, 400, 429]
    assert 58 <= int(answers[2]["Retry-After"]) <= 60
    assert client.post("/avatars/", {"avatar": SimpleUploadedFile("a.jpg", tall)}).status_code == 302


@pytest.mark.django_db
def test_bodies_that_cannot_be_read_lock_nobody_out(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "1/m"}
    client = Client()
    client.force_login(user)
    photo = pictures.photo(96, 96)

    two = [SimpleUploadedFile("a.jpg", photo), SimpleUploadedFile("b.jpg", photo)]
    broken = [client.post("/avatars/", {"avatar": two[0], "more": two[1]}).status_code for _ in range(10)]

    assert broken == [400] * 10
    assert client.post("/avatars/", {"avatar": SimpleUploadedFile("a.jpg", photo)}).status_code == 302


@pytest.mark.django_db
def test_refused_files_do_not_use_up_the_changes(user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "RATE_LIMIT": "2/m"}
    client = Client()
    client.force_login(user)

    answers = [client.post("/avatars/", {"avatar": SimpleUploadedFile("a.jpg", b"text")}) for _ in range(10)]

    assert {answer.status_code for answer in answers} == {400}
    assert client.post("/avatars/", {"avatar": SimpleUploadedFile("a.jpg", pictures.photo(96, 96))}).status_code == 302


def test_strangers_are_counted_by_their_address(settings: Settings) -> None:
    settings.AVATARS = {"RATE_LIMIT": "1/m"}

    change(None, "192.0.2.1")
    change(None, "192.0.2.2")
    with pytest.raises(RateLimited):
        change(None, "192.0.2.1")
