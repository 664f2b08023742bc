"""Decoding takes its memory from a budget of the process."""

from __future__ import annotations

import ctypes
import threading
import weakref
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from django_avatars.exceptions import Busy
from django_avatars.imaging.budget import LARGE, MOST_WAITING, Budget, Exhausted, of_process, trimmer
from django_avatars.imaging.decode import load

from . import pictures
from .app.models import Profile, User
from .imaging.making import made, refused


def test_who_waited_too_long_is_told_to_try_again() -> None:
    busy = Busy()

    assert busy.code == "busy"
    assert busy.retry_after == 5
    assert str(busy) == ("Many pictures are being processed right now. Nothing has changed. Try again in a moment.")


@pytest.fixture
def budget() -> Budget:
    return Budget()


@pytest.fixture
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avatars.imaging.budget.PATIENCE", 0)


@pytest.fixture
def taken(no_patience: None) -> Iterator[None]:
    """Somebody else decodes a picture that takes everything."""
    with of_process.taking(1 << 40, of=1):
        yield


@pytest.mark.usefixtures("no_patience")
def test_nobody_gets_more_than_there_is(budget: Budget) -> None:
    with budget.taking(60, of=100), budget.taking(40, of=100), pytest.raises(Exhausted):
        budget.taking(1, of=100).__enter__()
    with budget.taking(100, of=100):
        pass


@pytest.mark.usefixtures("no_patience")
def test_what_is_more_than_everything_is_held_alone(budget: Budget) -> None:
    with budget.taking(1, of=100), pytest.raises(Exhausted):
        budget.taking(101, of=100).__enter__()
    with budget.taking(101, of=100), pytest.raises(Exhausted):
        budget.taking(1, of=100).__enter__()


@pytest.mark.usefixtures("no_patience")
def test_what_fails_gives_its_memory_back(budget: Budget) -> None:
    with pytest.raises(ZeroDivisionError), budget.taking(100, of=100):
        raise ZeroDivisionError
    with budget.taking(100, of=100):
        pass


def test_memory_is_handed_out_in_order_of_arrival(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_avatars.imaging.budget.PATIENCE", 60)
    arrived, got = threading.Semaphore(0), []
    together = threading.Barrier(2, timeout=60)

    class Line(deque[object]):
        def append(self, one: object) -> None:
            super().append(one)
            arrived.release()

    budget._waiting = Line()

    def decode(wanted: int) -> None:
        with budget.taking(wanted, of=100):
            got.append(wanted)
            if wanted != 100:
                together.wait()  # both have theirs at the same time

    with ThreadPoolExecutor(3) as threads:
        with budget.taking(50, of=100):
            assert arrived.acquire(timeout=60)
            works = []
            for wanted in (100, 30, 40):  # 30 would fit at once, and does not overtake
                works.append(threads.submit(decode, wanted))
                assert arrived.acquire(timeout=60)
            assert got == []
        for work in works:
            work.result(60)

    assert got[0] == 100
    assert sorted(got[1:]) == [30, 40]


def test_who_comes_while_many_wait_is_told_at_once(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    budget._waiting.extend(object() for _ in range(MOST_WAITING))
    monkeypatch.setattr(budget._changed, "wait_for", lambda *args: pytest.fail("It waits."))

    with pytest.raises(Exhausted):
        budget.taking(1, of=100).__enter__()
    assert len(budget._waiting) == MOST_WAITING


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A weak reference to each picture that is decoded, and then what is left of it when its memory is given back."""
    seen: list[Any] = []

    def remember(image: Any, *others: Any) -> Any:
        seen.append(weakref.ref(image))
        return load(image, *others)

    class Watched(Budget):
        @contextmanager
        def taking(self, wanted: int, *, of: int) -> Iterator[None]:
            yield
            seen.append(seen[0]())

    monkeypatch.setattr("django_avatars.imaging.pipeline.load", remember)
    monkeypatch.setattr("django_avatars.imaging.budget.of_process", Watched())
    return seen


def test_pixels_are_gone_when_their_memory_is_given_back(loaded: list[Any]) -> None:
    made(pictures.photo(96, 64, format="PNG"))

    assert loaded[1] is None


def test_an_error_does_not_hold_the_pixels(loaded: list[Any]) -> None:
    data = bytearray(pictures.photo(96, 64, format="PNG"))
    data[len(data) // 2 : len(data) // 2 + 64] = bytes(64)

    error = refused(bytes(data))

    assert error.__cause__ is not None
    assert loaded[0]() is None


def test_a_large_picture_leaves_the_process_before_the_next_one_is_decoded(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[int] = []
    monkeypatch.setattr("django_avatars.imaging.budget.trimmer", lambda: lambda keep: given_back.append(budget._used))

    for wanted in (LARGE, LARGE - 1):
        with budget.taking(wanted, of=LARGE):
            pass

    assert given_back == [LARGE]  # once, while nobody else has the memory


@pytest.mark.parametrize("missing", [AttributeError, OSError, TypeError])
def test_where_the_library_gives_nothing_back_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, missing: type[Exception]
) -> None:
    class Library:
        def __init__(self, name: None) -> None:
            if missing is not AttributeError:
                raise missing

    monkeypatch.setattr(ctypes, "CDLL", Library)

    assert trimmer.__wrapped__()(0) is None


@pytest.mark.usefixtures("taken")
@pytest.mark.django_db
def test_a_page_answers_503_while_others_use_the_memory(client: Client, user: User) -> None:
    client.force_login(user)

    response = client.post("/avatars/", {"avatar": sent()})

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert not Profile.objects.exclude(profile_pic="").exists()


@pytest.mark.usefixtures("taken")
@pytest.mark.django_db
def test_nobody_is_told_where_a_face_is_meanwhile(client: Client, user: User) -> None:
    client.force_login(user)

    response = client.post("/avatars/focus/", pictures.photo(64, 96), content_type="image/jpeg")

    assert (response.status_code, response["Retry-After"]) == (503, "5")


@pytest.mark.usefixtures("taken")
@pytest.mark.django_db
@pytest.mark.urls("tests.contrib.rest_urls")
def test_rest_framework_answers_503_too(user: User) -> None:
    test = pytest.importorskip("rest_framework.test")
    client = test.APIClient()
    client.force_authenticate(user)

    response = client.put("/api/avatar/", {"avatar": sent()}, format="multipart")

    assert (response.status_code, response["Retry-After"]) == (503, "5")


@pytest.mark.usefixtures("taken")
@pytest.mark.django_db
@pytest.mark.urls("tests.contrib.ninja_urls")
def test_ninja_answers_503_too(client: Client, user: User) -> None:
    pytest.importorskip("ninja")
    client.force_login(user)

    response = client.post("/api/avatar", {"avatar": sent()})

    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response.json()["code"] == "busy"


@pytest.mark.django_db
def test_who_comes_later_is_served(client: Client, user: User, settings: Settings) -> None:
    settings.AVATARS = {**settings.AVATARS, "MEMORY": 1}  # every picture is decoded alone
    client.force_login(user)

    assert client.post("/avatars/", {"avatar": sent()}).status_code == 302
    assert Profile.objects.exclude(profile_pic="").exists()


def sent() -> SimpleUploadedFile:
    return SimpleUploadedFile("photo.jpg", pictures.photo(96, 96), "image/jpeg")
