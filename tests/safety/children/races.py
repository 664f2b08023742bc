"""What one of several processes does at the same time as the others."""

from __future__ import annotations

import io
import random
import time
from typing import Any

from django.contrib.auth import get_user_model, user_logged_in
from django.contrib.auth.models import update_last_login
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from tests.app.models import Artist, Member, Place, Profile, Restaurant, Team

from .scenarios import COLORS, ONE, drawn, encoded

user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")  # the person may be gone by then

PICTURES = [encoded(color, 40) for color in COLORS.values()]


def signed_in() -> Client:
    """A browser of that person."""
    client = Client(raise_request_exception=True)
    client.force_login(get_user_model().objects.get(pk=ONE))
    return client


def browse(number: int, actions: int, kinds: list[str]) -> list[int]:
    """Upload and remove by the page. Gives the statuses."""
    client, dice = signed_in(), random.Random(number)
    return [act(client, dice.choice(kinds), dice) for _ in range(actions)]


def act(client: Client, kind: str, dice: random.Random) -> int:
    """One request. Gives its status."""
    if kind == "remove":
        return client.post("/avatars/remove/").status_code
    file = io.BytesIO(dice.choice(PICTURES))
    file.name = "photo.png"
    return client.post("/avatars/", {"avatar": file}).status_code


def delete_profiles(number: int, times: int) -> str:
    """Delete the person's profile again and again."""
    for _ in range(times):
        Profile.objects.filter(user_id=ONE).delete()
        time.sleep(0.05)
    return ""


def delete_person(number: int) -> None:
    """Delete the person, and all that hangs on it."""
    time.sleep(0.05)
    while True:
        try:
            get_user_model().objects.get(pk=ONE).delete()
        except IntegrityError:
            # Django collects what hangs on the person, and then deletes. Whatever is made between, of any model, is a
            # foreign key that refuses: whoever deletes tries again.
            continue
        return


def save_stale(number: int, times: int) -> None:
    """Save another field of an instance that was loaded before the others began; now and then replace with it."""
    team, dice = Team.objects.get(pk=1), random.Random(number)
    for count in range(times):
        team.name = f"{number}.{count}"
        if dice.random() < 0.3:
            team.logo = drawn(dice.choice(sorted(COLORS)), 40)
        team.save()


def roll_back(number: int, times: int) -> None:
    """Replace, and take it back."""
    for _ in range(times):
        with transaction.atomic():
            team = Team.objects.get(pk=1)
            team.logo = drawn("newer", 40)
            team.save()
            transaction.set_rollback(True)


def upload_many(number: int, times: int) -> None:
    """New rows, half of them replaced at once."""
    for count in range(times):
        artist = Artist.objects.create(portrait=drawn("new", 30))
        if count % 2:
            artist.portrait = drawn("newer", 30)
            artist.save()


def prune_until(number: int, rows: int, grace: float) -> int:
    """Sweep again and again, until there are as many rows. Gives the number of sweeps."""
    sweeps = 0
    while Artist.objects.count() < rows:
        call_command("avatars_prune", "--delete", "--force", f"--grace={grace}", stdout=io.StringIO())
        sweeps += 1
    return sweeps


def places(number: int, times: int) -> list[Any]:
    """Share files between rows, and delete either."""
    dice = random.Random(number)
    for _ in range(times):
        place = Place.objects.order_by("?").first()
        if place is None or dice.random() < 0.4:
            Place.objects.create(pk=dice.randrange(10**9), photo=drawn("new", 30))
        elif dice.random() < 0.5:
            place.delete()
        else:
            place.photo = drawn("newer", 30)
            place.save()
    return []


def take_over(number: int, times: int) -> None:
    """
    Take pictures over from other rows, columns and models, which others replace meanwhile.

    As a text, a name is taken from a row that is locked: see docs/explanation/lifecycle.md.
    """
    dice = random.Random(number)
    mine = Team.objects.create(pk=100 + number), Place.objects.create(pk=100 + number)
    for _ in range(times):
        model, source = dice.choice([(Team, "logo"), (Team, "banner"), (Place, "photo"), (Member, "photo")])
        row, column = dice.choice([(mine[0], "logo"), (mine[0], "banner"), (mine[1], "photo")])
        if dice.random() < 0.5:
            setattr(row, column, getattr(model._default_manager.get(pk=1), source))
            row.save()
        else:
            with transaction.atomic():
                setattr(row, column, getattr(model._default_manager.select_for_update().get(pk=1), source).name)
                row.save()


def replace_sources(number: int, times: int) -> None:
    """Replace the pictures that `take_over` takes."""
    for count in range(times):
        color = "newer" if count % 2 else "new"
        team, place, member = Team.objects.get(pk=1), Place.objects.get(pk=1), Member.objects.get(pk=1)
        team.logo, team.banner, place.photo, member.photo = (drawn(color, 30) for _ in range(4))
        for row in (team, place, member):
            row.save()


def save_family(number: int, times: int) -> None:
    """Replace the picture of the parent, of the child, or both, by either class."""
    dice = random.Random(number)
    for _ in range(times):
        row = dice.choice([Restaurant, Restaurant, Place]).objects.get(pk=1)
        color = dice.choice(sorted(COLORS))
        row.photo = drawn(color, 30)
        if isinstance(row, Restaurant):
            row.menu = drawn(color, 30)
        row.save()


def make_family() -> None:
    """A child with the pictures of the first place and of its own."""
    Restaurant.objects.create(pk=1, photo=Place.objects.get(pk=1).photo, menu=drawn("old", 30))
