"""
Random histories with history and moderation: what people, moderators and accidents do to pictures, and who sees what.

After each deed every row, version and entry of a queue has its files; after each sweep there are no others; and at no
door anybody is shown, or can fetch, what waits, was rejected or was taken down, except for its owner and moderators.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import call_command
from django.db import transaction
from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from django_avatars import history, moderation, naming, privacy, public_ids, services
from django_avatars.exceptions import NotAllowed, StorageUnavailable
from django_avatars.history.models import PictureVersion
from tests.app.models import Profile, User
from tests.storing import on_disk, upload

SEED = int(os.environ.get("DJANGO_AVATARS_SEED", 20_261_129))
DEEDS = int(os.environ.get("DJANGO_AVATARS_MODERATED_DEEDS", 150))
"""Of each history; there are two. 10,000 take some minutes."""

LOOK, SWEEP = max(30, DEEDS // 100), 50
"""Deeds between two rounds through all doors, and between two sweeps."""

PEOPLE = 4

State = PictureVersion.State
HIDDEN = (State.WAITING, State.REJECTED, State.TAKEN_DOWN)

HAS_APIS = bool(find_spec("ninja") and find_spec("rest_framework"))

pytestmark = [
    pytest.mark.accidents,
    pytest.mark.django_db(transaction=True, databases=["default", "other"]),
    pytest.mark.urls(f"tests.optional.{'api_urls' if HAS_APIS else 'urls'}"),
]


class Undone(Exception):
    """Raised to roll back."""


class Breaking(FileSystemStorage):
    """A disk that fails once, so many calls from now."""

    left = 0

    @classmethod
    def step(cls) -> None:
        """Fail, if this is the call."""
        cls.left -= 1
        if cls.left == 0:
            raise OSError("gone away")

    def _save(self, name: str, content: Any) -> str:
        self.step()
        return super()._save(name, content)  # type: ignore[misc,no-any-return]

    def _open(self, name: str, mode: str = "rb") -> Any:
        self.step()
        return super()._open(name, mode)  # type: ignore[misc]

    def delete(self, name: str) -> None:
        """Delete, or fail."""
        self.step()
        super().delete(name)


@pytest.fixture(params=["beside", "private"])
def folders(request: pytest.FixtureRequest, settings: Settings, media: Path, tmp_path: Path) -> list[Path]:
    """Where the files are: all in one place, or what is hidden in another."""
    backend = f"{__name__}.Breaking"
    private = tmp_path / "private"
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": backend},
        "private": {"BACKEND": backend, "OPTIONS": {"location": str(private)}},
    }
    settings.AVATARS = {
        "FIELD": "app.Profile.profile_pic",
        "APPROVAL": "all",
        "RATE_LIMIT": None,
        "SIZES": (64, 32),
        "HISTORY": {"KEEP": 3, "DAYS": 30},
        "PRIVATE_STORAGE": "private" if request.param == "private" else None,
    }
    return [media, private]


class World:
    """People, what they do, and who looks."""

    def __init__(self, seed: int) -> None:
        self.dice = Random(seed)
        self.pictures = 0
        self.people = [User.objects.create_user(f"person{number}") for number in range(PEOPLE)]
        self.clerk = self.staff("clerk", "approve_picture", "take_down_picture", "view_profile")
        self.stranger = Client()
        self.member = visit(User.objects.create_user("member"))
        self.without = visit(self.staff("without", "view_profile", "view_pictureversion"))
        self.moderator = visit(self.clerk)
        self.done: Counter[str] = Counter()

    def staff(self, name: str, *permissions: str) -> User:
        """Somebody of the staff."""
        user = User.objects.create_user(name, is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        return user

    def one(self) -> User:
        """Any of the people, as the database has them."""
        return User.objects.get(pk=self.dice.choice(self.people).pk)

    def version(self, *states: str) -> PictureVersion:
        """Any picture in one of these states. Raises `PictureVersion.DoesNotExist`."""
        found = list(PictureVersion.objects.filter(state__in=states).exclude(picture="").order_by("pk"))
        if not found:
            raise PictureVersion.DoesNotExist
        return self.dice.choice(found)

    def file(self) -> Any:
        """A picture that nobody has had."""
        self.pictures += 1
        return upload(70, seed=self.pictures % 50)

    # Deeds

    def send(self) -> None:
        user = self.one()
        services.set_own(user, self.file(), actor=user)

    def show(self) -> None:
        services.set_own(self.one(), self.file())

    def remove(self) -> None:
        services.remove_own(self.one())

    def remove_for_good(self) -> None:
        history.remove_for_good(self.one())

    def approve(self) -> None:
        moderation.approve(self.version(State.WAITING), self.clerk)

    def reject(self) -> None:
        moderation.reject(self.version(State.WAITING), self.clerk, "Not a person")

    def withdraw(self) -> None:
        moderation.withdraw(self.one())

    def take_down(self) -> None:
        moderation.take_down(self.one(), actor=self.clerk, reason="An advertisement")

    def report(self) -> None:
        moderation.report(self.one(), actor=self.one(), reason="It hurts")

    def dismiss(self) -> None:
        moderation.dismiss(self.version(State.REPORTED), self.clerk)

    def block(self) -> None:
        moderation.block(self.version(*HIDDEN), actor=self.clerk)

    def lock(self) -> None:
        moderation.lock(self.one(), actor=self.clerk, reason="Third warning")

    def unlock(self) -> None:
        moderation.unlock(self.one(), actor=self.clerk)

    def take_down_earlier(self) -> None:
        version = self.version(State.PAST, State.REPORTED)
        name = str(version.picture.name)
        moderation.take_down(version.holder, actor=self.clerk, reason="No", field=version.get_field(), name=name)

    def undo(self) -> None:
        user = self.one()
        history.undo(user, actor=self.dice.choice([user, None]))

    def restore(self) -> None:
        version: Any = self.version(State.PAST)
        history.restore(version, actor=self.dice.choice([version.holder.user, None]))

    def forget(self) -> None:
        history.delete(self.version(State.PAST))

    def erase(self) -> None:
        privacy.erase(self.one())

    def delete(self) -> None:
        Profile.objects.filter(user=self.one()).delete()

    def act(self) -> None:
        """Do something, perhaps in a transaction that is undone, and perhaps while the disk fails."""
        name = self.dice.choice(DEEDS_OF_PEOPLE)
        is_undone = name != "erase" and self.dice.random() < 0.15
        is_broken = self.dice.random() < 0.25
        Breaking.left = self.dice.randrange(1, 12) if is_broken else 0
        fine = contextlib.suppress(Undone, PictureVersion.DoesNotExist, NotAllowed, StorageUnavailable, OSError)
        with fine, transaction.atomic() if is_undone else contextlib.nullcontext():
            getattr(self, name)()
            self.done[name] += 1
            if is_undone:
                self.done["undone"] += 1
                raise Undone
        self.done["failed"] += is_broken and Breaking.left <= 0
        Breaking.left = 0


DEEDS_OF_PEOPLE = [
    *["send"] * 5, *["show"] * 3, *["approve"] * 4, *["reject"] * 2, *["take_down"] * 2, *["undo"] * 3,
    *["restore"] * 2, "remove", "remove_for_good", "withdraw", "report", "dismiss", "block", "lock", *["unlock"] * 2,
    *["forget"] * 2, *["report"] * 2, "dismiss", "erase", "delete", "take_down_earlier",
]  # fmt: skip
"""What is done, as often as it is done."""


def visit(user: User) -> Client:
    """The browser of somebody."""
    client = Client()
    client.force_login(user)
    return client


def named() -> Iterator[tuple[Any, str, bool]]:
    """Storage and name of each picture that anything names, and whether it is being erased."""
    for name in Profile.objects.exclude(profile_pic="").values_list("profile_pic", flat=True):
        yield storages["default"], str(name), False
    for version in PictureVersion.objects.exclude(picture=""):
        yield version.storage, str(version.picture.name), version.state == State.ERASING


def files() -> set[tuple[str, str]]:
    """Folder and name of every file that something names."""
    return {(str(storage.location), file) for storage, name, _ in named() for file in parsed(name).files()}


def parsed(name: str) -> naming.StoredName:
    """A name of ours: there are no others here."""
    found = naming.parse(name)
    assert found is not None
    return found


def assert_complete() -> None:
    """Assert that nothing is named without its files; what is being erased may have lost some."""
    missing = [
        file
        for storage, name, is_going in named()
        for file in parsed(name).files()
        if not is_going and not Path(storage.path(file)).exists()
    ]
    assert missing == []


def assert_hidden(world: World, folders: list[Path]) -> None:
    """Assert at every door that nobody sees what waits, was rejected or was taken down, but who may."""
    hidden = list(PictureVersion.objects.filter(state__in=HIDDEN).exclude(picture=""))
    tokens = {parsed(str(version.picture.name)).token for version in hidden}
    if any(version.alias for version in hidden):
        assert not any(token in file for file in on_disk(folders[0]) for token in tokens)
    said = [*pages(world), *(said for user in User.objects.all() for said in doors(world, user))]
    assert not [token for token in tokens if any(token in one for one in said)]
    for version in hidden:
        owner = User.objects.get(profile=version.holder)
        permission = "take_down_picture" if version.state == State.TAKEN_DOWN else "approve_picture"
        assert world.clerk.has_perm(f"avatars_moderation.{permission}")
        asked = [world.stranger, world.member, visit(owner), world.without, world.moderator]
        for address, answers in addresses(version):
            assert [client.get(address).status_code for client in asked] == answers


def addresses(version: PictureVersion) -> Iterator[tuple[str, list[int]]]:
    """Where there is a hidden picture, and what a stranger, a member, its owner, staff and a moderator are answered."""
    yield reverse("avatars_moderation:picture", args=[version.pk, 32]), [302, 404, 200, 404, 200]
    # Each asks for the permission of the picture's state, whichever that is.
    for name in ("waitingpicture_picture", "reportedpicture_picture", "taken_down"):
        page = reverse(f"admin:avatars_moderation_{name}", args=[version.pk, 32])
        yield page, [302, 302, 302, 404, 200]
    yield from [(f"/rest/queue/{version.pk}/32/", [403, 403, 403, 403, 200])] * HAS_APIS
    yield from [(f"/ninja/queue/{version.pk}/32", [401, 403, 403, 403, 200])] * HAS_APIS
    # Whoever knows its name. What is beside the public pictures has the address of any, which nobody is told.
    file = naming.rendition(str(version.picture.name), 32)
    yield from [(reverse("avatars:file", args=[file]), [404, 404, 200, 404, 404])] * bool(version.alias)


def doors(world: World, user: User) -> Iterator[str]:
    """What is shown of a user, wherever something is."""
    yield Template("{% load avatars %}{% avatar user 32 %}{% avatar_stack users %}").render(
        Context({"user": user, "users": [user]})
    )
    yield str(services.describe(user))
    image = reverse("avatars:image", args=[public_ids.encode(user), 32])
    people = (world.stranger, world.member, world.without, world.moderator, visit(user))
    for client in people:
        yield client.get(image).get("Location", "")
    paths = ["rest/avatar/", "ninja/avatar", f"rest/people/{user.pk}/avatar/", f"ninja/people/{user.pk}/avatar"]
    for path in paths * HAS_APIS:
        yield from (client.get(f"/{path}").content.decode() for client in people)


def pages(world: World) -> Iterator[str]:
    """What is shown to each of them on the pages of this package and of the admin."""
    for client in (world.stranger, world.member, *map(visit, world.people)):
        yield client.get(reverse("avatars:edit")).content.decode()
    for client in (world.without, world.moderator):
        yield client.get(reverse("admin:app_profile_changelist")).content.decode()
        yield client.get(reverse("admin:avatars_history_pictureversion_changelist")).content.decode()
    yield world.moderator.get(reverse("admin:avatars_moderation_waitingpicture_changelist")).content.decode()
    for path in ["rest/queue/", "ninja/queue"] * HAS_APIS:
        yield from (client.get(f"/{path}").content.decode() for client in (world.without, world.moderator))


def test_nothing_is_lost_left_or_shown_whatever_is_done(folders: list[Path]) -> None:
    world = World(SEED)
    for number in range(1, DEEDS + 1):
        world.act()
        assert_complete()
        if number % LOOK == 0:
            assert_hidden(world, folders)
        if number % SWEEP == 0:
            call_command("avatars_prune", delete=True, force=True, grace=0, verbosity=0)
            assert_complete()
            there = {(str(folder), file) for folder in folders if folder.exists() for file in on_disk(folder)}
            assert there <= files()

    print(f"DJANGO_AVATARS_SEED={SEED}: {dict(world.done)}")  # noqa: T201 - pytest shows it where the test fails
    assert min(world.done["undone"], world.done["failed"], len(world.done) - 15) > 0
