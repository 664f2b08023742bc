"""
Random histories: what people, programs and accidents do to rows with pictures, against a model of what should be there.

The model maps each column, such as ``team.3.logo``, to the number of the picture that it shows (0 for none). A deed
is planned on the model alone, then done to the database; what may be seen afterwards follows from the plan: all of it,
or nothing of it, and nothing else. Pictures are told apart by their color, so what counts is what is really shown.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import random
import signal
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import OperationalError, connections, models, transaction
from PIL import Image

from django_avatars import naming
from tests.app.models import Artist, Member, Person, Place, Restaurant, Team

from . import steps
from .scenarios import empty, encoded, files_of, sweep

Model = dict[str, int]

FIELDS: dict[str, tuple[type[models.Model], tuple[str, ...]]] = {
    "team": (Team, ("logo", "banner")),
    "member": (Member, ("photo",)),
    "place": (Place, ("photo",)),
    "restaurant": (Restaurant, ("photo", "menu")),
    "person": (Person, ("picture",)),
    "artist": (Artist, ("portrait",)),
}
"""What there are rows of, with the pictures that can be set through each."""

KINDS = [
    *["create"] * 3, *["replace"] * 4, "remove", "delete", "copy", "share", "update", "bulk", "swap", "stale",
    "stale_replace", "nothing", "mirror",
]  # fmt: skip
"""Deeds, as often as they are done."""

LEVELS = (20, 70, 120, 170, 220)
COLORS = [(red, green, blue) for red in LEVELS for green in LEVELS for blue in LEVELS]


class Undone(Exception):
    """Raised to roll back."""


def picture(number: int) -> ContentFile[bytes]:
    """The file of a picture, by its number."""
    return ContentFile(encoded(COLORS[number % len(COLORS)], 33), "photo.png")


@functools.lru_cache(maxsize=100_000)
def shown(name: str) -> int:
    """Which number, of the palette, all files of a stored name show; -1 where they disagree."""
    numbers = set()
    for file in files_of(name):
        with Image.open(Path(settings.MEDIA_ROOT) / file) as image:
            pixel: Any = image.convert("RGB").getpixel((15, 15))
        numbers.add(nearest(pixel))
    return numbers.pop() if len(numbers) == 1 else -1


@functools.cache
def nearest(pixel: tuple[int, int, int]) -> int:
    """The number of the color that is most like this one."""
    return min(range(len(COLORS)), key=lambda at: sum(abs(a - b) for a, b in zip(COLORS[at], pixel, strict=True)))


def column(kind: str, key: Any, field: str) -> str:
    """The name of a column in the model: a restaurant's photo is that of its place."""
    return f"{'place' if (kind, field) == ('restaurant', 'photo') else kind}.{key}.{field}"


EVERYTHING = " UNION ALL ".join(
    f"SELECT '{kind}', CAST({of._meta.pk.column} AS TEXT), '{name}', {name} FROM {of._meta.db_table}"  # noqa: S608
    for kind, (of, names) in FIELDS.items()
    for name in names
    if of._meta.get_field(name).model is of
)
"""All names that rows hold, with their columns in the terms of the model."""


# Deeds: each changes the model, and does the same to the database


@dataclasses.dataclass
class Deed:
    """What is done: how the model changes, and how the database is to be changed."""

    name: str
    plan: Callable[[Model], None]
    do: Callable[[], None]
    leaves: bool = False
    """Whether old files are left to the sweep, as documented."""


class Player:
    """Plans and does, with dice of its own."""

    def __init__(self, seed: int, model: Model, pictures: int) -> None:
        self.dice = random.Random(seed)
        self.model = model
        self.pictures = pictures

    def new(self) -> int:
        """The number of a picture that was not there yet."""
        self.pictures += 1
        return self.pictures

    def row(self, *kinds: str) -> tuple[str, Any] | None:
        """Some row of the model."""
        rows = sorted({tuple(one.split(".")[:2]) for one in self.model if one.split(".")[0] in (kinds or FIELDS)})
        if not rows:
            return None
        kind, key = self.dice.choice(rows)
        return kind, key if kind == "artist" else int(key)

    def deed(self) -> Deed:
        """Something to do that the model allows now."""
        while True:
            kinds = ["delete"] if len(self.model) > 40 else KINDS
            made: Deed | None = getattr(self, self.dice.choice(kinds))()
            if made is not None:
                return made

    def create(self) -> Deed | None:
        kind = self.dice.choice(sorted(FIELDS))
        of, names = FIELDS[kind]
        key: Any = self.dice.randrange(1, 10**8)
        others: dict[str, Any] = {}
        if kind == "artist":
            key = f"00000000-0000-0000-0000-{key:012}"
        if kind == "member":
            team = self.row("team")
            if team is None:
                return None
            others = {"team_id": team[1]}
        numbers = {name: self.new() if self.dice.random() < 0.8 else 0 for name in names}

        def plan(model: Model) -> None:
            model |= {column(kind, key, name): number for name, number in numbers.items()}
            if others:
                model[f"{column(kind, key, 'photo')}.of.{others['team_id']}"] = 0

        def do() -> None:
            of._default_manager.create(
                pk=key, **others, **{name: picture(number) for name, number in numbers.items() if number}
            )

        return Deed(f"create {kind}", plan, do)

    def replace(self) -> Deed | None:
        found = self.row()
        if found is None:
            return None
        kind, key = found
        of, names = FIELDS[kind]
        chosen = [name for name in names if self.dice.random() < 0.7 and column(kind, key, name) in self.model]
        numbers = {name: self.new() for name in chosen}
        only = self.dice.random() < 0.3

        def plan(model: Model) -> None:
            model |= {column(kind, key, name): number for name, number in numbers.items()}

        def do() -> None:
            row = of._default_manager.get(pk=key)
            for name, number in numbers.items():
                setattr(row, name, picture(number))
            row.save(update_fields=list(numbers) if only else None)

        return Deed(f"replace {kind}", plan, do)

    def remove(self) -> Deed | None:
        found = self.row()
        if found is None:
            return None
        kind, key = found
        name = self.dice.choice(FIELDS[kind][1])
        by_delete = self.dice.random() < 0.5

        def plan(model: Model) -> None:
            model[column(kind, key, name)] = 0

        def do() -> None:
            row = FIELDS[kind][0]._default_manager.get(pk=key)
            if by_delete:
                getattr(row, name).delete()
            else:
                setattr(row, name, "")
                row.save()

        return Deed(f"remove {kind}", plan, do)

    def delete(self) -> Deed | None:
        found = self.row()
        if found is None:
            return None
        kind, key = found
        by_query = self.dice.random() < 0.5
        alike = {"place": ("place", "restaurant"), "restaurant": ("place", "restaurant")}.get(kind, (kind,))

        def plan(model: Model) -> None:
            gone = {(one, str(key)) for one in alike}
            if kind == "team":
                gone |= {("member", one.split(".")[1]) for one in model if one.endswith(f".of.{key}")}
            for one in [one for one in model if tuple(one.split(".")[:2]) in gone]:
                del model[one]

        def do() -> None:
            rows = FIELDS[kind][0]._default_manager.filter(pk=key)
            if by_query:
                rows.delete()
            else:
                rows.get().delete()

        return Deed(f"delete {kind}", plan, do)

    def copy(self) -> Deed | None:
        found = self.row("team", "person")
        if found is None:
            return None
        kind, key = found
        of, names = FIELDS[kind]
        new = self.dice.randrange(1, 10**8)

        def plan(model: Model) -> None:
            model |= {column(kind, new, name): model[column(kind, key, name)] for name in names}

        def do() -> None:
            row = of._default_manager.get(pk=key)
            row.pk = new
            row.save(force_insert=True)

        return Deed(f"copy {kind}", plan, do)

    def share(self, *, by_update: bool = False) -> Deed | None:
        one, other = self.row("team", "place", "person"), self.row("team", "place", "person")
        if one is None or other is None:
            return None
        (kind, key), (from_kind, from_key) = one, other
        name, from_name = FIELDS[kind][1][0], FIELDS[from_kind][1][0]

        def plan(model: Model) -> None:
            model[column(kind, key, name)] = model[column(from_kind, from_key, from_name)]

        def do() -> None:
            stored = getattr(FIELDS[from_kind][0]._default_manager.get(pk=from_key), from_name).name or ""
            rows = FIELDS[kind][0]._default_manager.filter(pk=key)
            if by_update:
                rows.update(**{name: stored})
            else:
                row = rows.get()
                setattr(row, name, stored)
                row.save()

        return Deed("update" if by_update else "share", plan, do, leaves=by_update)

    def update(self) -> Deed | None:
        return self.share(by_update=True)

    def bulk(self) -> Deed:
        keys = [f"00000000-0000-0000-0000-{self.dice.randrange(10**8):012}" for _ in range(3)]
        numbers = [self.new() for _ in keys]

        def plan(model: Model) -> None:
            model |= {column("artist", key, "portrait"): number for key, number in zip(keys, numbers, strict=True)}

        def do() -> None:
            rows = [Artist(pk=key, portrait=picture(number)) for key, number in zip(keys, numbers, strict=True)]
            Artist.objects.bulk_create(rows)

        return Deed("bulk_create", plan, do)

    def swap(self) -> Deed | None:
        one, other = self.row("person"), self.row("person")
        if one is None or other is None or one == other:
            return None
        first, second = (column("person", key, "picture") for _, key in (one, other))

        def plan(model: Model) -> None:
            model[first], model[second] = model[second], model[first]

        def do() -> None:
            a, b = (Person.objects.get(pk=key) for _, key in (one, other))
            a.picture, b.picture = b.picture.name or "", a.picture.name or ""
            Person.objects.bulk_update([a, b], ["picture"])

        return Deed("bulk_update", plan, do)

    def stale(self) -> Deed | None:
        found = self.row("team")
        if found is None:
            return None
        key, number = found[1], self.new()

        def plan(model: Model) -> None:
            model[column("team", key, "logo")] = number

        def do() -> None:
            old, new = Team.objects.get(pk=key), Team.objects.get(pk=key)
            new.logo = picture(number)
            new.save()
            old.name = "stale"
            old.save()

        return Deed("stale save", plan, do)

    def stale_replace(self) -> Deed | None:
        found = self.row("place")
        if found is None:
            return None
        key, first, last = found[1], self.new(), self.new()

        def plan(model: Model) -> None:
            model[column("place", key, "photo")] = last

        def do() -> None:
            with transaction.atomic():  # both or none, so that the plan has two ends and no middle
                old, new = Place.objects.get(pk=key), Place.objects.get(pk=key)
                new.photo = picture(first)
                new.save()
                old.photo = picture(last)
                old.save()

        return Deed("stale replace", plan, do)

    def nothing(self) -> Deed | None:
        found = self.row("team")
        if found is None:
            return None
        key, kind = found[1], self.dice.randrange(4)

        def do() -> None:
            row = Team.objects.get(pk=key)
            if kind:
                row.logo = picture(self.pictures)  # and never saved
            if kind == 1:
                row.save(update_fields=["name"])
            if kind == 2:
                row.refresh_from_db()
                row.save()

        return Deed("nothing", lambda model: None, do)

    def mirror(self) -> Deed | None:
        found = self.row("place")
        if found is None:
            return None
        key = found[1]

        def plan(model: Model) -> None:
            model[f"other.{key}.photo"] = model[column("place", key, "photo")]

        def do() -> None:
            Place.objects.get(pk=key).save(using="other")

        return Deed("save to another database", plan, do)


# Histories


def play(seed: int, deeds: int, model: Model, pictures: int, journal: str) -> dict[str, Any]:
    """
    Do so many things, or fewer: this process may be killed in the middle of one.

    Before that one, what may be seen afterwards is written to the file `journal`.
    """
    player, done, tally = Player(seed, dict(model), pictures), 0, {"faults": 0, "rollbacks": 0, "orphans": 0}
    orphans = seen().lost
    while done < deeds:
        after, run, name, leaves = transact(player, tally)
        accident = player.dice.random()
        before = dict(player.model)
        done += 1
        if accident < 0.03:
            Path(journal).write_text(json.dumps([seed, name, done, player.pictures, before, after, tally]))
            steps.fails = dies(player.dice.randrange(1, 30))
            run()
            steps.fails = None  # alive: it was over before its last step
        elif accident < 0.2:
            tally["faults"] += 1
            steps.fails = breaks(player.dice.randrange(1, 30), player.dice)
            try:
                run()
            except Exception as exc:
                name += f" ({type(exc).__name__})"
            steps.fails, leaves = None, True
            connections.close_all()  # as at the end of a request: a connection that failed is not used again
            after = [before, *after]
        else:
            run()
        found = seen()
        player.model = agreed(found, after, f"seed {seed}, deed {done}: {name}")
        now = found.lost
        assert leaves or now <= orphans, f"seed {seed}, deed {done}: {name} left {sorted(now - orphans)}"
        tally["orphans"] += len(now - orphans)
        orphans = now
    return {"model": player.model, "pictures": player.pictures, "done": done, "tally": tally}


def transact(  # noqa: C901 - a transaction in a transaction is what it is
    player: Player, tally: dict[str, int]
) -> tuple[list[Model], Callable[[], None], str, bool]:
    """One deed, or several in a transaction: what may come of it, how, its name, and whether it leaves files."""
    kind = player.dice.choice(["alone", "alone", "alone", "commit", "roll back", "inner roll back"])
    if kind == "alone":
        deed = player.deed()
        after = dict(player.model)
        deed.plan(after)
        return [after], deed.do, deed.name, deed.leaves
    before, planned, kept = dict(player.model), [], dict(player.model)
    for _ in range(player.dice.randrange(1, 4)):
        planned.append(player.deed())
        planned[-1].plan(player.model)
        if kind != "inner roll back" or len(planned) == 1:
            kept = dict(player.model)
    player.model = before
    name = f"{kind}: {', '.join(deed.name for deed in planned)}"
    tally["rollbacks"] += kind != "commit"

    def run() -> None:
        try:
            with transaction.atomic(), transaction.atomic(using="other"):
                planned[0].do()
                try:
                    with transaction.atomic(), transaction.atomic(using="other"):
                        for deed in planned[1:]:
                            deed.do()
                        if kind == "inner roll back":
                            raise Undone
                except Undone:
                    pass
                if kind == "roll back":
                    raise Undone
        except Undone:
            pass

    outcomes = [before] if kind == "roll back" else [kept]
    if kind == "inner roll back" and len(planned) == 1:
        outcomes = [kept]
    return outcomes, run, name, any(deed.leaves for deed in planned)


def dies(at: int) -> Callable[[str], None]:
    """An accident: the process is killed at that step."""
    left = at

    def fails(name: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return fails


def breaks(at: int, dice: random.Random) -> Callable[[str], BaseException | None]:
    """An accident: that step fails, and sometimes every one after it of the same kind."""
    left, lasting = at, dice.random() < 0.3
    what = ""

    def fails(name: str) -> BaseException | None:
        nonlocal left, what
        left -= 1
        if left == 0:
            what = name.partition(":")[0]
        if left == 0 or (lasting and left < 0 and name.startswith(what)):
            return OSError("gone away") if name.startswith("storage") else OperationalError("gone away")
        return None

    return fails


class Seen(NamedTuple):
    """What is there at one moment."""

    names: dict[str, str]
    """Column and stored name of every row, in the model's terms."""
    missing: set[str]
    """Files that such a name or an earlier picture promises, and that are not there."""
    lost: set[str]
    """Files of ours that no row names, and no earlier picture."""


def seen() -> Seen:
    """Look at all rows and files, and remove folders in which there is nothing: the next look would read them again."""
    names = rows()
    promised = {file for name in {*names.values(), *earlier()} for file in promised_by(name)}
    there: set[str] = set()
    root = str(settings.MEDIA_ROOT)
    # No folder is a link; with `followlinks`, none is asked whether it is one.
    for folder, folders, files in os.walk(root, followlinks=True):
        there.update(f"{folder}/{file}".removeprefix(f"{root}/") for file in files)
        if not folders and not files and folder != root:
            os.rmdir(folder)
    return Seen(names, promised - there, {file for file in there - promised if is_ours(file)})


def rows() -> dict[str, str]:
    """Column and stored name of every row, in the model's terms."""
    found: dict[str, str] = {}
    with connections["default"].cursor() as cursor:
        cursor.execute(EVERYTHING)  # all tables at once: this is asked after each deed
        for kind, key, field, stored in cursor.fetchall():
            key = str(uuid.UUID(key)) if kind == "artist" else key
            found[f"{kind}.{key}.{field}"] = stored
    for key, stored in Place.objects.using("other").values_list("pk", "photo"):
        found[f"other.{key}.photo"] = stored
    return found


def earlier() -> set[str]:
    """Stored names of earlier pictures; none where the history is not installed."""
    if not apps.is_installed("django_avatars.history"):
        return set()
    versions: Any = apps.get_model("avatars_history.PictureVersion")._base_manager
    return {name for alias in connections for name in versions.using(alias).values_list("picture", flat=True)} - {""}


promised_by = functools.cache(files_of)


@functools.cache
def is_ours(file: str) -> bool:
    """Whether a file in the storage is one of a picture."""
    return naming.parse(file) is not None


def agreed(found: Seen, allowed: list[Model], when: str) -> Model:
    """That model of `allowed` which is seen, and every file of which is there, as of earlier pictures."""
    assert not found.missing, f"{when}: missing {found.missing}"
    now = {one: shown(name) if name else -2 for one, name in found.names.items()}
    for model in allowed:
        if now == {one: number % len(COLORS) if number else -2 for one, number in model.items() if ".of." not in one}:
            return model
    raise AssertionError(f"{when}: {now} is none of {allowed}")


def resume(journal: str) -> dict[str, Any]:
    """After a kill: what was being done has happened, or it has not."""
    seed, name, done, pictures, before, after, tally = json.loads(Path(journal).read_text())
    model = agreed(seen(), [before, *after], f"seed {seed}, deed {done}: {name} (killed)")
    return {"model": model, "pictures": pictures, "done": done, "tally": tally}


def begin() -> None:
    """An empty world."""
    empty()


def end() -> dict[str, Any]:
    """One sweep, and what is left."""
    left = len(seen().lost)
    swept = sweep()
    return {"orphans before": left, "orphans": swept["orphans"], "missing": swept["missing"]}
