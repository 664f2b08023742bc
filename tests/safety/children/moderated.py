"""What people and moderators do with history and moderation, for children that are killed."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connections
from PIL import Image, ImageDraw

from django_avatars import history, moderation, privacy, services
from django_avatars.history.models import PictureVersion
from tests.app.models import Profile, User

from . import scenarios, steps
from .scenarios import ONE, TWO, drawn

State = PictureVersion.State


def prepare() -> None:
    """Make the tables and everything else, and people to whom something has happened."""
    scenarios.prepare()
    scenarios.reset()
    draw()
    scenarios.keep()
    connections.close_all()


def draw() -> None:
    """
    Jane and Kim.

    Jane shows a reported picture, has an earlier one, and one that waits. Kim's was rejected, taken down and replaced.
    """
    jane, kim = User.objects.get(pk=ONE), User.objects.create(pk=TWO, username="kim")
    for color in ("newer", "old"):
        services.set_picture(jane, file=drawn(color))
    moderation.report(jane, actor=kim, reason="It hurts")
    send()
    services.set_picture(kim, file=striped())
    moderation.take_down(kim, actor=jane, reason="An advertisement")
    services.set_picture(kim, file=drawn("old"))
    services.set_own(kim, drawn("new"), actor=kim)
    moderation.reject(version(State.WAITING, TWO), jane, "Not a person")


def striped() -> ContentFile[bytes]:
    """A picture that can be told from others, with a color of `COLORS` in the middle."""
    image = Image.new("RGB", (70, 70), scenarios.COLORS["newer"])
    draw = ImageDraw.Draw(image)
    for at in (*range(0, 28, 6), *range(42, 70, 6)):
        draw.rectangle((at, at // 2, at + 3, 69), "white")
    file = io.BytesIO()
    image.save(file, "PNG")
    return ContentFile(file.getvalue(), "photo.png")


def person(key: str = ONE) -> Any:
    """Jane, or Kim."""
    return User.objects.get(pk=key)


def version(state: str, key: str = ONE) -> PictureVersion:
    """The picture of a person in this state."""
    profile = Profile.objects.get(user__pk=key)
    return PictureVersion.objects.exclude(picture="").get(object_id=str(profile.pk), state=state)


# What is done


def send() -> None:
    """A picture that waits, in the place of the one that waited."""
    services.set_own(person(), drawn("new"), actor=person())


def show() -> None:
    """A picture of somebody who is trusted."""
    services.set_picture(person(), file=drawn("new"))


def approve() -> None:
    """What waits is shown."""
    moderation.approve(version(State.WAITING), person(TWO))


def reject() -> None:
    """What waits is not shown."""
    moderation.reject(version(State.WAITING), person(TWO), "Not a person")


def withdraw() -> None:
    """What waits is deleted."""
    moderation.withdraw(person())


def take_down() -> None:
    """What is shown, and was reported, goes to the private storage."""
    moderation.take_down(person(), actor=person(TWO), reason="It hurts")


def take_down_earlier() -> None:
    """An earlier picture goes to the private storage, and what is shown stays."""
    name = str(version(State.PAST).picture.name)
    moderation.take_down(person(), actor=person(TWO), reason="It hurts", name=name)


def report() -> None:
    """A case of a picture."""
    moderation.report(person(TWO), actor=person(), reason="It hurts")


def dismiss() -> None:
    """A case is closed."""
    moderation.dismiss(version(State.REPORTED), person(TWO))


def block() -> None:
    """A picture that was taken down is not to come back."""
    assert moderation.block(version(State.TAKEN_DOWN, TWO), actor=person())


def undo() -> None:
    """The last change is taken back."""
    assert history.undo(person())


def restore() -> None:
    """An earlier picture is shown again."""
    history.restore(version(State.PAST))


def forget() -> None:
    """An earlier picture is deleted."""
    history.delete(version(State.PAST))


def remove_for_good() -> None:
    """What is shown is deleted, and nothing of it is kept."""
    history.remove_for_good(person())


def delete() -> None:
    """A row with pictures in all states."""
    Profile.objects.get(user__pk=ONE).delete()


def grow_old() -> None:
    """A sweep when the earlier pictures are too old."""
    with steps.paused():
        for one in PictureVersion.objects.all():
            PictureVersion.objects.filter(pk=one.pk).update(until=one.until - timedelta(days=100))
    call_command("avatars_prune", "--delete", "--grace=0", "--force", stdout=io.StringIO())


def erase() -> None:
    """All pictures of a person."""
    privacy.erase(person())
